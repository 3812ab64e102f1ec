#include "s3/xml.hpp"

#include <charconv>
#include <ctime>
#include <optional>

namespace stretto::s3 {
namespace {

constexpr std::size_t most_depth = 16;

/// Elements and text of a document, one after the other. Attributes, comments and declarations are
/// passed over; a document type is refused, and with it every entity but the five of XML.
class Scanner {
   public:
    enum class Kind { open, close, end, bad };
    explicit Scanner(std::string_view xml) : rest_(xml) {}

    /// The next tag; `text` is what stands before it, decoded.
    Kind next() {
        if (closes_) {
            closes_ = false;
            text.clear();
            return Kind::close;
        }
        for (;;) {
            const auto at = rest_.find('<');
            auto raw = rest_.substr(0, at);
            if (at == rest_.npos)
                return rest_.find_first_not_of(" \t\r\n") == rest_.npos ? Kind::end : Kind::bad;
            rest_.remove_prefix(at + 1);
            if (!decode(raw)) return Kind::bad;
            if (rest_.starts_with("?")) {
                if (!skip("?>")) return Kind::bad;
                continue;
            }
            if (rest_.starts_with("!--")) {
                if (!skip("-->")) return Kind::bad;
                continue;
            }
            if (rest_.starts_with("!")) return Kind::bad;
            return tag();
        }
    }

    std::string_view name;
    std::string text;

   private:
    Kind tag() {
        const bool close = rest_.starts_with('/');
        if (close) rest_.remove_prefix(1);
        const auto end = rest_.find('>');
        if (end == rest_.npos) return Kind::bad;
        auto inside = rest_.substr(0, end);
        rest_.remove_prefix(end + 1);
        if (!close && inside.ends_with('/')) {
            closes_ = true;
            inside.remove_suffix(1);
        }
        name = inside.substr(0, inside.find_first_of(" \t\r\n"));
        if (name.empty() || name.find('<') != name.npos) return Kind::bad;
        return close ? Kind::close : Kind::open;
    }
    bool skip(std::string_view end) {
        const auto at = rest_.find(end);
        if (at == rest_.npos) return false;
        rest_.remove_prefix(at + end.size());
        return true;
    }
    bool decode(std::string_view raw) {
        text.clear();
        while (!raw.empty()) {
            const auto at = raw.find('&');
            text += raw.substr(0, at);
            if (at == raw.npos) return true;
            const auto end = raw.find(';', at);
            if (end == raw.npos) return false;
            const auto entity = raw.substr(at + 1, end - at - 1);
            if (entity == "amp")
                text += '&';
            else if (entity == "lt")
                text += '<';
            else if (entity == "gt")
                text += '>';
            else if (entity == "quot" || entity == "#34" || entity == "#x22")
                text += '"';
            else if (entity == "apos" || entity == "#39" || entity == "#x27")
                text += '\'';
            else if (entity.size() >= 2 && entity.size() <= 8 && entity.front() == '#')
                text += '?';  // only in what is for people: keys are URL-encoded
            else
                return false;
            raw.remove_prefix(end + 1);
        }
        return true;
    }

    std::string_view rest_;
    bool closes_ = false;
};

std::optional<std::string> url_decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+') {
            out += ' ';
        } else if (text[i] != '%') {
            out += text[i];
        } else {
            unsigned value = 0;
            if (text.size() - i < 3) return {};
            const auto [end, code] =
                std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16);
            if (code != std::errc{} || end != text.data() + i + 3) return {};
            out += static_cast<char>(value);
            i += 2;
        }
    }
    return out;
}

/// "2026-11-29T15:44:58.712Z"
std::optional<std::int64_t> parse_time(const std::string& text) {
    std::tm parts{};
    const char* rest = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
    if (!rest || (*rest != '.' && *rest != 'Z')) return {};
    return ::timegm(&parts);
}

}  // namespace

Result<ListPage> parse_list(std::string_view xml) {
    Scanner scanner{xml};
    ListPage page;
    std::vector<std::string> path;
    Object object;
    bool more = false, rooted = false;
    for (;;) {
        const auto kind = scanner.next();
        if (kind == Scanner::Kind::bad) return Malformed{"a list that is not XML"};
        if (kind == Scanner::Kind::end) break;
        if (kind == Scanner::Kind::open) {
            if (path.size() >= most_depth) return Malformed{"a list that is nested too deeply"};
            if (path.empty()) {
                if (rooted || scanner.name != "ListBucketResult")
                    return Malformed{"an answer that is no list of objects"};
                rooted = true;
            }
            path.emplace_back(scanner.name);
            if (path.size() == 2 && path[1] == "Contents") object = {};
            continue;
        }
        if (path.empty() || path.back() != scanner.name) return Malformed{"a list that is not XML"};
        const auto& text = scanner.text;
        if (path.size() == 2) {
            if (path[1] == "Contents") {
                if (object.key.empty()) return Malformed{"a list with an object without a key"};
                page.objects.push_back(std::move(object));
            } else if (path[1] == "NextContinuationToken") {
                page.next = text;
            } else if (path[1] == "IsTruncated") {
                more = text == "true";
            }
        } else if (path.size() == 3 && path[1] == "CommonPrefixes" && path[2] == "Prefix") {
            auto prefix = url_decoded(text);
            if (!prefix || prefix->empty()) return Malformed{"a list with a bad prefix"};
            page.prefixes.push_back(std::move(*prefix));
        } else if (path.size() == 3 && path[1] == "Contents") {
            if (path[2] == "Key") {
                auto key = url_decoded(text);
                if (!key) return Malformed{"a list with a bad key"};
                object.key = std::move(*key);
            } else if (path[2] == "ETag") {
                object.tag = text;
            } else if (path[2] == "Size") {
                const auto [end, code] =
                    std::from_chars(text.data(), text.data() + text.size(), object.bytes);
                if (code != std::errc{} || end != text.data() + text.size() || object.bytes < 0)
                    return Malformed{"a list with a bad size"};
            } else if (path[2] == "LastModified") {
                const auto time = parse_time(text);
                if (!time) return Malformed{"a list with a bad time"};
                object.changed_s = *time;
            }
        }
        path.pop_back();
    }
    if (!rooted || !path.empty()) return Malformed{"a list that has no end"};
    if (!more) page.next.clear();
    if (more && page.next.empty()) return Malformed{"a list that goes on nowhere"};
    return page;
}

Refusal parse_error(std::string_view xml) {
    Scanner scanner{xml};
    Refusal refusal;
    std::vector<std::string> path;
    constexpr std::size_t most = 200;
    for (;;) {
        const auto kind = scanner.next();
        if (kind == Scanner::Kind::bad || kind == Scanner::Kind::end) return refusal;
        if (kind == Scanner::Kind::open) {
            if (path.size() >= most_depth || (path.empty() && scanner.name != "Error"))
                return refusal;
            path.emplace_back(scanner.name);
            continue;
        }
        if (path.empty() || path.back() != scanner.name) return refusal;
        std::string text;
        for (const char c : scanner.text.substr(0, most))
            text += static_cast<unsigned char>(c) < ' ' || c == '\x7f' ? '?' : c;
        if (path.size() == 2 && path[1] == "Code")
            refusal.code = std::move(text);
        else if (path.size() == 2 && path[1] == "Message")
            refusal.message = std::move(text);
        path.pop_back();
    }
}

}  // namespace stretto::s3

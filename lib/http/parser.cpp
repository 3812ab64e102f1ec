#include "http/parser.hpp"

#define BOOST_ERROR_CODE_HEADER_ONLY
#define BOOST_BEAST_USE_STD_STRING_VIEW
#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <cassert>
#include <charconv>
#include <limits>

#include "base/byte_set.hpp"

namespace stretto::http {
namespace {

namespace beast = boost::beast::http;
using boost::beast::error_code;

/// Limit for all chunk extensions of a body together. No sender needs more (CVE-2023-39326 was a
/// server without such a limit).
constexpr std::size_t most_extension_bytes = 4096;
/// Maximum number of digits of a chunk's size: 64 bits. More digits, even zeros, are ambiguous.
constexpr std::ptrdiff_t most_size_digits = 16;
/// Limit of sizes, so that their sum does not overflow.
constexpr std::uint64_t most_body_bytes = std::numeric_limits<std::int64_t>::max();

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_control(char c) noexcept { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }
bool is_printable(char c) noexcept { return c > ' ' && c < 0x7f; }

/// Finds the end of a head, and refuses lines that two parsers could read differently. Beast parses
/// the rest, but accepts folded lines and would parse an incomplete head.
struct Head {
    std::size_t size = 0;         ///< with the blank line; 0: not yet all there
    const char* wrong = nullptr;  ///< or why it can never be read
};
Head find_head(std::string_view bytes) {
    constexpr auto npos = std::string_view::npos;
    std::size_t line = 0;
    for (auto lf = bytes.find('\n'); lf != npos; line = lf + 1, lf = bytes.find('\n', line)) {
        const auto cr = bytes.substr(0, lf).find('\r', line);
        if (lf == 0 || cr + 1 != lf) return {0, "bare LF or CR"};
        if (lf - line == 1) return {lf + 1, nullptr};
        if (line > 0 && (bytes[line] == ' ' || bytes[line] == '\t')) return {0, "folded line"};
    }
    if (const auto cr = bytes.find('\r', line); cr != npos && cr + 1 < bytes.size())
        return {0, "bare CR"};
    return {};
}

constexpr ByteSet host_bytes{
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-._~!$&'()*+,;=%"};

/// host [":" port] (RFC 9110 4.2, RFC 3986 3.2.2), not empty and without user information.
bool is_authority(std::string_view text) {
    std::size_t end = 0;
    if (text.starts_with('[')) {
        end = text.find(']');
        if (end == std::string_view::npos || end == 1) return false;
        if (text.substr(1, end - 1).find_first_not_of("0123456789abcdefABCDEF:.") !=
            std::string_view::npos)
            return false;
        ++end;
    } else {
        end = std::min(text.find(':'), text.size());
        if (end == 0 || !host_bytes.has_all_of(text.substr(0, end))) return false;
    }
    const auto port = text.substr(end);
    return port.empty() ||
           (port[0] == ':' && port.size() <= 6 && std::ranges::all_of(port.substr(1), is_digit));
}

/// The parts of "http://host/path?query" (RFC 9112 3.2.2). `rest` begins with "/" or "?", or is
/// empty. nullopt for anything else.
struct AbsoluteForm {
    std::string_view authority, rest;
};
std::optional<AbsoluteForm> absolute_form(std::string_view target) {
    const auto colon = target.find("://");
    if (colon == std::string_view::npos) return std::nullopt;
    const auto scheme = target.substr(0, colon);
    if (!same_token(scheme, "http") && !same_token(scheme, "https")) return std::nullopt;
    target.remove_prefix(colon + 3);
    const auto end = std::min(target.find_first_of("/?"), target.size());
    const auto authority = target.substr(0, end);
    if (!is_authority(authority)) return std::nullopt;
    return AbsoluteForm{authority, target.substr(end)};
}

/// Convert the target to origin-form. The host of an absolute target replaces the Host field (RFC
/// 9112 3.2.2). @return  false: the target is not acceptable
bool normalise_target(Request& request) {
    auto& target = request.target;
    // other parsers may cut a target at "#", or decode non-ASCII bytes differently
    if (!std::ranges::all_of(target, [](char c) { return is_printable(c) && c != '#'; }))
        return false;
    if (request.method == "CONNECT") return false;
    if (target[0] == '/') return true;
    if (target == "*") return request.method == "OPTIONS";
    const auto form = absolute_form(target);
    if (!form) return false;
    request.fields.set("Host", form->authority);
    if (form->rest.empty())
        target = request.method == "OPTIONS" ? "*" : "/";
    else
        target = (form->rest[0] == '/' ? "" : "/") + std::string{form->rest};
    return true;
}

/// Whether a request line ends in an HTTP version that we do not support.
bool has_other_version(std::string_view head) {
    const auto line = head.substr(0, head.find('\r'));
    if (line.size() < 9 || std::ranges::count(line, ' ') != 2) return false;
    const auto version = line.substr(line.size() - 9);
    return version.starts_with(" HTTP/") && is_digit(version[6]) && version[7] == '.' &&
           is_digit(version[8]);
}

/// RFC 9112 6.1, 6.3: if the last coding of a body is not chunked, its end cannot be found.
std::optional<BadRequest> refuse_coding(std::string_view value) {
    const auto members = list_members(value);
    const bool listed = std::ranges::all_of(members, [](std::string_view member) {
        return member.find_first_of("\";, \t") == std::string_view::npos;
    });
    if (!listed || members.empty() || !same_token(members.back(), "chunked") ||
        !value.ends_with(members.back()))
        return BadRequest{400, "a body without an end"};
    if (members.size() == 1 && members[0].size() == value.size()) return {};
    return BadRequest{501, "transfer coding not known"};
}

/// Why the bytes between two chunks are invalid, even if they are incomplete. Beast would wait for
/// more bytes after a line that ends in a bare LF.
/// @param first  there was no previous chunk
const char* chunk_fault(std::string_view bytes, bool first) {
    if (!first) {
        const auto end = bytes.substr(0, 2);
        if (end != std::string_view{"\r\n"}.substr(0, end.size())) return "bad chunk";
        bytes.remove_prefix(end.size());
    }
    if (bytes.empty()) return nullptr;
    const auto lf = bytes.find('\n');
    const auto line = bytes.substr(0, lf);
    const auto cr = line.find('\r');
    if (lf == std::string_view::npos ? cr + 1 < line.size() && cr != std::string_view::npos
                                     : cr + 1 != lf)
        return "bare LF or CR in a chunk's line";
    const auto digits = line.substr(0, line.find_first_not_of("0123456789abcdefABCDEF"));
    if (digits.empty()) return "bad chunk";
    const bool last = digits.find_first_not_of('0') == std::string_view::npos;
    return last && lf != std::string_view::npos ? find_head(bytes).wrong : nullptr;
}

BadRequest reason_to_refuse(error_code error, std::string_view head) {
    if (error == beast::error::bad_version && has_other_version(head))
        return {505, "HTTP version not supported"};
    if (error == beast::error::body_limit) return {413, "body too large"};
    return {400, error.message()};
}

}  // namespace

/// Beast's parser, kept while a request's body is being read.
struct RequestParser::Impl final : beast::basic_parser<true> {
    explicit Impl(Request& into) : request(&into) {
        header_limit(most_head_bytes);
        // boost::none would refuse every body: Beast 1.74 compares a size with the optional
        body_limit(most_body_bytes);
    }
    Impl(Impl&&) = default;

    Request* request;  ///< only while the head is read: its owner may move later
    unsigned hosts = 0, lengths = 0, codings = 0, connections = 0;
    std::optional<BadRequest> refused;
    BytesView body;                       ///< the last put()'s
    const std::uint8_t* begin = nullptr;  ///< of the last put()'s bytes
    std::uint64_t chunk_left = 0;         ///< bytes of the chunk under way
    bool any_chunk = false;
    std::size_t extension_bytes = 0;

    /// Pass bytes to Beast once, and remove the consumed ones from `bytes`.
    /// @param most  maximum number of bytes to pass
    error_code feed(BytesView& bytes, std::size_t most) {
        error_code error;
        body = {};
        begin = bytes.data();
        const auto shown = std::min(bytes.size(), most);
        bytes = bytes.subspan(put(boost::asio::const_buffer{begin, shown}, error));
        return error;
    }
    void refuse(int status, const char* why, error_code& error) {
        refused = BadRequest{status, why};
        error = beast::error::bad_value;
    }
    void check_length(std::string_view value, error_code& error) {
        if (++lengths > 1 || !std::ranges::all_of(value, http::is_digit))
            refuse(400, "more than one Content-Length", error);
    }
    void check_coding(std::string_view value, error_code& error) {
        ++codings;
        if (request->minor == 0)
            refuse(400, "Transfer-Encoding in HTTP/1.0", error);
        else if (codings > 1)
            refuse(400, "more than one Transfer-Encoding", error);
        else if (const auto why = refuse_coding(value))
            refuse(why->status, why->why.c_str(), error);
    }

    void on_request_impl(beast::verb, std::string_view method, std::string_view target, int version,
                         error_code& error) override {
        if (target.size() > most_target_bytes) return refuse(414, "target too long", error);
        request->method = method;
        request->target = target;
        request->minor = version - 10;
    }
    void on_field_impl(beast::field field, std::string_view name, std::string_view value,
                       error_code& error) override {
        if (is_header_done()) return;  // a trailer, which is ignored
        if (request->fields.size() == most_fields) return refuse(431, "too many fields", error);
        if (field == beast::field::host) ++hosts;
        if (field == beast::field::connection) ++connections;
        if (field == beast::field::content_length) check_length(value, error);
        if (field == beast::field::transfer_encoding) check_coding(value, error);
        request->fields.add(name, value);
    }
    void on_chunk_header_impl(std::uint64_t size, std::string_view extensions,
                              error_code& error) override {
        auto line = reinterpret_cast<const char*>(begin);
        if (*line == '\r') line += 2;  // the end of the previous chunk
        extension_bytes += extensions.size();
        if (extensions.data() - line > most_size_digits || extension_bytes > most_extension_bytes ||
            std::ranges::any_of(extensions, [](char c) { return is_control(c) && c != '\t'; }))
            return refuse(400, "bad chunk", error);
        chunk_left = size;
        any_chunk = true;
    }
    std::size_t on_body_impl(std::string_view bytes, error_code&) override {
        body = as_bytes(bytes);
        return bytes.size();
    }
    std::size_t on_chunk_body_impl(std::uint64_t left, std::string_view bytes,
                                   error_code&) override {
        body = as_bytes(bytes);
        chunk_left = left - bytes.size();
        return bytes.size();
    }
    void on_response_impl(int, std::string_view, int, error_code&) override {}
    void on_header_impl(error_code&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
    void on_finish_impl(error_code&) override {}
};

std::optional<BadRequest> finish_request(Request& request) {
    if (request.target.size() > most_target_bytes) return BadRequest{414, "target too long"};
    const auto* host = request.fields.find("Host");
    if (!host || request.fields.count("Host") > 1 || !is_authority(*host))
        return BadRequest{400, "no valid Host"};
    if (request.target.empty() || !normalise_target(request)) return BadRequest{400, "bad target"};
    return {};
}

RequestParser::RequestParser() = default;
RequestParser::~RequestParser() = default;
RequestParser::RequestParser(RequestParser&&) noexcept = default;
RequestParser& RequestParser::operator=(RequestParser&&) noexcept = default;

RequestParser::Step RequestParser::refuse(BadRequest why) {
    state_ = State::bad;
    bad_ = std::move(why);
    return Step::bad;
}

RequestParser::Step RequestParser::read(BytesView& bytes) {
    body_ = {};
    switch (state_) {
        case State::head:
            return read_head(bytes);
        case State::body:
            return read_body(bytes);
        case State::bad:
            break;
    }
    return Step::bad;
}

RequestParser::Step RequestParser::read_head(BytesView& bytes) {
    constexpr std::size_t most_blank_lines = 2;
    std::size_t blank = 0;  // bytes of blank lines before the head, counted with it
    while (as_text(bytes.subspan(blank)).starts_with("\r\n")) {
        blank += 2;
        if (blank > 2 * most_blank_lines) return refuse({400, "blank lines instead of a request"});
    }
    const BytesView whole = bytes;
    bytes = bytes.subspan(blank);
    const auto more = [&] {
        bytes = whole;
        return Step::need_more;
    };
    if (bytes.empty()) return more();
    // refuse another protocol without waiting for a blank line
    if (!is_printable(static_cast<char>(bytes[0])) && bytes[0] != '\r')
        return refuse({400, "no request"});
    const auto head = find_head(as_text(bytes.first(std::min(bytes.size(), most_head_bytes))));
    if (head.wrong) return refuse({400, head.wrong});
    if (head.size == 0 && bytes.size() >= most_head_bytes)
        return as_text(bytes.first(most_head_bytes)).find('\n') == std::string_view::npos
                   ? refuse({414, "target too long"})
                   : refuse({431, "head too large"});
    if (head.size == 0) return more();
    const auto text = as_text(bytes.first(head.size));
    bytes = bytes.subspan(head.size);
    return take_head(text);
}

RequestParser::Step RequestParser::take_head(std::string_view head) {
    request_.fields.clear();
    Impl parser{request_};
    auto rest = as_bytes(head);
    const auto error = parser.feed(rest, rest.size());
    if (parser.refused) return refuse(std::move(*parser.refused));
    if (error) return refuse(reason_to_refuse(error, head));
    assert(rest.empty());
    if (parser.hosts > 1 || (parser.hosts == 0 && request_.minor == 1) ||
        (parser.hosts == 1 && !is_authority(*request_.fields.find("Host"))))
        return refuse({400, "no valid Host"});
    if (!normalise_target(request_)) return refuse({400, "bad target"});

    length_.reset();
    if (parser.lengths == 1) length_ = parser.content_length().get();
    has_body_ = !parser.is_done();
    keep_alive_ = request_.minor == 1;
    if (parser.connections > 0)
        keep_alive_ = !has_token(request_.fields, "Connection", "close") &&
                      (keep_alive_ || has_token(request_.fields, "Connection", "keep-alive"));
    if (has_body_) impl_ = std::make_unique<Impl>(std::move(parser));
    state_ = State::body;
    return Step::head;
}

RequestParser::Step RequestParser::read_body(BytesView& bytes) {
    while (impl_ && !impl_->is_done()) {
        const bool chunk_line = impl_->chunked() && impl_->chunk_left == 0;
        if (chunk_line)
            if (const auto* wrong = chunk_fault(as_text(bytes), !impl_->any_chunk))
                return refuse({400, wrong});
        // a chunk's line and the bytes that must follow it have at least five bytes; with fewer,
        // Beast 1.74 fails an assertion when the last chunk is passed a second time
        if (bytes.size() < (chunk_line ? 5u : 1u)) return Step::need_more;
        const auto before = bytes;
        const auto error = impl_->feed(bytes, chunk_line ? most_head_bytes : bytes.size());
        const auto used = before.first(before.size() - bytes.size());
        if (impl_->refused) return refuse(std::move(*impl_->refused));
        if (error == beast::error::need_more) {
            if (bytes.size() < most_head_bytes) return Step::need_more;
            return refuse({431, "trailers too large"});
        }
        if (error) return refuse(reason_to_refuse(error, {}));
        if (chunk_line && impl_->is_done()) {
            if (used.size() > most_head_bytes) return refuse({431, "trailers too large"});
            auto trailers = as_text(used);
            if (trailers.starts_with("\r\n")) trailers.remove_prefix(2);
            if (const auto head = find_head(trailers); head.wrong) return refuse({400, head.wrong});
        }
        if (!impl_->body.empty()) {
            body_ = impl_->body;
            return Step::body;
        }
    }
    impl_.reset();
    state_ = State::head;
    return Step::done;
}

namespace {

class ResponseHead final : public beast::basic_parser<false> {
   public:
    explicit ResponseHead(std::size_t size) {
        header_limit(static_cast<std::uint32_t>(size));
        skip(true);  // the caller handles the framing of the body
    }
    Response response;
    std::size_t fields = 0;

   private:
    void on_response_impl(int status, std::string_view, int, error_code& error) override {
        response.status = status;
        if (status < 100 || status > 599) error = beast::error::bad_status;
    }
    void on_field_impl(beast::field, std::string_view name, std::string_view value,
                       error_code& error) override {
        if (++fields > most_fields) error = beast::error::header_limit;
        response.fields.add(name, value);
    }
    void on_request_impl(beast::verb, std::string_view, std::string_view, int,
                         error_code&) override {}
    void on_header_impl(error_code&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
    std::size_t on_body_impl(std::string_view, error_code&) override { return 0; }
    void on_chunk_header_impl(std::uint64_t, std::string_view, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, std::string_view, error_code&) override {
        return 0;
    }
    void on_finish_impl(error_code&) override {}
};

/// Decode percent-encoding (RFC 3986 2.1); nullopt if a "%" is not followed by two digits.
std::optional<std::string> percent_decode(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        unsigned byte = 0;
        const auto digits = text.substr(i + 1, 2);
        const auto end = digits.data() + digits.size();
        if (digits.size() < 2 || std::from_chars(digits.data(), end, byte, 16).ptr != end)
            return std::nullopt;
        out += static_cast<char>(byte);
        i += 2;
    }
    return out;
}

/// Dot segments: "." and "..", also as "..;x", ".. " and "....", which some servers treat alike.
bool is_dot_segment(std::string_view segment) {
    segment = segment.substr(0, segment.find(';'));
    return !segment.empty() && segment.find_first_not_of(". ") == std::string_view::npos;
}

bool has_dot_segment(std::string_view path) {
    while (!path.empty()) {
        const auto end = std::min(path.find('/'), path.size());
        if (is_dot_segment(path.substr(0, end))) return true;
        path.remove_prefix(std::min(end + 1, path.size()));
    }
    return false;
}

/// Whether a target is a path without a query, percent-encoding or segments that begin with a dot.
/// This fast check suffices for most requests.
bool is_plain_path(std::string_view target) {
    constexpr ByteSet plain{
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz/-._~!$&'()*+,;=:@"};
    return target.starts_with('/') && plain.has_all_of(target) &&
           target.find("/.") == std::string_view::npos;
}

}  // namespace

Result<Response> parse_response_head(std::string_view head) {
    const auto found = find_head(head);
    if (found.wrong) return Malformed{found.wrong};
    if (found.size == 0 || found.size != head.size()) return Malformed{"not one whole head"};
    ResponseHead parser{head.size()};
    error_code error;
    parser.put(boost::asio::const_buffer{head.data(), head.size()}, error);
    if (error) return Malformed{error.message()};
    return std::move(parser.response);
}

Result<Target> parse_target(std::string_view target) {
    if (is_plain_path(target)) return Target{std::string{target}, {}};
    if (!std::ranges::all_of(target, [](char c) { return is_printable(c) && c != '#'; }))
        return Malformed{"control bytes, blanks, a fragment or bytes above 0x7e"};
    const auto form = absolute_form(target);
    if (form) target = form->rest;
    const auto question = std::min(target.find('?'), target.size());
    const auto encoded = form && question == 0 ? "/" : target.substr(0, question);
    if (!encoded.starts_with('/')) return Malformed{"no path"};
    auto path = percent_decode(encoded);
    if (!path) return Malformed{"bad percent-encoding"};
    if (!std::ranges::all_of(*path, [](char c) { return is_printable(c) || c == ' '; }))
        return Malformed{"control bytes or bytes above 0x7e in the path"};
    if (path->find_first_of("%\\") != std::string::npos ||
        std::ranges::count(*path, '/') != std::ranges::count(encoded, '/'))
        return Malformed{"an encoded slash, a backslash or a twice encoded path"};
    if (has_dot_segment(*path)) return Malformed{"a dot segment"};
    target.remove_prefix(std::min(question + 1, target.size()));
    return Target{std::move(*path), std::string{target}};
}

std::optional<std::string> query_value(std::string_view query, std::string_view name) {
    while (!query.empty()) {
        const auto end = std::min(query.find('&'), query.size());
        std::string pair{query.substr(0, end)};
        query.remove_prefix(std::min(end + 1, query.size()));
        std::ranges::replace(pair, '+', ' ');
        const auto equals = std::min(pair.find('='), pair.size());
        if (percent_decode(std::string_view{pair}.substr(0, equals)) == name)
            return percent_decode(std::string_view{pair}.substr(std::min(equals + 1, pair.size())));
    }
    return std::nullopt;
}

bool well_encoded(std::string_view text) { return percent_decode(text).has_value(); }

}  // namespace stretto::http

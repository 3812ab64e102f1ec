#include "http/structured.hpp"

#include <algorithm>
#include <charconv>

#include "base/digest.hpp"

namespace stretto::http {
namespace {

using Value = decltype(DictionaryMember::value);

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_letter(char c) { return is_lower(c) || (c >= 'A' && c <= 'Z'); }
bool is_printable(char c) { return c >= ' ' && c <= '~'; }
bool is_one_of(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }
bool is_token_char(char c) {
    return is_letter(c) || is_digit(c) || is_one_of(c, "!#$%&'*+-.^_`|~:/");
}

/// Parses a field value from its beginning (4.2); after the first mismatch, ok() is false.
class Reader {
   public:
    explicit Reader(std::string_view text) : rest_(text) {}

    bool ok() const { return ok_; }
    bool at_end() const { return rest_.empty(); }
    char peek() const { return rest_.empty() ? '\0' : rest_[0]; }
    bool take(char c) {
        if (peek() != c || rest_.empty()) return false;
        rest_.remove_prefix(1);
        return true;
    }
    template <class Is>
    std::string_view take_while(Is is) {
        const auto end = std::ranges::find_if_not(rest_, is) - rest_.begin();
        const auto taken = rest_.substr(0, static_cast<std::size_t>(end));
        rest_.remove_prefix(taken.size());
        return taken;
    }
    void skip(std::string_view blanks) {
        take_while([&](char c) { return is_one_of(c, blanks); });
    }
    void fail() { ok_ = false; }

    std::string key() {
        if (!is_lower(peek()) && peek() != '*') fail();
        return std::string{
            take_while([](char c) { return is_lower(c) || is_digit(c) || is_one_of(c, "_-.*"); })};
    }
    Value bare_item() {
        const char c = peek();
        if (c == '-' || is_digit(c)) return number();
        if (c == '"') return string();
        if (c == '*' || is_letter(c)) return std::string{take_while(is_token_char)};
        if (c == ':') return bytes();
        if (c == '?') return boolean();
        fail();
        return {};
    }
    void parameters() {
        while (ok_ && take(';')) {
            skip(" ");
            key();
            if (take('=')) bare_item();
        }
    }
    Value item_or_list() {
        if (peek() != '(') return bare_item();
        take('(');
        while (ok_) {
            skip(" ");
            if (take(')')) return {};
            bare_item();
            parameters();
            if (peek() != ' ' && peek() != ')') fail();
        }
        return {};
    }

   private:
    /// At most 15 digits, or 12 digits and 1 to 3 after a point (3.3.1, 3.3.2).
    Value number() {
        const bool negative = take('-');
        const auto digits = take_while(is_digit);
        if (digits.empty() || digits.size() > 15) fail();
        if (take('.')) {
            const auto fraction = take_while(is_digit);
            if (digits.size() > 12 || fraction.empty() || fraction.size() > 3) fail();
            return {};
        }
        std::int64_t value = 0;
        std::from_chars(digits.data(), digits.data() + digits.size(), value);
        return negative ? -value : value;
    }
    Value string() {
        std::string out;
        take('"');
        while (!at_end()) {
            if (take('"')) return out;
            if (take('\\') && peek() != '"' && peek() != '\\') break;
            if (at_end() || !is_printable(peek())) break;
            out += peek();
            rest_.remove_prefix(1);
        }
        fail();
        return {};
    }
    Value bytes() {
        take(':');
        const auto text =
            take_while([](char c) { return is_letter(c) || is_digit(c) || is_one_of(c, "+/="); });
        auto read = parse_base64(text);
        if (!take(':') || !read) fail();
        return std::move(read).value_or(Bytes{});
    }
    Value boolean() {
        take('?');
        if (take('1')) return true;
        if (!take('0')) fail();
        return false;
    }

    std::string_view rest_;
    bool ok_ = true;
};

void put(std::vector<DictionaryMember>& members, DictionaryMember member) {
    const auto same = std::ranges::find(members, member.key, &DictionaryMember::key);
    if (same == members.end())
        members.push_back(std::move(member));
    else
        same->value = std::move(member.value);
}

}  // namespace

std::optional<std::vector<DictionaryMember>> parse_dictionary(std::string_view text) {
    std::vector<DictionaryMember> members;
    Reader in{text};
    in.skip(" ");
    while (!in.at_end()) {
        DictionaryMember member{in.key(), true};
        if (in.take('=')) member.value = in.item_or_list();
        in.parameters();
        if (!in.ok()) return std::nullopt;
        put(members, std::move(member));
        in.skip(" \t");
        if (in.at_end()) break;
        if (!in.take(',')) return std::nullopt;
        in.skip(" \t");
        if (in.at_end()) return std::nullopt;  // nothing after the last comma
    }
    return members;
}

std::string print_structured_string(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += is_printable(c) ? c : '?';
    }
    return out + '"';
}

std::string print_token_or_string(std::string_view text) {
    const bool token = !text.empty() && (is_letter(text[0]) || text[0] == '*') &&
                       std::ranges::all_of(text, is_token_char);
    return token ? std::string{text} : print_structured_string(text);
}

}  // namespace stretto::http

#include "http/message.hpp"

#include <algorithm>
#include <array>

#include "http/blank.hpp"

namespace stretto::http {
namespace {

constexpr char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

/// The index of the quote that closes the one at `open`, or npos.
std::size_t closing_quote(std::string_view s, std::size_t open) noexcept {
    for (std::size_t i = open + 1; i < s.size(); ++i) {
        if (s[i] == '"') return i;
        if (s[i] == '\\') ++i;
    }
    return std::string_view::npos;
}

/// The index of the comma that ends the first member of `s`, or the size of `s`.
std::size_t member_end(std::string_view s) noexcept {
    std::size_t i = 0;
    for (; i < s.size() && s[i] != ','; ++i)
        if (s[i] == '"')
            if (const auto close = closing_quote(s, i); close != std::string_view::npos) i = close;
    return i;
}

}  // namespace

bool same_token(std::string_view a, std::string_view b) noexcept {
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
               return x == y || lower(x) == lower(y);
           });
}

void Fields::add(std::string_view name, std::string_view value) {
    if (fields_.capacity() == 0) fields_.reserve(8);  // most requests have no more
    fields_.push_back({std::string{name}, std::string{value}});
}

void Fields::set(std::string_view name, std::string_view value) {
    const auto first = std::ranges::find_if(
        fields_, [&](const Field& field) { return same_token(field.name, name); });
    if (first == fields_.end()) return add(name, value);
    first->value = value;
    fields_.erase(std::remove_if(first + 1, fields_.end(),
                                 [&](const Field& field) { return same_token(field.name, name); }),
                  fields_.end());
}

void Fields::remove(std::string_view name) {
    std::erase_if(fields_, [&](const Field& field) { return same_token(field.name, name); });
}

const std::string* Fields::find(std::string_view name) const noexcept {
    for (const auto& field : fields_)
        if (same_token(field.name, name)) return &field.value;
    return nullptr;
}

std::optional<std::string> Fields::joined(std::string_view name) const {
    std::optional<std::string> all;
    for (const auto& field : fields_)
        if (same_token(field.name, name)) {
            if (all)
                *all += ", " + field.value;
            else
                all = field.value;
        }
    return all;
}

std::size_t Fields::count(std::string_view name) const noexcept {
    return static_cast<std::size_t>(std::ranges::count_if(
        fields_, [&](const Field& field) { return same_token(field.name, name); }));
}

std::vector<std::string_view> list_members(std::string_view value) {
    std::vector<std::string_view> members;
    while (!value.empty()) {
        const auto end = member_end(value);
        if (const auto member = trimmed(value.substr(0, end)); !member.empty())
            members.push_back(member);
        value.remove_prefix(std::min(end + 1, value.size()));
    }
    return members;
}

bool takes_coding(const Fields& fields, std::string_view coding) {
    const auto value = fields.joined("Accept-Encoding");
    if (!value) return false;
    for (const auto member : list_members(*value)) {
        const auto semicolon = member.find(';');
        auto name = member.substr(0, semicolon);
        while (!name.empty() && (name.back() == ' ' || name.back() == '\t')) name.remove_suffix(1);
        if (!same_token(name, coding)) continue;
        // "q=0", "q=0.000": no digit but zeros
        return semicolon == std::string_view::npos ||
               member.substr(semicolon).find_first_of("123456789") != std::string_view::npos;
    }
    return false;
}

bool has_token(const Fields& fields, std::string_view name, std::string_view token) {
    return std::ranges::any_of(fields, [&](const Field& field) {
        return same_token(field.name, name) &&
               std::ranges::any_of(list_members(field.value), [&](std::string_view member) {
                   return same_token(member, token);
               });
    });
}

std::string_view reason(int status) noexcept {
    switch (status) {
        case 100:
            return "Continue";
        case 101:
            return "Switching Protocols";
        case 102:
            return "Processing";
        case 103:
            return "Early Hints";
        case 200:
            return "OK";
        case 201:
            return "Created";
        case 202:
            return "Accepted";
        case 203:
            return "Non-Authoritative Information";
        case 204:
            return "No Content";
        case 205:
            return "Reset Content";
        case 206:
            return "Partial Content";
        case 207:
            return "Multi-Status";
        case 208:
            return "Already Reported";
        case 226:
            return "IM Used";
        case 300:
            return "Multiple Choices";
        case 301:
            return "Moved Permanently";
        case 302:
            return "Found";
        case 303:
            return "See Other";
        case 304:
            return "Not Modified";
        case 305:
            return "Use Proxy";
        case 307:
            return "Temporary Redirect";
        case 308:
            return "Permanent Redirect";
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 402:
            return "Payment Required";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 406:
            return "Not Acceptable";
        case 407:
            return "Proxy Authentication Required";
        case 408:
            return "Request Timeout";
        case 409:
            return "Conflict";
        case 410:
            return "Gone";
        case 411:
            return "Length Required";
        case 412:
            return "Precondition Failed";
        case 413:
            return "Content Too Large";
        case 414:
            return "URI Too Long";
        case 415:
            return "Unsupported Media Type";
        case 416:
            return "Range Not Satisfiable";
        case 417:
            return "Expectation Failed";
        case 421:
            return "Misdirected Request";
        case 422:
            return "Unprocessable Content";
        case 423:
            return "Locked";
        case 424:
            return "Failed Dependency";
        case 425:
            return "Too Early";
        case 426:
            return "Upgrade Required";
        case 428:
            return "Precondition Required";
        case 429:
            return "Too Many Requests";
        case 431:
            return "Request Header Fields Too Large";
        case 451:
            return "Unavailable For Legal Reasons";
        case 500:
            return "Internal Server Error";
        case 501:
            return "Not Implemented";
        case 502:
            return "Bad Gateway";
        case 503:
            return "Service Unavailable";
        case 504:
            return "Gateway Timeout";
        case 505:
            return "HTTP Version Not Supported";
        case 506:
            return "Variant Also Negotiates";
        case 507:
            return "Insufficient Storage";
        case 508:
            return "Loop Detected";
        case 511:
            return "Network Authentication Required";
        default:
            return "";
    }
}

std::string print_head(const Response& response) {
    const auto name = reason(response.status);
    std::size_t size = 17 + name.size();
    for (const auto& field : response.fields) size += field.name.size() + field.value.size() + 4;
    std::string head;
    head.reserve(size);
    head.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
    head.append(name).append("\r\n");
    for (const auto& field : response.fields)
        head.append(field.name).append(": ").append(field.value).append("\r\n");
    return head.append("\r\n");
}

void remove_hop_by_hop(Fields& fields) {
    if (const auto connection = fields.joined("Connection"))
        for (const auto name : list_members(*connection)) fields.remove(name);
    constexpr std::array names{"Connection",
                               "Keep-Alive",
                               "Proxy-Connection",
                               "Proxy-Authenticate",
                               "Proxy-Authentication-Info",
                               "Proxy-Authorization",
                               "TE",
                               "Trailer",
                               "Transfer-Encoding",
                               "Upgrade"};
    for (const auto name : names) fields.remove(name);
}

}  // namespace stretto::http

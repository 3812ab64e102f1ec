#include "http/address.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "http/place.hpp"

namespace stretto::http {
namespace {

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool begins(std::string_view text, std::string_view scheme) noexcept {
    return text.size() >= scheme.size() && std::equal(scheme.begin(), scheme.end(), text.begin(),
                                                      [](char a, char b) { return a == lower(b); });
}

}  // namespace

bool is_url(std::string_view text) noexcept {
    return begins(text, "http://") || begins(text, "https://");
}

std::string check_url(const std::string& url) {
    const auto place = parse_place(url);
    // libcurl takes a third slash for a slip, and the path for a host
    if (!is_url(url) || !place.known || url[url.find("://") + 3] == '/' ||
        place.authority.ends_with(":0"))
        throw Error{EX_USAGE, text("'", without_userinfo(url), "' is not an http:// address")};
    auto checked = url;
    std::transform(checked.begin(), checked.begin() + static_cast<long>(checked.find(':')),
                   checked.begin(), lower);
    return checked;
}

std::string check_server(const std::string& url) {
    if (is_url(url) && url.find_first_of("?#") != url.npos)
        throw Error{EX_USAGE, text("'", without_userinfo(url),
                                   "': the address of a server has no query and no fragment")};
    return check_url(url);
}

}  // namespace stretto::http

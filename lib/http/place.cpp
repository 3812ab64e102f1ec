#include "http/place.hpp"

#include "http/curl.hpp"

namespace stretto::http {
namespace {

Url parsed(const std::string& url) {
    Url parts{curl_url()};
    if (!parts) throw std::bad_alloc{};
    if (curl_url_set(parts.get(), CURLUPART_URL, url.c_str(), CURLU_PATH_AS_IS) != CURLUE_OK)
        return nullptr;
    return parts;
}

std::string get(CURLU* parts, CURLUPart which, unsigned flags = 0) {
    char* value = nullptr;
    if (curl_url_get(parts, which, &value, flags) != CURLUE_OK) return {};
    const std::unique_ptr<char, Freed<curl_free>> held{value};
    return value;
}

bool is_http(const std::string& scheme) { return scheme == "http" || scheme == "https"; }

}  // namespace

Place parse_place(std::string_view url) {
    Place place;
    std::string whole{url};
    if (url.find("://") == std::string_view::npos) whole = "http://" + whole;
    const auto parts = parsed(whole);
    const auto scheme = parts ? get(parts.get(), CURLUPART_SCHEME) : "";
    const auto host = parts ? get(parts.get(), CURLUPART_HOST) : "";
    if (!is_http(scheme) || host.empty()) {
        place.origin = place.authority = without_userinfo(url);
        return place;
    }
    const auto port = get(parts.get(), CURLUPART_PORT);
    place.known = true;
    place.authority = port.empty() ? host : host + ":" + port;
    place.origin = scheme + "://" + place.authority;
    place.prefix = get(parts.get(), CURLUPART_PATH);
    while (place.prefix.ends_with('/')) place.prefix.pop_back();
    place.user = get(parts.get(), CURLUPART_USER, CURLU_URLDECODE);
    place.password = get(parts.get(), CURLUPART_PASSWORD, CURLU_URLDECODE);
    return place;
}

OneUrl split_url(std::string_view url) {
    url = url.substr(0, url.find('#'));
    const auto scheme = url.find("://");
    const auto host = scheme == url.npos ? 0 : scheme + 3;
    const auto end = std::min(url.size(), url.find_first_of("/?", host));
    OneUrl parts{std::string{url.substr(0, end)}, std::string{url.substr(end)}};
    if (!parts.target.starts_with('/')) parts.target.insert(0, 1, '/');
    return parts;
}

Result<std::string> redirection(const std::string& url, const std::string& location) {
    const auto parts = parsed(url);
    if (!parts) return Malformed{"the original URL is invalid"};
    const bool safe = get(parts.get(), CURLUPART_SCHEME) == "https";
    if (curl_url_set(parts.get(), CURLUPART_URL, location.c_str(), CURLU_PATH_AS_IS) != CURLUE_OK)
        return Malformed{"it redirects to an invalid URL"};
    const auto scheme = get(parts.get(), CURLUPART_SCHEME);
    if (!is_http(scheme)) return Malformed{"it redirects to a URL that is not http"};
    if (safe && scheme != "https") return Malformed{"it redirects from https to http"};
    for (const auto part : {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_FRAGMENT})
        curl_url_set(parts.get(), part, nullptr, 0);
    return get(parts.get(), CURLUPART_URL);
}

std::string without_userinfo(std::string_view url) {
    const auto scheme = url.find("://");
    const auto begin = scheme == std::string_view::npos ? 0 : scheme + 3;
    const auto end = std::min(url.find_first_of("/?#", begin), url.size());
    const auto at = url.substr(begin, end - begin).rfind('@');
    if (at == std::string_view::npos) return std::string{url};
    return std::string{url.substr(0, begin)}.append(url.substr(begin + at + 1));
}

}  // namespace stretto::http

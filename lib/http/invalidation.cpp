#include "http/invalidation.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <memory>

#include "base/own.hpp"

namespace stretto::http {
namespace {

/// An absolute URI, parsed by libcurl, which also resolves references (RFC 3986 5.2).
class Url {
   public:
    explicit Url(const std::string& absolute) : url_(curl_url()) { follow(absolute); }

    /// Resolve a reference relative to this URI; false if it is invalid.
    bool follow(const std::string& reference) {
        return ok_ = ok_ &&
                     curl_url_set(url_.get(), CURLUPART_URL, reference.c_str(), 0) == CURLUE_OK;
    }
    bool ok() const noexcept { return ok_; }
    std::string part(CURLUPart which) const {
        char* text = nullptr;
        if (curl_url_get(url_.get(), which, &text, CURLU_NO_DEFAULT_PORT) != CURLUE_OK) return {};
        const std::unique_ptr<char, Freed<curl_free>> owner{text};
        return text;
    }
    std::string target() const {
        const auto query = part(CURLUPART_QUERY);
        return part(CURLUPART_PATH) + (query.empty() ? "" : "?" + query);
    }
    /// http and https are equal, because a proxy may terminate TLS.
    bool same_origin(const Url& other) const {
        return part(CURLUPART_SCHEME).starts_with("http") &&
               same_token(part(CURLUPART_HOST), other.part(CURLUPART_HOST)) &&
               part(CURLUPART_PORT) == other.part(CURLUPART_PORT);
    }

   private:
    std::unique_ptr<CURLU, Freed<curl_url_cleanup>> url_;
    bool ok_ = true;
};

}  // namespace

std::vector<std::string> invalidated(const Request& request, const Response& response,
                                     std::string_view authority) {
    std::vector<std::string> targets;
    if (is_safe(request.method) || response.status < 200 || response.status > 399) return targets;
    targets.push_back(request.target);
    const auto own = "http://" + std::string{authority} + request.target;
    for (const auto name : {"Location", "Content-Location"}) {
        const auto reference = response.fields.find(name);
        if (!reference) continue;
        const Url here{own};
        Url there{own};
        if (!there.follow(*reference) || !there.same_origin(here)) continue;
        if (auto target = there.target(); std::ranges::find(targets, target) == targets.end())
            targets.push_back(std::move(target));
    }
    return targets;
}

bool is_safe(std::string_view method) noexcept {
    constexpr std::array<std::string_view, 4> safe{"GET", "HEAD", "OPTIONS", "TRACE"};
    return std::ranges::find(safe, method) != safe.end();
}

}  // namespace stretto::http

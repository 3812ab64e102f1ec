#pragma once
// Cache-Status (RFC 9211): what a cache did with a request.
#include <optional>
#include <string>
#include <string_view>

namespace stretto::http {

/// One Cache-Status member (RFC 9211): `name; hit; ttl=30`, `name; fwd=uri-miss; stored`, ...
struct CacheStatus {
    bool hit = false;
    std::string fwd;  ///< bypass, method, uri-miss, vary-miss, miss, request, stale, partial; empty
                      ///< when hit
    std::optional<int> fwd_status;
    std::optional<long long> ttl;
    bool stored = false, collapsed = false;
    std::string detail;
};
std::string print_cache_status(std::string_view cache_name, const CacheStatus& status);

}  // namespace stretto::http

#include "http/cache_status.hpp"

#include "http/structured.hpp"

namespace stretto::http {

std::string print_cache_status(std::string_view cache_name, const CacheStatus& status) {
    auto out = print_token_or_string(cache_name);
    if (status.hit) out += "; hit";
    if (!status.fwd.empty()) out += "; fwd=" + status.fwd;
    if (status.fwd_status) out += "; fwd-status=" + std::to_string(*status.fwd_status);
    if (status.ttl) out += "; ttl=" + std::to_string(*status.ttl);
    if (status.stored) out += "; stored";
    if (status.collapsed) out += "; collapsed";
    if (!status.detail.empty()) out += "; detail=" + print_token_or_string(status.detail);
    return out;
}

}  // namespace stretto::http

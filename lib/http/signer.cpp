#include "http/signer.hpp"

#include <utility>
#include <vector>

namespace stretto::http {
namespace {

std::vector<std::pair<std::string, Signer>>& signers() {
    static std::vector<std::pair<std::string, Signer>> all;
    return all;
}

}  // namespace

void sign_requests(const std::string& base, Signer signer) {
    auto url = parse_place(base).url();
    for (auto& [known, one] : signers())
        if (known == url) {
            one = std::move(signer);
            return;
        }
    signers().emplace_back(std::move(url), std::move(signer));
}

Signer signer_of(const Place& place) {
    const auto url = place.url();
    for (const auto& [base, signer] : signers())
        if (url.starts_with(base) && (url.size() == base.size() || url[base.size()] == '/'))
            return signer;
    return {};
}

std::string percent_encoded(std::string_view text, bool keep_slashes) {
    constexpr std::string_view plain =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    constexpr char digits[] = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (plain.find(c) != plain.npos || (keep_slashes && c == '/'))
            out += c;
        else
            out += {'%', digits[byte >> 4], digits[byte & 15]};
    }
    return out;
}

}  // namespace stretto::http

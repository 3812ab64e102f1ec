#include "abr/policy.hpp"

#include <charconv>

#include "abr/rules.hpp"

namespace stretto::abr {

std::unique_ptr<Policy> make_policy(const std::string& name) {
    if (name == "stretto") return make_stretto();
    if (name == "bola") return make_bola();
    if (name == "mpc") return make_mpc();
    if (name == "throughput") return make_throughput();
    if (name == "dynamic") return make_dynamic();
    if (name == "seed") return make_seed();
    int kbps = 0;
    const auto* end = name.data() + name.size();
    const auto [stop, code] = std::from_chars(name.data(), end, kbps);
    if (code != std::errc{} || stop != end || kbps <= 0) return nullptr;
    return make_fixed(kbps);
}

std::span<const char* const> policy_names() {
    static constexpr const char* names[] = {"stretto",    "bola",    "mpc",
                                            "throughput", "dynamic", "seed"};
    return names;
}

}  // namespace stretto::abr

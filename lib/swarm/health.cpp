#include "swarm/health.hpp"

#include <algorithm>
#include <cmath>

namespace stretto::swarm {
namespace {

constexpr float new_peer = 0.8f;
constexpr float handed_halves_s = 30;    // a client that was sent there has its chunk by then
constexpr float success_halves_s = 600;  // of what separates it from a new peer
constexpr float most_harm_of_song = 0.3f;
constexpr float plenty_kbps = 5000, least_kbps = 50;
constexpr float unknown_km = 5000;

std::uint16_t tag_of(Network network) noexcept {
    // odd, so that it is never the 0 of an empty place
    return static_cast<std::uint16_t>(network * 0x9e3779b97f4a7c15u >> 48 | 1);
}

/// So much of a step down as reports of this song may still move a peer.
float step_of(std::array<Health::Harm, 2>& harms, std::uint8_t song, float step) noexcept {
    auto mine = std::ranges::find(harms, song, &Health::Harm::song);
    if (mine == harms.end()) {
        mine = std::ranges::min_element(harms, {}, &Health::Harm::by);
        *mine = {song, 0};
    }
    const float left = most_harm_of_song - static_cast<float>(mine->by) / 255;
    step = std::clamp(step, 0.0f, std::max(0.0f, left));
    mine->by = static_cast<std::uint8_t>(static_cast<float>(mine->by) + std::ceil(255 * step));
    return step;
}

}  // namespace

void Health::age(std::uint32_t now_s) noexcept {
    if (now_s <= at_s) return;
    const auto passed = static_cast<float>(now_s - at_s);
    at_s = now_s;
    if (handed > 0) handed = handed < 0.01f ? 0 : handed * std::exp2(-passed / handed_halves_s);
    const float healed = std::exp2(-passed / success_halves_s);
    if (const auto minutes = static_cast<std::uint16_t>(now_s / 60 - harms_min); minutes > 0) {
        harms_min = static_cast<std::uint16_t>(now_s / 60);
        const float left = std::exp2(-60.0f * minutes / success_halves_s);
        for (auto& harm : harms) harm.by = static_cast<std::uint8_t>(left * harm.by);
    }
    if (success < new_peer - 0.001f) success += (new_peer - success) * (1 - healed);
}

bool Health::report(Network from, bool ok, double kbps, std::uint8_t song, float weight) noexcept {
    const auto tag = tag_of(from);
    if (std::ranges::find(reporters, tag) != reporters.end()) return false;
    latest = static_cast<std::uint16_t>((latest + 1) % reporters.size());
    reporters[latest] = tag;
    if (ok)
        success += weight * (1 - success) / 4;
    else
        success -= step_of(harms, song, weight * success / 4);
    if (ok && kbps > 0) {
        const auto fresh = static_cast<float>(std::clamp(kbps, 1.0, 1e7));
        speed_kbps = speed_kbps > 0 ? speed_kbps + (fresh - speed_kbps) / 4 : fresh;
    }
    return true;
}

float Health::free_kbps(float upload_kbps) const noexcept {
    // one transfer is seldom all that a peer can give, so what was seen bounds what it says of
    // itself loosely
    const float can = speed_kbps > 0 ? std::min(upload_kbps, 4 * speed_kbps) : upload_kbps;
    return can / (1 + handed);
}

float Health::score(float upload_kbps) const noexcept {
    return success * (1 + std::min(1.0f, free_kbps(upload_kbps) / plenty_kbps)) / 2;
}

float cost(const Health& health, float upload_kbps, float km, bool same_network,
           float chance) noexcept {
    const float free = std::max(least_kbps, health.free_kbps(upload_kbps));
    const float distance = same_network ? -1 : std::log2(1 + (km < 0 ? unknown_km : km) / 50);
    return distance + 6 * (1 - health.success) +
           std::clamp(0.5f * std::log2(plenty_kbps / free), 0.0f, 3.0f) + 0.5f * chance;
}

}  // namespace stretto::swarm

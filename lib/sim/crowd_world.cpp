#include "sim/crowd_world.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/digest.hpp"

namespace stretto::sim {
namespace {

struct City {
    swarm::Location place;
    double people;  // millions, roughly, with its surroundings
};
// where many people stream; edges stand in the order of this list
constexpr City cities[] = {
    {{50.1f, 8.7f}, 5},     {{40.7f, -74.0f}, 20},  {{34.1f, -118.2f}, 13}, {{51.5f, -0.1f}, 14},
    {{-23.6f, -46.6f}, 21}, {{1.4f, 103.8f}, 6},    {{35.7f, 139.7f}, 30},  {{19.4f, -99.1f}, 21},
    {{19.1f, 72.9f}, 20},   {{-33.9f, 151.2f}, 5},  {{59.3f, 18.1f}, 2},    {{48.9f, 2.4f}, 11},
    {{40.4f, -3.7f}, 6},    {{52.5f, 13.4f}, 5},    {{41.9f, 12.5f}, 4},    {{52.2f, 21.0f}, 3},
    {{41.0f, 28.9f}, 15},   {{55.7f, 12.6f}, 2},    {{59.9f, 10.8f}, 2},    {{60.2f, 24.9f}, 2},
    {{52.4f, 4.9f}, 3},     {{48.2f, 16.4f}, 2},    {{47.4f, 8.5f}, 2},     {{38.7f, -9.1f}, 3},
    {{41.9f, -87.6f}, 9},   {{29.8f, -95.4f}, 7},   {{33.7f, -84.4f}, 6},   {{47.6f, -122.3f}, 4},
    {{43.7f, -79.4f}, 6},   {{45.5f, -73.6f}, 4},   {{-34.6f, -58.4f}, 15}, {{-33.4f, -70.7f}, 6},
    {{4.7f, -74.1f}, 8},    {{-22.9f, -43.2f}, 12}, {{14.6f, 121.0f}, 14},  {{-6.2f, 106.8f}, 20},
    {{37.6f, 127.0f}, 15},  {{28.6f, 77.2f}, 20},   {{-37.8f, 145.0f}, 5},  {{-26.2f, 28.0f}, 8}};

swarm::Layout layout_of(const abr::Shape& shape) {
    swarm::Layout layout;
    for (const auto& r : shape.renditions)
        layout.kbps.push_back(static_cast<std::uint16_t>(r.kbps));
    layout.chunks = shape.chunks();
    return layout;
}

}  // namespace

Zipf::Zipf(std::size_t n, double exponent) {
    double sum = 0;
    for (std::size_t k = 1; k <= n; ++k)
        until_.push_back(sum += std::pow(static_cast<double>(k), -exponent));
}

std::size_t Zipf::draw(Chance& chance) const {
    const auto found = std::ranges::upper_bound(until_, chance.real() * until_.back());
    return std::min(static_cast<std::size_t>(found - until_.begin()), until_.size() - 1);
}

Catalogue::Catalogue(std::size_t songs, double mean_s, std::span<const int> ladder,
                     std::uint64_t seed)
    : songs_(songs), mean_s_(mean_s), ladder_(ladder.begin(), ladder.end()), seed_(seed) {}

const CrowdSong& Catalogue::song(std::size_t number) {
    auto& place = songs_[number];
    if (place) return *place;
    place = std::make_unique<CrowdSong>();
    auto& song = *place;
    const auto seed = seed_ * 0x100000001b3 + number;
    Chance chance{seed};
    // a few long ones aside, songs last from half to half again as long as the mean
    song.seconds = mean_s_ * std::clamp(1 + 0.2 * chance.normal(), 0.5, 1.5);
    song.shape = made_song(song.seconds, seed, ladder_);
    song.id = base32(sha256(as_bytes(text("song ", number)))).substr(0, 32);
    song.layout = layout_of(song.shape);
    for (const auto& r : song.shape.renditions) {
        auto& bytes = song.bytes.emplace_back();
        auto& starts = song.starts.emplace_back();
        for (const auto& chunk : r.chunks) {
            bytes.push_back(chunk.bytes);
            auto& begins = starts.emplace_back();
            for (const auto& piece : chunk.pieces) begins.push_back(piece.offset);
        }
        song.whole.push_back(std::accumulate(bytes.begin(), bytes.end(), std::uint64_t{0}));
    }
    return song;
}

swarm::Location draw_place(Chance& chance) {
    double people = 0;
    for (const auto& city : cities) people += city.people;
    double at = chance.real() * people;
    const City* found = cities;
    while (found + 1 < std::end(cities) && (at -= found->people) > 0) ++found;
    const auto out = [&] { return static_cast<float>(1.5 * (chance.real() - 0.5)); };
    const float north = out(), east = out();
    return {found->place.lat + north, found->place.lon + east};
}

swarm::Location edge_place(std::size_t n) { return cities[n % std::size(cities)].place; }

double rtt_s(swarm::Location a, swarm::Location b) {
    return 0.010 + 2 * 1.5 * swarm::distance_km(a, b) / 200e3;
}

}  // namespace stretto::sim

#include "report/experience.hpp"

namespace stretto::report {

double ratio(std::int64_t a, std::int64_t b) {
    return b == 0 ? 0 : static_cast<double>(a) / static_cast<double>(b);
}

void Experience::add(const Visit& v) {
    const bool sound = v.has(Visit::sounded);
    const bool fault = v.has(Visit::failed);
    ++sessions;
    started += sound;
    failed += fault;
    failed_to_start += !sound && fault;
    left_before_start += !sound && !fault;
    with_stall += sound && v.stalls > 0;
    stalls += v.stalls;
    stalled_ms += v.stalled_ms;
    heard_ms += v.heard_ms;
    switches += v.switches;
    if (sound && !v.has(Visit::followed)) startup.add(v.startup_ms);
}

void Experience::add_kept(const Session& session) {
    for (const auto& got : session.got) kept_ms[got.kbps] += got.kept_ms;
}

void Experience::add(const Experience& other) {
    for (const auto field : {&Experience::sessions, &Experience::started,
                             &Experience::left_before_start, &Experience::failed_to_start,
                             &Experience::failed, &Experience::with_stall, &Experience::stalls,
                             &Experience::stalled_ms, &Experience::heard_ms, &Experience::switches})
        this->*field += other.*field;
    for (const auto& [kbps, ms] : other.kept_ms) kept_ms[kbps] += ms;
    startup.add(other.startup);
}

double Experience::share_with_stall() const { return ratio(with_stall, started); }
double Experience::rebuffering_ratio() const { return ratio(stalled_ms, stalled_ms + heard_ms); }
double Experience::stalls_per_hour() const { return ratio(stalls, heard_ms) * 3'600'000; }

double Experience::mean_kbps() const {
    double sum = 0, all = 0;
    for (const auto& [kbps, ms] : kept_ms) {
        sum += static_cast<double>(kbps) * static_cast<double>(ms);
        all += static_cast<double>(ms);
    }
    return all > 0 ? sum / all : 0;
}

void Traffic::add(const Got& got) {
    bytes[static_cast<int>(got.source)] += got.bytes;
    chunks[static_cast<int>(got.source)] += got.chunks;
}

void Traffic::add(const Piece& piece, Source source) {
    bytes[static_cast<int>(source)] += piece.bytes;
    ++chunks[static_cast<int>(source)];
}

void Traffic::add(const Traffic& other) {
    for (int i = 0; i < sources; ++i) {
        bytes[i] += other.bytes[i];
        chunks[i] += other.chunks[i];
    }
    first_byte.add(other.first_byte);
}

double Traffic::offload() const { return ratio(of(Source::cache) + of(Source::peer), all_bytes()); }
double Traffic::hit_ratio() const { return ratio(of(Source::edge_hit), edge_bytes()); }

}  // namespace stretto::report

#include "report/session.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/digest.hpp"
#include "song/manifest.hpp"
#include "song/path.hpp"

namespace stretto::report {
namespace {

using events::Event;
using events::Kind;

/// a * b / c without overflow, towards zero.
std::int64_t part(std::int64_t a, std::int64_t b, std::int64_t c) {
    __extension__ using Wide = __int128;
    return static_cast<std::int64_t>(Wide{a} * b / c);
}

std::optional<Source> source_of(const Event& event) {
    if (event.source == "cache") return Source::cache;
    if (event.source == "peer") return Source::peer;
    if (event.source == "edge")
        return event.hit.value_or(false) ? Source::edge_hit : Source::edge_miss;
    return {};
}

bool is_edge(Source source) { return source == Source::edge_hit || source == Source::edge_miss; }

/// Limit a value to what is possible, so that sums of false values do not overflow.
std::int64_t known(std::int64_t number, std::int64_t most) {
    return std::clamp<std::int64_t>(number, 0, most);
}

constexpr std::int64_t most_audio_ms = song::most_chunk_s * 1000;
constexpr std::int64_t most_stall_ms = 86'400'000, most_length_ms = 86'400'000;
constexpr std::int64_t most_upload_bytes = std::int64_t{1} << 36;  // an hour of 150 Mbit/s

// limit per session: more than the chunks of a day
constexpr std::size_t most_pieces = 4096, most_got = 256, most_rejecters = 256;

}  // namespace

Ending ending_of(std::string_view why) {
    if (why == "finished") return Ending::finished;
    return why == "failed" ? Ending::failed : Ending::skipped;
}

std::string network_of(std::string_view address) {
    std::array<std::uint8_t, 16> bytes{};
    char printed[INET6_ADDRSTRLEN];
    const std::string whole{address};
    if (::inet_pton(AF_INET, whole.c_str(), bytes.data()) == 1) {
        bytes[3] = 0;
        return ::inet_ntop(AF_INET, bytes.data(), printed, sizeof printed);
    }
    if (::inet_pton(AF_INET6, whole.c_str(), bytes.data()) != 1) return whole;
    std::fill(bytes.begin() + 6, bytes.end(), 0);
    return ::inet_ntop(AF_INET6, bytes.data(), printed, sizeof printed);
}

std::int64_t length_of(std::int64_t audio_ms) { return known(audio_ms, most_length_ms); }

std::int64_t uploaded_bytes(const Event& event) { return known(event.bytes, most_upload_bytes); }

void Session::add(const Event& event, Dictionary& names) {
    // a player may upload for a long time after its last song
    if (event.kind != events::Kind::upload)
        clock.add(event.time_ms, event.sent_ms, event.received_ms);
    if (!event.address.empty() && (address_seq < 0 || event.seq < address_seq)) {
        address_seq = event.seq;
        address = names.addresses(network_of(event.address));
    }
    token = token || !event.token.empty();
    heard_ms = std::max(heard_ms, event.heard_ms);
    switch (event.kind) {
        case Kind::start:
            if (start_seq >= 0 && event.seq > start_seq) break;
            start_seq = event.seq;
            title = event.title;
            artist = event.artist;
            break;
        case Kind::playing:
            sound_ms = sound_ms < 0 ? event.time_ms : std::min(sound_ms, event.time_ms);
            if (event.startup_ms >= 0 && (startup_ms < 0 || event.startup_ms < startup_ms))
                startup_ms = event.startup_ms;
            break;
        case Kind::chunk:
            add_chunk(event, names);
            break;
        case Kind::switched:
            ++switches;
            break;
        case Kind::stall:
            ++stalls;
            last_stall_ms = std::max(last_stall_ms, event.time_ms);
            break;
        case Kind::resume:
            ++resumes;
            stalled_ms += known(event.ms, most_stall_ms);
            break;
        case Kind::reject:
            add_reject(event.from, names);
            break;
        case Kind::upload:
            uploaded += uploaded_bytes(event);
            break;
        case Kind::end:
            if (event.seq < end_seq) break;
            end_seq = event.seq;
            ending = ending_of(event.why);
            length_ms = length_of(event.audio_ms);
            break;
        case Kind::pause:
        case Kind::seek:
        case Kind::progress:
        case Kind::other:
            break;
    }
}

void Session::add_reject(std::string_view from, Dictionary& names) {
    const Name server = names.servers(from);
    const auto found = std::find_if(rejects.begin(), rejects.end(),
                                    [&](const auto& row) { return row.first == server; });
    if (found != rejects.end())
        ++found->second;
    else if (rejects.size() < most_rejecters)
        rejects.emplace_back(server, 1);
}

void Session::add_chunk(const Event& event, Dictionary& names) {
    const auto source = source_of(event);
    if (!source) return;
    const Name server = is_edge(*source) ? names.servers(event.from) : Name{};
    const auto kbps = known(event.kbps, song::most_kbps);
    auto row = std::find_if(got.begin(), got.end(), [&](const Got& g) {
        return g.source == *source && g.server == server && g.kbps == kbps;
    });
    if (row == got.end()) {
        if (got.size() >= most_got) return;
        row = got.emplace(got.end());
        row->source = *source;
        row->server = server;
        row->kbps = kbps;
    }
    const auto bytes = known(event.bytes, song::most_chunk_bytes),
               audio = known(event.audio_ms, most_audio_ms);
    const std::int64_t used = event.used_ms < 0 ? audio : std::min(event.used_ms, audio);
    ++row->chunks;
    row->bytes += bytes;
    row->audio_ms += audio;
    row->kept_ms += used;
    row->kept_bytes += audio > 0 ? part(bytes, used, audio) : 0;
    if (pieces.size() >= most_pieces) return;
    const bool timed = is_edge(*source) && event.first_byte_ms >= 0;
    pieces.push_back({event.time_ms, bytes, used, static_cast<std::uint16_t>(row - got.begin()),
                      timed ? Sketch::bucket(event.first_byte_ms) : Piece::no_bucket});
}

std::int64_t Session::stalled() const {
    std::int64_t open_ms = 0;  // the stall in which the session ended
    for (const auto& s : clock.stretches())
        if (stalls > resumes && s.first_ms <= last_stall_ms && last_stall_ms < s.last_ms)
            open_ms = s.last_ms - last_stall_ms;
    return std::min(stalled_ms + open_ms, clock.elapsed_ms());
}

std::int64_t Session::kept_ms() const {
    std::int64_t sum = 0;
    for (const auto& g : got) sum += g.kept_ms;
    return sum;
}

bool Session::is_play(std::int64_t heard) const {
    if (heard >= play_ms) return true;
    const auto kept = kept_ms(), all = kept > 0 ? kept : length_ms;
    // players round, and stop some packets before the last sample
    return ending == Ending::finished && all > 0 && heard > 0 && heard + 1000 >= all;
}

std::int64_t Session::wasted() const {
    std::int64_t fetched = 0, kept = 0;
    for (const auto& g : got)
        if (g.source != Source::cache) fetched += g.bytes, kept += g.kept_bytes;
    const auto all = kept_ms();
    return fetched - (all > 0 ? part(kept, std::min(heard(), all), all) : 0);
}

std::uint64_t listener_key(std::string_view salt, std::string_view listener) {
    Sha256 sum;
    sum.add(as_bytes(salt));
    sum.add(as_bytes(std::string_view{"\0", 1}));
    sum.add(as_bytes(listener));
    const auto digest = sum.finish();
    std::uint64_t key = 0;
    for (int i = 0; i < 8; ++i) key = key << 8 | digest[static_cast<std::size_t>(i)];
    return key;
}

}  // namespace stretto::report

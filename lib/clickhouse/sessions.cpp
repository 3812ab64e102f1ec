#include "clickhouse/sessions.hpp"

#include <algorithm>
#include <vector>

namespace stretto::clickhouse {
namespace {

using report::Clock;

/// Remembers whether all numbers were in their ranges.
class Numbers {
   public:
    explicit Numbers(RowReader& from) : from_(from) {}
    bool wrong() const noexcept { return wrong_ || from_.broken(); }

    /// Strangers' events may make a sum as large as they like.
    std::int64_t sum() {
        constexpr auto most = std::int64_t{1} << 56;
        return within(std::min(from_.number<std::int64_t>(), most), 0, most);
    }
    std::int64_t time() { return within(0, events::most_time_ms); }
    /// Clock::none, or a number that may be negative.
    std::int64_t difference() {
        const auto value = from_.number<std::int64_t>();
        if (value == Clock::none) return value;
        return within(value, -2 * events::most_number, 2 * events::most_number);
    }
    /// Clock::none becomes -1.
    std::int64_t number_or_none() {
        const auto value = difference();
        return value == Clock::none ? -1 : value;
    }
    std::int64_t event_number() { return within(-1, events::most_number); }

   private:
    std::int64_t within(std::int64_t least, std::int64_t most) {
        return within(from_.number<std::int64_t>(), least, most);
    }
    std::int64_t within(std::int64_t value, std::int64_t least, std::int64_t most) {
        wrong_ = wrong_ || value < least || value > most;
        return std::clamp(value, least, most);
    }

    RowReader& from_;
    bool wrong_ = false;
};

struct Chunk {
    std::uint64_t position;
    events::Event event;
};
struct Reject {
    std::uint64_t position;
    std::string_view from;
};

/// In the order of the lines: what exceeds a session's limits depends on it.
template <class Line>
void in_order(std::vector<Line>& lines) {
    std::stable_sort(lines.begin(), lines.end(),
                     [](const Line& a, const Line& b) { return a.position < b.position; });
}

bool read_clock(RowReader& from, Numbers& numbers, std::int64_t begun_ms, std::int64_t received_ms,
                Clock& clock) {
    std::vector<Clock::Stretch> stretches(from.array(40));
    for (auto& s : stretches) {
        s.first_ms = numbers.time();
        s.last_ms = numbers.time();
        s.lines = numbers.sum();
        s.offset_ms = numbers.difference();
        s.behind_ms = numbers.difference();
    }
    // a listener may only have uploaded
    return stretches.empty() || clock.restore(std::move(stretches), begun_ms, received_ms);
}

void read_chunks(RowReader& from, Numbers& numbers, report::Session& session,
                 report::Dictionary& names) {
    constexpr std::string_view sources[] = {"", "cache", "peer", "edge", "edge"};
    constexpr std::int8_t hit = 3;
    std::vector<Chunk> chunks(from.array(58));
    for (auto& [position, event] : chunks) {
        position = from.number<std::uint64_t>();
        event.kind = events::Kind::chunk;
        event.time_ms = numbers.time();
        const auto source = from.number<std::int8_t>();
        event.source = source > 0 && source < std::ssize(sources) ? sources[source] : sources[0];
        event.hit = source == hit;
        event.from = from.text();
        for (auto* to :
             {&event.kbps, &event.bytes, &event.audio_ms, &event.used_ms, &event.first_byte_ms})
            *to = numbers.event_number();
    }
    if (numbers.wrong()) return;
    in_order(chunks);
    for (const auto& chunk : chunks) session.add_chunk(chunk.event, names);
}

void read_rejects(RowReader& from, report::Session& session, report::Dictionary& names) {
    std::vector<Reject> rejects(from.array(9));
    for (auto& reject : rejects) {
        reject.position = from.number<std::uint64_t>();
        reject.from = from.text();
    }
    if (from.broken()) return;
    in_order(rejects);
    for (const auto& reject : rejects) session.add_reject(reject.from, names);
}

}  // namespace

Result<Row> read_session(RowReader& from, report::Dictionary& names, std::string_view salt) {
    Row row;
    auto& s = row.session;
    Numbers numbers{from};
    row.id = from.text();
    s.listener = report::listener_key(salt, from.text());
    s.song = names.songs(from.text());
    s.place = names.places(from.text());
    if (const auto address = from.text(); !address.empty())
        s.address = names.addresses(report::network_of(address));
    s.title = from.text();
    s.artist = from.text();
    const auto why = from.text();
    s.token = from.number<std::uint8_t>() != 0;
    row.events = numbers.sum();
    s.heard_ms = std::max<std::int64_t>(numbers.event_number(), 0);
    s.sound_ms = numbers.number_or_none();
    s.startup_ms = numbers.number_or_none();
    for (auto* to :
         {&s.stalls, &s.resumes, &s.stalled_ms, &s.last_stall_ms, &s.switches, &s.uploaded})
        *to = numbers.sum();
    s.end_seq = numbers.event_number();
    const auto length_ms = numbers.event_number();
    if (s.end_seq >= 0)
        s.ending = report::ending_of(why), s.length_ms = report::length_of(length_ms);
    const auto begun_ms = numbers.difference();
    const auto received_ms = numbers.event_number();
    const bool timed = read_clock(from, numbers, begun_ms, received_ms, s.clock);
    read_chunks(from, numbers, s, names);
    read_rejects(from, s, names);
    if (numbers.wrong() || !timed || row.id.empty()) return Malformed{"a row of sessions is wrong"};
    return row;
}

}  // namespace stretto::clickhouse

#include "report/partial.hpp"

#include "base/json_value.hpp"

namespace stretto::report {
namespace {

struct CountField {
    const char* name;
    std::int64_t Counts::*at;
};
constexpr CountField count_fields[] = {
    {"files", &Counts::files},     {"bytes", &Counts::bytes},       {"lines", &Counts::lines},
    {"events", &Counts::events},   {"torn", &Counts::torn},         {"foreign", &Counts::foreign},
    {"doubled", &Counts::doubled}, {"requests", &Counts::requests}, {"given", &Counts::given},
    {"via", &Counts::via}};

struct Field {
    const char* name;
    std::int64_t Session::*at;
};
constexpr Field fields[] = {{"sound_ms", &Session::sound_ms},
                            {"heard_ms", &Session::heard_ms},
                            {"startup_ms", &Session::startup_ms},
                            {"stalls", &Session::stalls},
                            {"resumes", &Session::resumes},
                            {"stalled_ms", &Session::stalled_ms},
                            {"last_stall_ms", &Session::last_stall_ms},
                            {"switches", &Session::switches},
                            {"uploaded", &Session::uploaded},
                            {"end_seq", &Session::end_seq},
                            {"length_ms", &Session::length_ms}};

constexpr const char* format = "stretto-partial/3";
constexpr const char* endings[] = {"none", "finished", "skipped", "failed"};
constexpr const char* told_names[] = {"reported", "hit", "miss", "origin", "to_server"};
constexpr const char* source_names[] = {"cache", "peer", "edge_hit", "edge_miss"};

std::string line(const Json& json) { return json.dump() + "\n"; }

bool is_edge(Source source) { return source == Source::edge_hit || source == Source::edge_miss; }

template <std::size_t N>
std::size_t place_of(const std::string& name, const char* const (&names)[N]) {
    for (std::size_t i = 0; i < N; ++i)
        if (name == names[i]) return i;
    throw Json::Wrong{"no such name"};
}

std::int64_t number(const Json& json) {
    const auto value = json.integer();
    // larger than any sum of valid events, and small enough to be added up
    if (value < -1 || value > std::int64_t{1} << 56) throw Json::Wrong{"out of range"};
    return value;
}

/// A number that may be negative or null.
std::int64_t signed_number(const Json& json) {
    if (json.is_null()) return Clock::none;
    const auto value = json.integer();
    if (value < -events::most_time_ms || value > events::most_time_ms)
        throw Json::Wrong{"out of range"};
    return value;
}

Json or_null(std::int64_t value) { return value == Clock::none ? Json{} : Json(value); }

Json print_got(const Got& got, const Dictionary& names) {
    return {source_names[static_cast<int>(got.source)],
            is_edge(got.source) ? names.servers[got.server] : std::string{},
            got.kbps,
            got.chunks,
            got.bytes,
            got.audio_ms,
            got.kept_bytes,
            got.kept_ms};
}

Got parse_got(const Json& json, Dictionary& names) {
    Got got;
    got.source = static_cast<Source>(place_of(json.at(0).string(), source_names));
    if (is_edge(got.source)) got.server = names.servers(json.at(1).string());
    std::size_t i = 2;
    for (auto* to :
         {&got.kbps, &got.chunks, &got.bytes, &got.audio_ms, &got.kept_bytes, &got.kept_ms})
        *to = number(json.at(i++));
    return got;
}

Json print_piece(const Piece& piece) {
    const bool timed = piece.first_byte != Piece::no_bucket;
    return {piece.time_ms, piece.got, piece.bytes, piece.kept_ms,
            timed ? Json(piece.first_byte) : Json{}};
}

Piece parse_piece(const Json& json, std::size_t got) {
    Piece piece;
    piece.time_ms = number(json.at(0));
    const auto of = number(json.at(1));
    piece.bytes = number(json.at(2));
    piece.kept_ms = number(json.at(3));
    if (of < 0 || static_cast<std::size_t>(of) >= got || piece.time_ms > events::most_time_ms)
        throw Json::Wrong{"no such chunk"};
    piece.got = static_cast<std::uint16_t>(of);
    if (!json.at(4).is_null())
        piece.first_byte = static_cast<Sketch::Bucket>(number(json.at(4)) & 0x1fff);
    return piece;
}

Json print_clock(const Clock& clock) {
    Json stretches = Json::array();
    for (const auto& s : clock.stretches())
        stretches.push_back(
            {s.first_ms, s.last_ms, s.lines, or_null(s.offset_ms), or_null(s.behind_ms)});
    return {{"begun_ms", or_null(clock.begun_ms())},
            {"received_ms", clock.received_ms()},
            {"stretches", stretches}};
}

Clock parse_clock(const Json& json) {
    std::vector<Clock::Stretch> stretches;
    for (const auto& s : json.at("stretches").items())
        stretches.push_back({number(s.at(0)), number(s.at(1)), number(s.at(2)),
                             signed_number(s.at(3)), signed_number(s.at(4))});
    Clock clock;
    if (!clock.restore(std::move(stretches), signed_number(json.at("begun_ms")),
                       number(json.at("received_ms"))))
        throw Json::Wrong{"no such time"};
    return clock;
}

Logged parse_logged(const Json& json, Dictionary& names) {
    Logged logged;
    logged.server = names.servers(json.at("partial_log").string());
    logged.line = json.at("line").natural();
    logged.session = json.at("session").natural();
    logged.told = static_cast<Told>(place_of(json.at("told").string(), told_names));
    logged.times = static_cast<std::uint32_t>(number(json.at("times")));
    logged.bytes = number(json.at("bytes"));
    return logged;
}

}  // namespace

std::string print_partial(const Counts& counts) {
    Json json = {{"partial", format}};
    for (const auto& [name, at] : count_fields) json[name] = counts.*at;
    return line(json);
}

std::string print_partial(const std::string& id, const Session& s, const Dictionary& names) {
    Json json = {{"partial_session", id},
                 {"listener", s.listener},
                 {"song", names.songs[s.song]},
                 {"place", names.places[s.place]},
                 {"title", s.title},
                 {"artist", s.artist},
                 {"ending", endings[static_cast<int>(s.ending)]},
                 {"address", s.address == no_name ? Json{} : Json(names.addresses[s.address])},
                 {"token", s.token},
                 {"clock", print_clock(s.clock)}};
    for (const auto& [name, at] : fields) json[name] = s.*at;
    auto& got = json["got"] = Json::array();
    for (const auto& g : s.got) got.push_back(print_got(g, names));
    auto& chunks = json["chunks"] = Json::array();
    for (const auto& piece : s.pieces) chunks.push_back(print_piece(piece));
    auto& rejects = json["rejects"] = Json::array();
    for (const auto& [server, times] : s.rejects)
        rejects.push_back(Json::array({names.servers[server], times}));
    return line(json);
}

std::string print_partial(const Logged& logged, const Dictionary& names) {
    return line({{"partial_log", names.servers[logged.server]},
                 {"line", logged.line},
                 {"session", logged.session},
                 {"told", told_names[static_cast<int>(logged.told)]},
                 {"times", logged.times},
                 {"bytes", logged.bytes}});
}

std::string print_reported(std::uint64_t session) { return line({{"partial_reported", session}}); }

Result<Partial> parse_partial(std::string_view line, Dictionary& names) {
    try {
        const auto parsed = Json::parse(line);
        if (!parsed) return parsed.error();
        const auto& json = *parsed;
        Partial partial;
        if (json.contains("partial")) {
            if (json.at("partial").string() != format)
                return Malformed{text("a partial report of another version, not ", format)};
            partial.counts_only = true;
            for (const auto& [name, at] : count_fields) partial.counts.*at = number(json.at(name));
            return partial;
        }
        if (json.contains("partial_log")) {
            partial.logged = parse_logged(json, names);
            return partial;
        }
        if (json.contains("partial_reported")) {
            partial.reported = json.at("partial_reported").natural();
            return partial;
        }
        auto& s = partial.session;
        partial.id = json.at("partial_session").string();
        s.listener = json.at("listener").natural();
        s.song = names.songs(json.at("song").string());
        s.place = names.places(json.at("place").string());
        s.title = json.at("title").string();
        s.artist = json.at("artist").string();
        s.ending = static_cast<Ending>(place_of(json.at("ending").string(), endings));
        for (const auto& [name, at] : fields) s.*at = number(json.at(name));
        if (!json.at("address").is_null()) s.address = names.addresses(json.at("address").string());
        s.token = json.at("token").boolean();
        s.clock = parse_clock(json.at("clock"));
        for (const auto& got : json.at("got").items()) s.got.push_back(parse_got(got, names));
        for (const auto& piece : json.at("chunks").items())
            s.pieces.push_back(parse_piece(piece, s.got.size()));
        for (const auto& row : json.at("rejects").items())
            s.rejects.emplace_back(names.servers(row.at(0).string()), number(row.at(1)));
        return partial;
    } catch (const Json::Wrong& e) {
        return Malformed{e.what()};
    }
}

}  // namespace stretto::report

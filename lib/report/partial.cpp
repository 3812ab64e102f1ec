#include "report/partial.hpp"

#include "base/json_value.hpp"

namespace stretto::report {
namespace {

struct CountField {
    const char* name;
    std::int64_t Counts::*at;
};
constexpr CountField count_fields[] = {
    {"files", &Counts::files},     {"bytes", &Counts::bytes}, {"lines", &Counts::lines},
    {"events", &Counts::events},   {"torn", &Counts::torn},   {"foreign", &Counts::foreign},
    {"doubled", &Counts::doubled}, {"late", &Counts::late},   {"requests", &Counts::requests},
    {"given", &Counts::given}};

struct Field {
    const char* name;
    std::int64_t Session::*at;
};
constexpr Field fields[] = {{"first_ms", &Session::first_ms},
                            {"last_ms", &Session::last_ms},
                            {"sound_ms", &Session::sound_ms},
                            {"heard_ms", &Session::heard_ms},
                            {"startup_ms", &Session::startup_ms},
                            {"stalls", &Session::stalls},
                            {"resumes", &Session::resumes},
                            {"stalled_ms", &Session::stalled_ms},
                            {"last_stall_ms", &Session::last_stall_ms},
                            {"switches", &Session::switches},
                            {"uploaded", &Session::uploaded},
                            {"end_seq", &Session::end_seq}};

constexpr const char* format = "stretto-partial/1";
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
    // sums of what events may hold, with room to add them up
    if (value < -1 || value > std::int64_t{1} << 56) throw Json::Wrong{"out of range"};
    return value;
}

Json print_got(const Got& got, const Dictionary& names) {
    return {source_names[static_cast<int>(got.source)],
            is_edge(got.source) ? names.servers[got.server] : std::string{},
            got.kbps,
            got.chunks,
            got.bytes,
            got.audio_ms,
            got.kept_bytes,
            got.kept_ms,
            got.first_byte};
}

Got parse_got(const Json& json, Dictionary& names) {
    Got got;
    got.source = static_cast<Source>(place_of(json.at(0).string(), source_names));
    if (is_edge(got.source)) got.server = names.servers(json.at(1).string());
    std::size_t i = 2;
    for (auto* to :
         {&got.kbps, &got.chunks, &got.bytes, &got.audio_ms, &got.kept_bytes, &got.kept_ms})
        *to = number(json.at(i++));
    for (const auto& bucket : json.at(8).items())
        got.first_byte.push_back(static_cast<Sketch::Bucket>(number(bucket) & 0x1fff));
    return got;
}

Sent parse_sent(const Json& json, Dictionary& names) {
    Sent sent;
    sent.session = json.at("session").natural();
    sent.told = static_cast<Told>(place_of(json.at("told").string(), told_names));
    if (sent.told != Told::reported) sent.server = names.servers(json.at("partial_log").string());
    sent.requests = number(json.at("requests"));
    sent.bytes = number(json.at("bytes"));
    return sent;
}

void check_times(const Session& s) {
    if (s.first_ms < 0 || s.first_ms > s.last_ms || s.sound_ms > s.last_ms ||
        s.last_ms > events::most_time_ms)
        throw Json::Wrong{"no such time"};
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
                 {"ending", endings[static_cast<int>(s.ending)]}};
    for (const auto& [name, at] : fields) json[name] = s.*at;
    auto& got = json["got"] = Json::array();
    for (const auto& g : s.got) got.push_back(print_got(g, names));
    auto& rejects = json["rejects"] = Json::array();
    for (const auto& [server, times] : s.rejects)
        rejects.push_back(Json::array({names.servers[server], times}));
    return line(json);
}

std::string print_partial(const Sent& sent, const Dictionary& names) {
    const bool answers = sent.told != Told::reported;
    return line({{"partial_log", answers ? names.servers[sent.server] : std::string{}},
                 {"session", sent.session},
                 {"told", told_names[static_cast<int>(sent.told)]},
                 {"requests", sent.requests},
                 {"bytes", sent.bytes}});
}

Result<Partial> parse_partial(std::string_view text, Dictionary& names) {
    try {
        const auto read = Json::parse(text);
        if (!read) return read.error();
        const Json& json = *read;
        Partial partial;
        if (const auto* version = json.find("partial")) {
            if (version->string() != format) return Malformed{"a partial of another version"};
            partial.counts_only = true;
            for (const auto& [name, at] : count_fields) partial.counts.*at = number(json.at(name));
            return partial;
        }
        if (json.contains("partial_log")) {
            partial.sent = parse_sent(json, names);
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
        check_times(s);
        for (const auto& got : json.at("got").items()) s.got.push_back(parse_got(got, names));
        for (const auto& row : json.at("rejects").items())
            s.rejects.emplace_back(names.servers(row.at(0).string()), number(row.at(1)));
        return partial;
    } catch (const Json::Wrong& e) {
        return Malformed{e.what()};
    }
}

}  // namespace stretto::report

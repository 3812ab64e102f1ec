#include "report/partial.hpp"

#include <nlohmann/json.hpp>

namespace stretto::report {
namespace {

using Json = nlohmann::ordered_json;

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

std::string line(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

bool is_edge(Source source) { return source == Source::edge_hit || source == Source::edge_miss; }

template <std::size_t N>
std::size_t place_of(const std::string& name, const char* const (&names)[N]) {
    for (std::size_t i = 0; i < N; ++i)
        if (name == names[i]) return i;
    throw Json::other_error::create(501, "no such name", static_cast<const Json*>(nullptr));
}

std::int64_t number(const Json& json) {
    const auto value = json.get<std::int64_t>();
    // sums of what events may hold, with room to add them up
    if (!json.is_number_integer() || value < -1 || value > std::int64_t{1} << 56)
        throw Json::other_error::create(501, "out of range", static_cast<const Json*>(nullptr));
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
    got.source = static_cast<Source>(place_of(json.at(0).get<std::string>(), source_names));
    if (is_edge(got.source)) got.server = names.servers(json.at(1).get<std::string>());
    std::size_t i = 2;
    for (auto* to :
         {&got.kbps, &got.chunks, &got.bytes, &got.audio_ms, &got.kept_bytes, &got.kept_ms})
        *to = number(json.at(i++));
    for (const auto& bucket : json.at(8))
        got.first_byte.push_back(static_cast<Sketch::Bucket>(number(bucket) & 0x1fff));
    return got;
}

Sent parse_sent(const Json& json, Dictionary& names) {
    Sent sent;
    sent.session = json.at("session").get<std::uint64_t>();
    sent.told = static_cast<Told>(place_of(json.at("told").get<std::string>(), told_names));
    if (sent.told != Told::reported)
        sent.server = names.servers(json.at("partial_log").get<std::string>());
    sent.requests = number(json.at("requests"));
    sent.bytes = number(json.at("bytes"));
    return sent;
}

void check_times(const Session& s) {
    if (s.first_ms < 0 || s.first_ms > s.last_ms || s.sound_ms > s.last_ms ||
        s.last_ms > events::most_time_ms)
        throw Json::other_error::create(501, "no such time", static_cast<const Json*>(nullptr));
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
        const auto json = Json::parse(text);
        Partial partial;
        if (json.contains("partial")) {
            if (json["partial"] != format) return Malformed{"a partial of another version"};
            partial.counts_only = true;
            for (const auto& [name, at] : count_fields) partial.counts.*at = number(json.at(name));
            return partial;
        }
        if (json.contains("partial_log")) {
            partial.sent = parse_sent(json, names);
            return partial;
        }
        auto& s = partial.session;
        partial.id = json.at("partial_session").get<std::string>();
        s.listener = json.at("listener").get<std::uint64_t>();
        s.song = names.songs(json.at("song").get<std::string>());
        s.place = names.places(json.at("place").get<std::string>());
        s.title = json.at("title").get<std::string>();
        s.artist = json.at("artist").get<std::string>();
        s.ending = static_cast<Ending>(place_of(json.at("ending").get<std::string>(), endings));
        for (const auto& [name, at] : fields) s.*at = number(json.at(name));
        check_times(s);
        for (const auto& got : json.at("got")) s.got.push_back(parse_got(got, names));
        for (const auto& row : json.at("rejects"))
            s.rejects.emplace_back(names.servers(row.at(0).get<std::string>()), number(row.at(1)));
        return partial;
    } catch (const Json::exception& e) {
        return Malformed{e.what()};
    }
}

}  // namespace stretto::report

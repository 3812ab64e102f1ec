#include "listen/commands.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/text.hpp"
#include "song/id.hpp"

namespace stretto::listen {
namespace {

/// As mpv names them.
struct Wrong {
    const char* why;
};
constexpr const char *invalid = "invalid parameter", *no_property = "property not found",
                     *not_now = "property unavailable", *no_command = "invalid parameter",
                     *bad_type = "unsupported format for accessing property";

bool is_yes(const Json& value) {
    if (value.is_bool()) return value.boolean();
    if (value.is_string() && (value.string() == "yes" || value.string() == "no"))
        return value.string() == "yes";
    throw Wrong{bad_type};
}

/// A number, or the text of one.
double number_of(const Json& value) {
    double number = NAN;
    if (value.is_number()) number = value.number();
    if (value.is_string()) {
        const auto& text = value.string();
        const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (code != std::errc{} || end != text.data() + text.size()) number = NAN;
    }
    if (!std::isfinite(number) || std::abs(number) > 1e9) throw Wrong{invalid};
    return number;
}

std::string string_of(const std::vector<Json>& words, std::size_t at) {
    if (at >= words.size() || !words[at].is_string()) throw Wrong{invalid};
    return words[at].string();
}

/// Words of the text form, without quotes.
std::vector<Json> words_of(std::string_view line) {
    std::vector<Json> words;
    while (!line.empty()) {
        const auto word = line.substr(0, std::min(line.find(' '), line.size()));
        line.remove_prefix(std::min(word.size() + 1, line.size()));
        if (!word.empty()) words.emplace_back(word);
    }
    return words;
}

/// As mpv says it.
Json loops(Repeat repeat, Repeat which) { return repeat == which ? Json("inf") : Json(false); }

}  // namespace

std::string Commands::answer(std::string_view line) {
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
    if (line.empty()) return {};
    const bool json = line[0] == '{';
    Json reply = Json::object();
    try {
        if (!json) {
            (void)carry_out(words_of(line));
            return {};
        }
        const auto request = Json::parse(line);
        if (!request) throw Wrong{"error parsing JSON"};
        if (const auto* id = request->find("request_id"); id && id->is_integer())
            reply["request_id"] = *id;
        else
            reply["request_id"] = 0;
        const auto* command = request->find("command");
        if (!command || !command->is_array()) throw Wrong{invalid};
        auto data = carry_out(command->items());
        reply["data"] = std::move(data);
        reply["error"] = "success";
    } catch (const Wrong& wrong) {
        if (!json) return {};
        reply["error"] = wrong.why;
    } catch (const Json::Wrong&) {
        if (!json) return {};
        reply["error"] = invalid;
    }
    return reply.dump() + '\n';
}

Json Commands::carry_out(const std::vector<Json>& words) {
    const auto command = string_of(words, 0);
    const auto is = [&](const char* name, std::size_t least, std::size_t most) {
        if (command != name) return false;
        if (words.size() - 1 < least || words.size() - 1 > most) throw Wrong{invalid};
        return true;
    };
    if (is("get_property", 1, 1)) return property(string_of(words, 1));
    if (is("get_property_string", 1, 1)) {
        const auto value = property(string_of(words, 1));
        return value.is_string() ? value
               : value.is_bool() ? Json(value.boolean() ? "yes" : "no")
                                 : Json(value.dump());
    }
    if (is("set_property", 2, 2) || is("set", 2, 2))
        return set(string_of(words, 1), words[2]), Json();
    if (is("cycle", 1, 2)) {
        if (string_of(words, 1) != "pause") throw Wrong{invalid};
        player_.pause(!player_.state().paused);
        return {};
    }
    if (is("add", 2, 2)) {
        const auto now = property(string_of(words, 1));
        if (!now.is_number()) throw Wrong{invalid};
        return set(string_of(words, 1), Json(now.number() + number_of(words[2]))), Json();
    }
    if (is("observe_property", 2, 2)) {
        const auto id = words[1].integer();
        if (observed_.size() >= most_observed && !observed_.contains(id)) throw Wrong{invalid};
        observed_[id] = {string_of(words, 2)};
        return {};
    }
    if (is("unobserve_property", 1, 1)) return observed_.erase(words[1].integer()), Json();
    if (is("seek", 1, 3)) return seek(words), Json();
    if (is("loadfile", 1, 2)) return load(words), Json();
    if (is("playlist-next", 0, 1)) return player_.next(), Json();
    if (is("playlist-prev", 0, 1)) return player_.previous(), Json();
    if (is("playlist-play-index", 1, 1)) return set("playlist-pos", words[1]), Json();
    if (is("quit", 0, 1) || is("stop", 0, 1)) return player_.quit(), Json();
    if (is("client_name", 0, 0)) return Json("stretto");
    throw Wrong{no_command};
}

Json Commands::property(const std::string& name) const {
    const auto state = player_.state();
    const auto& view = state.view;
    const auto known = [&](Json value) {
        if (view.length <= 0) throw Wrong{not_now};
        return value;
    };
    if (name == "pause") return state.paused;
    if (name == "time-pos") return known(view.at);
    if (name == "time-remaining") return known(view.length - view.at);
    if (name == "duration") return known(view.length);
    if (name == "percent-pos") return known(100 * view.at / std::max(view.length, 1e-9));
    if (name == "volume") return std::round(state.volume * 100);
    if (name == "media-title") return view.title;
    if (name == "metadata")
        return Json{{"title", view.title}, {"artist", view.artist}, {"song", state.song}};
    if (name == "path")
        return state.number < state.queue.size() ? Json(state.queue[state.number]) : Json();
    if (name == "playlist-pos") return state.number;
    if (name == "playlist-count") return state.queue.size();
    if (name == "playlist") {
        auto list = Json::array();
        for (std::size_t i = 0; i < state.queue.size(); ++i) {
            Json entry{{"filename", state.queue[i]}};
            if (i == state.number) entry["current"] = true;
            list.push_back(std::move(entry));
        }
        return list;
    }
    if (name == "loop-file") return loops(state.repeat, Repeat::one);
    if (name == "loop-playlist") return loops(state.repeat, Repeat::all);
    if (name == "demuxer-cache-duration") return view.buffer;
    if (name == "audio-bitrate") return view.kbps * 1000;
    if (name == "core-idle") return view.state != PanelView::State::playing;
    if (name == "paused-for-cache")
        return view.state == PanelView::State::stalled || view.state == PanelView::State::starting;
    throw Wrong{no_property};
}

void Commands::set(const std::string& name, const Json& value) {
    if (name == "pause") return player_.pause(is_yes(value));
    if (name == "volume") return player_.set_volume(std::clamp(number_of(value) / 100, 0.0, 1.0));
    if (name == "time-pos") return player_.seek_to(number_of(value));
    if (name == "percent-pos")
        return player_.seek_to(property("duration").number() * number_of(value) / 100);
    if (name == "playlist-pos") {
        const auto number = number_of(value);
        if (number < 0 || number >= static_cast<double>(player_.state().queue.size()))
            throw Wrong{invalid};
        return player_.go(static_cast<std::size_t>(number));
    }
    if (name == "loop-file" || name == "loop-playlist") {
        const auto which = name == "loop-file" ? Repeat::one : Repeat::all;
        const bool on = value.is_string() && value.string() == "inf" ? true : is_yes(value);
        if (on) return player_.set_repeat(which);
        if (player_.state().repeat == which) player_.set_repeat(Repeat::none);
        return;
    }
    (void)property(name);
    throw Wrong{"property is read-only"};
}

void Commands::seek(const std::vector<Json>& words) {
    const auto to = number_of(words[1]);
    const auto how = words.size() > 2 ? string_of(words, 2) : std::string{"relative"};
    if (how.starts_with("absolute-percent")) return set("percent-pos", words[1]);
    if (how.starts_with("absolute")) return player_.seek_to(to);
    if (!how.starts_with("relative") || how.starts_with("relative-percent")) throw Wrong{invalid};
    player_.seek_by(to);
}

void Commands::load(const std::vector<Json>& words) {
    const auto song = string_of(words, 1);
    const auto how = words.size() > 2 ? string_of(words, 2) : std::string{"replace"};
    if (!song::is_id(song) && !song::is_name(song)) throw Wrong{invalid};
    if (how == "replace") return player_.replace(song);
    if (how != "append" && how != "append-play") throw Wrong{invalid};
    if (!player_.append(song)) throw Wrong{"the queue is full, or over"};
}

std::string Commands::changes() {
    std::string lines;
    for (auto& [id, observed] : observed_) {
        Json change{{"event", "property-change"}, {"id", id}, {"name", observed.property}};
        try {
            change["data"] = property(observed.property);
        } catch (const Wrong&) {
            // not known now
        }
        auto line = change.dump();
        if (line == observed.last) continue;
        lines += line + '\n';
        observed.last = std::move(line);
    }
    return lines;
}

}  // namespace stretto::listen

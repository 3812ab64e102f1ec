#include "listen/memory.hpp"

#include <cstdlib>

#include "base/draft.hpp"
#include "base/file.hpp"
#include "base/json_value.hpp"
#include "base/note.hpp"
#include "song/id.hpp"

namespace stretto::listen {
namespace {

constexpr std::size_t most_bytes = 16u << 20;
constexpr std::chrono::milliseconds between_looks{1000};
constexpr int looks_per_save = 10;

}  // namespace

std::string print(const Remembered& remembered) {
    return Json{{"songs", remembered.songs},
                {"number", remembered.number},
                {"seconds", remembered.seconds},
                {"volume", remembered.volume}}
               .dump() +
           '\n';
}

Result<Remembered> parse_remembered(std::string_view text) {
    const auto json = Json::parse(text);
    if (!json) return json.error();
    try {
        Remembered remembered;
        for (const auto& song : json->at("songs").items()) {
            if (!song::is_id(song.string()) && !song::is_name(song.string()))
                return Malformed{"an entry is not a song"};
            remembered.songs.push_back(song.string());
        }
        remembered.number = json->at("number").natural();
        remembered.seconds = json->at("seconds").number();
        remembered.volume = json->at("volume").number();
        if (remembered.number >= remembered.songs.size()) return Malformed{"there is no such song"};
        if (!(remembered.seconds >= 0 && remembered.seconds < 1e6 && remembered.volume >= 0 &&
              remembered.volume <= 1))
            return Malformed{"a number is out of range"};
        return remembered;
    } catch (const Json::Wrong& wrong) {
        return Malformed{wrong.what()};
    }
}

std::filesystem::path memory_file() {
    const auto of = [](const char* name) {
        const char* value = std::getenv(name);
        return std::filesystem::path{value ? value : ""};
    };
    if (const auto xdg = of("XDG_STATE_HOME"); xdg.is_absolute())
        return xdg / "stretto" / "queue.json";
    if (const auto home = of("HOME"); home.is_absolute())
        return home / ".local" / "state" / "stretto" / "queue.json";
    throw Error{EX_USAGE, "no directory for --resume: set XDG_STATE_HOME or HOME"};
}

std::optional<Remembered> recall(const std::filesystem::path& file) {
    std::error_code none;
    if (!std::filesystem::exists(file, none)) return {};
    try {
        auto remembered = parse_remembered(as_text(read_file(file, most_bytes)));
        if (remembered) return std::move(*remembered);
        note(text("'", file.string(), "': ", remembered.error().why));
    } catch (const Error& error) {
        note(error.what());
    }
    return {};
}

Memory::Memory(net::Loop& loop, const Remote& player, std::filesystem::path file)
    : player_(player), file_(std::move(file)), tick_(loop, [this] { look(); }) {
    tick_.every(between_looks);
}

void Memory::look() {
    const auto state = player_.state();
    if (state.queue.empty() || state.number >= state.queue.size()) return;
    if (state.view.length <= 0) return;  // the song is not known yet, or the last one has ended
    now_ = {{state.queue.begin(), state.queue.end()}, state.number, state.view.at, state.volume};
    if (++looks_ % looks_per_save == 0) save();
}

/// A full disk does not end the sound; it is told once.
void Memory::save() {
    if (now_.songs.empty() || now_ == saved_) return;
    try {
        const auto printed = print(now_);
        if (printed.size() > most_bytes)
            throw Error{EX_CANTCREAT, text("'", file_.string(), "': the queue is too long")};
        make_folders(file_.parent_path());
        Draft draft{file_, 0600};  // what is listened to is the listener's business
        draft.write(as_bytes(printed));
        draft.commit();
        saved_ = now_;
    } catch (const Error& error) {
        if (!std::exchange(failed_, true)) note(error.what());
    }
}

void Memory::close(bool finished) {
    tick_.stop();
    std::error_code none;
    if (finished)
        std::filesystem::remove(file_, none);
    else
        save();
}

}  // namespace stretto::listen

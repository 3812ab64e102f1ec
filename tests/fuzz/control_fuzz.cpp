// Lines of a control socket from a stranger: each answer is one whole line of JSON, and the player
// is told only what makes sense.
#include <cmath>

#include "base/bytes.hpp"
#include "listen/commands.hpp"
#include "song/id.hpp"

using namespace stretto;
using namespace stretto::listen;

namespace {

void check(bool holds) {
    if (!holds) __builtin_trap();
}

struct Toy final : Remote {
    RemoteState now;
    std::vector<std::string> queue;
    Toy() { queue = {"one", "two"}, now.view.length = 100; }
    RemoteState state() const override {
        auto state = now;
        state.queue = queue;
        return state;
    }
    void pause(bool paused) override { now.paused = paused; }
    void seek_by(double seconds) override { check(std::abs(seconds) <= 1e9); }
    void seek_to(double seconds) override { check(std::abs(seconds) <= 1e11); }
    void next() override {}
    void previous() override {}
    void go(std::size_t number) override {
        check(number < queue.size());
        now.number = number;
    }
    void set_volume(double volume) override {
        check(volume >= 0 && volume <= 1);
        now.volume = volume;
    }
    void set_repeat(Repeat repeat) override { now.repeat = repeat; }
    bool append(const std::string& song) override {
        check(song::is_id(song) || song::is_name(song));
        if (queue.size() < 10) queue.push_back(song);
        return true;
    }
    void replace(const std::string& song) override {
        check(song::is_id(song) || song::is_name(song));
        queue = {song};
        now.number = 0;
    }
    void quit() override {}
};

void check_lines(std::string_view lines) {
    while (!lines.empty()) {
        const auto end = lines.find('\n');
        check(end != lines.npos && Json::parse(lines.substr(0, end)));
        lines.remove_prefix(end + 1);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto text = as_text({data, size});
    Toy toy;
    Commands commands{toy};
    while (!text.empty()) {
        const auto line = text.substr(0, std::min(text.find('\n'), text.size()));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        const auto answer = commands.answer(line);
        check(answer.empty() || (answer.find('\n') == answer.size() - 1));
        check_lines(answer);
    }
    check_lines(commands.changes());
    check(commands.changes().empty());
    return 0;
}

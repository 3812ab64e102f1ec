// Songs one after the other: a server and the keys are the test's, and so is the clock that says
// how much has been heard. libvorbisfile is the oracle for what is heard.
#include "listen/player.hpp"

#include <sysexits.h>

#include <atomic>
#include <csignal>
#include <thread>

#include "../folder.hpp"
#include "../songs.hpp"
#include "../toy_server.hpp"
#include "publish/cut.hpp"

using namespace stretto;
using namespace stretto::songs;
using listen::PanelView;
using listen::Player;
using State = PanelView::State;
using Key = Player::Key;

namespace {

constexpr int rate = 8000;

struct Tune {
    std::string id;
    toy::Files files;
    std::vector<float> pcm;
    Tune(Signal signal, int samples) {
        const auto bytes = encode(signal, samples, rate, 2, 96, 4 * rate);
        pcm = decode(bytes);
        publish::Cutter cutter{4};
        cutter.add_input(ogg::PageReader{bytes}, "made up", [](std::uint32_t) { return 96; });
        std::map<std::string, std::string> made;
        id = cutter
                 .run([&](const std::string& path, BytesView content) {
                     made[path] = as_text(content);
                 })
                 .id;
        for (auto& [path, content] : made) files["/songs/" + id + "/" + path] = content;
    }
};
const Tune& first() {
    static const Tune tune{Signal::noise, 12 * rate - 77};
    return tune;
}
const Tune& second() {
    static const Tune tune{Signal::sweep, 9 * rate};
    return tune;
}

struct Event {
    std::string kind, line;
    bool has(const std::string& part) const { return line.find(part) != std::string::npos; }
};

struct Fixture {
    Folder folder;
    std::vector<std::string> said;
    std::atomic<double> clock{100};
    net::Loop server_loop;  // has a thread of its own, while the player plays
    toy::Server server{server_loop};
    std::optional<Player> player;
    double speed = 1;  ///< s that pass on the clock with each view, of which there are ten a second
    int views = 0;
    Player::Options options;

    Fixture() {
        for (const auto* tune : {&first(), &second()})
            server.files.insert(tune->files.begin(), tune->files.end());
    }
    int play(const std::vector<std::string>& songs) {
        std::thread serves{[this] { server_loop.run(); }};
        const auto stop = [&] {
            server_loop.post([this] { server_loop.stop(); });
            serves.join();
        };
        try {
            const int status = player->run(songs);
            stop();
            return status;
        } catch (...) {
            stop();
            throw;
        }
    }
    /// @param output  "null" goes by the test's clock; a file takes all at once
    void open(const std::string& output) {
        options.presence.peers = options.presence.share = false;
        options.abr = "96";
        options.output = *audio::parse_output(output);
        options.sink.paced = output == "null";
        options.sink.clock = [this] { return clock.load(); };
        options.events = folder.file("events");
        options.presence.edges = {server.url};
        player.emplace(options);
        player->on_note([this](const std::string& what) { said.push_back(what); });
        // nobody waits for ever, whatever is broken
        player->on_view([this](const PanelView& view) {
            if (++views > 600) return press(Key::quit);
            on_view(view);
            clock = clock + speed;
        });
    }
    /// As a terminal would, between two views.
    void press(Key key) {
        player->loop().post([this, key] { player->key(key); });
    }
    std::function<void(const PanelView&)> on_view = [](const PanelView&) {};
    std::vector<Event> events() const {
        std::vector<Event> all;
        const auto bytes = read_file(folder.file("events"), 1 << 20);
        const auto text = as_text(bytes);
        for (std::size_t at = 0, end; (end = text.find('\n', at)) != std::string::npos;
             at = end + 1) {
            const std::string line{text.substr(at, end - at)};
            const auto kind = line.find("\"event\":\"") + 9;
            all.push_back({line.substr(kind, line.find('"', kind) - kind), line});
        }
        return all;
    }
    std::vector<Event> events(const std::string& kind) const {
        auto all = events();
        std::erase_if(all, [&](const Event& event) { return event.kind != kind; });
        return all;
    }
    static std::string heard(const std::vector<float>& pcm) {
        return "\"heard_ms\":" + std::to_string(pcm.size() / 2 * 1000 / rate);
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(listen_player, Fixture)

BOOST_AUTO_TEST_CASE(songs_are_heard_one_after_the_other_to_the_last_sample) {
    open("raw:" + folder.file("out"));
    BOOST_TEST(play({first().id, second().id}) == 0);
    auto both = first().pcm;
    both.insert(both.end(), second().pcm.begin(), second().pcm.end());
    BOOST_TEST((read_samples(folder.file("out")) == both));
    const auto ends = events("end");
    BOOST_REQUIRE(ends.size() == 2u);
    BOOST_TEST(ends[0].has(heard(first().pcm)));
    BOOST_TEST(ends[1].has(heard(second().pcm)));
    for (const auto& end : ends) BOOST_TEST(end.has("\"why\":\"finished\""));
    BOOST_TEST(said.empty());
}
BOOST_AUTO_TEST_CASE(a_missing_song_is_reported_and_skipped) {
    open("raw:" + folder.file("out"));
    BOOST_TEST(play({"missing", second().id}) == EX_UNAVAILABLE);
    BOOST_TEST(player->finished());
    BOOST_TEST((read_samples(folder.file("out")) == second().pcm));
    BOOST_TEST(said.size() == 1u);
    BOOST_TEST(events("end").size() == 1u);
}
BOOST_AUTO_TEST_CASE(the_status_is_that_of_the_first_failure) {
    open("raw:" + folder.file("out"));
    toy::Song noise;  // its hashes are right, and it is no sound
    server.files.insert(noise.files.begin(), noise.files.end());
    BOOST_TEST(play({noise.id(), "missing"}) == EX_DATAERR);
    BOOST_TEST(!player->finished());  // --resume goes on there when the network is back
    BOOST_TEST(said.size() == 2u);
}
BOOST_AUTO_TEST_CASE(buffered_audio_is_played_before_a_song_is_given_up) {
    options.patience_s = 0.2;
    open("raw:" + folder.file("out"));
    server.first = [](const std::string& target, const http::Reply& reply) {
        if (!target.ends_with("/chunk_2.ogg")) return false;
        reply.send(500, "broken");
        return true;
    };
    BOOST_TEST(play({first().id}) == EX_TEMPFAIL);
    const auto heard = read_samples(folder.file("out"));
    BOOST_REQUIRE(heard.size() == 2u * 8 * rate);
    BOOST_TEST(std::equal(heard.begin(), heard.end(), first().pcm.begin()));
    BOOST_TEST(events("end")[0].has("\"why\":\"failed\""));
}
BOOST_AUTO_TEST_CASE(q_ends_it_and_says_that_it_was_skipped) {
    open("null");
    speed = 0.4;
    on_view = [&](const PanelView& view) {
        if (view.state == State::playing && view.at > 0.5) press(Key::quit);
    };
    BOOST_TEST(play({first().id, second().id}) == 0);
    const auto ends = events("end");
    BOOST_REQUIRE(ends.size() == 1u);
    BOOST_TEST(ends[0].has("\"why\":\"skipped\""));
    BOOST_TEST(!ends[0].has("\"heard_ms\":0"));
}
BOOST_AUTO_TEST_CASE(a_signal_ends_it_with_75_after_its_last_event) {
    open("null");
    speed = 0.4;
    on_view = [&](const PanelView& view) {
        if (view.state == State::playing && view.at > 0.5) std::raise(SIGTERM);
    };
    BOOST_CHECK_EXCEPTION(play({first().id}), Error,
                          [](const Error& error) { return error.exit() == EX_TEMPFAIL; });
    BOOST_TEST(events("end").size() == 1u);
}
BOOST_AUTO_TEST_CASE(while_paused_nothing_is_played_and_no_progress_is_reported) {
    open("null");
    speed = 0.4;
    double at = -1;
    int paused = 0;
    std::size_t told = 0;
    on_view = [&](const PanelView& view) {
        if (paused == 0) {
            if (view.state != State::playing || view.at < 1) return;
            press(Key::pause);
            ++paused;
        } else if (paused < 15) {
            if (++paused == 2) at = view.at, told = events("progress").size();
            BOOST_TEST((view.state == State::paused));
            // what the device had taken before is still heard, while 6 s pass on the clock
            BOOST_TEST(view.at < at + 1);
            if (paused == 15) press(Key::pause);
        } else if (view.at > at + 1) {
            press(Key::quit);
        }
        if (paused > 1 && paused < 15) BOOST_TEST(events("progress").size() == told);
    };
    BOOST_TEST(play({first().id}) == 0);
    BOOST_TEST(paused == 15);
    BOOST_TEST(events("pause").size() == 1u);
    BOOST_TEST(events("end").size() == 1u);
}
BOOST_AUTO_TEST_CASE(the_keys_n_and_p_change_the_song_and_p_first_returns_to_its_beginning) {
    open("null");
    speed = 0.4;
    int step = 0;
    on_view = [&](const PanelView& view) {
        if (view.state != State::playing || view.at < 0.3) return;
        const bool is_first = view.length > 10;
        switch (step) {
            case 0:  // the first song
                BOOST_TEST(is_first);
                press(Key::next);
                break;
            case 1:  // the second, soon after its beginning
                BOOST_TEST(!is_first);
                if (view.at > 2) return;
                press(Key::previous);
                break;
            case 2:  // the first again, from its beginning
                BOOST_TEST(is_first);
                if (view.at < 4) return;
                press(Key::previous);
                break;
            case 3:  // still the first, at its beginning
                BOOST_TEST(is_first);
                BOOST_TEST(view.at < 3);
                press(Key::quit);
                break;
        }
        ++step;
    };
    BOOST_TEST(play({first().id, second().id}) == 0);
    BOOST_TEST(step == 4);
    const auto ends = events("end");
    BOOST_REQUIRE(ends.size() == 3u);
    for (const auto& end : ends) BOOST_TEST(end.has("\"why\":\"skipped\""));
    BOOST_TEST(events("seek").size() == 1u);
}
BOOST_AUTO_TEST_CASE(arrows_seek_by_ten_seconds_within_the_song) {
    open("null");
    speed = 0.4;
    int step = 0;
    on_view = [&](const PanelView& view) {
        if (view.state != State::playing) return;
        if (step == 0 && view.at > 0.5) {
            press(Key::forward);
            ++step;
        } else if (step == 1 && view.at > 10.6) {
            press(Key::back);
            ++step;
        } else if (step == 2 && view.at < 3) {
            ++step;
            press(Key::quit);
        }
    };
    BOOST_TEST(play({first().id}) == 0);
    BOOST_TEST(step == 3);
    BOOST_TEST(events("seek").size() == 2u);
}
BOOST_AUTO_TEST_CASE(the_volume_stays_between_0_and_100_percent) {
    open("null");
    int volume = -1;
    on_view = [&](const PanelView& view) {
        volume = view.volume;
        if (views < 3) return press(Key::louder);
        if (views == 3) BOOST_TEST(volume == 100);
        for (int i = 0; i < 25; ++i) press(Key::quieter);
        if (views > 4) press(Key::quit);
    };
    play({first().id});
    BOOST_TEST(volume == 0);
}

BOOST_AUTO_TEST_SUITE_END()

#include "listen/commands.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto;
using namespace stretto::listen;

namespace {

/// Notes what it is told.
struct Toy final : Remote {
    RemoteState now;
    std::vector<std::string> queue;
    std::string told{};
    Toy() {
        queue = {"one", "two"};
        now.view.length = 100;
        now.view.at = 25;
    }
    RemoteState state() const override {
        auto state = now;
        state.queue = queue;
        return state;
    }
    void pause(bool paused) override { now.paused = paused; }
    void seek_by(double seconds) override { told = "by " + std::to_string(seconds); }
    void seek_to(double seconds) override { told = "to " + std::to_string(seconds); }
    void next() override { told = "next"; }
    void previous() override { told = "previous"; }
    void go(std::size_t number) override { now.number = number; }
    void set_volume(double volume) override { now.volume = volume; }
    void set_repeat(Repeat repeat) override { now.repeat = repeat; }
    bool append(const std::string& song) override {
        if (queue.size() > 2) return false;
        queue.push_back(song);
        return true;
    }
    void replace(const std::string& song) override { queue = {song}; }
    void quit() override { told = "quit"; }
};

std::string ask(Commands& commands, const std::string& command) {
    return commands.answer("{\"command\":" + command + "}");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(commands)

BOOST_AUTO_TEST_CASE(a_request_is_answered_under_its_number) {
    Toy toy;
    Commands commands{toy};
    BOOST_TEST(commands.answer(R"({"command":["get_property","pause"],"request_id":7})") ==
               "{\"request_id\":7,\"data\":false,\"error\":\"success\"}\n");
    BOOST_TEST(ask(commands, "[]") == "{\"request_id\":0,\"error\":\"invalid parameter\"}\n");
    BOOST_TEST(commands.answer("") == "");
    BOOST_TEST(commands.answer("set pause yes\r") == "");
    BOOST_TEST(toy.now.paused);
}

BOOST_AUTO_TEST_CASE(seeks_are_relative_or_absolute) {
    Toy toy;
    Commands commands{toy};
    for (const auto& [command, told] : {std::pair{R"(["seek",-5])", "by -5"},
                                        {R"(["seek","7","absolute"])", "to 7"},
                                        {R"(["seek",50,"absolute-percent"])", "to 50"},
                                        {R"(["set_property","time-pos",3])", "to 3"}}) {
        toy.told.clear();
        BOOST_TEST(ask(commands, command).find("success") != std::string::npos, command);
        BOOST_TEST(toy.told.starts_with(told), command << " told " << toy.told);
    }
    toy.told.clear();
    for (const auto* command : {R"(["seek"])", R"(["seek","x"])", R"(["seek",1e99])",
                                R"(["seek",1,"sideways"])", R"(["seek",1,"absolute",2,3])"})
        BOOST_TEST(ask(commands, command).find("success") == std::string::npos, command);
    BOOST_TEST(toy.told == "");
}

BOOST_AUTO_TEST_CASE(what_is_observed_is_told_once_for_each_change) {
    Toy toy;
    Commands commands{toy};
    ask(commands, R"(["observe_property",3,"volume"])");
    BOOST_TEST(commands.changes() ==
               "{\"event\":\"property-change\",\"id\":3,\"name\":\"volume\",\"data\":100.0}\n");
    BOOST_TEST(commands.changes() == "");
    ask(commands, R"(["add","volume",-200])");
    BOOST_TEST(toy.now.volume == 0);
    BOOST_TEST(commands.changes().find("\"data\":0.0") != std::string::npos);
    ask(commands, R"(["unobserve_property",3])");
    toy.now.volume = 1;
    BOOST_TEST(commands.changes() == "");
    for (int i = 0; i < 300; ++i)
        ask(commands, "[\"observe_property\"," + std::to_string(i) + ",\"pause\"]");
    const auto lines = commands.changes();
    BOOST_TEST(std::ranges::count(lines, '\n') == Commands::most_observed);
}

BOOST_AUTO_TEST_CASE(the_queue_is_changed_by_names_and_ids_alone) {
    Toy toy;
    Commands commands{toy};
    BOOST_TEST(ask(commands, R"(["loadfile","../x","append"])").find("success") ==
               std::string::npos);
    BOOST_TEST(ask(commands, R"(["loadfile","x","append"])").find("success") != std::string::npos);
    BOOST_TEST(ask(commands, R"(["loadfile","x","append"])").find("the queue is full") !=
               std::string::npos);
    BOOST_TEST(ask(commands, R"(["playlist-play-index",3])").find("success") == std::string::npos);
    BOOST_TEST(ask(commands, R"(["playlist-play-index",2])").find("success") != std::string::npos);
    BOOST_TEST(ask(commands, R"(["set_property","loop-file","inf"])").find("success") !=
               std::string::npos);
    BOOST_TEST(static_cast<int>(toy.now.repeat) == static_cast<int>(Repeat::one));
    ask(commands, R"(["set_property","loop-playlist",false])");
    BOOST_TEST(static_cast<int>(toy.now.repeat) == static_cast<int>(Repeat::one));
    BOOST_TEST(ask(commands, R"(["get_property","loop-file"])").find("\"inf\"") !=
               std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

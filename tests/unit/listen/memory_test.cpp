#include "listen/memory.hpp"

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>

#include "../folder.hpp"

using namespace stretto;
using namespace stretto::listen;

namespace {

struct Toy final : Remote {
    RemoteState now;
    RemoteState state() const override { return now; }
    void pause(bool) override {}
    void seek_by(double) override {}
    void seek_to(double) override {}
    void next() override {}
    void previous() override {}
    void go(std::size_t) override {}
    void set_volume(double) override {}
    void set_repeat(Repeat) override {}
    bool append(const std::string&) override { return false; }
    void replace(const std::string&) override {}
    void quit() override {}
};

}  // namespace

BOOST_AUTO_TEST_SUITE(memory)

BOOST_AUTO_TEST_CASE(what_has_ended_does_not_replace_the_position) {
    const Folder folder;
    const auto file = folder.path / "state" / "queue.json";
    net::Loop loop;
    Toy player;
    const std::vector<std::string> queue{"one", "two"};
    player.now.queue = queue;
    player.now.number = 1;
    player.now.view.length = 100, player.now.view.at = 25;
    Memory memory{loop, player, file};
    memory.look();
    player.now.number = 0, player.now.view = {};  // the player leaves
    memory.look();
    memory.close(false);
    const auto back = recall(file);
    BOOST_REQUIRE(back.has_value());
    BOOST_TEST(back->number == 1u);
    BOOST_TEST(back->seconds == 25);
    struct stat status {};
    BOOST_REQUIRE(::stat(file.c_str(), &status) == 0);
    BOOST_TEST((status.st_mode & 0777) == 0600u);
    memory.close(true);
    BOOST_TEST(!std::filesystem::exists(file));
    std::filesystem::create_directory(file);  // cannot be read: that is noted
    BOOST_TEST(!recall(file).has_value());
}

BOOST_AUTO_TEST_CASE(what_is_printed_is_read_back) {
    const Remembered one{{"one", std::string(32, '7')}, 1, 61.25, 0.35};
    const auto text = print(one);
    const auto back = parse_remembered(text);
    BOOST_REQUIRE(static_cast<bool>(back));
    BOOST_TEST((*back == one));
    for (std::size_t n = 0; n + 1 < text.size(); ++n)
        BOOST_TEST(!parse_remembered(text.substr(0, n)), "accepted " << text.substr(0, n));
}

BOOST_AUTO_TEST_CASE(what_no_player_writes_is_malformed) {
    for (const auto* text : {R"({"songs":[],"number":0,"seconds":0,"volume":1})",
                             R"({"songs":["a"],"number":1,"seconds":0,"volume":1})",
                             R"({"songs":["a"],"number":-1,"seconds":0,"volume":1})",
                             R"({"songs":["a"],"number":0,"seconds":-1,"volume":1})",
                             R"({"songs":["a"],"number":0,"seconds":1e9,"volume":1})",
                             R"({"songs":["a"],"number":0,"seconds":0,"volume":1.5})",
                             R"({"songs":["../a"],"number":0,"seconds":0,"volume":1})",
                             R"({"songs":"a","number":0,"seconds":0,"volume":1})", "[]"})
        BOOST_TEST(!parse_remembered(text), text);
}

BOOST_AUTO_TEST_SUITE_END()

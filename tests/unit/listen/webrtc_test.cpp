// A program in the place of stretto-rtc: a script that says what it does, or nothing.
#include "listen/webrtc.hpp"

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/text.hpp"

using namespace stretto;
using listen::WebRtc;

namespace {

constexpr std::chrono::milliseconds look{10};
constexpr int most_looks = 3000;

struct Program {
    std::filesystem::path folder;
    std::string path = std::getenv("PATH");
    net::Loop loop;

    /// @param script  of sh; empty: there is no program
    explicit Program(const std::string& script) {
        auto name = (std::filesystem::temp_directory_path() / "stretto-webrtc-XXXXXX").string();
        folder = ::mkdtemp(name.data());
        if (!script.empty()) {
            const auto file = folder / "stretto-rtc";
            std::ofstream{file} << "#!/bin/sh\n" << script;
            ::chmod(file.c_str(), 0700);
        }
        ::setenv("PATH", (folder.string() + ":/usr/bin:/bin").c_str(), 1);
    }
    ~Program() {
        ::setenv("PATH", path.c_str(), 1);
        std::filesystem::remove_all(folder);
    }
    bool until(const std::function<bool()>& done) {
        int looks = 0;
        net::Timer timer{loop, [&] {
                             if (done() || ++looks > most_looks) loop.stop();
                         }};
        timer.every(look);
        loop.run();
        return done();
    }
    /// Whether the process of the script is gone, and not a zombie either.
    bool is_over() const {
        pid_t pid = 0;
        std::ifstream{folder / "pid"} >> pid;
        return pid > 0 && ::kill(pid, 0) != 0;
    }
    bool has(const std::string& file) const { return std::filesystem::exists(folder / file); }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(listen_webrtc)

BOOST_AUTO_TEST_CASE(it_runs_as_long_as_its_owner) {
    Program program{
        "dir=${0%/*}\n"
        "trap 'echo >$dir/ended; exit' TERM\n"
        "echo \"$@\" >$dir/words; echo $STRETTO_RTC_TRACKER $STRETTO_TOKEN >$dir/environment\n"
        "echo listening on 127.0.0.1:1234; echo peer me\n"
        "while :; do sleep 0.01; done\n"};
    {
        WebRtc webrtc{program.loop, "http://user:secret@t", "127.0.0.1:99", "shown"};
        BOOST_TEST(webrtc.url_of("rtc:you").empty());
        BOOST_REQUIRE(program.until([&] { return !webrtc.url().empty(); }));
        BOOST_TEST(webrtc.url() == "http://127.0.0.1:1234");
        BOOST_TEST(webrtc.peer_id() == "me");
        BOOST_TEST(webrtc.url_of("rtc:you") == "http://127.0.0.1:1234/rtc/you");
        BOOST_TEST(webrtc.url_of("http://you").empty());
    }
    BOOST_TEST(program.has("ended"));
    std::string words, environment;
    std::getline(std::ifstream{program.folder / "words"}, words);
    std::getline(std::ifstream{program.folder / "environment"}, environment);
    BOOST_TEST(words == "--upstream http://127.0.0.1:99 --listen 127.0.0.1:0");
    BOOST_TEST(environment == "http://user:secret@t shown");
}
BOOST_AUTO_TEST_CASE(one_that_ends_is_no_way_any_more) {
    Program program{
        "echo $$ >${0%/*}/pid; echo listening on 127.0.0.1:1234; echo peer me; sleep 0.1\n"};
    WebRtc webrtc{program.loop, "http://t", "127.0.0.1:99", "shown"};
    BOOST_REQUIRE(program.until([&] { return !webrtc.url().empty(); }));
    BOOST_TEST(program.until([&] { return webrtc.url().empty() && webrtc.peer_id().empty(); }));
    BOOST_TEST(program.until([&] { return program.is_over(); }));  // nor is it a zombie
}
BOOST_AUTO_TEST_CASE(one_that_does_not_listen_to_the_end_is_killed) {
    Program program{
        "echo $$ >${0%/*}/pid; trap '' TERM; echo peer me; while :; do sleep 0.01; done\n"};
    {
        WebRtc webrtc{program.loop, "http://t", "127.0.0.1:99", "shown"};
        BOOST_REQUIRE(program.until([&] { return !webrtc.peer_id().empty(); }));
        BOOST_TEST(!program.is_over());
    }
    BOOST_TEST(program.is_over());
}
BOOST_AUTO_TEST_CASE(a_program_that_is_not_there_is_nothing) {
    Program program{""};
    const WebRtc webrtc{program.loop, "http://t", "127.0.0.1:99", "shown"};
    program.loop.post([&] { program.loop.stop(); });
    program.loop.run();
    BOOST_TEST(webrtc.url().empty());
}

BOOST_AUTO_TEST_SUITE_END()

// The player of a page in a browser that is a script. libvorbisfile is the oracle for what is
// heard.
#include "web/player.hpp"

#include "../../web/scripted.hpp"
#include "../songs.hpp"
#include "publish/cut.hpp"

using namespace stretto;
using namespace stretto::songs;
using web::Player;
using web::Scripted;

namespace {

constexpr int rate = 44100;

struct Tune {
    std::string id;
    std::map<std::string, Bytes> files;
    std::map<int, std::vector<float>> pcm;  // by kbps
    Tune(Signal signal, int samples) {
        publish::Cutter cutter{4};
        std::map<int, Bytes> streams;
        for (const int kbps : {96, 320}) {
            const auto& bytes = streams[kbps] = encode(signal, samples, rate, 2, kbps, 4 * rate);
            pcm[kbps] = decode(bytes);
            cutter.add_input(ogg::PageReader{bytes}, "made up",
                             [kbps](std::uint32_t) { return kbps; });
        }
        std::map<std::string, Bytes> made;
        id = cutter
                 .run([&](const std::string& path, BytesView content) {
                     made[path].assign(content.begin(), content.end());
                 })
                 .id;
        for (auto& [path, content] : made) files["songs/" + id + "/" + path] = content;
    }
    std::string path(const std::string& rest) const { return "songs/" + id + "/" + rest; }
};
const Tune& first() {
    static const Tune tune{Signal::sweep, 12 * rate - 77};
    return tune;
}
const Tune& second() {
    static const Tune tune{Signal::noise, 9 * rate};
    return tune;
}

struct Fixture {
    std::map<std::string, Bytes> files;
    double bytes_per_s = 50'000;
    std::map<std::string, int> asked;
    Scripted browser{[this](const std::string& path) -> std::optional<Bytes> {
                         ++asked[path];
                         const auto found = files.find(path);
                         if (found == files.end()) return {};
                         return found->second;
                     },
                     {[this](double) { return bytes_per_s; }}};
    Player::Options options;
    std::optional<Player> made;

    Fixture() {
        for (const auto* tune : {&first(), &second()})
            files.insert(tune->files.begin(), tune->files.end());
        options.listener = "nobody";
        options.server = "here";
        options.keeps = true;
        options.wish.most_kbps = 96;
    }
    Player& player() {
        if (!made) made.emplace(browser, options);
        return *made;
    }
    bool said(const std::string& text) const {
        return std::ranges::any_of(
            browser.shown, [&](const auto& line) { return line.find(text) != std::string::npos; });
    }
    bool ordered(const std::string& text) const {
        return std::ranges::any_of(
            browser.orders, [&](const auto& line) { return line.find(text) != std::string::npos; });
    }
    /// Until the page hears that, at most 100 s later.
    bool until(const std::string& text) {
        return browser.run(player(), 100, [&] { return said(text); });
    }
    /// Until the song has come that far; the page is told each tenth of a second or so.
    bool plays_to(int ms) {
        return browser.run(player(), 100, [&] {
            const auto& last = browser.shown.empty() ? std::string{} : browser.shown.back();
            const auto at = last.find("\"at_ms\":");
            return at != last.npos && std::atoi(last.c_str() + at + 8) >= ms;
        });
    }
    int chunks_asked() const {
        int all = 0;
        for (const auto& [path, times] : asked)
            if (path.ends_with(".ogg")) all += times;
        return all;
    }
};

/// The first of two samples that differ; -1 if none does.
std::ptrdiff_t differ(const std::vector<float>& a, const std::vector<float>& b) {
    const auto [at, other] = std::ranges::mismatch(a, b);
    return at == a.end() && other == b.end() ? -1 : at - a.begin();
}

bool begins(const std::vector<float>& whole, const std::vector<float>& part, std::size_t from = 0) {
    return part.size() <= whole.size() - from &&
           std::equal(part.begin(), part.end(), whole.begin() + static_cast<std::ptrdiff_t>(from));
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(web_player, Fixture)

BOOST_AUTO_TEST_CASE(two_songs_play_without_a_gap_and_both_are_reported) {
    player().play(first().id, 0);
    player().next(second().id);
    BOOST_REQUIRE(until("\"next\":\"" + second().id));
    BOOST_REQUIRE(until("\"state\":\"ended\",\"next\":\"\""));
    auto both = first().pcm.at(96);
    both.insert(both.end(), second().pcm.at(96).begin(), second().pcm.at(96).end());
    BOOST_TEST(browser.heard(2).size() == both.size());
    BOOST_TEST(differ(browser.heard(2), both) == -1);
    BOOST_TEST(browser.posted.find("\"startup_ms\":0") != std::string::npos);
    BOOST_TEST(browser.posted.find("\"why\":\"finished\"") != std::string::npos);
    BOOST_TEST(browser.posted.find("stall") == std::string::npos);
}
BOOST_AUTO_TEST_CASE(a_slow_link_brings_the_headers_once_and_each_chunk_is_whole) {
    player().play(first().id, 0);
    BOOST_REQUIRE(until("\"state\":\"ended\""));
    const auto manifest =
        song::parse_manifest(as_text(first().files.at(first().path("manifest.json"))));
    BOOST_REQUIRE(manifest);
    const auto headers = manifest->renditions.front().header_bytes;
    for (const int k : {1, 2})
        BOOST_TEST(ordered(text("96/chunk_", k, ".ogg Range=bytes=", headers, "-")));
    for (const int k : {0, 1, 2}) {
        const auto path = first().path(song::chunk_path(96, k));
        BOOST_TEST((browser.kept[path] == first().files.at(path)), path);
    }
    BOOST_TEST(differ(browser.heard(2), first().pcm.at(96)) == -1);
}
BOOST_AUTO_TEST_CASE(a_song_that_starts_in_the_middle_requests_no_earlier_chunks) {
    player().play(first().id, 9.5);
    BOOST_REQUIRE(until("\"state\":\"ended\""));
    const auto& pcm = first().pcm.at(96);
    BOOST_TEST(
        (browser.heard(2) ==
         std::vector<float>(pcm.begin() + static_cast<std::ptrdiff_t>(2 * 9.5 * rate), pcm.end())));
    BOOST_TEST(!asked.contains(first().path("96/chunk_0.ogg")));
}
BOOST_AUTO_TEST_CASE(after_a_seek_the_next_sample_is_the_requested_one) {
    player().play(first().id, 0);
    const auto& pcm = first().pcm.at(96);
    BOOST_REQUIRE(plays_to(1000));
    for (const double to : {7.25, 0.5, 11.0}) {
        browser.sound.clear();
        browser.shown.clear();
        player().seek(to);
        BOOST_REQUIRE(until("\"state\":\"playing\""));
        browser.run(player(), 0.4, [] { return false; });
        BOOST_TEST(begins(pcm, browser.heard(2), 2 * static_cast<std::size_t>(to * rate)), to);
        BOOST_TEST(!browser.sound.empty());
    }
}
BOOST_AUTO_TEST_CASE(a_seek_before_the_manifest_counts_when_it_is_there) {
    player().play(first().id, 0);
    player().seek(2);
    player().seek(7.25);
    BOOST_REQUIRE(until("\"state\":\"playing\""));
    browser.run(player(), 0.4, [] { return false; });
    BOOST_TEST(
        begins(first().pcm.at(96), browser.heard(2), 2 * static_cast<std::size_t>(7.25 * rate)));
    BOOST_TEST(!browser.sound.empty());
    const auto& told = browser.posted;
    BOOST_TEST(
        browser.run(player(), 10, [&] { return told.find("\"seek\"") != std::string::npos; }));
    BOOST_TEST(told.find("\"seek\"") == told.rfind("\"seek\""));
    // it is for that song alone
    player().play(first().id, 0);
    player().seek(2);
    browser.sound.clear();
    browser.shown.clear();
    player().play(second().id, 0);
    BOOST_REQUIRE(until("\"state\":\"playing\""));
    BOOST_TEST(begins(second().pcm.at(96), browser.heard(2), 0));
}
BOOST_AUTO_TEST_CASE(a_stored_file_is_not_requested_again) {
    player().play(first().id, 0);
    BOOST_REQUIRE(until("\"state\":\"ended\""));
    asked.clear();
    browser.sound.clear();
    browser.shown.clear();
    player().play(first().id, 0);
    BOOST_REQUIRE(until("\"state\":\"ended\""));
    BOOST_TEST(chunks_asked() == 0);
    BOOST_TEST(differ(browser.heard(2), first().pcm.at(96)) == -1);
    BOOST_TEST(said("\"source\":\"cache\""));
}
BOOST_AUTO_TEST_CASE(files_of_an_earlier_visit_are_used_and_wrong_ones_are_not) {
    for (const auto& [path, bytes] : first().files) {
        browser.kept[path] = bytes;
        player().kept(path, bytes.size(), 1);
    }
    player().kept("songs/what", 1, 1);
    player().kept("songs/../x/y", 1, 1);
    browser.kept.at(first().path("96/chunk_1.ogg")).at(1000) ^= 1;
    browser.kept.erase(first().path("96/chunk_2.ogg"));
    player().play(first().id, 0);
    BOOST_REQUIRE(until("\"state\":\"ended\""));
    BOOST_TEST(differ(browser.heard(2), first().pcm.at(96)) == -1);
    BOOST_TEST(chunks_asked() == 2);
    BOOST_TEST(!asked.contains(first().path("manifest.json")));
}
BOOST_AUTO_TEST_CASE(wrong_bytes_are_not_heard_and_asked_for_again) {
    auto& chunk = files[first().path("96/chunk_1.ogg")];
    chunk[chunk.size() - 100] ^= 1;
    player().play(first().id, 0);
    BOOST_REQUIRE(plays_to(2000));
    // the edge goes on with wrong bytes for a while
    BOOST_REQUIRE(
        browser.run(player(), 100, [&] { return asked[first().path("96/chunk_1.ogg")] > 1; }));
    chunk = first().files.at(first().path("96/chunk_1.ogg"));
    BOOST_REQUIRE(until("\"state\":\"ended\""));
    BOOST_TEST(differ(browser.heard(2), first().pcm.at(96)) == -1);
    BOOST_TEST(browser.posted.find("\"reject\"") != std::string::npos);
    BOOST_TEST(ordered("Cache-Control=no-cache"));
}
BOOST_AUTO_TEST_CASE(a_server_that_ignores_ranges_will_do) {
    browser.whole = true;
    options.wish.most_kbps = 320;
    bytes_per_s = 12'000;
    player().play(first().id, 0);
    browser.run(player(), 3, [] { return false; });
    bytes_per_s = 60'000;
    player().seek(6.5);
    player().seek(1);
    browser.sound.clear();
    BOOST_REQUIRE(until("\"state\":\"ended\""));
    BOOST_TEST(browser.heard(2).size() == first().pcm.at(96).size() - 2 * rate);
}
BOOST_AUTO_TEST_CASE(a_manifest_of_another_song_and_no_manifest_end_the_song) {
    files[first().path("manifest.json")] = files[second().path("manifest.json")];
    options.patience_s = 5;
    player().play(first().id, 0);
    BOOST_REQUIRE(until("\"state\":\"failed\""));
    BOOST_TEST(said("another song's manifest"));
    browser.shown.clear();
    files.clear();
    player().play(second().id, 0);
    BOOST_REQUIRE(until("\"state\":\"failed\""));
    BOOST_TEST(said("this song is not there"));
    player().play("../etc/passwd", 0);
    player().next("nothing");
    BOOST_TEST(!browser.run(player(), 1, [] { return false; }));
    BOOST_TEST(browser.sound.empty());
}
BOOST_AUTO_TEST_CASE(an_outage_of_the_server_causes_a_stall) {
    bytes_per_s = 13'000;
    player().play(first().id, 0);
    BOOST_REQUIRE(plays_to(500));
    browser.broken = true;
    bytes_per_s = 0;
    BOOST_REQUIRE(until("\"state\":\"stalled\""));
    BOOST_REQUIRE(browser.run(player(), 60, [&] { return ordered("cancel"); }));
    browser.broken = false;
    bytes_per_s = 50'000;
    BOOST_REQUIRE(until("\"state\":\"ended\""));
    BOOST_TEST(browser.posted.find("\"stall\"") != std::string::npos);
    BOOST_TEST(browser.posted.find("\"resume\"") != std::string::npos);
}
BOOST_AUTO_TEST_CASE(a_silent_server_is_given_up) {
    bytes_per_s = 0;
    options.patience_s = 25;
    player().play(first().id, 0);
    BOOST_TEST(until("\"state\":\"failed\""));
}
BOOST_AUTO_TEST_CASE(a_better_rendition_joins_at_the_sample) {
    options.wish.most_kbps = 320;
    bytes_per_s = 9'000;
    player().play(first().id, 0);
    BOOST_REQUIRE(until("\"state\":\"playing\""));
    bytes_per_s = 200'000;
    BOOST_REQUIRE(until("\"state\":\"ended\""));
    const auto heard = browser.heard(2);
    BOOST_REQUIRE(heard.size() == first().pcm.at(96).size());
    int changes = 0, now = 96;
    for (std::size_t i = 0; i < heard.size(); ++i) {
        if (heard[i] == first().pcm.at(now)[i]) continue;
        now = now == 96 ? 320 : 96;
        ++changes;
        BOOST_REQUIRE(heard[i] == first().pcm.at(now)[i]);
    }
    BOOST_TEST(changes == 1);
    BOOST_TEST(said("\"kbps\":320"));
}
BOOST_AUTO_TEST_CASE(a_server_that_refuses_events_gets_them_once) {
    player().play(first().id, 0);
    BOOST_REQUIRE(plays_to(1000));
    player().posted(404, 0);
    const auto before = browser.posted.size();
    BOOST_REQUIRE(until("\"state\":\"ended\""));
    BOOST_TEST(browser.posted.size() == before);
}
BOOST_AUTO_TEST_CASE(another_song_replaces_this_one_at_once) {
    player().play(first().id, 0);
    player().next(second().id);
    BOOST_REQUIRE(plays_to(4000));
    browser.sound.clear();
    player().play(second().id, 0);
    BOOST_REQUIRE(until("\"state\":\"ended\""));
    browser.run(player(), 2, [] { return false; });
    BOOST_TEST(browser.heard(2).size() == second().pcm.at(96).size());
    BOOST_TEST(differ(browser.heard(2), second().pcm.at(96)) == -1);
    BOOST_TEST(browser.posted.find("\"why\":\"skipped\"") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

// A song's way here, from servers on the same loop that are right, wrong, or liars.
#include "listen/loader.hpp"

#include <boost/test/unit_test.hpp>
#include <fstream>

#include "../folder.hpp"
#include "../toy_server.hpp"
#include "listen/local_store.hpp"

using namespace stretto;
using namespace stretto::listen;

namespace {

struct Got {
    std::optional<Outcome> outcome;
    std::vector<std::string> chunks;
    bool last = false;
    std::uint64_t from(Origin origin) const {
        return outcome->bytes[static_cast<std::size_t>(origin)];
    }
};

struct Fixture {
    net::Loop loop;
    toy::Song song;
    Folder folder;
    store::Kept kept{folder.path, 100u << 20};
    Edges edges{loop, true};
    std::optional<Tracker> tracker;

    Got load(const std::string& name) {
        const Around around{loop, edges, &kept, tracker ? &*tracker : nullptr, tracker.has_value(),
                            true, {}};
        Got got;
        Loader::Calls calls;
        calls.found = [](const auto&, const auto&) {};
        calls.chunk = [&](const Bytes& chunk, bool last) {
            BOOST_TEST(!got.last);
            got.chunks.emplace_back(as_text(chunk));
            got.last = last;
        };
        calls.done = [&](Outcome outcome) { got.outcome = std::move(outcome); };
        Loader loader{around, name, {}, std::move(calls)};
        BOOST_REQUIRE(toy::run_until(loop, [&] { return got.outcome.has_value(); }));
        return got;
    }
    void is_whole(const Got& got) {
        BOOST_TEST(got.outcome->exit == 0, got.outcome->why);
        BOOST_TEST(got.last);
        BOOST_TEST((got.chunks == song.sound));
        BOOST_TEST(got.outcome->id == song.id());
        for (int k = 0; k < toy::Song::chunks; ++k)
            BOOST_TEST((in_cache(k) == song.sound.at(static_cast<std::size_t>(k))));
    }
    std::string in_cache(int chunk) const {
        const auto bytes = kept.read(song.id(), song::chunk_path(toy::Song::kbps, chunk), 1u << 20);
        return bytes ? std::string{as_text(*bytes)} : "";
    }
};

void write(const std::filesystem::path& file, const std::string& bytes) {
    std::ofstream{file, std::ios::binary} << bytes;
}

/// A byte in the middle is another.
void damage(std::string& bytes) { bytes.at(bytes.size() / 2) ^= 1; }

}  // namespace

BOOST_FIXTURE_TEST_SUITE(stream_loader, Fixture)

BOOST_AUTO_TEST_CASE(a_song_comes_whole_and_in_order_from_an_edge) {
    toy::Server edge{loop};
    edge.files = song.files;
    edges.add_trusted(edge.url);
    const auto got = load(song.id());
    is_whole(got);
    BOOST_TEST(got.from(Origin::edge) == toy::Song::bytes());
    BOOST_TEST(got.outcome->retries == 0);
    for (int k = 0; k < toy::Song::chunks; ++k) BOOST_TEST(edge.asked[song.chunk(k)] == 1);
}

BOOST_AUTO_TEST_CASE(by_name_the_first_chunk_comes_beside_the_manifest) {
    toy::Server edge{loop};
    edge.files = song.files;
    edge.files["/songs/song/manifest.json"] = song.files[song.path("manifest.json")];
    edge.files["/songs/song/chunk_0.ogg"] = song.sound[0];
    edges.add_trusted(edge.url);
    const auto got = load("song");
    is_whole(got);
    BOOST_TEST(got.from(Origin::edge) == toy::Song::bytes());
    BOOST_TEST(got.outcome->wasted == 0u);
    BOOST_TEST(edge.asked["/songs/song/chunk_0.ogg"] == 1);
    BOOST_TEST(edge.asked[song.chunk(0)] == 0);
}

BOOST_AUTO_TEST_CASE(a_server_that_gives_another_first_chunk_by_name_is_forgiven) {
    toy::Server edge{loop};
    edge.files = song.files;
    edge.files["/songs/song/manifest.json"] = song.files[song.path("manifest.json")];
    edge.files["/songs/song/chunk_0.ogg"] = "of another rate";
    edges.add_trusted(edge.url);
    const auto got = load("song");
    is_whole(got);
    BOOST_TEST(got.outcome->retries == 0);
    BOOST_TEST(edge.asked[song.chunk(0)] == 1);
}

BOOST_AUTO_TEST_CASE(a_wrong_first_chunk_by_name_is_fetched_again_from_another_edge) {
    toy::Server wrong{loop}, right{loop};
    wrong.files = right.files = song.files;
    wrong.files["/songs/song/manifest.json"] = song.files[song.path("manifest.json")];
    wrong.files["/songs/song/chunk_0.ogg"] = song.sound[0];
    damage(wrong.files["/songs/song/chunk_0.ogg"]);
    edges.add_trusted(wrong.url);
    edges.add_trusted(right.url);
    is_whole(load("song"));
    BOOST_TEST(right.asked[song.chunk(0)] == 1);
}

BOOST_AUTO_TEST_CASE(a_store_on_this_machine_is_an_edge_like_another) {
    for (const auto& [path, bytes] : song.files) {
        const auto file = folder.path / "store" / path.substr(1);
        std::filesystem::create_directories(file.parent_path());
        write(file, bytes);
    }
    std::filesystem::create_directories(folder.path / "store" / "names");
    LocalStore store{loop, folder.path / "store"};
    edges.add_trusted(store.url());
    is_whole(load(song.id()));
}

BOOST_AUTO_TEST_CASE(what_is_kept_is_not_asked_for_again) {
    toy::Server edge{loop};
    edge.files = song.files;
    edges.add_trusted(edge.url);
    is_whole(load(song.id()));
    const int chunks = edge.asked_for("chunk_"), indexes = edge.asked_for("index");
    const auto again = load(song.id());
    is_whole(again);
    BOOST_TEST(again.from(Origin::cache) == toy::Song::bytes());
    BOOST_TEST(again.from(Origin::edge) == 0u);
    BOOST_TEST(edge.asked_for("chunk_") == chunks);
    BOOST_TEST(edge.asked_for("index") == indexes);
}

BOOST_AUTO_TEST_CASE(a_kept_chunk_that_was_damaged_since_comes_anew) {
    toy::Server edge{loop};
    edge.files = song.files;
    edges.add_trusted(edge.url);
    is_whole(load(song.id()));
    auto bytes = song.sound[3];
    damage(bytes);
    write(folder.path / song.chunk(3).substr(1), bytes);
    const auto again = load(song.id());
    is_whole(again);
    BOOST_TEST(again.from(Origin::edge) == toy::Song::pieces * toy::Song::piece_bytes);
    BOOST_TEST(edge.asked_for("chunk_3") >= 2);
}

BOOST_AUTO_TEST_CASE(with_the_edge_gone_a_kept_song_is_still_a_song) {
    {
        toy::Server edge{loop};
        edge.files = song.files;
        edges.add_trusted(edge.url);
        is_whole(load(song.id()));
    }
    const auto again = load(song.id());
    is_whole(again);
    BOOST_TEST(again.from(Origin::cache) == toy::Song::bytes());
}

BOOST_AUTO_TEST_CASE(a_wrong_chunk_is_fetched_again_from_another_edge) {
    toy::Server wrong{loop}, right{loop};
    wrong.files = right.files = song.files;
    damage(wrong.files[song.chunk(2)]);
    edges.add_trusted(wrong.url);
    edges.add_trusted(right.url);
    const auto got = load(song.id());
    is_whole(got);
    BOOST_TEST(got.outcome->retries > 0);
    BOOST_TEST(wrong.asked_for("chunk_2") == 1);
    BOOST_TEST(right.asked_for("chunk_2") == 1);
}

BOOST_AUTO_TEST_CASE(an_edge_that_fails_in_the_middle_is_replaced) {
    toy::Server bad{loop}, good{loop};
    bad.files = good.files = song.files;
    bad.first = [&](const std::string& target, const http::Reply& reply) {
        const bool late = target.find("chunk_") != std::string::npos &&
                          target.find("chunk_0") == std::string::npos;
        if (late) reply.send(500, "not now");
        return late;
    };
    edges.add_trusted(bad.url);
    edges.add_trusted(good.url);
    is_whole(load(song.id()));
    BOOST_TEST(good.asked_for("chunk_") > 0);
}

BOOST_AUTO_TEST_CASE(a_song_that_is_nowhere_is_unavailable) {
    toy::Server edge{loop};
    edges.add_trusted(edge.url);
    const auto got = load("song");
    BOOST_TEST(got.outcome->exit == 69);
    BOOST_TEST(got.chunks.empty());
}

BOOST_AUTO_TEST_CASE(a_manifest_of_another_song_is_bad_data) {
    toy::Server edge{loop};
    const auto other = std::string(32, '0');
    edge.files["/songs/" + other + "/manifest.json"] = song.files[song.path("manifest.json")];
    edges.add_trusted(edge.url);
    BOOST_TEST(load(other).outcome->exit == 65);
}

namespace {

/// A tracker that names one edge and one peer; the edge gives its chunks only when the peer was
/// asked for one, so that both have their part in every run.
struct Swarm : Fixture {
    toy::Server tracks{loop}, edge{loop}, peer{loop};
    std::vector<std::function<void()>> held;

    Swarm() {
        edge.files = peer.files = song.files;
        peer.files.erase(song.path("manifest.json"));
        peer.fields = "Stretto-Have: 0-5\r\n";
        swarm::SongAnswer answer;
        answer.song_id = song.id();
        answer.bitrates = {toy::Song::kbps};
        answer.edges = {{"e1", edge.url, {}, {}}};
        answer.peers = {
            {"p1", peer.url, 10.0, 0.8, 50000, {{toy::Song::kbps, {{0, 5}}}}, "ticket"}};
        answer.manifest = song.files[song.path("manifest.json")];
        tracks.files["/songs/" + song.id()] = swarm::print_song_answer(answer);
        tracks.files["/peers"] = swarm::print_peers_answer(answer.peers);
        tracks.files["/report"] = "";
        tracker.emplace(loop, tracks.url, std::nullopt);
        edge.first = [this](const std::string& target, const http::Reply& reply) {
            if (target.find("chunk_") == std::string::npos || peer.asked_for("chunk_") > 0)
                return false;
            // whole, whatever range was asked for: a server may
            held.push_back([this, target, reply] { edge.give(target, {}, reply); });
            return true;
        };
        peer.first = [this](const std::string& target, const http::Reply&) {
            if (target.find("chunk_") != std::string::npos)
                for (const auto& go_on : std::exchange(held, {})) go_on();
            return false;
        };
    }
    std::vector<swarm::Report> reports() {
        std::vector<swarm::Report> all;
        for (const auto& json : tracks.posted["/report"]) all.push_back(*swarm::parse_report(json));
        return all;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_peer_gives_its_part, Swarm) {
    const auto got = load(song.id());
    is_whole(got);
    BOOST_TEST(got.from(Origin::peer) > 0u);
    BOOST_TEST(got.from(Origin::peer) + got.from(Origin::edge) == toy::Song::bytes());
    BOOST_TEST(got.outcome->bans == 0);
}

BOOST_FIXTURE_TEST_CASE(a_peer_that_lies_is_banned_reported_and_asked_no_more, Swarm) {
    for (int k = 0; k < toy::Song::chunks; ++k)
        for (std::size_t p = 0; p < toy::Song::pieces; ++p)
            peer.files[song.chunk(k)][p * toy::Song::piece_bytes + 7] ^= 1;
    const auto got = load(song.id());
    is_whole(got);
    BOOST_TEST(got.from(Origin::peer) == 0u);
    BOOST_TEST(got.from(Origin::edge) == toy::Song::bytes());
    BOOST_TEST(got.outcome->bans == 1);
    // what was under way when the first lie came out is all that it is ever asked for
    BOOST_TEST(peer.asked_for("chunk_") <= 3);
    BOOST_REQUIRE(toy::run_until(loop, [&] { return !reports().empty(); }));
    BOOST_TEST(!reports()[0].ok);
    BOOST_TEST(reports()[0].why == "hash");
    BOOST_TEST(reports()[0].ticket == "ticket");
}

BOOST_AUTO_TEST_SUITE_END()

// Songs looked up at an origin that runs on the same loop.
#include "track/manifests.hpp"

#include <boost/test/unit_test.hpp>
#include <map>

#include "http/server.hpp"
#include "net/socket.hpp"
#include "song/manifest.hpp"

using namespace stretto;
using namespace stretto::track;

namespace {

/// Songs that differ in their first chunk.
song::Manifest song_of(int n) {
    song::Manifest m;
    m.tags = {{"TITLE", {std::string(2000, 'x')}}};
    m.rate = 44100, m.channels = 2, m.samples = 900000, m.chunk_samples = 441000;
    for (const int kbps : {96, 320}) {
        song::Rendition r{kbps, kbps, 3920, sha256(as_bytes("i")), {}};
        r.chunks.push_back({sha256(as_bytes(std::to_string(n))), 90000, 441000, 0, 86000, 21});
        r.chunks.push_back({sha256(as_bytes("b")), 91000, 459000, 744, 87000, 20});
        m.renditions.push_back(r);
    }
    m.id = song::song_id(m);
    return m;
}

struct Origin : http::Handler {
    void handle(http::Incoming&& incoming, http::Reply reply) override {
        const auto& target = incoming.request.target;
        ++asked[target];
        if (!up) return reply.send(500, "not now");
        const auto found = files.find(target);
        if (found == files.end()) return reply.send(404, "not found");
        http::Outgoing out;
        out.length = found->second.size();
        out.body = http::body_of(found->second);
        reply.send(std::move(out));
    }
    std::string publish(int n) {
        const auto m = song_of(n);
        files["/songs/" + m.id + "/manifest.json"] = song::print_manifest(m);
        return m.id;
    }
    std::map<std::string, std::string> files;
    std::map<std::string, int> asked;
    bool up = true;
};

struct Setup {
    explicit Setup(const Manifests::Limits& limits = {}) {
        auto sockets = net::listen((*net::parse_listen("127.0.0.1:0"))[0], 1);
        const auto url = "http://" + net::local_address(sockets[0].fd()).print();
        server.listen(std::move(sockets[0]));
        manifests = std::make_unique<Manifests>(loop, url, limits);
    }
    /// One after the other.
    Found get(const std::string& song) {
        Found result;
        bool done = false, running = false;
        manifests->get(song, [&](const Found& found) {
            result = found;
            done = true;
            if (running) loop.stop();
        });
        running = true;
        if (!done) loop.run();
        return result;
    }
    /// Let what is under way come a bit further.
    void turn() { get("t" + std::to_string(turns++)); }
    int turns = 0;
    http::AccessLog log{"", false};
    http::Limiter limiter{0};
    http::Shared shared{{}, log, limiter};
    net::Loop loop;
    Origin origin;
    http::Server server{loop, origin, {}, shared};
    std::unique_ptr<Manifests> manifests;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(track_manifests)

BOOST_AUTO_TEST_CASE(a_song_is_found_by_id_and_by_name_with_one_request) {
    Setup s;
    const auto id = s.origin.publish(1);
    s.origin.files["/names/song"] = id + "\n";
    for (const auto& key : {std::string{"song"}, id, std::string{"song"}}) {
        const auto found = s.get(key);
        BOOST_REQUIRE(found.song);
        BOOST_TEST(found.song->id == id);
        BOOST_TEST((found.song->layout == swarm::Layout{{96, 320}, 2}));
        BOOST_TEST(found.song->manifest + "\n" ==
                   s.origin.files["/songs/" + id + "/manifest.json"]);
    }
    for (const auto& [path, n] : s.origin.asked) BOOST_TEST(n == 1, path);
    BOOST_TEST(s.manifests->peek(id));
}

BOOST_AUTO_TEST_CASE(a_name_may_have_its_own_tags) {
    Setup s;
    const auto id = s.origin.publish(1);
    auto own = song_of(1);
    own.tags = {{"TITLE", {"Album"}}};
    s.origin.files["/names/album"] = s.origin.files["/names/other"] = id + "\n";
    const auto path = "/songs/" + id + "/tags/album.json";
    s.origin.files[path] = song::print_manifest(own);
    for (int i = 0; i < 2; ++i) {
        BOOST_TEST(s.get("album").song->manifest + "\n" == s.origin.files[path]);
        BOOST_TEST(s.get("album").song->id == id);
        for (const auto& key : {std::string{"other"}, id})
            BOOST_TEST(s.get(key).song->manifest + "\n" ==
                       s.origin.files["/songs/" + id + "/manifest.json"]);
    }
    BOOST_TEST(s.origin.asked[path] == 1);
    BOOST_TEST(s.origin.asked["/songs/" + id + "/tags/other.json"] == 1);
}

BOOST_AUTO_TEST_CASE(tags_that_a_name_loses_are_forgotten) {
    Manifests::Limits limits;
    limits.fresh_ms = 0;  // asked for again each time
    Setup s{limits};
    const auto id = s.origin.publish(1);
    auto own = song_of(1);
    own.tags = {{"TITLE", {"Album"}}};
    s.origin.files["/names/album"] = id + "\n";
    const auto path = "/songs/" + id + "/tags/album.json";
    s.origin.files[path] = song::print_manifest(own);
    BOOST_TEST(s.get("album").song->manifest + "\n" == s.origin.files[path]);
    const auto tags = s.origin.files.extract(path).mapped();
    const auto without = s.origin.files["/songs/" + id + "/manifest.json"];
    std::string said;
    for (int i = 0; i < 100 && said != without; ++i, s.turn())
        said = s.get("album").song->manifest + "\n";
    BOOST_TEST(said == without);
    s.origin.files[path] = tags;
    for (int i = 0; i < 100 && said != tags; ++i, s.turn())
        said = s.get("album").song->manifest + "\n";
    BOOST_TEST(said == tags);
    s.origin.up = false;  // an origin that is down takes nothing with it
    for (int i = 0; i < 5; ++i, s.turn()) BOOST_TEST(s.get("album").song->manifest + "\n" == tags);
}

BOOST_AUTO_TEST_CASE(a_tags_manifest_of_another_song_is_refused) {
    Setup s;
    const auto id = s.origin.publish(1);
    s.origin.files["/names/album"] = id + "\n";
    s.origin.files["/songs/" + id + "/tags/album.json"] = song::print_manifest(song_of(2));
    BOOST_TEST(s.get("album").song->id == id);
}

BOOST_AUTO_TEST_CASE(many_clients_share_one_request) {
    Setup s;
    const auto id = s.origin.publish(1);
    int left = 50;
    for (int i = 0; i < 50; ++i)
        s.manifests->get(id, [&](const Found& found) {
            BOOST_TEST(bool(found.song));
            if (--left == 0) s.loop.stop();
        });
    s.loop.run();
    BOOST_TEST(s.manifests->asked() == 1u);
}

BOOST_AUTO_TEST_CASE(a_missing_song_is_remembered_for_a_while) {
    Setup s;
    const auto id = song_of(1).id;
    for (int i = 0; i < 3; ++i) BOOST_TEST(s.get(id).status == 404);
    for (int i = 0; i < 3; ++i) BOOST_TEST(s.get("nothing").status == 404);
    BOOST_TEST(s.manifests->asked() == 2u);
    Manifests::Limits limits;
    limits.missing_ms = 0;
    Setup forgetful{limits};
    BOOST_TEST(forgetful.get(id).status == 404);
    forgetful.origin.publish(1);
    BOOST_TEST(forgetful.get(id).status == 200);
}

BOOST_AUTO_TEST_CASE(while_the_origin_is_down_no_song_is_removed) {
    Manifests::Limits limits;
    limits.fresh_ms = limits.failed_ms = 0;
    Setup s{limits};
    const auto id = s.origin.publish(1), other = s.origin.publish(2);
    BOOST_TEST(s.get(id).status == 200);
    s.origin.up = false;
    BOOST_TEST(s.get(id).status == 200);
    BOOST_TEST(s.get(other).status == 502);  // meanwhile the first was asked for again, in vain
    BOOST_TEST(s.get(id).status == 200);
    s.origin.up = true;
    BOOST_TEST(s.get(other).status == 200);
    s.origin.files.erase("/songs/" + id + "/manifest.json");
    BOOST_TEST(s.get(id).status == 200);  // not known yet
    while (s.manifests->peek(id)) s.turn();
    BOOST_TEST(s.get(id).status == 404);
}

BOOST_AUTO_TEST_CASE(new_tags_and_new_names_come_through) {
    Manifests::Limits limits;
    limits.fresh_ms = 0;
    Setup s{limits};
    const auto id = s.origin.publish(1), other = s.origin.publish(2);
    s.origin.files["/names/song"] = id;
    BOOST_TEST(s.get("song").song->id == id);
    auto tagged = song_of(1);
    tagged.tags = {{"TITLE", {"new"}}};
    s.origin.files["/songs/" + id + "/manifest.json"] = song::print_manifest(tagged);
    while (s.get(id).song->manifest.find("new") == std::string::npos) s.turn();
    s.origin.files["/names/song"] = other;
    while (s.get("song").song->id != other) s.turn();
}

BOOST_AUTO_TEST_CASE(an_invalid_response_of_the_origin_is_a_bad_gateway) {
    Manifests::Limits limits;
    limits.failed_ms = 0;
    Setup s{limits};
    const auto id = s.origin.publish(1), other = song_of(2).id;
    s.origin.files["/songs/" + other + "/manifest.json"] =
        s.origin.files["/songs/" + id + "/manifest.json"];
    BOOST_TEST(s.get(other).status == 502);
    s.origin.files["/songs/" + other + "/manifest.json"] = "{}";
    BOOST_TEST(s.get(other).status == 502);
    s.origin.files["/names/song"] = "no id";
    BOOST_TEST(s.get("song").status == 502);
    s.origin.files["/names/song"] = std::string(1000, '0');
    BOOST_TEST(s.get("song").status == 502);
}

BOOST_AUTO_TEST_CASE(unused_manifests_make_room) {
    Manifests::Limits limits;
    limits.bytes = 20'000;  // they have 3 kB each
    Setup s{limits};
    const auto first = s.origin.publish(0);
    for (int n = 0; n < 30; ++n) {
        BOOST_TEST(s.get(s.origin.publish(n)).status == 200);
        BOOST_TEST(s.get(first).status == 200);
    }
    BOOST_TEST(s.manifests->kept() < 8u);
    BOOST_TEST(s.manifests->asked() == 30u);  // the first stayed
}

BOOST_AUTO_TEST_SUITE_END()

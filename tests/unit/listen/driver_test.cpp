// The native driver between rules that ask for what the test wants, and a server on the same loop
// that answers as the test wants.
#include "listen/driver.hpp"

#include <sysexits.h>

#include <boost/test/unit_test.hpp>
#include <fstream>

#include "../folder.hpp"
#include "../toy_server.hpp"
#include "base/text.hpp"

using namespace stretto;
using namespace stretto::listen;
using gather::Ask;
using gather::Fault;

namespace {

/// Rules without a will of their own: they ask what the test asks, and note what they are told.
class Script final : public gather::Conductor {
   public:
    using Conductor::Conductor;

    int want(Ask wanted) { return ask(wanted, 0); }
    void order(gather::Step order) { step(std::move(order)); }
    void stop(int number) { cancel(number); }

    double due(double now) const override { return now + 1e9; }
    void checked(int, int chunk, bool right, double) override {
        told.push_back(text("checked ", chunk, right ? " right" : " wrong"));
    }
    void lost(int, int chunk, double) override { told.push_back(text("lost ", chunk)); }

    std::vector<std::string> told;
    std::map<int, std::uint32_t> bytes;  ///< by request
    std::map<int, int> right_pieces;
    std::map<int, gather::Failure> failures;
    bool was_found = false;

   private:
    void on_found(double) override { was_found = true; }
    void look(double) override {}
    bool needed() const override { return false; }
    void on_received(Transfer& t, std::uint32_t n, double) override { bytes[t.ask.number] += n; }
    void on_piece(Transfer& t, int, double) override { ++right_pieces[t.ask.number]; }
    void on_ended(Transfer& t, double now) override {
        told.push_back(text("ended ", t.ask.number));
        came(t, 0, true, now);
        transfers_.erase(t.ask.number);
    }
    void on_failed(Transfer& t, const gather::Failure& failure, double) override {
        told.push_back(text("failed ", t.ask.number));
        failures[t.ask.number] = failure;
        transfers_.erase(t.ask.number);
    }
    void on_index(int rendition, double) override { told.push_back(text("index ", rendition)); }
    void on_mistaken(Transfer& t, double) override {
        told.push_back(text("mistaken ", t.ask.kbps));
    }
    void on_peers(double) override {}
};

struct Fixture {
    net::Loop loop;
    Folder folder;
    toy::Server server{loop};
    static const toy::Song& song() {
        static const toy::Song one;
        return one;
    }
    Presence::Options place;
    std::optional<Presence> presence;
    gather::Conductor::Options how;
    std::unique_ptr<Driver> driver;
    Script* rules = nullptr;
    Driver::Calls calls;
    std::vector<std::string> said, delivered;
    std::vector<std::pair<gather::Came, std::string>> came;
    std::optional<gather::End> end;
    int ends = 0;

    Fixture() {
        server.files = song().files;
        place.edges = {server.url};
        place.cache = folder.path / "cache";
        place.cache_size = 8u << 20;
        place.local_peers = true;
        how.first_kbps = 0;
        calls.found = [](const song::Manifest&) {};
        calls.deliver = [this](int chunk, const Bytes& bytes) {
            BOOST_TEST((as_text(bytes) == song().sound[static_cast<std::size_t>(chunk)]));
            delivered.push_back(text(chunk));
        };
        calls.came = [this](const gather::Came& c, const std::string& from, bool) {
            came.emplace_back(c, from);
        };
        calls.ended = [this](const gather::End& e) {
            end = e;
            ++ends;
        };
    }
    void begin(const std::string& name = song().id(), bool old_names = false) {
        if (!presence)
            presence.emplace(loop, place, [this](const std::string& s) { said.push_back(s); });
        auto script = std::make_unique<Script>(presence->edges(), how);
        rules = script.get();
        driver = std::make_unique<Driver>(*presence, name, old_names, std::move(script), calls);
        driver->start();
    }
    void begin_found() {
        begin();
        BOOST_REQUIRE(until([&] { return rules->was_found; }));
    }
    bool until(const std::function<bool()>& so) { return toy::run_until(loop, so); }
    bool until_told(const std::string& what) {
        return until([&] { return !rules->told.empty() && rules->told.back() == what; });
    }
    int want(const Ask& ask) {
        const int number = rules->want(ask);
        driver->carry_out();
        return number;
    }
    void order(const gather::Step& step) {
        rules->order(step);
        driver->carry_out();
    }
    static Ask part(int chunk, std::uint32_t begin = 0, std::uint32_t stop = 40000) {
        Ask ask;
        ask.chunk = chunk;
        ask.begin = begin;
        ask.stop = stop;
        ask.whole = 40000;
        return ask;
    }
    Fault fault_of(const Ask& ask) {
        const int number = want(ask);
        BOOST_REQUIRE(until([&] { return rules->failures.contains(number); }));
        return rules->failures[number].fault;
    }
    /// A chunk from the server, whole.
    void fetch(int chunk) {
        const int number = want(part(chunk));
        BOOST_REQUIRE(until_told(text("ended ", number)));
    }
    void check(int chunk, bool right) {
        order(gather::Check{0, chunk});
        BOOST_TEST(rules->told.back() == text("checked ", chunk, right ? " right" : " wrong"));
    }
    std::filesystem::path kept(int chunk) const {
        return place.cache / "songs" / song().id() / song::chunk_path(toy::Song::kbps, chunk);
    }
    /// Of requests for a path whose name has this, an answer that the test made.
    void answer(const std::string& part, int status, const std::string& fields, std::string body) {
        server.first = [=](const std::string& target, const http::Reply& reply) {
            if (target.find(part) == std::string::npos) return false;
            http::Outgoing out;
            out.status = status;
            out.fields = fields;
            out.length = body.size();
            out.body = http::body_of(body);
            reply.send(std::move(out));
            return true;
        };
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(listen_driver, Fixture)

BOOST_AUTO_TEST_CASE(the_manifest_of_an_id_has_to_prove_it) {
    auto other = song().manifest;
    other.renditions[0].chunks[0].sha256[0] ^= 1;
    other.id = song::song_id(other);
    BOOST_REQUIRE(other.id != song().id());
    answer("manifest.json", 200, "", song::print_manifest(other));
    begin();
    BOOST_TEST(until([&] { return rules->retry().failures() > 0; }));
    BOOST_TEST(rules->retry().waiting_for().find("another song's") != std::string::npos);
    BOOST_TEST(!rules->was_found);
    server.first = nullptr;
    BOOST_TEST(until([&] {
        driver->act();
        return rules->was_found;
    }));
    BOOST_TEST(driver->manifest().id == song().id());
}
BOOST_AUTO_TEST_CASE(an_invalid_manifest_and_a_login_page_are_reported_as_such) {
    answer("manifest.json", 200, "", "{}");
    begin();
    BOOST_TEST(until([&] { return rules->retry().failures() > 0; }));
    answer("manifest.json", 200, "Content-Type: text/html\r\n", "<html>pay");
    BOOST_TEST(until([&] {
        driver->act();
        return rules->retry().waiting_for().find("login") != std::string::npos;
    }));
    BOOST_TEST(!rules->was_found);
}
BOOST_AUTO_TEST_CASE(a_part_is_requested_by_range_and_all_its_bytes_are_counted) {
    begin_found();
    const int number = want(part(1, 10000, 30000));
    BOOST_REQUIRE(until_told(text("ended ", number)));
    BOOST_TEST(rules->bytes[number] == 20000u);
    BOOST_REQUIRE(came.size() == 1u);
    BOOST_TEST(came[0].second == server.url.substr(7));
}
BOOST_AUTO_TEST_CASE(a_whole_response_to_a_range_request_is_accepted) {
    begin_found();
    answer("chunk_1", 200, "", song().sound[1]);
    const int first = want(part(1, 0, 10000));
    BOOST_REQUIRE(until_told(text("ended ", first)));
    BOOST_TEST(rules->bytes[first] == 10000u);
    const int rest = want(part(1, 10000, 40000));
    BOOST_REQUIRE(until_told(text("ended ", rest)));
    BOOST_TEST(rules->bytes[rest] == 30000u);
    check(1, true);
}
BOOST_AUTO_TEST_CASE(a_response_with_another_range_is_refused) {
    begin_found();
    answer("chunk_1", 206, "Content-Range: bytes 0-19999/40000\r\n", std::string(20000, 'x'));
    BOOST_TEST((fault_of(part(1, 10000, 30000)) == Fault::broken));
    answer("chunk_1", 206, "", std::string(20000, 'x'));
    BOOST_TEST((fault_of(part(1, 10000, 30000)) == Fault::broken));
}
BOOST_AUTO_TEST_CASE(more_than_was_asked_for_is_wrong_and_less_is_not_the_end) {
    begin_found();
    answer("chunk_1", 200, "", song().sound[1] + "x");
    BOOST_TEST((fault_of(part(1)) == Fault::wrong));
    BOOST_TEST(rules->failures.rbegin()->second.why.find(song().id()) != std::string::npos);
}
BOOST_AUTO_TEST_CASE(a_status_determines_the_fault_of_a_server) {
    begin_found();
    const std::pair<int, Fault> all[] = {
        {404, Fault::missing}, {410, Fault::missing}, {401, Fault::denied}, {403, Fault::denied},
        {407, Fault::denied},  {429, Fault::busy},    {503, Fault::busy},   {500, Fault::broken},
        {502, Fault::broken},  {302, Fault::broken},  {400, Fault::broken}};
    for (const auto& [status, fault] : all) {
        answer("chunk_", status, "", "no");
        BOOST_TEST((fault_of(part(1)) == fault), status);
    }
}
BOOST_AUTO_TEST_CASE(a_connection_that_is_refused_is_broken) {
    begin_found();
    {
        net::Loop other;
        place.edges = {toy::Server{other}.url};  // where nobody listens any more
    }
    const int gone = presence->edges().add_trusted("gone", place.edges[0]);
    auto ask = part(1);
    ask.source = gone;
    BOOST_TEST((fault_of(ask) == Fault::broken));
}
BOOST_AUTO_TEST_CASE(each_piece_is_verified_before_it_counts) {
    begin_found();
    Ask index;
    index.what = Ask::What::index;
    want(index);
    BOOST_REQUIRE(until_told("index 0"));
    auto pieces = part(2);
    pieces.end_piece = toy::Song::pieces;
    auto body = song().sound[2];
    body[25000] ^= 1;  // in the third
    answer("chunk_2", 200, "", body);
    const int wrong = want(pieces);
    BOOST_REQUIRE(until_told(text("failed ", wrong)));
    BOOST_TEST((rules->failures[wrong].fault == Fault::wrong));
    BOOST_TEST(rules->right_pieces[wrong] == 2);
    // what was right is here: the rest makes the chunk whole
    server.first = nullptr;
    auto rest = part(2, 20000, 40000);
    rest.first_piece = 2;
    rest.end_piece = toy::Song::pieces;
    const int right = want(rest);
    BOOST_REQUIRE(until_told(text("ended ", right)));
    BOOST_TEST(rules->right_pieces[right] == 2);
    check(2, true);
}
BOOST_AUTO_TEST_CASE(an_index_that_the_id_does_not_promise_is_wrong) {
    begin_found();
    const auto path = song().path(song::index_path(toy::Song::kbps));
    auto body = song().files.at(path);
    body.back() ^= 1;
    answer("/index", 200, "", body);
    Ask index;
    index.what = Ask::What::index;
    BOOST_TEST((fault_of(index) == Fault::wrong));
    BOOST_TEST(!std::filesystem::exists(place.cache / "songs" / song().id() / "320/index"));
}
BOOST_AUTO_TEST_CASE(an_index_is_cached_and_not_requested_again) {
    begin_found();
    Ask index;
    index.what = Ask::What::index;
    want(index);
    BOOST_REQUIRE(until_told("index 0"));
    BOOST_TEST(server.asked_for("/index") == 1);
    begin_found();
    want(index);
    BOOST_REQUIRE(until_told("index 0"));
    BOOST_TEST(server.asked_for("/index") == 1);
}
BOOST_AUTO_TEST_CASE(only_a_chunk_with_a_correct_hash_is_cached) {
    begin_found();
    auto body = song().sound[1];
    body[39999] ^= 1;
    answer("chunk_1", 200, "", body);
    fetch(1);
    check(1, false);
    BOOST_TEST(!std::filesystem::exists(kept(1)));
    server.first = nullptr;
    fetch(1);
    check(1, true);
    BOOST_TEST((as_text(read_file(kept(1), 1 << 20)) == song().sound[1]));
    // half a chunk is none
    const int half = want(part(3, 0, 20000));
    BOOST_REQUIRE(until_told(text("ended ", half)));
    check(3, false);
    BOOST_TEST(!std::filesystem::exists(kept(3)));
}
BOOST_AUTO_TEST_CASE(headers_of_one_chunk_make_those_of_the_next) {
    calls.bytes = [](BytesView) { return 0; };
    begin_found();
    const auto ask = [](int chunk) {
        auto rest = part(chunk, toy::Song::header_bytes);
        rest.makes_headers = true;
        return rest;
    };
    fetch(0);
    order(gather::Pass{0, 0, 0, 0, 20000, true});
    check(0, true);
    for (const int chunk : {1, 2}) {
        const int number = want(ask(chunk));
        BOOST_REQUIRE(until_told(text("ended ", number)));
        BOOST_TEST(rules->bytes[number] == 40000u - toy::Song::header_bytes);
        check(chunk, true);
    }
    // another serial number makes other headers, and a wrong chunk
    auto other = song().sound[3].substr(toy::Song::header_bytes);
    other[14] ^= 1;
    answer("chunk_3", 206, "Content-Range: bytes 3000-39999/40000\r\n", other);
    const int wrong = want(ask(3));
    BOOST_REQUIRE(until_told(text("ended ", wrong)));
    check(3, false);
    server.first = nullptr;
    // what was wrong may be the headers: those of the next chunk are taken
    fetch(4);
    order(gather::Pass{0, 0, 4, 0, 20000, true});
    const int again = want(ask(3));
    BOOST_REQUIRE(until_told(text("ended ", again)));
    check(3, true);
}
BOOST_AUTO_TEST_CASE(chunks_are_delivered_in_order_and_a_kept_one_counts_as_from_the_cache) {
    begin_found();
    for (const int chunk : {1, 0}) {
        fetch(chunk);
        check(chunk, true);
    }
    order(gather::Deliver{0, 1});  // not its turn
    BOOST_TEST(delivered.empty());
    order(gather::Deliver{0, 0});
    order(gather::Deliver{0, 1});
    BOOST_TEST(delivered == (std::vector<std::string>{"0", "1"}));
    for (const auto& [c, from] : came) BOOST_TEST(from == server.url.substr(7));

    begin_found();  // another run
    came.clear();
    order(gather::Deliver{0, 0});
    BOOST_TEST(delivered.back() == "0");
    BOOST_REQUIRE(came.size() == 1u);
    BOOST_TEST(came[0].second == "cache");
    BOOST_TEST(came[0].first.right == song().sound[0].size());
}
BOOST_AUTO_TEST_CASE(a_damaged_cached_chunk_is_removed_and_counts_as_missing) {
    begin_found();
    fetch(0);
    check(0, true);
    begin_found();
    { std::ofstream{kept(0)} << "something else"; }
    order(gather::Deliver{0, 0});
    BOOST_TEST(rules->told.back() == "lost 0");
    BOOST_TEST(delivered.empty());
    BOOST_TEST(!std::filesystem::exists(kept(0)));
    auto ask = part(0);
    ask.from = Ask::From::cache;
    BOOST_TEST((fault_of(ask) == Fault::missing));
}
BOOST_AUTO_TEST_CASE(a_cached_song_is_found_without_the_network) {
    begin_found();
    fetch(0);
    check(0, true);
    driver.reset();
    presence.reset();
    server.asked.clear();
    begin();
    BOOST_TEST(rules->was_found);
    auto ask = part(0);
    ask.from = Ask::From::cache;
    const int number = want(ask);
    BOOST_REQUIRE(until_told(text("ended ", number)));
    BOOST_TEST(rules->bytes[number] == 40000u);
    BOOST_TEST(server.asked.empty());
}
BOOST_AUTO_TEST_CASE(a_cached_manifest_that_does_not_match_the_id_is_refused) {
    begin_found();
    fetch(0);
    check(0, true);
    driver.reset();
    presence.reset();
    auto other = song().manifest;
    other.renditions[0].chunks[0].sha256[0] ^= 1;
    other.id = song::song_id(other);
    {
        std::ofstream{place.cache / "songs" / song().id() / "manifest.json"}
            << song::print_manifest(other);
    }
    begin();
    BOOST_TEST(!rules->was_found);
    BOOST_TEST(until([&] { return rules->was_found; }));
    BOOST_TEST(server.asked_for("manifest.json") == 2);
}
BOOST_AUTO_TEST_CASE(a_cached_name_is_trusted_only_on_request) {
    server.files["/songs/tune/manifest.json"] = song().files.at(song().path("manifest.json"));
    begin("tune");
    BOOST_REQUIRE(until([&] { return rules->was_found; }));
    fetch(0);
    check(0, true);
    begin("tune", false);
    BOOST_TEST(!rules->was_found);
    begin("tune", true);
    BOOST_TEST(rules->was_found);
}
BOOST_AUTO_TEST_CASE(at_a_plain_store_the_name_is_looked_up_first) {
    place.edges.clear();
    place.store = server.url;
    server.files["/names/tune"] = song().id() + "\n";
    begin("tune");
    BOOST_REQUIRE(until([&] { return rules->was_found; }));
    BOOST_TEST(server.asked_for("/names/tune") == 1);
    BOOST_TEST(server.asked_for("/songs/" + song().id() + "/manifest.json") == 1);

    server.files["/names/other"] = "no id\n";
    begin("other");
    BOOST_TEST(until([&] { return rules->retry().failures() > 0; }));
    BOOST_TEST(rules->retry().waiting_for().find("does not resolve to a song's id") !=
               std::string::npos);
}
BOOST_AUTO_TEST_CASE(a_directory_is_read_as_an_edge_is) {
    place.edges.clear();
    place.store = (folder.path / "store").string();
    for (const auto& [path, body] : song().files) {
        const auto file = place.store + path;
        std::filesystem::create_directories(std::filesystem::path{file}.parent_path());
        std::ofstream{file} << body;
    }
    std::filesystem::create_directories(place.store + "/names");
    begin_found();
    fetch(0);
    check(0, true);
    const int some = want(part(1, 10000, 20000));
    BOOST_REQUIRE(until_told(text("ended ", some)));
    BOOST_TEST(rules->bytes[some] == 10000u);
    { std::ofstream{place.store + song().chunk(2)} << "short"; }
    BOOST_TEST((fault_of(part(2)) == Fault::wrong));
    std::filesystem::remove(place.store + song().chunk(3));
    BOOST_TEST((fault_of(part(3)) == Fault::missing));
}
BOOST_AUTO_TEST_CASE(a_cancelled_request_is_not_reported) {
    begin_found();
    std::vector<http::Reply> waiting;
    server.first = [&](const std::string& target, const http::Reply& reply) {
        if (target.find("chunk_1") == std::string::npos) return false;
        waiting.push_back(reply);
        return true;
    };
    const int number = want(part(1));
    BOOST_REQUIRE(until([&] { return !waiting.empty(); }));
    rules->stop(number);
    driver->carry_out();
    waiting[0].send(500, "late");
    fetch(2);  // a round trip
    BOOST_TEST(!rules->failures.contains(number));
}
BOOST_AUTO_TEST_CASE(
    the_first_chunk_is_asked_for_beside_the_manifest_in_the_bitrate_to_begin_with) {
    how.first_kbps = 96;
    std::vector<http::Reply> waiting;
    server.first = [&](const std::string& target, const http::Reply& reply) {
        if (!target.ends_with("/chunk_0.ogg") || target.find("/320/") != std::string::npos)
            return false;
        waiting.push_back(reply);
        return true;
    };
    begin();
    BOOST_REQUIRE(until([&] { return !waiting.empty() && rules->was_found; }));
    http::Outgoing out;
    out.fields = "X-Bitrate: 320\r\n";
    out.length = song().sound[0].size();
    out.body = http::body_of(song().sound[0]);
    waiting[0].send(std::move(out));
    // the rules took it to be of the lowest rendition
    BOOST_TEST(until([&] { return !rules->told.empty(); }));
}
BOOST_AUTO_TEST_CASE(the_end_is_reported_once_with_its_song) {
    begin_found();
    const int number = want(part(1));
    driver->give_up({EX_TEMPFAIL, "patience ran out"});
    driver->give_up({EX_DATAERR, "again"});
    BOOST_TEST(!end);  // not before the caller has returned
    BOOST_REQUIRE(until([&] { return end.has_value(); }));
    BOOST_TEST(end->status == EX_TEMPFAIL);
    BOOST_TEST(end->why == "cannot get '" + song().id() + "': patience ran out");
    driver->act();
    bool turned = false;
    loop.post([&] { turned = true; });
    BOOST_REQUIRE(until([&] { return turned; }));
    BOOST_TEST(ends == 1);
    BOOST_TEST(!rules->failures.contains(number));
}
BOOST_AUTO_TEST_CASE(a_driver_may_be_destroyed_with_open_requests) {
    begin_found();
    want(part(1));
    auto cached = part(2);
    cached.from = Ask::From::cache;
    want(cached);
    driver->give_up({EX_TEMPFAIL, "enough"});
    driver.reset();
    bool turned = false;
    loop.post([&] { turned = true; });
    BOOST_REQUIRE(until([&] { return turned; }));
    BOOST_TEST(!end);
}

BOOST_AUTO_TEST_SUITE_END()

// What fetch and play share: how a song is found, whom a failure is put down to, and what becomes
// of requests for pieces. Driven by made-up events; what a kind of conductor adds is noted.
#include "gather/conductor.hpp"

#include <sysexits.h>

#include <boost/test/unit_test.hpp>

#include "driven.hpp"

using namespace stretto;
using namespace stretto::gather;
using namespace stretto::gather::tests;

namespace {

/// The least that a conductor can be: it wants all chunks of rendition 0, if it wants any.
class Plain final : public Conductor {
   public:
    using Conductor::Conductor, Conductor::poll_peers, Conductor::refresh_peers;

    double due(double now) const override { return std::max(now + 0.1, retry_.not_before()); }
    void checked(int, int, bool, double) override {}
    void lost(int, int, double) override {}
    int want(Ask what, double now) { return ask(what, now); }

    std::optional<Batch> batch;
    bool gathers = false, waits = true;
    int starts = 0, looks = 0, indexes = 0, mistakes = 0, failures = 0, meetings = 0;
    std::uint32_t bytes = 0;

   private:
    void on_found(double) override {
        ++starts;
        if (!gathers) return;
        std::vector<std::uint32_t> sizes;
        for (const auto& chunk : shape().renditions[0].chunks) sizes.push_back(chunk.bytes);
        batch = Batch{Picker{sizes, {}, 1}, 0, 0, {}, {}};
        batch->each = true;
    }
    void look(double now) override {
        ++looks;
        if (batch) pump(*batch, now);
    }
    bool needed() const override { return waits; }
    void on_received(Transfer& t, std::uint32_t n, double now) override {
        bytes += n;
        if (t.batch) batch->picker.received(t.order, n, millis(now));
    }
    void on_piece(Transfer& t, int piece, double now) override {
        if (t.batch) batch->picker.piece_done(t.order, piece, millis(now));
    }
    void on_ended(Transfer& t, double now) override {
        if (t.batch && t.next_piece < t.ask.end_piece)
            return batch_failed(t, {Fault::wrong, "wrong"}, now);
        if (t.batch) {
            batch->picker.finished(t.order, millis(now));
            batch->numbers.erase(t.order);
        }
        came(t, 0, true, now);
        transfers_.erase(t.ask.number);
    }
    void on_failed(Transfer& t, const Failure& failure, double now) override {
        ++failures;
        if (t.batch) return batch_failed(t, failure, now);
        transfers_.erase(t.ask.number);
    }
    void on_index(int, double) override {
        ++indexes;
        if (!batch) return;
        std::vector<std::vector<std::uint32_t>> starts_at;
        for (const auto& chunk : shape().renditions[0].chunks) {
            starts_at.emplace_back();
            for (const auto& piece : chunk.pieces) starts_at.back().push_back(piece.offset);
        }
        batch->picker.set_pieces(starts_at);
    }
    void on_mistaken(Transfer&, double) override { ++mistakes; }
    void on_peers(double) override {
        ++meetings;
        if (!batch || !peers_) return;
        for (const int n : peers_->take_changed())
            batch->picker.set_peer(n, peers_->at(n).have[0], peers_->at(n).expected());
    }
};

swarm::PeerInfo peer(int n, int chunks = 0) {
    swarm::PeerInfo info;
    info.peer_id = "peer" + std::to_string(n);
    info.url = "http://192.0.2." + std::to_string(n) + ":8490";
    info.upload_kbps = 8000;
    if (chunks > 0) info.have[96] = {{0, chunks - 1}};
    info.ticket = "ticket" + std::to_string(n);
    return info;
}

Conductor::Options with_tracker() {
    Conductor::Options options;
    options.tracker = options.peers = true;
    return options;
}

struct Run {
    Edges edges;
    Plain rules;
    Driven<Plain> driven{rules};

    explicit Run(int edge_count = 1, const Conductor::Options& options = {})
        : rules(edges, options) {
        for (int i = 0; i < edge_count; ++i) edges.add_trusted("edge", std::to_string(i));
    }
    void start(std::optional<Found> kept = {}) {
        rules.start(driven.now, std::move(kept));
        driven.step();
    }
    void song_said(std::vector<swarm::PeerInfo> peers, std::optional<Found> found = {},
                   const std::string& no_edge = "no edge for you") {
        const auto ask = driven.find(Ask::What::song, Ask::From::tracker);
        BOOST_REQUIRE(ask.number >= 0);
        driven.gone(ask.number);
        rules.song_said(ask.number, std::move(peers), std::move(found), no_edge, driven.now);
        driven.step();
    }
    bool asks(Ask::What what, Ask::From from = Ask::From::edge) const {
        return driven.find(what, from).number >= 0;
    }
    /// All requests fail like that until it ends. @return how many there were
    int fail_all(Fault fault, double most_s = 300) {
        while (!driven.end && driven.now < most_s) {
            for (const auto& ask : std::vector{driven.asks}) driven.fail(ask, fault);
            driven.run(0.05);
        }
        return driven.asked;
    }
};

/// A batch of all of a song of `chunks`, its pieces known, its peers told by the tracker.
struct Gather : Run {
    Gather(int edge_count, int chunks, const std::vector<swarm::PeerInfo>& peers)
        : Run(edge_count, [] {
              auto options = with_tracker();
              options.first_kbps = 0;
              return options;
          }()) {
        rules.gathers = true;
        start();
        Ask index;
        index.what = Ask::What::index;
        song_said(peers, song(chunks));
        const int number = rules.want(index, 0);
        rules.index_said(number, pieces(chunks, 96), 0);
        driven.step();
        driven.gone(number);
        rules.poll_peers(0, 0);
        driven.step();
        for (const auto& ask : std::vector{driven.asks})
            if (ask.what == Ask::What::poll) {
                rules.have_said(ask.number,
                                {std::vector<bool>(static_cast<std::size_t>(chunks), true)}, 0);
                driven.finish(ask);
            }
        driven.act();
    }
    std::vector<Ask> parts(Ask::From from) const {
        std::vector<Ask> found;
        for (const auto& ask : driven.asks)
            if (ask.what == Ask::What::part && ask.from == from) found.push_back(ask);
        return found;
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(gather_conductor)

// ---- how a song is found

BOOST_AUTO_TEST_CASE(tracker_edge_and_first_chunk_are_requested_at_the_same_moment) {
    Run r{1, with_tracker()};
    r.start();
    BOOST_TEST(r.asks(Ask::What::song, Ask::From::tracker));
    BOOST_TEST(r.asks(Ask::What::manifest));
    BOOST_REQUIRE(r.asks(Ask::What::first));
    BOOST_TEST(r.driven.find(Ask::What::first).kbps == 96);
    r.driven.act();
    BOOST_TEST(r.driven.asked == 3);
}
BOOST_AUTO_TEST_CASE(
    the_first_chunk_is_not_asked_for_where_peers_may_have_it_or_nobody_knows_which) {
    auto options = with_tracker();
    options.first_beside_tracker = false;
    Run beside{1, options};
    beside.start();
    BOOST_TEST(!beside.asks(Ask::What::first));
    options = {};
    options.first_kbps = 0;
    Run unknown{1, options};
    unknown.start();
    BOOST_TEST(!unknown.asks(Ask::What::first));
    BOOST_TEST(unknown.asks(Ask::What::manifest));
}
BOOST_AUTO_TEST_CASE(where_edges_were_slow_the_first_chunk_has_a_bitrate_that_they_carry) {
    struct Case {
        double bytes_per_s;
        int least_kbps, asked;
    };
    for (const auto& [bytes_per_s, least_kbps, asked] : {Case{9'000, 1, 45},
                                                         {9'000, 80, 80},
                                                         {9'000, 0, 96},
                                                         {20'000, 1, 96},
                                                         {1, 1, 45},
                                                         {0, 1, 96}}) {
        Conductor::Options options;
        options.first_least_kbps = least_kbps;
        Run r{1, options};
        r.edges.saw(bytes_per_s);
        r.start();
        BOOST_TEST(r.driven.find(Ask::What::first).kbps == asked);
    }
}
BOOST_AUTO_TEST_CASE(without_a_tracker_and_an_edge_it_ends_at_once) {
    Run r{0};
    r.start();
    BOOST_REQUIRE(r.driven.end);
    BOOST_TEST((*r.driven.end == End{EX_UNAVAILABLE, "no edge is known"}));
    BOOST_TEST(r.driven.asked == 0);
}
BOOST_AUTO_TEST_CASE(an_unreachable_tracker_is_asked_until_patience_ends) {
    Run r{0, with_tracker()};
    r.start();
    BOOST_TEST(r.asks(Ask::What::song, Ask::From::tracker));
    const int asked = r.fail_all(Fault::broken);
    BOOST_REQUIRE(r.driven.end);
    BOOST_TEST(r.driven.end->status == EX_TEMPFAIL);
    BOOST_TEST((asked > 30 && asked < 70));
    BOOST_TEST(std::abs(r.driven.now - 90) < 5);
}
BOOST_AUTO_TEST_CASE(a_tracker_that_knows_no_such_song_ends_it_unless_an_edge_may_know_it) {
    Run alone{0, with_tracker()};
    alone.start();
    alone.driven.fail(alone.driven.find(Ask::What::song, Ask::From::tracker), Fault::missing, "no");
    BOOST_REQUIRE(alone.driven.end);
    BOOST_TEST((*alone.driven.end == End{EX_UNAVAILABLE, "no"}));

    for (const auto fault : {Fault::missing, Fault::broken, Fault::denied}) {
        Run r{1, with_tracker()};
        r.start();
        r.driven.fail(r.driven.find(Ask::What::song, Ask::From::tracker), fault);
        BOOST_TEST(!r.driven.end);
        BOOST_TEST(r.rules.retry().total() == 0);
        r.driven.fail(r.driven.find(Ask::What::manifest), Fault::broken);
        r.driven.run(5);
        BOOST_TEST(r.asks(Ask::What::manifest));
        BOOST_TEST(!r.asks(Ask::What::song, Ask::From::tracker));
    }
}
BOOST_AUTO_TEST_CASE(edges_of_the_tracker_are_asked_when_it_sends_no_manifest) {
    Run r{0, with_tracker()};
    r.start();
    r.edges.set({{"eu", "http://eu.example"}});
    r.song_said({});
    BOOST_TEST(r.asks(Ask::What::manifest));
    BOOST_TEST(r.rules.starts == 0);
}
BOOST_AUTO_TEST_CASE(a_tracker_that_names_no_edge_ends_it_with_its_reason) {
    Run r{0, with_tracker()};
    r.start();
    r.song_said({}, song(3), "no edge is near");
    BOOST_REQUIRE(r.driven.end);
    BOOST_TEST((*r.driven.end == End{EX_UNAVAILABLE, "no edge is near"}));
}
BOOST_AUTO_TEST_CASE(the_first_manifest_counts_wherever_it_comes_from) {
    for (const bool tracker_first : {false, true}) {
        Run r{1, with_tracker()};
        r.start();
        const auto manifest = r.driven.find(Ask::What::manifest);
        if (tracker_first) r.song_said({peer(1)}, song(3));
        r.driven.found(manifest, song(tracker_first ? 4 : 3));
        if (!tracker_first) r.song_said({peer(1)}, song(4));
        BOOST_TEST(r.rules.starts == 1);
        BOOST_TEST(r.rules.shape().chunks() == 3);
        BOOST_REQUIRE(r.rules.peers());
        BOOST_TEST(r.rules.peers()->count() == 1);
        r.driven.act();
        BOOST_TEST(r.rules.looks == 1);
    }
}
BOOST_AUTO_TEST_CASE(with_no_peers_the_peers_of_the_tracker_are_ignored) {
    auto options = with_tracker();
    options.peers = false;
    Run r{1, options};
    r.start();
    r.song_said({peer(1)}, song(3));
    BOOST_TEST(!r.rules.peers());
    r.rules.poll_peers(0, 10);
    r.rules.refresh_peers(0, false, 100);
    r.driven.step();
    BOOST_TEST(!r.asks(Ask::What::poll, Ask::From::peer));
    BOOST_TEST(!r.asks(Ask::What::peers, Ask::From::tracker));
}
BOOST_AUTO_TEST_CASE(a_cached_song_is_not_requested_and_its_name_is_looked_up_later) {
    Run by_id;
    by_id.start(song(3));
    BOOST_TEST(by_id.rules.starts == 1);
    BOOST_TEST(by_id.driven.asked == 0);

    Conductor::Options options;
    options.check_name = true;
    Run by_name{1, options};
    by_name.start(song(3));
    BOOST_TEST(by_name.rules.starts == 1);
    BOOST_REQUIRE(by_name.driven.asked == 1);
    by_name.driven.fail(by_name.driven.find(Ask::What::manifest), Fault::missing);
    by_name.driven.run(60);
    BOOST_TEST(!by_name.driven.end);  // what is kept is here, whatever became of its name
    BOOST_TEST(by_name.rules.retry().total() == 0);
    BOOST_TEST(by_name.driven.asked == 1);
}

// ---- whom a failure is put down to

BOOST_AUTO_TEST_CASE(the_next_edge_is_asked_at_once) {
    Run r{2};
    r.start();
    const auto first = r.driven.find(Ask::What::manifest);
    r.driven.fail(first, Fault::broken);
    r.driven.act();
    const auto second = r.driven.find(Ask::What::manifest);
    BOOST_REQUIRE(second.number >= 0);
    BOOST_TEST(second.source != first.source);
    r.driven.found(second, song(3));
    BOOST_TEST(r.rules.retry().failures() == 0);
    BOOST_TEST(r.edges.at(second.source).failures == 0);
}
BOOST_AUTO_TEST_CASE(after_wrong_bytes_an_edge_is_asked_past_its_cache_and_then_given_up) {
    Run r;
    r.start();
    BOOST_TEST(!r.driven.find(Ask::What::manifest).fresh);
    r.driven.fail(r.driven.find(Ask::What::manifest), Fault::wrong, "not its id");
    r.driven.run(1);
    const auto again = r.driven.find(Ask::What::manifest);
    BOOST_REQUIRE(again.number >= 0);
    BOOST_TEST(again.fresh);
    r.driven.fail(again, Fault::wrong, "not its id");
    r.driven.run(0.5);
    BOOST_REQUIRE(r.driven.end);
    BOOST_TEST((*r.driven.end == End{EX_DATAERR, "not its id"}));
}
BOOST_AUTO_TEST_CASE(
    a_first_chunk_that_fails_before_the_manifest_is_nobodys_fault_and_not_asked_again) {
    for (const auto fault : {Fault::missing, Fault::broken, Fault::denied}) {
        Run r;
        r.start();
        r.driven.fail(r.driven.find(Ask::What::first), fault);
        BOOST_TEST(r.rules.retry().total() == 0);
        BOOST_TEST(r.edges.at(0).failures == 0);
        r.driven.run(3);
        BOOST_TEST(!r.asks(Ask::What::first));
        r.driven.fail(r.driven.find(Ask::What::manifest), Fault::broken);
        r.driven.run(3);
        BOOST_TEST(r.asks(Ask::What::manifest));
        BOOST_TEST(!r.asks(Ask::What::first));
    }
}
BOOST_AUTO_TEST_CASE(after_it_a_server_may_not_know_the_path_or_have_chosen_another_rendition) {
    const auto begin = [](Run& r) {
        r.start();
        r.driven.found(r.driven.find(Ask::What::manifest), song(3));
        return r.driven.find(Ask::What::first);
    };
    {
        Run r;
        r.driven.fail(begin(r), Fault::missing);
        BOOST_TEST(r.rules.mistakes == 1);
        BOOST_TEST(r.rules.failures == 0);
    }
    {
        Run r;
        r.driven.fail(begin(r), Fault::broken);
        BOOST_TEST(r.rules.mistakes == 0);
        BOOST_TEST(r.rules.failures == 1);
    }
    for (const auto& [kbps, mistakes] :
         std::vector<std::pair<int, int>>{{96, 0}, {0, 0}, {160, 1}}) {
        Run r;
        const auto first = begin(r);
        r.rules.began(first.number, kbps, 0);
        BOOST_TEST(r.rules.mistakes == mistakes, kbps);
    }
    Run early;
    early.start();
    early.rules.began(early.driven.find(Ask::What::first).number, 160, 0);
    BOOST_TEST(early.rules.mistakes == 0);
    BOOST_TEST(early.rules.asked(early.driven.find(Ask::What::first).number)->kbps == 160);
}
BOOST_AUTO_TEST_CASE(patience_does_not_run_while_audio_is_buffered) {
    Run r;
    r.rules.waits = false;
    r.start();
    r.fail_all(Fault::broken, 1000);
    BOOST_TEST(!r.driven.end);
    const double then = r.driven.now;
    r.rules.waits = true;
    r.fail_all(Fault::broken, 2000);
    BOOST_REQUIRE(r.driven.end);
    BOOST_TEST(r.driven.now - then > 85);
}

// ---- answers

BOOST_AUTO_TEST_CASE(responses_to_cancelled_requests_are_ignored) {
    Run r{1, with_tracker()};
    r.start();
    r.song_said({peer(1)}, song(3));
    Ask part;
    part.rendition = 0, part.stop = 100;
    const int number = r.rules.want(part, 0);
    r.rules.take();
    for (const int gone : {-1, number + 1, number + 1000}) {
        r.rules.song_said(gone, {peer(2)}, song(9), "no", 1);
        r.rules.peers_said(gone, {peer(3)}, 1);
        r.rules.found(gone, song(9), 1);
        r.rules.index_said(gone, {}, 1);
        r.rules.have_said(gone, {{true}}, 1);
        r.rules.began(gone, 320, 1);
        r.rules.received(gone, 10, 1);
        r.rules.piece(gone, 1);
        r.rules.ended(gone, 1);
        r.rules.failed(gone, {Fault::denied, "no"}, 1);
    }
    BOOST_TEST(r.rules.take().empty());
    BOOST_TEST(r.rules.starts == 1);
    BOOST_TEST(r.rules.peers()->count() == 1);
    BOOST_TEST(r.rules.bytes == 0u);
    BOOST_TEST(r.rules.retry().total() == 0);
}
BOOST_AUTO_TEST_CASE(bytes_are_counted_from_the_first_and_pieces_as_far_as_were_asked_for) {
    Run r;
    auto found = song(3);
    for (auto& chunk : found.shape.renditions[0].chunks) chunk.pieces = pieces(1, 96)[0];
    r.start(std::move(found));
    Ask part;
    part.first_piece = 2, part.end_piece = 4;
    part.begin = chunk_bytes(96) / 10 * 2, part.stop = chunk_bytes(96) / 10 * 4;
    r.driven.now = 1;
    const int number = r.rules.want(part, 1);
    r.rules.received(number, 0, 2);
    r.rules.received(number, 500, 3);
    r.rules.received(number, 700, 4);
    for (int i = 0; i < 5; ++i) r.rules.piece(number, 4);
    r.driven.now = 5;
    r.driven.step();
    r.rules.ended(number, 5);
    r.driven.step();
    BOOST_REQUIRE(r.driven.came.size() == 1u);
    const auto& came = r.driven.came[0];
    BOOST_TEST(came.asked == 1);
    BOOST_TEST(came.first == 3);
    BOOST_TEST(came.ended == 5);
    BOOST_TEST(came.bytes == 1200u);
    BOOST_TEST(came.right == chunk_bytes(96) / 10 * 2);
    BOOST_TEST(r.rules.bytes == 1200u);
}
BOOST_AUTO_TEST_CASE(the_last_piece_ends_with_its_chunk) {
    Run r;
    auto found = song(1);
    found.shape.renditions[0].chunks[0].pieces = {{0, 0.0}, {100'000, 8.0}};
    r.start(std::move(found));
    Ask part;
    part.first_piece = 1, part.end_piece = 2, part.begin = 100'000, part.stop = chunk_bytes(96);
    const int number = r.rules.want(part, 0);
    r.rules.piece(number, 0);
    r.rules.ended(number, 0);
    r.driven.step();
    BOOST_REQUIRE(r.driven.came.size() == 1u);
    BOOST_TEST(r.driven.came[0].right == chunk_bytes(96) - 100'000);
}
BOOST_AUTO_TEST_CASE(a_valid_index_divides_the_chunks_and_resets_the_failures_of_its_edge) {
    Run r;
    r.start(song(3));
    r.edges.failed(0, 0, Fault::broken);
    Ask index;
    index.what = Ask::What::index, index.rendition = 1;
    const int number = r.rules.want(index, 0);
    r.rules.index_said(number, pieces(3, 160), 0);
    BOOST_TEST(r.rules.indexes == 1);
    BOOST_TEST(r.edges.at(0).failures == 0);
    BOOST_TEST(r.rules.shape().renditions[0].chunks[2].pieces.empty());
    BOOST_TEST(r.rules.shape().renditions[1].chunks[2].pieces.size() == 10u);
    BOOST_TEST(!r.rules.asked(number));
}
BOOST_AUTO_TEST_CASE(the_end_is_reported_once_and_releases_everything) {
    Run r{1, with_tracker()};
    r.start();
    BOOST_TEST(r.driven.asks.size() == 3u);
    r.rules.finish({EX_TEMPFAIL, "interrupted"});
    r.rules.finish({0, ""});
    r.driven.step();
    BOOST_TEST(r.driven.asks.empty());
    BOOST_TEST(r.driven.cancelled == 3);
    BOOST_REQUIRE(r.driven.end);
    BOOST_TEST(r.driven.end->why == "interrupted");
    r.driven.end.reset();
    r.driven.run(200);
    BOOST_TEST(!r.driven.end);
    BOOST_TEST(r.driven.asked == 3);
}

// ---- peers

BOOST_AUTO_TEST_CASE(peers_are_polled_and_heard_and_failing_polls_are_not_repeated_at_once) {
    Run r{1, with_tracker()};
    r.start();
    r.song_said({peer(1), peer(2)}, song(3));
    r.rules.poll_peers(1, 0);
    r.driven.step();
    const auto poll = r.driven.find(Ask::What::poll, Ask::From::peer);
    BOOST_REQUIRE(poll.number >= 0);
    BOOST_TEST(poll.rendition == 1);
    const int met = r.rules.meetings;
    r.rules.have_said(poll.number, {{false, true, false}}, 0);
    BOOST_TEST(r.rules.meetings == met + 1);
    BOOST_TEST(r.rules.peers()->at(poll.source).has(1, 1));
    r.driven.finish(poll);
    const auto other = r.driven.find(Ask::What::poll, Ask::From::peer);
    BOOST_REQUIRE(other.number >= 0);
    r.driven.fail(other, Fault::broken);
    BOOST_TEST(!r.rules.peers()->at(other.source).asking);
    BOOST_TEST(r.rules.peers()->at(other.source).info.ticket != "");
    r.rules.poll_peers(1, 1);
    r.driven.step();
    BOOST_TEST(r.driven.asks.back().source == poll.source);
    BOOST_TEST(r.driven.told.empty());
    BOOST_TEST(r.rules.retry().total() == 0);
}
BOOST_AUTO_TEST_CASE(stretto_have_of_an_edge_is_ignored) {
    Run r{1, with_tracker()};
    r.start();
    r.song_said({peer(1)}, song(3));
    Ask part;
    const int number = r.rules.want(part, 0);
    r.rules.have_said(number, {{true, true, true}}, 0);
    BOOST_TEST(!r.rules.peers()->at(0).has(0, 0));
}
BOOST_AUTO_TEST_CASE(the_tracker_names_more_peers_later_and_may_fail_to) {
    Run r{1, with_tracker()};
    r.start();
    r.song_said({peer(1)}, song(3));
    r.rules.refresh_peers(2, false, 1);
    r.driven.step();
    const auto first = r.driven.find(Ask::What::peers, Ask::From::tracker);
    BOOST_REQUIRE(first.number >= 0);
    BOOST_TEST(first.rendition == 2);
    r.driven.fail(first, Fault::broken);
    BOOST_TEST(r.rules.retry().total() == 0);
    r.rules.refresh_peers(2, false, 10);
    r.driven.step();
    const auto second = r.driven.find(Ask::What::peers, Ask::From::tracker);
    BOOST_REQUIRE(second.number >= 0);
    r.rules.peers_said(second.number, {peer(2)}, 10);
    BOOST_TEST(r.rules.peers()->count() == 2);
    BOOST_TEST(!r.rules.asked(second.number));
}

// ---- pieces

BOOST_AUTO_TEST_CASE(pieces_that_no_edge_is_known_for_are_waited_for_until_patience_ends) {
    Run r{0, with_tracker()};
    r.rules.gathers = true;
    r.start();
    r.edges.set({{"eu", "http://eu.example"}});
    r.song_said({}, song(2));
    r.edges.set({});
    r.driven.run(1);
    BOOST_TEST(!r.driven.end);
    BOOST_TEST(r.rules.retry().waiting_for() == "no edge is known");
    BOOST_TEST(r.driven.asked == 1);  // the song
    r.driven.run(200);
    BOOST_REQUIRE(r.driven.end);
    BOOST_TEST((*r.driven.end == End{EX_TEMPFAIL, "no edge is known"}));
    BOOST_TEST(r.rules.retry().total() < 80);
}
BOOST_AUTO_TEST_CASE(a_peer_with_wrong_pieces_is_banned_reported_and_replaced) {
    Gather g{1, 3, {peer(1, 3)}};
    const auto parts = g.parts(Ask::From::peer);
    BOOST_REQUIRE(!parts.empty());
    BOOST_TEST(parts[0].end_piece > parts[0].first_piece);
    g.driven.bytes(parts[0], parts[0].stop - parts[0].begin);
    g.driven.gone(parts[0].number);
    g.rules.ended(parts[0].number, g.driven.now);  // none of them was right
    g.driven.step();
    BOOST_REQUIRE(g.driven.rejected.size() == 1u);
    BOOST_TEST(g.driven.rejected[0].ask.source == parts[0].source);
    BOOST_REQUIRE(g.driven.told.size() == 1u);
    BOOST_TEST(g.driven.told[0].why == "hash");
    BOOST_TEST(g.rules.peers()->count() == 0);
    BOOST_TEST(g.edges.at(0).failures == 0);
    BOOST_TEST(g.rules.retry().total() == 0);
    BOOST_REQUIRE(!g.driven.came.empty());
    BOOST_TEST(!g.driven.came.back().whole);
    BOOST_TEST(g.driven.came.back().bytes == parts[0].stop - parts[0].begin);
    for (int i = 0; i < 100 && !g.rules.batch->picker.complete(); ++i) {
        for (const auto& ask : g.parts(Ask::From::edge)) g.driven.bring(ask);
        g.driven.run(0.2);
        BOOST_TEST(g.parts(Ask::From::peer).empty());
    }
    BOOST_TEST(g.rules.batch->picker.complete());
}
BOOST_AUTO_TEST_CASE(an_edge_with_wrong_pieces_is_paused) {
    Gather g{1, 1, {}};
    const auto parts = g.parts(Ask::From::edge);
    BOOST_REQUIRE(parts.size() == 1u);
    g.driven.bytes(parts[0], parts[0].stop - parts[0].begin);
    g.driven.gone(parts[0].number);
    g.rules.ended(parts[0].number, g.driven.now);
    g.driven.act();
    BOOST_TEST(g.driven.rejected.size() == 1u);
    BOOST_TEST(g.edges.at(0).wrong);
    BOOST_TEST(g.rules.retry().total() == 1);
    BOOST_TEST(g.parts(Ask::From::edge).empty());
    g.driven.run(1);
    BOOST_REQUIRE(!g.parts(Ask::From::edge).empty());
    BOOST_TEST(g.parts(Ask::From::edge)[0].fresh);
}
BOOST_AUTO_TEST_CASE(the_request_of_a_silent_peer_is_given_to_another) {
    Gather g{1, 1, {peer(1, 1)}};
    const auto parts = g.parts(Ask::From::peer);
    BOOST_REQUIRE(!parts.empty());
    g.driven.run(10);
    BOOST_TEST(!g.rules.asked(parts[0].number));
    BOOST_TEST(g.driven.cancelled > 0);
    BOOST_REQUIRE(!g.driven.told.empty());
    BOOST_TEST(g.driven.told[0].why == "stalled");
    BOOST_TEST(!g.parts(Ask::From::edge).empty());
}
BOOST_AUTO_TEST_CASE(an_order_that_another_source_completed_is_cancelled_without_blame) {
    Gather g{1, 1, {peer(1, 1)}};
    g.driven.run(0.3);
    const auto of_peer = g.parts(Ask::From::peer);
    BOOST_REQUIRE(!of_peer.empty());
    auto& picker = g.rules.batch->picker;
    // all of it comes otherwise
    picker.have_chunk(0);
    g.driven.bytes(of_peer[0], 1);
    const int failures = g.rules.failures;
    g.driven.act();
    BOOST_TEST(g.parts(Ask::From::peer).empty());
    BOOST_TEST(g.rules.failures == failures);
    BOOST_TEST(g.driven.told.empty());
    BOOST_TEST(g.rules.retry().total() == 0);
    BOOST_TEST(g.rules.peers()->able(of_peer[0].source, static_cast<Millis>(g.driven.now * 1000)));
    BOOST_REQUIRE(!g.driven.came.empty());
    BOOST_TEST(!g.driven.came.back().whole);
}

BOOST_AUTO_TEST_SUITE_END()

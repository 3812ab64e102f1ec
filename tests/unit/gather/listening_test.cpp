// A song on its way to somebody's ears, driven by made-up events.
#include "gather/listening.hpp"

#include <sysexits.h>

#include <array>
#include <boost/test/unit_test.hpp>

#include "driven.hpp"

using namespace stretto::gather;
using namespace stretto::gather::tests;

namespace {

struct Listen {
    Edges edges;
    std::unique_ptr<stretto::abr::Policy> policy;
    Listening rules;
    Driven<Listening> driven{rules};

    explicit Listen(int edge_count = 1, const char* abr = "96", Conductor::Options options = {})
        : policy(stretto::abr::make_policy(abr)), rules(edges, options, *policy, {}) {
        for (int i = 0; i < edge_count; ++i) edges.add_trusted("edge", std::to_string(i));
    }
    void start(std::optional<Found> kept = {}) {
        rules.start(0, std::move(kept));
        driven.step();
    }
    /// The manifest comes, then all that is asked for, until nothing is.
    void begin(Found found) {
        start();
        driven.found(driven.find(Ask::What::manifest), std::move(found));
    }
    Ask part() const {
        const auto first = driven.find(Ask::What::first);
        return first.number >= 0 ? *rules.asked(first.number) : driven.find(Ask::What::part);
    }
    /// All that was fetched has been heard.
    void hear_all() {
        driven.heard.started = true;
        driven.heard.playing = false;
        driven.heard.position = driven.heard.settled = rules.session().have();
        driven.heard.heard_s = static_cast<double>(driven.heard.position) / rate;
    }
};

/// Does what the test says.
struct Told final : stretto::abr::Policy {
    int rendition = 0;
    void sample(const stretto::abr::Sample&) override {}
    void latency(double) override {}
    stretto::abr::Decision decide(const stretto::abr::State& state) override {
        using Do = stretto::abr::Decision::Do;
        if (!state.under_way) return {Do::take, rendition};
        if (state.under_way->rendition == rendition) return {Do::go_on, rendition};
        return {Do::splice, rendition};
    }
};

/// A listener whose bitrates the test chooses.
struct Chosen {
    Edges edges;
    Told policy;
    Listening rules;
    Driven<Listening> driven{rules};

    explicit Chosen(Conductor::Options options = {}) : rules(edges, options, policy, {}) {
        edges.add_trusted("edge", "0");
        rules.start(0, {});
        driven.step();
        driven.found(driven.find(Ask::What::manifest), song(6));
        driven.heard.started = driven.heard.playing = true;
    }
    Ask part() const {
        const auto first = driven.find(Ask::What::first);
        return first.number >= 0 ? *rules.asked(first.number) : driven.find(Ask::What::part);
    }
    void know_indexes() {
        while (true) {
            driven.act();
            const auto index = driven.find(Ask::What::index);
            if (index.number < 0) return;
            const int kbps = std::array{96, 160, 320}[static_cast<std::size_t>(index.rendition)];
            driven.gone(index.number);
            rules.index_said(index.number, pieces(6, kbps), driven.now);
            driven.step();
        }
    }
    /// Bytes of the open request, over so many seconds.
    void receive(std::uint32_t bytes, double seconds) {
        const auto ask = part();
        for (int i = 0; i < 10; ++i) {
            driven.now += seconds / 10;
            driven.bytes(ask, bytes / 10);
        }
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(gather_listening)

BOOST_AUTO_TEST_CASE(headers_are_known_from_the_beginning_of_a_chunk_that_is_left_in_the_middle) {
    Chosen c;
    c.receive(60'000, 1);
    c.know_indexes();
    c.policy.rendition = 1;
    c.driven.act();
    BOOST_REQUIRE(c.part().rendition == 1);
    BOOST_TEST(c.part().begin > 0u);
    BOOST_TEST(c.driven.find(Ask::What::headers).rendition == 1);
    c.driven.bring(c.driven.find(Ask::What::headers));
    c.receive(40'000, 3);  // slower than its bitrate
    c.know_indexes();
    c.policy.rendition = 0;
    c.driven.act();
    BOOST_REQUIRE(c.part().rendition == 0);
    BOOST_TEST(c.part().begin > 0u);
    BOOST_TEST(c.driven.find(Ask::What::headers).number == -1);
}
BOOST_AUTO_TEST_CASE(a_slow_link_does_not_bring_the_same_headers_with_each_chunk) {
    const auto second = [](double seconds) {
        Chosen c;
        c.receive(chunk_bytes(96), seconds);
        c.driven.finish(c.part());
        c.driven.act();
        return c.part();
    };
    BOOST_TEST(second(12).begin == header_bytes);
    BOOST_TEST(second(12).makes_headers);
    BOOST_TEST(second(0.2).begin == 0u);  // a whole chunk may be in any cache
    BOOST_TEST(!second(0.2).makes_headers);
}
BOOST_AUTO_TEST_CASE(a_chunk_whose_headers_were_made_is_whole) {
    Conductor::Options options;
    options.keeps = true;
    Chosen c{options};
    c.receive(chunk_bytes(96), 12);
    c.driven.finish(c.part());
    c.driven.act();
    const auto part = c.part();
    const auto checks = c.driven.checks.size();
    c.driven.passed.clear();
    c.driven.bytes(part, 10);  // its serial number has not arrived
    BOOST_TEST(c.driven.passed.empty());
    c.driven.bytes(part, 1000);
    BOOST_REQUIRE(c.driven.passed.size() == 1u);
    BOOST_TEST(c.driven.passed[0].begin == 0u);
    BOOST_TEST(c.driven.passed[0].stop == header_bytes + 1010);
    c.driven.bytes(part, part.stop - part.begin - 1010);
    c.driven.finish(part);
    BOOST_TEST(c.rules.session().have() == 20 * rate);
    BOOST_TEST(c.driven.checks.size() == checks + 1);
    BOOST_TEST(c.driven.came.back().bytes == chunk_bytes(96) - header_bytes);
}
BOOST_AUTO_TEST_CASE(a_chunk_that_is_wrong_with_made_headers_is_requested_with_its_own) {
    Chosen c;
    c.receive(chunk_bytes(96), 12);
    c.driven.finish(c.part());
    c.driven.act();
    c.driven.right = false;
    c.receive(chunk_bytes(96) - header_bytes, 11);
    c.driven.finish(c.part());
    BOOST_TEST(c.driven.rejected.empty());  // it may be our mistake
    BOOST_TEST(c.edges.at(0).failures == 0);
    c.driven.right = true;
    c.driven.run(3);
    BOOST_REQUIRE(c.part().number >= 0);
    BOOST_TEST(c.part().chunk == 1);
    BOOST_TEST(c.part().begin == 0u);
    c.driven.bring(c.part());
    c.driven.act();
    BOOST_TEST(c.part().chunk == 2);
    BOOST_TEST(c.part().begin == 0u);
}

BOOST_AUTO_TEST_CASE(the_first_chunk_is_played_before_it_is_complete) {
    Listen l;
    l.begin(song(6));
    const auto first = l.part();
    l.driven.bytes(first, 40'000);
    BOOST_TEST(l.rules.session().have() > rate);
    BOOST_TEST(l.rules.session().have() < 4 * rate);
}
BOOST_AUTO_TEST_CASE(a_song_whose_manifest_came_first_begins_at_the_bitrate_of_all_others) {
    for (const int kbps : {96, 45}) {
        Conductor::Options options;
        options.first_kbps = kbps;
        Listen l{1, "stretto", options};
        l.start(song(6, {45, 96, 160, 320}));
        l.driven.act();
        const auto part = l.driven.find(Ask::What::part);
        BOOST_REQUIRE(part.number >= 0);
        BOOST_TEST(part.rendition == (kbps == 96 ? 1 : 0));
    }
}
BOOST_AUTO_TEST_CASE(the_next_song_knows_how_fast_the_edges_were) {
    Listen l;
    l.begin(song(6));
    BOOST_TEST(l.edges.rate() == 0);
    const auto first = l.part();
    for (int i = 0; i < 8; ++i) {
        l.driven.now += 1;
        l.driven.bytes(first, 9'000);
        l.driven.act();
    }
    BOOST_TEST(l.edges.rate() == 9'000, boost::test_tools::tolerance(0.2));
}
BOOST_AUTO_TEST_CASE(bytes_that_came_before_the_manifest_are_heard_too) {
    Listen l;
    l.start();
    const auto first = l.driven.find(Ask::What::first);
    l.driven.bytes(first, chunk_bytes(96));
    l.driven.finish(first);
    l.driven.found(l.driven.find(Ask::What::manifest), song(6));
    BOOST_TEST(l.rules.session().have() == 10 * rate);
    BOOST_TEST(l.driven.checks.size() == 1u);
}
BOOST_AUTO_TEST_CASE(a_slow_link_is_known_as_one_when_the_manifest_comes_late) {
    const auto start_s = [](double seconds) {
        Listen l;
        l.start();
        const auto first = l.driven.find(Ask::What::first);
        l.driven.bytes(first, 1000);
        l.driven.now = seconds;
        l.driven.bytes(first, 19'000);
        l.driven.found(l.driven.find(Ask::What::manifest), song(6));
        return l.driven.start_s;
    };
    BOOST_TEST(start_s(0.1) == 0.45);
    // 5 kB/s, and 12 kB are heard: 4 s, and what is missing in 10 s
    BOOST_TEST(start_s(4) == 4 + 10 * 7.0 / 12, boost::test_tools::tolerance(1e-9));
}
BOOST_AUTO_TEST_CASE(an_unexpected_first_rendition_is_not_a_fault_of_the_edge) {
    Listen l{1, "stretto"};
    l.begin(song(6, {45, 96, 160}));
    const auto first = l.driven.find(Ask::What::first);
    l.rules.began(first.number, 45, 0);
    l.driven.step();
    l.driven.act();
    BOOST_TEST(l.edges.at(0).failures == 0);
    BOOST_TEST(l.driven.find(Ask::What::part).number >= 0);
}
BOOST_AUTO_TEST_CASE(a_wrong_chunk_of_the_only_edge_ends_the_song_when_all_was_heard) {
    Listen l;
    l.begin(song(6));
    l.driven.bring(l.part());
    l.driven.act();
    l.driven.heard.started = l.driven.heard.playing = true;
    l.driven.heard.position = rate;
    l.driven.right = false;
    int brought = 0;
    // while 9 s are in hand the song goes on, and the edge is asked ever more rarely
    for (int i = 0; i < 90; ++i) {
        l.driven.run(0.1);
        l.driven.heard.position += rate / 10;
        BOOST_TEST(!l.driven.end);
        if (const auto part = l.part(); part.number >= 0) {
            l.driven.bytes(part, 100);
            l.driven.fail(part, Fault::wrong, "it sends damaged audio");
            ++brought;
        }
    }
    BOOST_TEST(brought <= 9);
    l.hear_all();
    l.driven.run(0.5);
    BOOST_REQUIRE(l.driven.end);
    BOOST_TEST(l.driven.end->status == EX_DATAERR);
}
BOOST_AUTO_TEST_CASE(an_outage_is_survived_while_paused_or_with_audio_in_hand) {
    Conductor::Options options;
    options.retry.patience_s = 6;
    Listen l{1, "96", options};
    l.begin(song(30));
    l.driven.bring(l.part());
    l.driven.heard.started = true;
    l.driven.heard.paused = true;
    for (int i = 0; i < 900; ++i) {
        l.driven.run(0.1);
        if (const auto part = l.part(); part.number >= 0) l.driven.fail(part, Fault::broken);
    }
    BOOST_TEST(!l.driven.end);
    l.driven.heard.paused = false;
    l.driven.heard.playing = true;
    for (int i = 0; i < 80; ++i) {
        l.driven.run(0.1);
        l.driven.heard.position += rate / 10;
        if (const auto part = l.part(); part.number >= 0) l.driven.fail(part, Fault::broken);
    }
    BOOST_TEST(!l.driven.end);
    l.driven.run(3);
    BOOST_REQUIRE(l.part().number >= 0);
    l.driven.bring(l.part());
    BOOST_TEST(l.rules.session().have() == 20 * rate);
}
BOOST_AUTO_TEST_CASE(a_missing_rendition_is_replaced_by_another) {
    Listen l{2, "160"};
    l.begin(song(6));
    if (const auto first = l.driven.find(Ask::What::first); first.number >= 0)
        l.driven.fail(first, Fault::missing);
    for (int i = 0; i < 40 && l.driven.came.empty(); ++i) {
        l.driven.run(0.3);
        const auto part = l.driven.find(Ask::What::part);
        if (part.number < 0) continue;
        if (part.rendition == 1)
            l.driven.fail(part, Fault::missing);
        else
            l.driven.bring(part);
    }
    BOOST_REQUIRE(!l.driven.came.empty());
    BOOST_TEST(!l.driven.end);
    BOOST_TEST(l.driven.came.front().ask.rendition == 0);
}
BOOST_AUTO_TEST_CASE(a_missing_song_ends_with_69_after_few_requests) {
    Listen l{3};
    l.start();
    for (int i = 0; i < 200 && !l.driven.end; ++i) {
        const auto asks = l.driven.asks;
        for (const auto& ask : asks) l.driven.fail(ask, Fault::missing, "not there");
        l.driven.run(0.1);
    }
    BOOST_REQUIRE(l.driven.end);
    BOOST_TEST(l.driven.end->status == EX_UNAVAILABLE);
    BOOST_TEST(l.driven.now < 5);
    BOOST_TEST(l.driven.asked < 12);
}
BOOST_AUTO_TEST_CASE(a_damaged_cached_chunk_is_requested_from_an_edge) {
    Listen l;
    auto kept = song(2);
    kept.kept = {{true, true}, {}, {}};
    l.start(std::move(kept));
    l.driven.act();
    const auto read = l.driven.find(Ask::What::part, Ask::From::cache);
    BOOST_REQUIRE(read.number >= 0);
    l.driven.fail(read, Fault::wrong, "it does not decode");
    l.driven.run(0.5);
    BOOST_TEST(l.driven.find(Ask::What::part).number >= 0);
    BOOST_TEST(l.driven.find(Ask::What::part, Ask::From::cache).number < 0);
}
/// A byte every 1.8 s.
void drip(Listen& l, const Ask& ask, double seconds) {
    for (double t = 0; t < seconds && l.rules.asked(ask.number); t += 1.8) {
        l.driven.run(1.8);
        l.driven.bytes(ask, 1);
    }
}
BOOST_AUTO_TEST_CASE(an_edge_that_sends_its_manifest_too_slowly_is_replaced) {
    Listen l{2};
    l.start();
    const auto slow = l.driven.find(Ask::What::manifest);
    drip(l, slow, 8);
    const auto next = l.driven.find(Ask::What::manifest);
    BOOST_TEST(next.number >= 0);
    BOOST_TEST(next.source != slow.source);
}
BOOST_AUTO_TEST_CASE(the_only_edge_may_be_as_slow_as_it_is) {
    Listen l{1};
    l.start();
    const auto slow = l.driven.find(Ask::What::manifest);
    drip(l, slow, 30);
    BOOST_TEST(l.rules.asked(slow.number) != nullptr);
}
BOOST_AUTO_TEST_CASE(an_edge_that_sends_a_chunk_too_slowly_is_replaced) {
    for (const std::uint32_t at_once : {0u, 60'000u, chunk_bytes(96) - 1500}) {
        Listen l{2};
        l.begin(song(6));
        const auto slow = l.part();
        if (at_once > 0) l.driven.bytes(slow, at_once);
        l.driven.heard.started = l.driven.heard.playing = at_once > 0;
        drip(l, slow, 10);
        BOOST_TEST(l.rules.asked(slow.number) == nullptr);
        const auto next = l.part();
        BOOST_TEST(next.number >= 0);
        BOOST_TEST(next.source != slow.source);
    }
}
BOOST_AUTO_TEST_CASE(a_first_chunk_that_is_longer_than_any_is_dropped) {
    Listen l{2};
    l.start();
    const auto endless = l.driven.find(Ask::What::first);
    l.driven.bytes(endless, chunk_bytes(96) + 1);
    l.driven.found(l.driven.find(Ask::What::manifest), song(6));
    BOOST_TEST(l.rules.asked(endless.number) == nullptr);
}
BOOST_AUTO_TEST_CASE(a_silent_edge_is_left_for_the_other) {
    Listen l{2};
    l.begin(song(6));
    l.driven.bytes(l.part(), 60'000);
    BOOST_TEST(l.part().source == 0);
    l.driven.heard.started = l.driven.heard.playing = true;
    for (int i = 0; i < 100 && l.part().source == 0; ++i) {
        l.driven.run(0.1);
        l.driven.heard.position =
            std::min(l.driven.heard.position + rate / 10, l.rules.session().have());
        BOOST_REQUIRE(l.driven.now < 8);
    }
    BOOST_TEST(l.part().source == 1);
    BOOST_TEST(l.rules.session().have() > l.driven.heard.position);
}
BOOST_AUTO_TEST_CASE(
    the_begin_of_a_chunk_left_in_the_middle_is_fetched_when_nothing_else_is_wanted) {
    Conductor::Options options;
    options.keeps = true;
    Listen l{1, "96", options};
    l.begin(song(2));
    l.driven.bring(l.part());
    l.driven.act();
    // the second chunk from its middle on, as after a seek
    l.rules.seek(15 * rate);
    l.driven.step();
    l.driven.heard.position = 15 * rate;
    for (int i = 0; i < 60; ++i) {
        l.driven.run(0.2);
        const auto asks = l.driven.asks;
        for (const auto& ask : asks) {
            if (ask.what == Ask::What::index) {
                l.driven.gone(ask.number);
                l.rules.index_said(ask.number,
                                   pieces(2, ask.rendition == 0   ? 96
                                             : ask.rendition == 1 ? 160
                                                                  : 320),
                                   l.driven.now);
                l.driven.step();
            } else if (l.rules.asked(ask.number)) {
                l.driven.bring(ask);
            }
        }
    }
    BOOST_TEST(l.rules.complete());
    BOOST_TEST(l.driven.checks.size() == 2u);
}

BOOST_AUTO_TEST_CASE(the_next_chunk_does_not_share_the_link_with_the_begin_of_an_earlier_one) {
    Conductor::Options options;
    options.keeps = true;
    Listen l{1, "96", options};
    l.begin(song(8));
    const auto bring = [&](auto chosen) {
        for (const auto& ask : std::vector{l.driven.asks})
            if (ask.what == Ask::What::index) {
                l.driven.gone(ask.number);
                const int kbps = std::array{96, 160, 320}[static_cast<std::size_t>(ask.rendition)];
                l.rules.index_said(ask.number, pieces(8, kbps), l.driven.now);
                l.driven.step();
            } else if (l.rules.asked(ask.number) && chosen(*l.rules.asked(ask.number))) {
                l.driven.bring(*l.rules.asked(ask.number));
            }
    };
    const auto hear = [&](double seconds) {
        l.driven.run(seconds);
        l.driven.heard.position += static_cast<std::int64_t>(seconds * rate);
    };
    for (int i = 0; i < 10; ++i) {  // two chunks and the indexes
        bring([](const Ask&) { return true; });
        l.driven.run(0.1);
    }
    // chunk 3 from its middle on, as after a splice
    l.rules.seek(35 * rate);
    l.driven.step();
    l.driven.heard.position = 35 * rate;
    l.driven.heard.started = l.driven.heard.playing = true;
    const auto begin_of_3 = [&] {
        const auto found = std::ranges::find_if(l.driven.asks, [](const Ask& ask) {
            return ask.what == Ask::What::part && ask.chunk == 3 && ask.stop < ask.whole;
        });
        return found == l.driven.asks.end() ? std::nullopt : std::optional{*found};
    };
    const auto is_later = [](const Ask& ask) { return ask.chunk > 3; };
    const auto is_wanted = [&](const Ask& ask) { return is_later(ask) || ask.stop == ask.whole; };
    // the buffer fills, and there is time for what lies before
    for (int i = 0; i < 20 && !begin_of_3(); ++i) {
        hear(0.1);
        bring(is_wanted);
    }
    const auto first = begin_of_3();
    BOOST_REQUIRE(first.has_value());
    l.driven.bytes(*first, 20'000);
    // the buffer has room again
    for (int i = 0; i < 50 && std::ranges::none_of(l.driven.asks, is_later); ++i) hear(0.2);
    BOOST_REQUIRE(std::ranges::any_of(l.driven.asks, is_later));
    BOOST_TEST(!begin_of_3(), "both are under way");
    BOOST_TEST(l.edges.at(0).failures == 0);
    // later the rest of it, without what is here
    for (int i = 0; i < 20 && !begin_of_3(); ++i) {
        bring(is_wanted);
        hear(0.1);
    }
    const auto rest = begin_of_3();
    BOOST_REQUIRE(rest.has_value());
    BOOST_TEST(rest->begin == first->begin + 20'000);
    BOOST_TEST(rest->stop == first->stop);
    const auto checked = l.driven.checks.size();
    l.driven.bring(*rest);
    BOOST_TEST(l.driven.checks.size() == checked + 1);
}
BOOST_AUTO_TEST_CASE(
    the_next_chunk_does_not_share_the_link_with_what_peers_send_of_an_earlier_one) {
    Conductor::Options options;
    options.keeps = options.tracker = options.peers = true;
    Listen l{1, "96", options};
    l.start();
    stretto::swarm::PeerInfo peer;
    peer.peer_id = "peer";
    peer.url = "http://192.0.2.1:8490";
    peer.upload_kbps = 8000;
    peer.have[96] = {{3, 3}};
    const auto tracker = l.driven.find(Ask::What::song, Ask::From::tracker);
    l.driven.gone(tracker.number);
    l.rules.song_said(tracker.number, {peer}, song(8), "", 0);
    l.driven.step();
    // the peer has chunk 3 alone
    const auto bring = [&](auto chosen) {
        for (const auto& asked : std::vector{l.driven.asks}) {
            const auto* ask = l.rules.asked(asked.number);
            if (!ask) continue;
            if (ask->what == Ask::What::index) {
                l.driven.gone(asked.number);
                const int kbps = std::array{96, 160, 320}[static_cast<std::size_t>(ask->rendition)];
                l.rules.index_said(asked.number, pieces(8, kbps), l.driven.now);
                l.driven.step();
            } else if (ask->what == Ask::What::poll) {
                std::vector<bool> has(8, false);
                has[3] = ask->rendition == 0;
                l.rules.have_said(asked.number, {has}, l.driven.now);
                l.driven.finish(asked);
            } else if (ask->what == Ask::What::manifest) {
                l.driven.found(asked, song(8));
            } else if (ask->what == Ask::What::peers) {
                l.driven.gone(asked.number);
                l.rules.peers_said(asked.number, {}, l.driven.now);
                l.driven.step();
            } else if (chosen(*ask)) {
                l.driven.bring(*ask);
            }
        }
    };
    const auto hear = [&](double seconds) {
        l.driven.run(seconds);
        l.driven.heard.position += static_cast<std::int64_t>(seconds * rate);
    };
    for (int i = 0; i < 10; ++i) {  // two chunks and the indexes
        bring([](const Ask& ask) { return ask.from == Ask::From::edge; });
        l.driven.run(0.1);
    }
    l.rules.seek(35 * rate);
    l.driven.step();
    l.driven.heard.position = 35 * rate;
    l.driven.heard.started = l.driven.heard.playing = true;
    const auto of_peer = [&] {
        const auto ask = l.driven.find(Ask::What::part, Ask::From::peer);
        return ask.number < 0 ? std::nullopt : std::optional{ask};
    };
    const auto is_later = [](const Ask& ask) { return ask.chunk > 3; };
    const auto of_edge = [](const Ask& ask) { return ask.from == Ask::From::edge; };
    for (int i = 0; i < 20 && !of_peer(); ++i) {
        hear(0.1);
        bring(of_edge);
    }
    const auto first = of_peer();
    BOOST_REQUIRE(first.has_value());
    BOOST_TEST(first->chunk == 3);
    const auto cancelled = l.driven.cancelled;
    l.driven.bytes(*first, 2'000);
    // the listener has heard much of it, and the buffer has room again
    l.driven.heard.position = 46 * rate;
    l.driven.act();
    BOOST_REQUIRE(std::ranges::any_of(l.driven.asks, is_later));
    BOOST_TEST(!of_peer(), "both are under way");
    BOOST_TEST(l.driven.cancelled > cancelled);
    l.driven.run(0.3);
    BOOST_TEST(!of_peer());
    BOOST_TEST(l.driven.told.empty());  // the peer is not to blame
    // later the rest of it
    const auto has_3 = [&] {
        return std::ranges::any_of(l.driven.checks, [](const Check& c) { return c.chunk == 3; });
    };
    BOOST_TEST(!has_3());
    for (int i = 0; i < 100 && !has_3(); ++i) {
        bring([](const Ask&) { return true; });
        l.driven.run(0.1);
    }
    BOOST_TEST(has_3());
    const auto of_3 = std::ranges::count_if(l.driven.came, [](const Came& came) {
        return came.ask.chunk == 3 && came.ask.from == Ask::From::peer;
    });
    BOOST_TEST(of_3 == 1);
}

BOOST_AUTO_TEST_SUITE_END()

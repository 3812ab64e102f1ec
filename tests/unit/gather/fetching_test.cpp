// A song fetched whole, driven by made-up events.
#include "gather/fetching.hpp"

#include <sysexits.h>

#include <boost/test/unit_test.hpp>

#include "driven.hpp"

using namespace stretto::gather;
using namespace stretto::gather::tests;

namespace {

struct Fetch {
    Edges edges;
    Fetching rules;
    Driven<Fetching> driven{rules};

    explicit Fetch(int edge_count = 1, Fetching::Wish wish = {320, false, false, false, 1},
                   Conductor::Options options = {})
        : rules(edges, options, wish) {
        for (int i = 0; i < edge_count; ++i) edges.add_trusted("edge", std::to_string(i));
        rules.start(0, {});
        driven.step();
    }
    void begin(Found found) {
        driven.found(driven.find(Ask::What::manifest), std::move(found));
        driven.act();
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(gather_fetching)

BOOST_AUTO_TEST_CASE(manifest_and_first_chunk_are_requested_at_the_same_moment) {
    Fetch f;
    BOOST_TEST(f.driven.find(Ask::What::manifest).number >= 0);
    BOOST_TEST(f.driven.find(Ask::What::first).number >= 0);
}
BOOST_AUTO_TEST_CASE(all_chunks_are_delivered_in_order_once_each) {
    Fetch f;
    f.begin(song(5));
    for (int i = 0; i < 50 && !f.driven.end; ++i) {
        f.driven.now += 0.3;
        const auto asks = f.driven.asks;
        for (const auto& ask : asks)
            if (ask.what == Ask::What::part || ask.what == Ask::What::first) {
                f.driven.bring(*f.rules.asked(ask.number));
                break;
            }
        f.driven.act();
    }
    BOOST_REQUIRE(f.driven.end);
    BOOST_TEST(f.driven.end->status == 0);
    BOOST_TEST(f.driven.delivered.size() == 5u);
    for (std::size_t k = 0; k < f.driven.delivered.size(); ++k)
        BOOST_TEST(f.driven.delivered[k].chunk == static_cast<int>(k));
    BOOST_TEST(f.driven.asks.empty());
}
BOOST_AUTO_TEST_CASE(cached_chunks_are_not_requested) {
    Fetch f;
    auto found = song(3);
    found.kept = {{}, {}, {true, true, true}};
    f.begin(std::move(found));
    BOOST_REQUIRE(f.driven.end);
    BOOST_TEST(f.driven.end->status == 0);
    BOOST_TEST(f.driven.delivered.size() == 3u);
}
BOOST_AUTO_TEST_CASE(a_wrong_chunk_of_the_only_edge_is_65_after_two_requests) {
    Fetch f;
    f.driven.right = false;
    f.begin(song(1));
    int brought = 0;
    for (int i = 0; i < 100 && !f.driven.end; ++i) {
        const auto asks = f.driven.asks;
        for (const auto& ask : asks)
            if (ask.what == Ask::What::part || ask.what == Ask::What::first) {
                f.driven.bring(*f.rules.asked(ask.number));
                ++brought;
                break;
            }
        f.driven.run(0.1);
    }
    BOOST_REQUIRE(f.driven.end);
    BOOST_TEST(f.driven.end->status == EX_DATAERR);
    BOOST_TEST(brought == 2);
    BOOST_TEST(f.driven.now < 5);
}
BOOST_AUTO_TEST_CASE(an_index_that_contradicts_its_manifest_ends_it_at_once) {
    Fetch f;
    f.begin(song(4));
    const auto index = f.driven.find(Ask::What::index);
    BOOST_REQUIRE(index.number >= 0);
    f.driven.gone(index.number);
    f.rules.index_said(index.number, pieces(4, 320), 0);
    f.driven.step();
    f.driven.right = false;
    f.driven.run(0.2);
    // parts that were asked for with the index known
    for (int i = 0; i < 20 && !f.driven.end; ++i) {
        const auto asks = f.driven.asks;
        for (const auto& ask : asks)
            if (ask.what == Ask::What::part && ask.end_piece > 0) {
                f.driven.bring(ask);
                break;
            } else if (ask.what == Ask::What::part || ask.what == Ask::What::first) {
                f.driven.fail(ask, Fault::broken);
                break;
            }
        f.driven.run(3);
    }
    BOOST_REQUIRE(f.driven.end);
    BOOST_TEST(f.driven.end->status == EX_DATAERR);
    BOOST_TEST(f.driven.asked < 20);
}
BOOST_AUTO_TEST_CASE(an_unreachable_edge_gets_a_bounded_number_of_requests_until_patience_ends) {
    Conductor::Options options;
    options.retry.patience_s = 30;
    Fetch f{1, {320, false, false, false, 1}, options};
    while (!f.driven.end && f.driven.now < 100) {
        const auto asks = f.driven.asks;
        for (const auto& ask : asks) f.driven.fail(ask, Fault::broken, "refused");
        f.driven.run(0.05);
    }
    BOOST_REQUIRE(f.driven.end);
    BOOST_TEST(f.driven.end->status == EX_TEMPFAIL);
    BOOST_TEST(f.driven.now > 29);
    BOOST_TEST(f.driven.now < 34);
    BOOST_TEST(f.driven.asked < 30);
}
BOOST_AUTO_TEST_CASE(an_edge_that_sends_its_last_bytes_too_slowly_is_replaced) {
    Fetch f{2};
    f.begin(song(5));
    const auto slow = f.driven.find(Ask::What::part);
    f.driven.bytes(slow, slow.stop - slow.begin - 1500);
    for (int i = 0; i < 6 && f.rules.asked(slow.number); ++i) {
        f.driven.run(1.8);
        f.driven.bytes(slow, 1);
    }
    BOOST_TEST(f.rules.asked(slow.number) == nullptr);
    f.driven.run(2);
    const auto next = f.driven.find(Ask::What::part);
    BOOST_TEST(next.number >= 0);
    BOOST_TEST(next.source != slow.source);
}
BOOST_AUTO_TEST_CASE(denied_ends_at_once_with_77) {
    Fetch f;
    f.driven.fail(f.driven.find(Ask::What::manifest), Fault::denied, "the server says 401");
    f.driven.act();
    BOOST_REQUIRE(f.driven.end);
    BOOST_TEST(f.driven.end->status == EX_NOPERM);
    BOOST_TEST(f.driven.end->why == "the server says 401");
}
BOOST_AUTO_TEST_CASE(a_lost_chunk_is_requested_again_and_delivery_continues_with_it) {
    Fetch f;
    auto found = song(3);
    found.kept = {{}, {}, {true, true, false}};
    f.begin(std::move(found));
    f.rules.lost(2, 1, f.driven.now);
    f.driven.delivered.clear();
    f.driven.run(0.2);
    for (int i = 0; i < 20 && !f.driven.end; ++i) {
        const auto asks = f.driven.asks;
        for (const auto& ask : asks)
            if (ask.what == Ask::What::part) f.driven.bring(ask);
        f.driven.run(0.2);
    }
    BOOST_REQUIRE(f.driven.end);
    BOOST_TEST(f.driven.end->status == 0);
    BOOST_REQUIRE(!f.driven.delivered.empty());
    BOOST_TEST(f.driven.delivered.front().chunk == 1);
    BOOST_TEST(f.driven.delivered.back().chunk == 2);
}
BOOST_AUTO_TEST_CASE(nothing_is_asked_for_after_the_end) {
    Fetch f;
    f.begin(song(3));
    f.rules.finish({EX_TEMPFAIL, "interrupted"});
    f.driven.step();
    BOOST_TEST(f.driven.asks.empty());
    const int asked = f.driven.asked;
    f.driven.act();
    BOOST_TEST(f.driven.asked == asked);
}

BOOST_AUTO_TEST_SUITE_END()

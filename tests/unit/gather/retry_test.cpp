// Progress, pauses and giving up, on a made-up clock.
#include "gather/retry.hpp"

#include <sysexits.h>

#include <boost/test/unit_test.hpp>

using namespace stretto::gather;

namespace {

const Object chunk{Object::What::chunk, 1, 4};
const Failure refused{Fault::broken, "connection refused"};
const Failure flipped{Fault::wrong, "its bytes are wrong"};

}  // namespace

BOOST_AUTO_TEST_SUITE(gather_retry)

BOOST_AUTO_TEST_CASE(pauses_grow_to_two_seconds) {
    Retry retry{{}};
    double now = 0, last = 0;
    for (int i = 0; i < 20; ++i) {
        retry.failed(now, true, chunk, 0, refused, 1);
        const double pause = retry.not_before() - now;
        BOOST_TEST(pause >= Retry::Options{}.first_pause_s);
        BOOST_TEST(pause >= last * 0.79);  // but for what chance adds
        BOOST_TEST(pause <= Retry::Options{}.longest_pause_s * 1.25);
        last = pause;
        now = retry.not_before();
    }
    BOOST_TEST(last >= Retry::Options{}.longest_pause_s);
}
BOOST_AUTO_TEST_CASE(another_edge_is_asked_at_once_but_only_the_first_time) {
    Retry retry{{}};
    retry.failed(5, true, chunk, 0, refused, 2);
    BOOST_TEST(retry.not_before() <= 5);
    retry.failed(5, true, chunk, 1, refused, 2);
    BOOST_TEST(retry.not_before() > 5);
}
BOOST_AUTO_TEST_CASE(pauses_of_different_listeners_differ) {
    double first = 0;
    bool differ = false;
    for (std::uint32_t seed = 1; seed < 9; ++seed) {
        Retry retry{{90, seed}};
        retry.failed(0, true, chunk, 0, refused, 1);
        differ = differ || (first > 0 && retry.not_before() != first);
        first = retry.not_before();
    }
    BOOST_TEST(differ);
}
BOOST_AUTO_TEST_CASE(patience_runs_from_the_first_failure_after_data_became_needed) {
    Retry retry{{6, 1}};
    retry.failed(10, false, chunk, 0, refused, 1);
    BOOST_TEST(!retry.end(40, false));  // 30 s of failures with audio in hand cost nothing
    BOOST_TEST(!retry.end(41, true));
    BOOST_TEST(!retry.end(46.9, true));
    const auto end = retry.end(47.1, true);
    BOOST_REQUIRE(end);
    BOOST_TEST(end->status == EX_TEMPFAIL);
    BOOST_TEST(end->why == refused.why);
}
BOOST_AUTO_TEST_CASE(a_pause_of_the_listener_stops_the_clock) {
    Retry retry{{6, 1}};
    retry.failed(0, true, chunk, 0, refused, 1);
    BOOST_TEST(!retry.end(5, true));
    BOOST_TEST(!retry.end(60, false));  // paused
    BOOST_TEST(!retry.end(61, true));
    BOOST_TEST(!retry.end(66, true));
    BOOST_TEST(retry.end(67.5, true).has_value());
}
BOOST_AUTO_TEST_CASE(progress_forgives) {
    Retry retry{{6, 1}};
    for (double now = 0; now < 100; now += 5) {
        retry.failed(now, true, chunk, 0, refused, 1);
        retry.progress();
        BOOST_TEST(retry.not_before() == 0);
        BOOST_TEST(!retry.end(now + 4.9, true));
    }
}
BOOST_AUTO_TEST_CASE(wrong_at_every_source_is_bad_data_within_seconds) {
    Retry retry{{}};
    double now = 0;
    int requests = 0;
    while (!retry.end(now, true)) {
        BOOST_REQUIRE(++requests < 10);
        for (int edge : {0, 1, 2}) retry.failed(now, true, chunk, edge, flipped, 3);
        now = std::max(now, retry.not_before());
    }
    BOOST_TEST(retry.end(now, true)->status == EX_DATAERR);
    BOOST_TEST(now < 5);
    BOOST_TEST(requests == 1);
}
BOOST_AUTO_TEST_CASE(retries_continue_while_one_edge_has_only_temporary_failures) {
    Retry retry{{}};
    for (int i = 0; i < 9; ++i) {
        retry.failed(i, true, chunk, 0, flipped, 2);
        retry.failed(i, true, chunk, 1, refused, 2);
    }
    BOOST_TEST(!retry.end(10, true));
}
BOOST_AUTO_TEST_CASE(permanent_failures_wait_for_the_buffer_with_long_pauses) {
    Retry retry{{}};
    double now = 0;
    int requests = 0;
    for (; now < 120; now = retry.not_before()) {
        retry.failed(now, false, chunk, 0, flipped, 1);
        ++requests;
        BOOST_TEST(!retry.end(now, false));
    }
    BOOST_TEST(requests < 18);
    BOOST_TEST(retry.end(now, true)->status == EX_DATAERR);
}
BOOST_AUTO_TEST_CASE(each_permanent_failure_has_its_status) {
    const auto status = [](Fault fault, int times) {
        Retry retry{{}};
        for (int i = 0; i < times; ++i) retry.failed(0, true, chunk, 0, {fault, "why"}, 1);
        const auto end = retry.end(0, true);
        return end ? end->status : 0;
    };
    BOOST_TEST(status(Fault::denied, 1) == EX_NOPERM);
    BOOST_TEST(status(Fault::untrusted, 1) == EX_UNAVAILABLE);
    BOOST_TEST(status(Fault::missing, 1) == 0);  // it may be new
    BOOST_TEST(status(Fault::missing, 2) == EX_UNAVAILABLE);
    BOOST_TEST(status(Fault::wrong, 1) == 0);
    BOOST_TEST(status(Fault::wrong, 2) == EX_DATAERR);
    for (const auto passing : {Fault::busy, Fault::broken, Fault::stalled})
        BOOST_TEST(status(passing, 50) == 0);
}
BOOST_AUTO_TEST_CASE(failures_of_a_received_object_are_forgotten) {
    Retry retry{{}};
    retry.failed(0, true, chunk, 0, flipped, 1);
    retry.given(chunk);
    retry.failed(9, true, chunk, 0, flipped, 1);
    BOOST_TEST(!retry.end(9, true));
}

BOOST_AUTO_TEST_SUITE_END()

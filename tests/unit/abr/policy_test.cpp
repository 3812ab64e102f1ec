#include "abr/policy.hpp"

#include <boost/test/unit_test.hpp>

#include "made_up.hpp"

using namespace stretto::abr;
using Do = Decision::Do;

BOOST_TEST_DONT_PRINT_LOG_VALUE(Decision::Do)

BOOST_AUTO_TEST_SUITE(abr_policy)

BOOST_AUTO_TEST_CASE(every_name_is_a_policy_and_others_are_not) {
    for (const char* name : policy_names()) BOOST_TEST(make_policy(name) != nullptr, name);
    BOOST_TEST(make_policy("160") != nullptr);
    for (const char* name : {"", "stretto ", "160k", "0", "-96", "best"})
        BOOST_TEST(make_policy(name) == nullptr, name);
}
BOOST_AUTO_TEST_CASE(a_number_selects_the_highest_bitrate_up_to_it_within_the_limits) {
    const auto song = made_up_song(3);
    auto s = playing(song, 0, 5, 1, 0);
    for (const auto& [name, wanted] :
         {std::pair{"96", 0}, {"160", 1}, {"200", 1}, {"320", 2}, {"9999", 2}, {"10", 0}})
        BOOST_TEST(make_policy(name)->decide(s).rendition == wanted, name);
    s.highest = 1;
    BOOST_TEST(make_policy("320")->decide(s).rendition == 1);
    s.lowest = 1;
    BOOST_TEST(make_policy("96")->decide(s).rendition == 1);
}
BOOST_AUTO_TEST_CASE(no_policy_requests_a_chunk_while_the_buffer_is_full) {
    const auto song = made_up_song(9);
    for (const char* name : {"stretto", "bola", "mpc", "throughput", "seed", "96"}) {
        const auto policy = make_policy(name);
        auto s = playing(song, 10, 5, 1, 0);
        BOOST_TEST(policy->decide(s).what == Do::take, name);
        s.now = 20, s.chunk = 2, s.buffer = 30.5;
        carry(*policy, 10, 1, 1000);
        BOOST_TEST(policy->decide(s).what == Do::wait, name);
    }
}
BOOST_AUTO_TEST_CASE(the_same_calls_give_the_same_decisions) {
    const auto song = made_up_song(20);
    for (const char* name : policy_names()) {
        const auto one = make_policy(name), other = make_policy(name);
        for (int k = 0; k < 20; ++k) {
            for (auto* policy : {one.get(), other.get()}) carry(*policy, k, 1, 150 + 37 * (k % 7));
            const auto s = playing(song, k + 1, 3 + k % 11, k, k % 3);
            const auto a = one->decide(s), b = other->decide(s);
            BOOST_TEST((a.what == b.what && a.rendition == b.rendition), name);
        }
    }
}
BOOST_AUTO_TEST_CASE(all_policies_respect_limits_on_all_networks) {
    const auto song = made_up_song(20);
    for (const char* name : policy_names())
        for (double kbps : {20.0, 200.0, 20000.0}) {
            const auto policy = make_policy(name);
            for (int k = 0; k < 20; ++k) {
                auto s = playing(song, 3 * k, 12, k, 1);
                s.lowest = s.highest = 1;
                const auto decision = policy->decide(s);
                if (decision.what != Do::wait) BOOST_TEST(decision.rendition == 1, name);
                carry(*policy, 3 * k, 1, kbps);
            }
        }
}

BOOST_AUTO_TEST_SUITE_END()

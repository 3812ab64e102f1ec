// What a peer demands of its clients, as its trackers say.
#include "peer/passes.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto;
using namespace stretto::peer;

namespace {

const std::string song = "0123456789abcdefghjkmnpqrstvwxyz";

struct TrackerKey {
    sign::PrivateKey key = sign::PrivateKey::generate();
    sign::PublicKey point = key.public_key();
    std::string pass(std::int64_t expires = 1600, const std::string& address = "198.51.100.7",
                     int kbps = 160) const {
        return sign::print_pass({song, address, kbps, expires}, key, point.thumbprint());
    }
};

net::Address address(const std::string& host) { return (*net::parse_listen(host + ":1"))[0]; }

struct Fixture {
    Passes passes;
    TrackerKey a, b;
    net::Address client = address("198.51.100.7");
    /// 200: given.
    int asked(const std::string& pass, std::int64_t now_s = 1000, std::uint64_t now_ms = 0,
              int kbps = 160, const std::string& of = song) {
        const auto refusal = passes.refuse({pass, of, client, kbps}, now_s, now_ms);
        return refusal ? refusal->status : 200;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(peer_passes, Fixture)

BOOST_AUTO_TEST_CASE(nothing_is_given_until_the_tracker_has_answered) {
    BOOST_TEST(asked("") == 503);
    BOOST_TEST(asked(a.pass()) == 503);
    passes.learn(std::nullopt, 1000);
    BOOST_TEST(asked("") == 200);
}

BOOST_AUTO_TEST_CASE(with_a_key_a_pass_is_needed) {
    passes.learn(a.point, 1000);
    BOOST_TEST(asked("") == 403);
    BOOST_TEST(asked(a.pass()) == 200);
    BOOST_TEST(asked(b.pass()) == 403);
    BOOST_TEST(asked("nonsense") == 403);
    BOOST_TEST(asked(a.pass(), 1000, 0, 320) == 403);
    BOOST_TEST(asked(a.pass(), 1000, 0, 160, std::string(32, 'z')) == 403);
    BOOST_TEST(asked(a.pass(1600, "198.51.100.8")) == 403);
}

BOOST_AUTO_TEST_CASE(over_webrtc_the_id_counts) {
    passes.learn(a.point, 1000);
    const std::string id(26, 'a'), other(26, 'b');
    const auto pass =
        sign::print_pass({song, "203.0.113.9", 160, 1600, id}, a.key, a.point.thumbprint());
    const auto shown = [&](const std::string& text, std::string_view by, std::string_view of) {
        const auto refusal = passes.refuse({text, of, {}, 160, by}, 1000, 0);
        return refusal ? refusal->status : 200;
    };
    BOOST_TEST(shown(pass, id, song) == 200);
    BOOST_TEST(shown(pass, other, song) == 403);
    BOOST_TEST(shown(a.pass(), id, song) == 403);
    BOOST_TEST(shown(pass, id, "") == 403);  // what is no part of a song
}

BOOST_AUTO_TEST_CASE(one_answer_without_a_key_does_not_end_the_demand) {
    passes.learn(a.point, 1000);
    passes.learn(std::nullopt, 1120);
    BOOST_TEST(asked("") == 403);
    BOOST_TEST(asked(a.pass()) == 200);
    passes.learn(std::nullopt, 1000 + Passes::key_s - 1);
    BOOST_TEST(asked("") == 403);
    passes.learn(std::nullopt, 1000 + Passes::key_s);
    BOOST_TEST(asked("") == 200);
}

BOOST_AUTO_TEST_CASE(two_trackers_behind_one_name_take_turns) {
    for (int i = 0; i < 4; ++i) passes.learn(i % 2 == 0 ? a.point : b.point, 1000 + 120 * i);
    BOOST_TEST(asked(a.pass(1800), 1400) == 200);
    BOOST_TEST(asked(b.pass(1800), 1400) == 200);
    // and an earlier one is forgotten
    passes.learn(a.point, 3000);
    BOOST_TEST(asked(b.pass(3600), 3000) == 403);
    BOOST_TEST(asked(a.pass(3600), 3000) == 200);
}

BOOST_AUTO_TEST_CASE(the_keys_are_bounded_and_the_latest_stay) {
    std::vector<TrackerKey> all(Passes::most_keys + 2);
    for (std::size_t i = 0; i < all.size(); ++i)
        passes.learn(all[i].point, 1000 + static_cast<std::int64_t>(i));
    BOOST_TEST(asked(all.front().pass()) == 403);
    BOOST_TEST(asked(all.back().pass()) == 200);
}

BOOST_AUTO_TEST_CASE(a_known_pass_is_not_verified_again_but_still_checked) {
    passes.learn(a.point, 1000);
    const auto pass = a.pass();
    for (int i = 0; i < 50; ++i) BOOST_TEST(asked(pass) == 200);
    BOOST_TEST(passes.verified() == 1u);
    BOOST_TEST(asked(pass, 1000, 0, 320) == 403);
    BOOST_TEST(asked(pass, 1660) == 403);
    client = address("198.51.100.8");
    BOOST_TEST(asked(pass) == 403);
    BOOST_TEST(passes.verified() == 1u);
}

BOOST_AUTO_TEST_CASE(a_flood_of_forged_passes_costs_few_signatures) {
    passes.learn(a.point, 1000);
    const auto known = a.pass();
    BOOST_TEST(asked(known) == 200);
    auto forged = b.key;
    int busy = 0;
    for (int i = 0; i < 200; ++i)
        busy += asked(sign::print_pass({song, "198.51.100.7", 0, 1600 + i}, forged,
                                       a.point.thumbprint())) == 503;
    BOOST_TEST(passes.verified() <= 2 * Passes::signatures_per_s);
    BOOST_TEST(busy >= 160);
    // who is known is served, and others have an allowance of their own
    BOOST_TEST(asked(known) == 200);
    client = address("198.51.100.9");
    BOOST_TEST(asked(a.pass(1600, "198.51.100.9")) == 200);
    // and later so is this address again
    client = address("198.51.100.7");
    BOOST_TEST(asked(a.pass(1601)) == 503);
    BOOST_TEST(asked(a.pass(1601), 1001, 1000) == 200);
}

BOOST_AUTO_TEST_CASE(a_point_is_printed_and_read_back) {
    const auto printed = a.point.print_point();
    BOOST_TEST(sign::PublicKey::parse_point(printed)->thumbprint() == a.point.thumbprint());
    for (std::size_t n = 0; n < printed.size(); ++n)
        BOOST_TEST(!sign::PublicKey::parse_point(printed.substr(0, n)));
    BOOST_TEST(!sign::PublicKey::parse_point(printed + "A"));
    BOOST_TEST(!sign::PublicKey::parse_point(std::string(86, 'A')));
}

BOOST_AUTO_TEST_SUITE_END()

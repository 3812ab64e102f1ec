#include "sign/token.hpp"

#include <malloc.h>

#include <boost/test/unit_test.hpp>

#include "sign/base64url.hpp"
#include "sign/pass.hpp"
#include "sign/verifier.hpp"

using namespace stretto;
using namespace stretto::sign;

namespace {

const std::string song = "0123456789abcdefghjkmnpqrstvwxyz";

struct Signer {
    PrivateKey key = PrivateKey::generate();
    std::string id = key.public_key().thumbprint();
    KeySet keys() const { return {{{id, key.public_key()}}}; }
    Claims claims(std::int64_t expires = 1000) const {
        Claims claims;
        claims.expires = expires;
        claims.container = Scope::of_songs({song});
        return claims;
    }
    std::string token(const Claims& claims) const { return print_token(claims, key, id); }
    std::string raw(std::string_view header, std::string_view claims) const {
        const auto text = base64url(as_bytes(header)) + '.' + base64url(as_bytes(claims));
        return text + '.' + base64url(key.sign(text));
    }
};

bool is_good(const std::string& text, const KeySet& keys) {
    return std::holds_alternative<Token>(open_token(text, keys));
}

Fault fault_of(const std::string& text, const KeySet& keys) {
    const auto opened = open_token(text, keys);
    BOOST_REQUIRE(std::holds_alternative<Refused>(opened));
    return std::get<Refused>(opened).fault;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sign_token)

BOOST_AUTO_TEST_CASE(base64url_reads_what_it_prints_and_nothing_else) {
    for (const std::string_view text : {"", "f", "fo", "foo", "foob", "\xff\xfe\xfd"})
        BOOST_TEST((as_text(*parse_base64url(base64url(as_bytes(text)))) == text));
    BOOST_TEST(base64url(as_bytes("\xff\xfe\xfd")) == "__79");
    for (const std::string_view bad : {"A", "Zg==", "Zh", "Zm9v ", "+/79", "Zm9v\n"})
        BOOST_TEST(!parse_base64url(bad), "accepted " << bad);
}

BOOST_AUTO_TEST_CASE(a_token_says_what_was_signed) {
    const Signer signer;
    auto claims = signer.claims();
    claims.not_before = 500;
    claims.kbps = 160;
    claims.id = "listener-7";
    claims.audience = "edge";
    const auto opened = open_token(signer.token(claims), signer.keys());
    BOOST_REQUIRE(std::holds_alternative<Token>(opened));
    const auto& token = std::get<Token>(opened);
    BOOST_TEST(token.expires == 1000);
    BOOST_TEST(token.not_before == 500);
    BOOST_TEST(token.id == "listener-7");
    BOOST_TEST(token.allows_kbps(160));
    BOOST_TEST(!token.allows_kbps(161));
    BOOST_TEST(token.scope.holds("a.example", "/songs/" + song + "/160/chunk_0.ogg"));
    BOOST_TEST(!untimely(token, 700, "edge").has_value());
    BOOST_TEST((untimely(token, 700, "other")->fault == Fault::not_for_us));
    BOOST_TEST((glance(signer.token(claims))->kbps == 160));
}

BOOST_AUTO_TEST_CASE(clocks_may_differ_by_a_minute) {
    Token token;
    token.expires = 1000;
    token.not_before = 500;
    BOOST_TEST(!untimely(token, 440, "").has_value());
    BOOST_TEST((untimely(token, 439, "")->fault == Fault::early));
    BOOST_TEST(!untimely(token, 1059, "").has_value());
    BOOST_TEST((untimely(token, 1060, "")->fault == Fault::expired));
}

BOOST_AUTO_TEST_CASE(a_token_that_was_changed_in_any_place_is_refused) {
    const Signer signer;
    const auto good = signer.token(signer.claims());
    BOOST_TEST(is_good(good, signer.keys()));
    for (std::size_t i = 0; i < good.size(); ++i) {
        auto bad = good;
        bad[i] = bad[i] == 'A' ? 'B' : 'A';
        BOOST_TEST(!is_good(bad, signer.keys()), "accepted a change at " << i);
        BOOST_TEST(!is_good(good.substr(0, i), signer.keys()));
    }
    BOOST_TEST(!is_good(good + "A", signer.keys()));
    BOOST_TEST(!is_good(good + ".", signer.keys()));
}

BOOST_AUTO_TEST_CASE(only_es256_with_a_key_that_is_known_counts) {
    const Signer signer, other;
    const auto claims = text(R"({"exp":1000,"cdniuc":")", Scope::of_songs({song}), "\"}");
    const auto header = [&](std::string_view more) {
        return text(R"({"kid":")", signer.id, "\"", more, "}");
    };
    BOOST_TEST(is_good(signer.raw(header(R"(,"alg":"ES256")"), claims), signer.keys()));
    for (const auto* algorithm : {"none", "None", "HS256", "RS256", "ES384", "es256", ""})
        BOOST_TEST((fault_of(signer.raw(header(text(R"(,"alg":")", algorithm, "\"")), claims),
                             signer.keys()) == Fault::malformed));
    for (const auto* bad :
         {R"(,"alg":"ES256","crit":["b64"],"b64":false)", R"(,"alg":"ES256","alg":"ES256")",
          R"(,"alg":"ES256","typ":"stretto-pass")", R"(,"alg":["ES256"])", ""})
        BOOST_TEST((fault_of(signer.raw(header(bad), claims), signer.keys()) == Fault::malformed));
    BOOST_TEST((fault_of(signer.token(signer.claims()), other.keys()) == Fault::unknown_key));
    const auto forged = print_token(other.claims(), other.key, signer.id);
    BOOST_TEST((fault_of(forged, signer.keys()) == Fault::forged));
    const auto unsigned_one =
        base64url(as_bytes(R"({"alg":"none"})")) + '.' + base64url(as_bytes(claims)) + '.';
    BOOST_TEST((fault_of(unsigned_one, signer.keys()) == Fault::malformed));
}

BOOST_AUTO_TEST_CASE(claims_that_we_cannot_keep_are_refused) {
    const Signer signer;
    const auto header = text(R"({"alg":"ES256","kid":")", signer.id, "\"}");
    const auto container = text(R"("cdniuc":")", Scope::of_songs({song}), '"');
    const auto good = [&](std::string_view more) {
        return is_good(signer.raw(header, text('{', container, more, '}')), signer.keys());
    };
    BOOST_TEST(good(R"(,"exp":1000)"));
    BOOST_TEST(good(R"(,"exp":1000.5,"iss":"shop","sub":"x","iat":3,"cdnicrit":"exp,cdniuc")"));
    for (const auto* bad :
         {"", R"(,"exp":"1000")", R"(,"exp":-1)", R"(,"exp":1e300)", R"(,"exp":1000,"nbf":null)",
          R"(,"exp":1000,"cdniip":"x")", R"(,"exp":1000,"cdniv":2)",
          R"(,"exp":1000,"cdnicrit":"exp,other")", R"(,"exp":1000,"cdnistt":1)",
          R"(,"exp":1000,"stretto_kbps":0)", R"(,"exp":1000,"stretto_kbps":"320")",
          R"(,"exp":1000,"jti":7)", R"(,"exp":1000,"aud":[])", R"(,"exp":1000,"exp":2000)"})
        BOOST_TEST(!good(bad), "accepted " << bad);
    BOOST_TEST(!is_good(signer.raw(header, R"({"exp":1000})"), signer.keys()));
    BOOST_TEST(!is_good(signer.raw(header, text('{', container, R"(,"exp":1000,"sub":")",
                                                std::string(4096, 'x'), "\"}")),
                        signer.keys()));
}

BOOST_AUTO_TEST_CASE(our_own_scope_holds_just_what_its_expression_does) {
    const std::vector<std::string> songs{song, "a.song-1"};
    const auto quick = *Scope::parse(Scope::of_songs(songs));
    // the same expression, which is not recognized
    const auto slow = *Scope::parse("regex:(" + Scope::of_songs(songs).substr(6) + ")");
    const std::vector<std::string> targets{
        "/songs/" + song,
        "/songs/" + song + "/manifest.json",
        "/songs/" + song + "?location=1,2",
        "/songs/" + song + "x/manifest.json",
        "/songs/" + song.substr(1),
        "/songs/a.song-1/manifest.json",
        "/songs/axsong-1/manifest.json",
        "/stream/" + song + "?kbps=96",
        "/albums/stream/" + song,
        "/albums/songs/" + song + "/96/index",
        "/other/songs/" + song,
        "//songs/" + song,
        "/songs//" + song,
        "/x?/songs/" + song,
        "/names/" + song,
        "/",
    };
    int held = 0;
    for (const auto& target : targets) {
        BOOST_TEST(
            quick.holds("edge.example:8481", target) == slow.holds("edge.example:8481", target),
            target);
        held += quick.holds("edge.example:8481", target);
    }
    BOOST_TEST(held == 7);
    BOOST_TEST(!quick.holds("", targets[0]));
    BOOST_TEST(!slow.holds("x/songs", targets[0]));
}

BOOST_AUTO_TEST_CASE(an_expression_matches_the_whole_uri) {
    const auto scope = *Scope::parse(R"(regex:https://cdn\.example/foo/[0-9]{3}\.ogg)");
    BOOST_TEST(scope.holds("cdn.example", "/foo/123.ogg"));
    for (const auto* bad : {"/foo/12.ogg", "/foo/123.ogg?x", "/foo/123.oggx", "/x/foo/123.ogg"})
        BOOST_TEST(!scope.holds("cdn.example", bad), "accepted " << bad);
    BOOST_TEST(!scope.holds("cdnxexample", "/foo/123.ogg"));
    BOOST_TEST(!Scope::parse("regex:a|b)(c"));
    BOOST_TEST(!Scope::parse("regex:a)|(b"));
    const auto either = *Scope::parse("regex:https://a/x|https://a/y");
    BOOST_TEST(either.holds("a", "/y"));
    BOOST_TEST(!either.holds("a", "/xy"));
}

BOOST_AUTO_TEST_CASE(a_hash_is_of_one_uri) {
    // RFC 6920 8.1, computed with `printf | openssl dgst -sha256 -binary | basenc --base64url`
    const auto scope = *Scope::parse(Scope::of_uri("http://a.example:80/songs/x?y=1"));
    BOOST_TEST(scope.holds("a.example:80", "/songs/x?y=1"));
    BOOST_TEST(!scope.holds("a.example", "/songs/x?y=1"));
    BOOST_TEST(!scope.holds("a.example:80", "/songs/x"));
    BOOST_TEST(!Scope::parse("hash:sha-1;AAAA"));
    BOOST_TEST(!Scope::parse("hash:sha-256;AAAA"));
}

BOOST_AUTO_TEST_CASE(expressions_that_take_too_long_are_refused) {
    for (const auto* bad :
         {"regex:(a*)\\1", "regex:(a{100}){100}", "regex:a{2501}", "regex:((a{1,15}){1,15}){1,15}",
          "regex:a{99999999999999999999}", "regex:a++++++++++++++++", "regex:+++++++++++++++++",
          "regex:((((((((((((a+)+)+)+)+)+)+)+)+)+)+)+)+",
          "regex:a{2}{2}{2}{2}{2}{2}{2}{2}{2}{2}{2}{2}", "regex:a{", "regex:a)",
          "regex:[[:alpha:", "uri:https://a/", "", "regex:[", "regex:("})
        BOOST_TEST(!Scope::parse(bad), "accepted " << bad);
    BOOST_TEST(bool(Scope::parse("regex:[^]/]+(a{10}){100}[[:digit:]]{3,}[0-9]+(b|c)?")));
    BOOST_TEST(!Scope::parse("regex:" + std::string(Scope::most_bytes, 'a')));
}

BOOST_AUTO_TEST_CASE(a_key_set_is_printed_and_read_back) {
    const Signer signer, other;
    KeySet set{{{"one", signer.key.public_key()}, {"two", other.key.public_key()}}};
    const auto again = parse_keys(print_keys(set));
    BOOST_REQUIRE(bool(again));
    BOOST_TEST(again->find("two")->thumbprint() == other.id);
    BOOST_TEST(again->find("three") == nullptr);
    const auto json = print_keys(set);
    for (std::size_t n = 0; n < json.size(); ++n) BOOST_TEST(!parse_keys(json.substr(0, n)));
}

BOOST_AUTO_TEST_CASE(a_key_set_with_other_keys_keeps_those_for_es256) {
    const Signer signer;
    const auto ours = print_keys({{{"a", signer.key.public_key()}}});
    const auto key = ours.substr(9, ours.size() - 11);
    const auto set = [&](std::string_view more) {
        return parse_keys(text(R"({"keys":[)", more, "]}"));
    };
    const auto mixed =
        set(text(R"({"kty":"oct","k":"AAAA","kid":"a"},{"kty":"RSA","kid":"b"},)", key));
    BOOST_REQUIRE(bool(mixed));
    BOOST_TEST(mixed->keys.size() == 1u);
    BOOST_TEST(!set(R"({"kty":"oct","k":"AAAA","kid":"a"})"));
    BOOST_TEST(!set(key + ',' + key));
    const auto point = [&](std::string_view x, std::string_view more) {
        return set(text(R"({"kty":"EC","crv":"P-256","kid":"a","x":")", x, R"(","y":")",
                        base64url(signer.key.public_key().y()), '"', more, '}'));
    };
    const auto x = base64url(signer.key.public_key().x());
    BOOST_TEST(bool(point(x, "")));
    BOOST_TEST(!point(x, R"(,"d":"AAAA")"));
    BOOST_TEST(!point(base64url(Bytes(32, 1)), ""));  // not on the curve
    BOOST_TEST(!point(base64url(Bytes(31, 1)), ""));
    BOOST_TEST(!point("", ""));
}

BOOST_AUTO_TEST_CASE(a_private_key_is_printed_and_read_back) {
    const Signer signer;
    const auto again = PrivateKey::parse_pem(signer.key.print_pem());
    BOOST_REQUIRE(bool(again));
    BOOST_TEST(again->public_key().thumbprint() == signer.id);
    BOOST_TEST(signer.key.public_key().verifies("x", again->sign("x")));
    BOOST_TEST(!signer.key.public_key().verifies("y", again->sign("x")));
    BOOST_TEST(!PrivateKey::parse_pem(""));
    BOOST_TEST(
        !PrivateKey::parse_pem("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"));
}

BOOST_AUTO_TEST_CASE(a_verifier_remembers_what_was_right_and_stays_small) {
    const Signer signer;
    const Keyring keyring{signer.keys()};
    Verifier verifier{keyring};
    const auto good = signer.token(signer.claims());
    const auto verify = [&](const std::string& token, std::int64_t now = 900) {
        return verifier.verify(token, now, "").index() == 0;
    };
    for (int i = 0; i < 3; ++i) BOOST_TEST(verify(good));
    BOOST_TEST(verifier.verified() == 1u);
    BOOST_TEST(!verify(good, 2000));  // remembered, and expired all the same
    for (int i = 0; i < 3; ++i) BOOST_TEST(!verify(good + "A"));
    BOOST_TEST(verifier.remembered() == 1u);
    // the longest claims cost most
    auto claims = signer.claims();
    for (int i = 0; i < 4500; ++i) {
        claims.id = std::to_string(i);
        claims.container = "regex:" + std::string(2000, 'a');
        BOOST_TEST(verify(signer.token(claims)));
    }
    BOOST_TEST(verifier.bytes() <= Verifier::most_bytes);
    BOOST_TEST(verifier.remembered() < 2000u);
}

BOOST_AUTO_TEST_CASE(an_expression_leaves_no_memory_behind) {
    const auto greedy = *Scope::parse("regex:.*a.{100}.*x");
    std::string uri = "/";
    unsigned random = 1;
    while (uri.size() < 2000) uri += (random = random * 1103515245 + 12345) >> 16 & 1 ? 'a' : 'b';
    const auto used = [] { return ::mallinfo2().uordblks + ::mallinfo2().hblkhd; };
    (void)greedy.holds("h", uri);
    const auto before = used();
    (void)greedy.holds("h", uri);
    uri[1] = 'x';
    (void)greedy.holds("h", uri);
    BOOST_TEST(used() < before + 100'000);
    const auto costly = *Scope::parse("regex:http.*a.{1000}.*");
    BOOST_TEST(!costly.holds("h", uri));
    BOOST_TEST(Scope::parse("regex:http.*a.*")->holds("h", uri));
}

BOOST_AUTO_TEST_CASE(a_verifier_forgets_when_the_keys_change) {
    const Signer signer, other;
    Keyring keyring{signer.keys()};
    Verifier verifier{keyring};
    const auto good = signer.token(signer.claims());
    BOOST_TEST(verifier.verify(good, 0, "").index() == 0u);
    keyring.replace(other.keys());
    BOOST_TEST(verifier.verify(good, 0, "").index() == 1u);
    BOOST_TEST(verifier.verify(other.token(other.claims()), 0, "").index() == 0u);
}

BOOST_AUTO_TEST_CASE(a_pass_is_of_one_address_and_for_some_minutes) {
    const Signer tracker, other;
    const Pass pass{song, "198.51.100.7", 160, 1000};
    const auto printed = print_pass(pass, tracker.key, tracker.id);
    const auto fault = [&](const std::string& shown, const std::string& address, std::int64_t now,
                           const Signer& signer) -> std::optional<Fault> {
        const auto jws = parse_jws(shown);
        BOOST_REQUIRE(jws);
        const auto opened = open_pass(*jws, signer.key.public_key());
        if (const auto* refused = std::get_if<Refused>(&opened)) return refused->fault;
        BOOST_TEST((std::get<Pass>(opened) == pass));
        const auto refused = unusable(std::get<Pass>(opened), {address}, now);
        return refused ? std::optional{refused->fault} : std::nullopt;
    };
    BOOST_TEST(!fault(printed, "198.51.100.7", 900, tracker).has_value());
    BOOST_TEST((fault(printed, "198.51.100.8", 900, tracker) == Fault::not_for_us));
    BOOST_TEST((fault(printed, "198.51.100.7", 1060, tracker) == Fault::expired));
    BOOST_TEST((fault(printed, "198.51.100.7", 900, other) == Fault::forged));
    // over WebRTC an id counts, and no address
    const std::string id(26, 'a'), other_id(26, 'b');
    const auto works = [&](const Pass& one, const Shower& client) {
        const auto shown = print_pass(one, tracker.key, tracker.id);
        const auto jws = parse_jws(shown);
        return !unusable(std::get<Pass>(open_pass(*jws, tracker.key.public_key())), client, 900);
    };
    const Pass both{song, "198.51.100.7", 160, 1000, id};
    BOOST_TEST(works(both, {"198.51.100.7"}));
    BOOST_TEST(works(both, {"203.0.113.1", id}));
    BOOST_TEST(!works(both, {"198.51.100.7", other_id}));
    BOOST_TEST(!works(pass, {"198.51.100.7", id}));
    BOOST_TEST(!works(both, {"203.0.113.1"}));
    // neither stands for the other, even when one key signs both
    const auto token = tracker.token(tracker.claims());
    BOOST_TEST((fault(token, "198.51.100.7", 900, tracker) == Fault::malformed));
    BOOST_TEST((fault_of(printed, tracker.keys()) == Fault::malformed));
}

BOOST_AUTO_TEST_SUITE_END()

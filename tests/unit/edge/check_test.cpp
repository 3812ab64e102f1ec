// Bytes held against what proves them; the manifest that does comes when the test lets it come.
#include "edge/check.hpp"

#include <zlib.h>

#include <boost/test/unit_test.hpp>
#include <deque>

#include "../toy_server.hpp"
#include "http/repr_digest.hpp"

using namespace stretto;
using namespace stretto::edge;
using Verdict = Check::Verdict;

namespace {

constexpr std::uint64_t held_back = 16u << 10;

/// Upstream as the test plays it: what it was asked for waits until it is answered.
struct Scripted : Objects {
    void get(const Route& route, std::function<void(Found)> done) override {
        asked.push_back(object_path(route));
        waiting.push_back(std::move(done));
    }
    void answer(const std::string& body) {
        Found found;
        found.entry =
            std::make_shared<Entry>("/", Head::of_origin(200, {}),
                                    std::make_shared<Content>(Bytes{body.begin(), body.end()}));
        pop()(std::move(found));
    }
    void refuse(int status) { pop()({nullptr, status, "scripted", {}}); }
    std::function<void(Found)> pop() {
        BOOST_REQUIRE(!waiting.empty());
        auto done = std::move(waiting.front());
        waiting.pop_front();
        return done;
    }
    std::vector<std::string> asked;
    std::deque<std::function<void(Found)>> waiting;
};

std::string gzip(const std::string& text) {
    z_stream z{};
    BOOST_REQUIRE(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    std::string out(text.size() + 1000, '\0');
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    z.avail_in = static_cast<uInt>(text.size());
    z.next_out = reinterpret_cast<Bytef*>(out.data());
    z.avail_out = static_cast<uInt>(out.size());
    BOOST_REQUIRE(deflate(&z, Z_FINISH) == Z_STREAM_END);
    out.resize(z.total_out);
    deflateEnd(&z);
    return out;
}

struct Fixture {
    static const toy::Song& song() {
        static const toy::Song one;
        return one;
    }
    Route chunk(int k, int kbps = toy::Song::kbps) const {
        return {Route::rendition_chunk, song().id(), kbps, k};
    }
    Route index() const { return {Route::index, song().id(), toy::Song::kbps, 0}; }
    Route manifest(const std::string& of) const { return {Route::manifest, of, 0, 0}; }
    const std::string& manifest_text() const {
        return song().files.at(song().path("manifest.json"));
    }
    std::unique_ptr<Check> check(const Route& route, const http::Fields& fields = {}) {
        return check_of(route, fields, manifests, upstream, loop);
    }
    static http::Fields digest(const std::string& of) {
        http::Fields fields;
        fields.add("Repr-Digest", http::print_repr_digest(sha256(as_bytes(of))));
        return fields;
    }
    /// All of a body at once. @return nullopt: not decided yet
    std::optional<Verdict> verdict(Check& check, const std::string& body) {
        said = {};
        check.add(as_bytes(body));
        check.finish([this](Verdict v) {
            BOOST_TEST(!said);  // once
            said = v;
        });
        return said;
    }
    net::Loop loop;
    Scripted upstream;
    Manifests manifests;
    std::optional<Verdict> said;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(edge_check, Fixture)

BOOST_AUTO_TEST_CASE(a_chunk_is_verified_against_its_hash_in_the_manifest) {
    const auto right = check(chunk(1));
    BOOST_REQUIRE(right);
    BOOST_REQUIRE(upstream.asked.size() == 1u);  // while the chunk comes
    BOOST_TEST("/" + upstream.asked[0] == song().path("manifest.json"));
    upstream.answer(manifest_text());
    BOOST_TEST((verdict(*right, song().sound[1]) == Verdict::right));

    auto wrong = song().sound[1];
    wrong.back() ^= 1;
    // what is at another place of the song is wrong too, and so is what the song does not have
    for (const auto& [route, body] :
         {std::pair{chunk(1), wrong}, std::pair{chunk(1), song().sound[2]},
          std::pair{chunk(99), song().sound[1]}, std::pair{chunk(1, 96), song().sound[1]}}) {
        const auto one = check(route);
        if (!upstream.waiting.empty()) upstream.answer(manifest_text());
        BOOST_TEST((verdict(*one, body) == Verdict::wrong));
    }
}
BOOST_AUTO_TEST_CASE(an_index_is_verified_against_its_hash_in_the_manifest) {
    const auto body = song().files.at(song().path(song::index_path(toy::Song::kbps)));
    for (const bool right : {true, false}) {
        const auto one = check(index());
        if (!upstream.waiting.empty()) upstream.answer(manifest_text());
        BOOST_TEST((verdict(*one, right ? body : body + "x") ==
                    (right ? Verdict::right : Verdict::wrong)));
    }
}
BOOST_AUTO_TEST_CASE(a_reader_before_the_manifest_waits_for_it) {
    const auto one = check(chunk(0));
    BOOST_TEST(!verdict(*one, song().sound[0]));
    upstream.answer(manifest_text());
    BOOST_TEST((said == Verdict::right));
}
BOOST_AUTO_TEST_CASE(a_song_that_does_not_exist_cannot_be_verified) {
    for (const int status : {404, 410}) {
        const auto one = check(chunk(0));
        upstream.refuse(status);
        BOOST_TEST((verdict(*one, song().sound[0]) == Verdict::unknown), status);
        BOOST_TEST(upstream.waiting.empty());
    }
}
BOOST_AUTO_TEST_CASE(a_failed_request_of_a_manifest_is_repeated_once) {
    const auto one = check(chunk(0));
    upstream.refuse(503);  // long before the chunk is here
    BOOST_TEST(!verdict(*one, song().sound[0]));
    BOOST_TEST(upstream.asked.size() == 2u);
    upstream.answer(manifest_text());
    BOOST_TEST((said == Verdict::right));
}
BOOST_AUTO_TEST_CASE(after_two_failed_requests_of_a_manifest_the_check_is_unavailable) {
    const auto one = check(chunk(0));
    upstream.refuse(503);
    BOOST_TEST(!verdict(*one, song().sound[0]));
    upstream.refuse(502);
    BOOST_TEST((said == Verdict::unavailable));
    BOOST_TEST(upstream.waiting.empty());
}
BOOST_AUTO_TEST_CASE(the_end_of_an_unverified_body_is_held_back) {
    const auto one = check(chunk(0));
    const std::uint64_t all = 40000;
    BOOST_TEST(one->releasable(1000, all) == 1000u);
    BOOST_TEST(one->releasable(all - held_back, all) == all - held_back);
    BOOST_TEST(one->releasable(all, all) == all - held_back);
    BOOST_TEST(one->releasable(all, std::nullopt) == all - held_back);  // of what there is
    BOOST_TEST(one->releasable(1000, std::nullopt) == 0u);
    BOOST_TEST(one->releasable(held_back - 1, held_back - 1) == 0u);
}
BOOST_AUTO_TEST_CASE(a_manifest_is_verified_by_its_id_before_it_is_sent) {
    const auto& text = manifest_text();
    const auto right = check(manifest(song().id()));
    BOOST_TEST(right->releasable(text.size(), text.size()) == 0u);
    BOOST_TEST((verdict(*right, text) == Verdict::right));
    BOOST_TEST(upstream.asked.empty());

    const std::string stranger = song().id().substr(1) + "0";
    BOOST_TEST((verdict(*check(manifest(stranger)), text) == Verdict::wrong));
    BOOST_TEST((verdict(*check(manifest(song().id())), text.substr(1)) == Verdict::wrong));
    BOOST_TEST(!check(manifest("a-name")));  // which may mean anything at another's server
}
BOOST_AUTO_TEST_CASE(a_compressed_manifest_is_proven_uncompressed) {
    http::Fields fields;
    fields.add("Content-Encoding", "gzip");
    const auto packed = gzip(manifest_text());
    BOOST_TEST((verdict(*check(manifest(song().id()), fields), packed) == Verdict::right));
    for (const auto& wrong : {packed.substr(0, packed.size() - 9), manifest_text(),
                              gzip(std::string(song::most_manifest_bytes + 1, ' '))})
        BOOST_TEST((verdict(*check(manifest(song().id()), fields), wrong) == Verdict::wrong));
}
BOOST_AUTO_TEST_CASE(a_body_with_a_digest_is_verified) {
    const Route page{Route::other, "", 0, 0};
    BOOST_TEST(!check(page));
    const auto right = check(page, digest("some page"));
    BOOST_REQUIRE(right);
    BOOST_TEST(right->releasable(50000, 50000) == 50000u - held_back);
    BOOST_TEST((verdict(*right, "some page") == Verdict::right));
    BOOST_TEST((verdict(*check(page, digest("some page")), "another") == Verdict::wrong));
}
BOOST_AUTO_TEST_CASE(of_two_proofs_the_worse_verdict_counts) {
    const auto& sound = song().sound[0];
    const auto decided = [&](const std::string& digest_of, int status) {
        const auto one = check(chunk(0), digest(digest_of));
        verdict(*one, sound);
        if (!upstream.waiting.empty())
            status == 200 ? upstream.answer(manifest_text()) : upstream.refuse(status);
        BOOST_REQUIRE(said);
        return *said;
    };
    BOOST_TEST((decided(sound, 404) == Verdict::unknown));
    BOOST_TEST((decided("else", 404) == Verdict::wrong));
    BOOST_TEST((decided(sound, 200) == Verdict::right));
    BOOST_TEST((decided("else", 200) == Verdict::wrong));
}
BOOST_AUTO_TEST_CASE(a_reader_that_leaves_before_the_manifest_does_no_harm) {
    {
        const auto one = check(chunk(0));
        one->add(as_bytes(song().sound[0]));
    }
    upstream.answer(manifest_text());
    BOOST_TEST(!said);
}

BOOST_AUTO_TEST_SUITE_END()

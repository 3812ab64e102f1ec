#include "song/manifest.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto;
using namespace stretto::song;

namespace {

Manifest sample() {
    Manifest m;
    m.tags = {{"TITLE", {"Für Elise"}}, {"ARTIST", {"a", "b"}}};
    m.rate = 44100;
    m.channels = 2;
    m.samples = 900000;
    m.chunk_samples = 441000;
    m.loudness = Loudness{-11.31, 1.61, -2.69, -14.0, -1.08, "none"};
    for (int kbps : {96, 320}) {
        Rendition r{kbps, kbps - 3, 3920, sha256(as_bytes("i")), {}};
        r.chunks.push_back({sha256(as_bytes("a")), 90000, 441000, 0, 86000, 21});
        r.chunks.push_back({sha256(as_bytes("b")), 91000, 459000, 744, 87000, 20});
        m.renditions.push_back(r);
    }
    m.id = song_id(m);
    return m;
}

/// Why a manifest that differs from the sample in one respect is refused, its id being that of what
/// it says.
std::string refusal(auto change) {
    auto m = sample();
    change(m);
    m.id = song_id(m);
    const auto read = parse_manifest(print_manifest(m));
    return read ? "" : read.error().why;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(song_manifest)

BOOST_AUTO_TEST_CASE(printed_and_read_it_is_the_same) {
    const auto m = sample();
    const auto back = parse_manifest(print_manifest(m));
    BOOST_REQUIRE(back);
    BOOST_TEST((*back == m));
    BOOST_TEST(print_manifest(*back) == print_manifest(m));
}
BOOST_AUTO_TEST_CASE(the_id_is_that_of_the_text_hashed_by_hand) {
    Manifest m;
    m.rate = 8000, m.channels = 1, m.samples = 1, m.chunk_samples = 80000;
    BOOST_TEST(song_id(m) ==
               base32(sha256(as_bytes("stretto-song 1\n8000 1 1 80000\n"))).substr(0, 32));
    BOOST_TEST(song_id(m).size() == 32u);
}
BOOST_AUTO_TEST_CASE(every_proven_number_changes_the_id_and_tags_do_not) {
    const auto id = sample().id;
    const auto differs = [&](auto change) {
        auto m = sample();
        change(m);
        return song_id(m) != id;
    };
    BOOST_TEST(differs([](Manifest& m) { m.rate = 48000; }));
    BOOST_TEST(differs([](Manifest& m) { m.samples++; }));
    BOOST_TEST(differs([](Manifest& m) { m.renditions[1].kbps = 160; }));
    BOOST_TEST(differs([](Manifest& m) { m.renditions[0].chunks[1].trim++; }));
    BOOST_TEST(differs([](Manifest& m) { m.renditions[0].chunks[1].body_pages++; }));
    BOOST_TEST(differs([](Manifest& m) { m.renditions[0].index_sha256[0] ^= 1; }));
    BOOST_TEST(!differs([](Manifest& m) { m.tags.clear(); }));
}
BOOST_AUTO_TEST_CASE(every_manifest_cut_short_is_malformed) {
    const auto json = print_manifest(sample());
    for (std::size_t n = 0; n + 2 <= json.size(); ++n)
        BOOST_TEST(!parse_manifest(json.substr(0, n)), "accepted " << n << " bytes");
}
BOOST_AUTO_TEST_CASE(a_changed_digit_is_noticed) {
    auto json = print_manifest(sample());
    const auto at = json.find("\"bytes\":90000") + 8;
    json[at] = '8';
    const auto m = parse_manifest(json);
    BOOST_REQUIRE(!m);
    BOOST_TEST(m.error().why == "manifest: its id is not that of its content");
}
BOOST_AUTO_TEST_CASE(numbers_beyond_their_range_are_malformed) {
    for (const char* number : {"-1", "1e300", "99999999999999999999", "\"x\"", "null", "1.5"}) {
        auto json = print_manifest(sample());
        const auto at = json.find("\"bytes\":") + 8;
        json.replace(at, 5, number);
        BOOST_TEST(!parse_manifest(json), number);
    }
}
BOOST_AUTO_TEST_CASE(the_best_rendition_is_the_highest_not_above_else_the_lowest) {
    const auto m = sample();
    BOOST_TEST(m.best(500).kbps == 320);
    BOOST_TEST(m.best(319).kbps == 96);
    BOOST_TEST(m.best(10).kbps == 96);
}
BOOST_AUTO_TEST_CASE(every_rule_broken_alone_is_refused_with_its_reason) {
    using Broken = std::pair<const char*, void (*)(Manifest&)>;
    const Broken rules[] = {
        {"'rate' is out of range", [](Manifest& m) { m.rate = 999; }},
        {"'channels' is out of range", [](Manifest& m) { m.channels = 9; }},
        {"'samples' is out of range", [](Manifest& m) { m.samples = (1ll << 40) + 1; }},
        {"'chunk_samples' is out of range", [](Manifest& m) { m.chunk_samples = 0; }},
        {"'chunk_samples' is out of range", [](Manifest& m) { m.chunk_samples = 60 * m.rate + 1; }},
        {"'renditions' is out of range", [](Manifest& m) { m.renditions.clear(); }},
        {"'renditions' is out of range",
         [](Manifest& m) {
             while (m.renditions.size() <= most_renditions) {
                 m.renditions.push_back(m.renditions.back());
                 ++m.renditions.back().kbps;
             }
         }},
        {"the renditions do not rise", [](Manifest& m) { m.renditions[1].kbps = 96; }},
        {"'kbps' is out of range", [](Manifest& m) { m.renditions[1].kbps = 65536; }},
        {"'average_kbps' is out of range", [](Manifest& m) { m.renditions[1].average_kbps = -1; }},
        {"'header_bytes' is out of range", [](Manifest& m) { m.renditions[1].header_bytes = 0; }},
        {"'header_bytes' exceeds a chunk",
         [](Manifest& m) { m.renditions[1].header_bytes = m.renditions[1].chunks[1].bytes + 1; }},
        {"'chunks' is out of range", [](Manifest& m) { m.renditions[1].chunks.clear(); }},
        {"'bytes' is out of range", [](Manifest& m) { m.renditions[1].chunks[0].bytes = 0; }},
        {"'bytes' is out of range",
         [](Manifest& m) { m.renditions[1].chunks[0].bytes = most_chunk_bytes + 1; }},
        {"'samples' is out of range", [](Manifest& m) { m.renditions[0].chunks[1].samples = 0; }},
        {"'trim' is out of range", [](Manifest& m) { m.renditions[0].chunks[1].trim = 65537; }},
        {"'body_bytes' is out of range",
         [](Manifest& m) { m.renditions[0].chunks[1].body_bytes = -1; }},
        {"'body_pages' is out of range",
         [](Manifest& m) { m.renditions[0].chunks[1].body_pages = 1000001; }},
        {"a chunk inside is not of the usual length",
         [](Manifest& m) {
             --m.renditions[1].chunks[0].samples, ++m.renditions[1].chunks[1].samples;
         }},
        {"the chunks do not add up to 'samples'", [](Manifest& m) { ++m.samples; }},
        {"the chunks do not add up to 'samples'",
         [](Manifest& m) { --m.renditions[1].chunks[1].samples; }},
        {"the renditions have different numbers of chunks",
         [](Manifest& m) {
             auto& chunks = m.renditions[1].chunks;
             chunks.push_back(chunks.back());
             chunks[1].samples = m.chunk_samples;
             chunks[2].samples = m.samples - 2 * m.chunk_samples;
         }},
        {"the last chunk is longer than one and a half of the usual length",
         [](Manifest& m) {
             m.samples = 441000 + 661501;
             for (auto& r : m.renditions) r.chunks[1].samples = 661501;
         }},
        {"the tags are too long", [](Manifest& m) { m.tags["TITLE"] = {std::string(65536, 'x')}; }},
        {"'limited_by' is unknown", [](Manifest& m) { m.loudness->limited_by = "me"; }},
        {"'lufs' is out of range", [](Manifest& m) { m.loudness->lufs = -1000; }},
    };
    for (const auto& [why, change] : rules) BOOST_TEST(refusal(change) == text("manifest: ", why));
}
BOOST_AUTO_TEST_CASE(a_manifest_at_the_edge_of_the_rules_is_read) {
    BOOST_TEST(refusal([](Manifest&) {}) == "");
    BOOST_TEST(refusal([](Manifest& m) {  // the longest last chunk
                   m.samples = 441000 + 661500;
                   for (auto& r : m.renditions) r.chunks[1].samples = 661500;
               }) == "");
    BOOST_TEST(refusal([](Manifest& m) {  // the longest chunks
                   m.chunk_samples = 60 * m.rate;
                   m.samples = m.chunk_samples + 1;
                   for (auto& r : m.renditions)
                       r.chunks[0].samples = m.chunk_samples, r.chunks[1].samples = 1;
               }) == "");
    BOOST_TEST(refusal([](Manifest& m) {  // a single chunk, shorter than usual
                   m.samples = 17;
                   for (auto& r : m.renditions) r.chunks.resize(1), r.chunks[0].samples = 17;
               }) == "");
    BOOST_TEST(refusal([](Manifest& m) { m.loudness.reset(), m.tags.clear(); }) == "");
}
BOOST_AUTO_TEST_CASE(a_member_that_is_missing_or_of_another_type_is_named) {
    const auto json = print_manifest(sample());
    for (const std::string key :
         {"format",        "id",         "tags",  "rate",         "channels",     "samples",
          "chunk_samples", "renditions", "kbps",  "average_kbps", "header_bytes", "index_sha256",
          "chunks",        "sha256",     "bytes", "trim",         "body_bytes",   "body_pages",
          "lufs",          "limited_by"}) {
        auto missing = json, other = json;
        const auto at = json.find("\"" + key + "\":");
        BOOST_REQUIRE(at != json.npos);
        missing.replace(at, key.size() + 2, "\"other\"");
        const auto refused = parse_manifest(missing);
        BOOST_REQUIRE(!refused);
        BOOST_TEST(refused.error().why == "manifest: no '" + key + "'");
        other.replace(at, key.size() + 3, "\"" + key + "\":true,\"other\":");
        const auto untrue = parse_manifest(other);
        BOOST_REQUIRE(!untrue);
        BOOST_TEST(untrue.error().why.find("'" + key + "'") != std::string::npos,
                   untrue.error().why);
    }
}
BOOST_AUTO_TEST_CASE(json_of_another_shape_is_refused) {
    for (const char* json :
         {"", " ", "[]", "null", "17", "\"text\"", "{}", "{} {}", "{\"tags\":[1]}"})
        BOOST_TEST(!parse_manifest(json), json);
    const auto whole = print_manifest(sample());
    for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
             {"\"tags\":{", "\"tags\":{\"A\":1,"},
             {"\"tags\":{", "\"tags\":{\"A\":[1],"},
             {"\"renditions\":[", "\"renditions\":[1,"},
             {"\"chunks\":[", "\"chunks\":[1,"},
             {"\"loudness\":{", "\"loudness\":17,\"other\":{"},
             {"\"tags\"",
              "\"deep\":" + std::string(100, '[') + std::string(100, ']') + ",\"tags\""}}) {
        auto json = whole;
        json.replace(json.find(from), from.size(), to);
        BOOST_TEST(!parse_manifest(json), to);
    }
}
BOOST_AUTO_TEST_CASE(members_that_are_not_known_are_passed_over) {
    auto json = print_manifest(sample());
    json.insert(1, "\"later\":{\"a\":[1,2.5,null]},");
    const auto m = parse_manifest(json);
    BOOST_REQUIRE(m);
    BOOST_TEST((*m == sample()));
}
BOOST_AUTO_TEST_CASE(the_printed_form_is_fixed) {  // published manifests are compared by byte
    auto m = sample();
    m.renditions.resize(1), m.renditions[0].chunks.resize(1);
    m.loudness->lufs.reset();
    m.loudness->gain_db = -0.001;
    const auto json = print_manifest(m);
    BOOST_TEST(json.substr(0, json.find("\"sha256\"")) ==
               "{\"format\":\"stretto-manifest/1\",\"id\":\"" + m.id +
                   "\",\"tags\":{\"ARTIST\":[\"a\",\"b\"],\"TITLE\":[\"Für "
                   "Elise\"]},\"rate\":44100,"
                   "\"channels\":2,\"samples\":900000,\"chunk_samples\":441000,\"loudness\":{"
                   "\"source_lufs\":-11.31,\"source_true_peak\":1.61,\"gain_db\":-0.0,\"lufs\":"
                   "null,"
                   "\"true_peak\":-1.08,\"limited_by\":\"none\"},\"renditions\":[{\"kbps\":96,"
                   "\"average_kbps\":93,\"header_bytes\":3920,\"index_sha256\":\"" +
                   hex(m.renditions[0].index_sha256) + "\",\"chunks\":[{");
    BOOST_TEST(
        json.ends_with("\"bytes\":90000,\"samples\":441000,\"trim\":0,\"body_bytes\":86000,"
                       "\"body_pages\":21}]}]}\n"));
}
BOOST_AUTO_TEST_CASE(loudness_is_read_back_and_refused_with_a_reason) {
    const auto l = *sample().loudness;
    const auto back = parse_loudness(print_loudness(l));
    BOOST_REQUIRE(back);
    BOOST_TEST((*back == l));
    BOOST_TEST(parse_loudness("{").error().why == "loudness is not JSON");
    BOOST_TEST(parse_loudness("[]").error().why == "loudness: 'loudness' is not an object");
    BOOST_TEST(parse_loudness("{}").error().why == "loudness: no 'source_lufs'");
}

BOOST_AUTO_TEST_SUITE_END()

#include "song/lookup.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto;
using namespace stretto::song;

namespace {

const std::string id = "0123456789abcdefghjkmnpqrstvwxyz";

Manifest sample() {
    Manifest m;
    m.rate = 44100, m.channels = 2, m.samples = 100, m.chunk_samples = 441000;
    m.renditions = {{96, 93, 3920, {}, {{{}, 5000, 100, 0, 900, 2}}}};
    m.id = song_id(m);
    return m;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(song_lookups)

BOOST_AUTO_TEST_CASE(an_id_has_a_manifest_and_a_name_means_an_id) {
    BOOST_TEST(wanted_for(id).path == "songs/" + id + "/manifest.json");
    BOOST_TEST(wanted_for(id).most_bytes == most_manifest_bytes);
    BOOST_TEST(wanted_for("song").path == "names/song");
    BOOST_TEST(wanted_for("song").most_bytes >= id.size() + 2);
}
BOOST_AUTO_TEST_CASE(a_name_is_one_line_with_an_id) {
    for (const auto& line : {id, id + "\n", id + "\r\n", id + "\n\n"}) {
        const auto read = parse_name(line);
        BOOST_REQUIRE(read);
        BOOST_TEST(*read == id);
    }
    for (const auto& line : {std::string{}, std::string{"\n"}, "\n" + id, id + " ", id + "\n" + id,
                             std::string{"song"}, id.substr(1), id + "0"})
        BOOST_TEST(!parse_name(line), line);
}
BOOST_AUTO_TEST_CASE(a_manifest_is_that_of_the_id_asked_for) {
    const auto m = sample();
    const auto json = print_manifest(m);
    const auto right = parse_manifest_of(m.id, json);
    BOOST_REQUIRE(right);
    BOOST_TEST((*right == m));
    const auto other = parse_manifest_of(id, json);
    BOOST_REQUIRE(!other);
    BOOST_TEST(other.error().why == "the manifest belongs to another song");
    BOOST_TEST(bool(parse_manifest_of("song", json)));
    BOOST_TEST(!parse_manifest_of(m.id, "{}"));
}

BOOST_AUTO_TEST_SUITE_END()

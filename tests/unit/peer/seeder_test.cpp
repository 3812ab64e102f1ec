// A peer's server on the test's own loop: what it gives of chunks that are not complete.
#include "peer/seeder.hpp"

#include <boost/test/unit_test.hpp>

#include "../folder.hpp"
#include "http/ask.hpp"
#include "song/path.hpp"

using namespace stretto;

namespace {

const std::string id(32, '0');
const std::string chunk_4 = "/songs/" + id + "/96/chunk_4.ogg";

struct Sharing {
    Folder folder;
    net::Loop loop;
    store::Kept kept{folder.path, 1'000'000};
    peer::Unfinished unfinished;
    peer::Seeder seeder{loop, kept, {0, 4, "127.0.0.1:0"}, &unfinished};
    http::Upstream upstream{loop, "http://" + seeder.address(), {}};

    Sharing() {
        kept.keep(id, song::chunk_path(96, 0), as_bytes("whole"));
        unfinished.add({id, 96, 4}, 0, 0, as_bytes("abc"), 10);
        unfinished.add({id, 96, 4}, 1, 3, as_bytes("de"), 10);
        unfinished.add({id, 96, 4}, 3, 8, as_bytes("ij"), 10);
    }
    http::Whole ask(const std::string& target, const std::string& range,
                    const std::string& method = "GET") {
        http::Request request;
        request.method = method;
        request.target = target;
        if (!range.empty()) request.fields.add("Range", "bytes=" + range);
        http::Whole whole;
        http::ask(upstream, std::move(request), {}, 1000, [&](http::Whole got) {
            whole = std::move(got);
            loop.stop();
        });
        loop.run();
        return whole;
    }
};

std::string field(const http::Whole& whole, const char* name) {
    return whole.fields.joined(name).value_or("");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(peer_seeder)

BOOST_FIXTURE_TEST_CASE(pieces_of_an_unfinished_chunk_are_given_as_ranges, Sharing) {
    const auto got = ask(chunk_4, "3-4");
    BOOST_TEST(got.status == 206);
    BOOST_TEST(as_text(got.body) == "de");
    BOOST_TEST(field(got, "Content-Range") == "bytes 3-4/10");
    BOOST_TEST(field(got, "Stretto-Have") == "0");
    BOOST_TEST(field(got, "Stretto-Parts") == "4/0-1, 4/3");
    BOOST_TEST(as_text(ask(chunk_4, "0-4").body) == "abcde");
    BOOST_TEST(as_text(ask(chunk_4, "8-").body) == "ij");
    BOOST_TEST(seeder.given() == 9u);
}

BOOST_FIXTURE_TEST_CASE(bytes_that_are_not_verified_yet_are_never_given, Sharing) {
    for (const auto* range :
         {"", "0-9", "4-5", "5-7", "7-8", "-3", "0-99", "10-", "0-2,8-9", "x"}) {
        const auto got = ask(chunk_4, range);
        BOOST_TEST(got.status == 404, range << " gave " << got.status);
        BOOST_TEST(field(got, "Stretto-Parts") == "4/0-1, 4/3");
    }
    BOOST_TEST(ask(chunk_4, "3-4", "HEAD").status == 404);
    BOOST_TEST(ask("/songs/" + id + "/160/chunk_4.ogg", "3-4").status == 404);
    BOOST_TEST(ask("/songs/" + id + "/96/chunk_5.ogg", "3-4").status == 404);
    unfinished.drop({id, 96, 4});
    const auto gone = ask(chunk_4, "3-4");
    BOOST_TEST(gone.status == 404);
    BOOST_TEST(field(gone, "Stretto-Parts") == "");
}

BOOST_FIXTURE_TEST_CASE(pieces_obey_the_rules_of_whole_chunks, Sharing) {
    seeder.urgent(true);
    BOOST_TEST(ask(chunk_4, "3-4").status == 503);
    seeder.urgent(false);
    seeder.withhold({id});
    BOOST_TEST(ask(chunk_4, "3-4").status == 404);
    seeder.withhold({});
    seeder.demand_passes(sign::KeySet{});
    BOOST_TEST(ask(chunk_4, "3-4").status == 403);
}

BOOST_AUTO_TEST_SUITE_END()

// What an edge has stored, in memory and in a folder made for the test. Times are those that the
// test gives its responses.
#include "edge/cache.hpp"

#include <boost/test/unit_test.hpp>
#include <fstream>

#include "../folder.hpp"
#include "base/text.hpp"

using namespace stretto;
using namespace stretto::edge;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t megabyte = 1u << 20;
constexpr http::Time noon{http::Seconds{1700000000}};

http::Request get(const std::string& key, const std::string& coding = "") {
    http::Request request;
    request.method = "GET";
    request.target = key;
    if (!coding.empty()) request.fields.add("Accept-Encoding", coding);
    return request;
}

struct Response {
    http::Time received = noon;
    std::string coding = {};  // that its Vary selects; empty: no Vary
    std::string groups = {};
    std::shared_ptr<const Head> head(std::uint64_t asked = 0) const {
        http::Stored stored;
        stored.fields.add("Cache-Control", "max-age=60");
        if (!groups.empty()) stored.fields.add("Cache-Groups", groups);
        if (!coding.empty()) {
            stored.fields.add("Vary", "Accept-Encoding");
            stored.vary.add("Accept-Encoding", coding);
        }
        stored.requested = stored.received = received;
        return Head::of_upstream(std::move(stored), asked);
    }
};

struct Fixture {
    std::vector<std::string> told;
    std::uint64_t now_ms = 0;
    Troubles troubles{[this](const std::string& line) { told.push_back(line); },
                      [this] { return now_ms; }};
    Folder folder;

    Cache::Options in_memory(std::uint64_t bytes = 8 * megabyte) { return {{}, 0, bytes, 64, {}}; }
    Cache::Options on_disk(std::uint64_t bytes = 16 * megabyte) {
        return {folder.path / "cache", bytes, 4 * megabyte, 64, 0};
    }
    /// Begun, filled and committed. @return its entry; nullptr: not taken
    static std::shared_ptr<Entry> put(Cache& cache, const std::string& key, std::string_view body,
                                      const Response& response = {}) {
        const auto moment = cache.moment();
        const auto begun = cache.begin(key, response.head(moment.purges), body.size(), true);
        if (!begun.entry) return nullptr;
        BOOST_TEST(begun.entry->content()->append(as_bytes(body)));
        begun.entry->content()->complete();
        cache.commit(begun.entry, moment);
        return begun.entry;
    }
    std::string purges_file() {
        std::ifstream file{on_disk().folder / "purges"};
        return {std::istreambuf_iterator<char>{file}, {}};
    }
    static std::shared_ptr<const Head> head_of(const Response& response,
                                               const Cache::Moment& asked) {
        return response.head(asked.purges);
    }
    static std::shared_ptr<Entry> begin(Cache& cache, const std::string& key,
                                        const Response& response, const Cache::Moment& asked) {
        return cache.begin(key, head_of(response, asked), 4, true).entry;
    }
    static void finish(Cache& cache, const std::shared_ptr<Entry>& entry,
                       const Cache::Moment& asked) {
        BOOST_REQUIRE(entry);
        entry->content()->append(as_bytes("text"));
        entry->content()->complete();
        cache.commit(entry, asked);
    }
    static std::string body_of(const std::shared_ptr<Entry>& entry) {
        const auto bytes = entry->content()->read_all(8 * megabyte);
        return bytes ? std::string{as_text(*bytes)} : "(cannot be read)";
    }
    std::vector<fs::path> files() const {
        std::vector<fs::path> all;
        for (const auto& at : fs::recursive_directory_iterator{folder.path})
            if (at.is_regular_file() && at.path().filename() != "lock") all.push_back(at.path());
        return all;
    }
    void flip(const fs::path& file, std::streamoff at) {
        std::fstream f{file, std::ios::in | std::ios::out | std::ios::binary};
        f.seekg(at);
        const char was = static_cast<char>(f.get());
        f.seekp(at);
        f.put(static_cast<char>(was ^ 1));
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(edge_cache, Fixture)

BOOST_AUTO_TEST_CASE(an_object_in_transfer_is_not_found) {
    Cache cache{in_memory(), troubles};
    const auto begun = cache.begin("/a", Response{}.head(), 4, true);
    BOOST_REQUIRE(begun.entry);
    BOOST_TEST(begun.storing);
    begun.entry->content()->append(as_bytes("text"));
    begun.entry->content()->complete();
    BOOST_TEST(!cache.find("/a", get("/a")));
    BOOST_TEST(cache.numbers().filling_bytes > 0u);
    cache.commit(begun.entry, cache.moment());
    BOOST_TEST((cache.find("/a", get("/a")) == begun.entry));
    BOOST_TEST(cache.numbers().filling_bytes == 0u);
}
BOOST_AUTO_TEST_CASE(a_forwarded_body_is_never_found_in_the_cache) {
    Cache cache{in_memory(), troubles};
    const auto begun = cache.begin("/a", Response{}.head(), 4, false);
    BOOST_REQUIRE(begun.entry);
    BOOST_TEST(!begun.storing);
    begun.entry->content()->append(as_bytes("text"));
    begun.entry->content()->complete();
    cache.commit(begun.entry, cache.moment());
    BOOST_TEST(!cache.find("/a", get("/a")));
    BOOST_TEST(cache.numbers().objects == 0u);
}
BOOST_AUTO_TEST_CASE(a_failed_transfer_stores_nothing) {
    for (const auto& options : {in_memory(), on_disk()}) {
        Cache cache{options, troubles};
        {
            const auto begun = cache.begin("/a", Response{}.head(), 400, true);
            begun.entry->content()->append(as_bytes("text"));
            cache.abandon(begun.entry);
        }
        BOOST_TEST(!cache.find("/a", get("/a")));
        BOOST_TEST(files().empty());
        BOOST_TEST(cache.numbers().filling_bytes == 0u);
    }
}
BOOST_AUTO_TEST_CASE(a_response_requested_before_an_invalidation_is_not_stored) {
    for (const auto& options : {in_memory(), on_disk()}) {
        Cache cache{options, troubles};
        const auto before = cache.moment();
        const auto begun = cache.begin("/a", Response{}.head(), 4, true);
        begun.entry->content()->append(as_bytes("text"));
        begun.entry->content()->complete();
        cache.invalidate("/a");
        cache.commit(begun.entry, before);
        BOOST_TEST(!cache.find("/a", get("/a")));
        BOOST_TEST(files().empty());
        BOOST_TEST(bool{put(cache, "/a", "text")});  // what is asked for afterwards is
        BOOST_TEST(bool{cache.find("/a", get("/a"))});
    }
}
BOOST_AUTO_TEST_CASE(a_response_is_not_stored_if_too_many_invalidations_were_forgotten) {
    Cache cache{in_memory(), troubles};
    const auto before = cache.moment();
    const auto begun = cache.begin("/0", Response{}.head(), 4, true);
    begun.entry->content()->append(as_bytes("text"));
    begun.entry->content()->complete();
    for (int i = 0; i < 5000; ++i) cache.invalidate(text("/", i));
    cache.commit(begun.entry, before);
    BOOST_TEST(!cache.find("/0", get("/0")));
}
BOOST_AUTO_TEST_CASE(an_invalidation_takes_all_variants) {
    Cache cache{on_disk(), troubles};
    put(cache, "/a", "plain", {noon, "identity"});
    put(cache, "/a", "packed", {noon, "gzip"});
    put(cache, "/b", "other");
    cache.invalidate("/a");
    BOOST_TEST(!cache.find("/a", get("/a", "gzip")));
    BOOST_TEST(!cache.has_other("/a"));
    BOOST_TEST(bool{cache.find("/b", get("/b"))});
    BOOST_TEST(files().size() == 1u);
}
BOOST_AUTO_TEST_CASE(a_request_gets_the_variant_that_its_fields_select) {
    Cache cache{in_memory(), troubles};
    put(cache, "/a", "plain", {noon, "identity"});
    put(cache, "/a", "packed", {noon, "gzip"});
    BOOST_TEST(body_of(cache.find("/a", get("/a", "gzip"))) == "packed");
    BOOST_TEST(body_of(cache.find("/a", get("/a", "identity"))) == "plain");
    BOOST_TEST(!cache.find("/a", get("/a", "br")));
    BOOST_TEST(cache.has_other("/a"));
    put(cache, "/a", "packed anew", {noon, "gzip"});
    BOOST_TEST(body_of(cache.find("/a", get("/a", "gzip"))) == "packed anew");
    BOOST_TEST(cache.numbers().objects == 2u);
    // one that is selected by nothing takes the place of all
    put(cache, "/a", "for all");
    BOOST_TEST(body_of(cache.find("/a", get("/a", "br"))) == "for all");
    BOOST_TEST(cache.numbers().objects == 1u);
}
BOOST_AUTO_TEST_CASE(variants_of_a_path_are_bounded) {
    Cache cache{in_memory(), troubles};
    for (int i = 0; i < 40; ++i) put(cache, "/a", "text", {noon, text("coding", i)});
    BOOST_TEST(cache.numbers().objects == 16u);
    BOOST_TEST(bool{cache.find("/a", get("/a", "coding39"))});
    BOOST_TEST(!cache.find("/a", get("/a", "coding0")));
}
BOOST_AUTO_TEST_CASE(after_a_restart_all_is_found_as_it_was) {
    const std::string large(300000, 'l');
    {
        Cache cache{on_disk(), troubles};
        put(cache, "/small", "text", {noon, "gzip"});
        put(cache, "/large", large);
    }
    Cache cache{on_disk(), troubles};
    BOOST_TEST(cache.numbers().objects == 2u);
    const auto small = cache.find("/small", get("/small", "gzip"));
    BOOST_REQUIRE(small);
    BOOST_TEST(body_of(small) == "text");
    BOOST_TEST((small->head()->stored.received == noon));
    BOOST_TEST((small->head()->fresh_until == noon + http::Seconds{60}));
    BOOST_TEST(!cache.find("/small", get("/small")));
    BOOST_TEST((body_of(cache.find("/large", get("/large"))) == large));
}
BOOST_AUTO_TEST_CASE(a_body_that_does_not_fit_into_memory_is_read_from_the_disk) {
    auto options = on_disk();
    options.memory_bytes = 200000;  // a third for the index, the rest for some 60 heads
    Cache cache{options, troubles};
    const auto seen = put(cache, "/seen", "seen");
    for (int i = 0; i < 100; ++i) {
        put(cache, text("/", i), text("plain", i), {noon, "identity"});
        put(cache, text("/", i), text("packed", i), {noon, "gzip"});
    }
    BOOST_TEST(cache.numbers().objects == 201u);
    BOOST_TEST(cache.numbers().memory_bytes <= options.memory_bytes);
    for (const int i : {99, 0, 50, 0}) {
        const auto key = text("/", i);
        BOOST_TEST(cache.has_other(key));
        BOOST_TEST(body_of(cache.find(key, get(key, "gzip"))) == text("packed", i));
        BOOST_TEST(body_of(cache.find(key, get(key, "identity"))) == text("plain", i));
        BOOST_TEST(!cache.find(key, get(key, "br")));
    }
    BOOST_TEST(!cache.has_other("/100"));
    // one more variant beside those that are on the disk only
    put(cache, "/20", "small", {noon, "br"});
    BOOST_TEST(body_of(cache.find("/20", get("/20", "br"))) == "small");
    BOOST_TEST(body_of(cache.find("/20", get("/20", "gzip"))) == "packed20");
    // it left memory, but who still holds it can renew it
    const auto again = cache.find("/seen", get("/seen"));
    BOOST_REQUIRE(again);
    BOOST_TEST((again != seen));
    cache.freshen(seen, Response{noon + http::Seconds{9}}.head());
    BOOST_TEST((again->head()->stored.received == noon + http::Seconds{9}));
    cache.invalidate("/30");
    BOOST_TEST(!cache.has_other("/30"));
    BOOST_TEST(cache.numbers().objects == 200u);
    cache.drop(seen);
    BOOST_TEST(!cache.find("/seen", get("/seen")));
    BOOST_TEST(cache.numbers().memory_bytes <= options.memory_bytes);
}
BOOST_AUTO_TEST_CASE(the_index_takes_half_of_the_memory_at_most) {
    auto options = on_disk();
    options.memory_bytes = 60000;
    {
        Cache cache{options, troubles};
        for (int i = 0; i < 150; ++i) put(cache, text("/", i), "text");
        BOOST_TEST(cache.numbers().objects == 100u);
        BOOST_TEST(files().size() == 100u);
        BOOST_TEST(cache.numbers().evicted == 50u);
    }
    options.memory_bytes = 30000;
    Cache cache{options, troubles};
    BOOST_TEST(cache.numbers().objects == 50u);
    BOOST_TEST(files().size() == 50u);
}
BOOST_AUTO_TEST_CASE(a_wrong_bit_on_the_disk_is_detected_reported_and_removed) {
    const std::string large(300000, 'l');
    {
        Cache cache{on_disk(), troubles};
        put(cache, "/a", large);
    }
    const auto file = files().at(0);
    flip(file, 100);
    Cache cache{on_disk(), troubles};
    BOOST_TEST(!cache.find("/a", get("/a")));
    BOOST_TEST(!fs::exists(file));
    BOOST_TEST(cache.numbers().damaged == 1u);
    BOOST_TEST(cache.numbers().objects == 0u);
    BOOST_REQUIRE(told.size() == 1u);
    BOOST_TEST(told[0].starts_with("damage: '/a'"));
}
BOOST_AUTO_TEST_CASE(damage_found_during_a_read_is_reported_too) {
    const std::string large(3 * megabyte / 2, 'l');
    {
        Cache cache{on_disk(), troubles};
        put(cache, "/a", large);
    }
    flip(files().at(0), 5 * megabyte / 4);  // its second block
    Cache cache{on_disk(), troubles};
    const auto entry = cache.find("/a", get("/a"));
    BOOST_REQUIRE(entry);
    BOOST_TEST(!entry->content()->read_all(4 * megabyte));
    BOOST_TEST(cache.numbers().damaged == 1u);
    BOOST_TEST(!cache.find("/a", get("/a")));
}
BOOST_AUTO_TEST_CASE(scrubbing_finds_it_before_a_request) {
    {
        Cache cache{on_disk(), troubles};
        for (int i = 0; i < 4; ++i) put(cache, text("/", i), std::string(100000, 'l'));
    }
    const auto all = files();
    flip(all.at(1), 99999);
    Cache cache{on_disk(), troubles};
    std::uint64_t read = 0;
    const auto go_on = [&](std::uint64_t bytes) {
        read += bytes;
        return true;
    };
    for (unsigned part = 0; part < 256; ++part) cache.scrub(part, go_on);
    BOOST_TEST(read == 400000u);
    BOOST_TEST(cache.numbers().scrubbed_bytes == read);
    BOOST_TEST(cache.numbers().damaged == 1u);
    BOOST_TEST(cache.numbers().objects == 3u);
    BOOST_TEST(!fs::exists(all[1]));
}
BOOST_AUTO_TEST_CASE(scrubbing_stops_on_request) {
    Cache cache{on_disk(), troubles};
    put(cache, "/a", std::string(3 * megabyte / 2, 'l'));
    int blocks = 0;
    for (unsigned part = 0; part < 256; ++part)
        cache.scrub(part, [&](std::uint64_t) { return ++blocks, false; });
    BOOST_TEST(blocks == 1);
}
BOOST_AUTO_TEST_CASE(after_a_soft_purge_older_responses_are_validated) {
    Cache cache{in_memory(), troubles};
    put(cache, "/before", "text", {noon, "", "\"one\", \"two\""});
    put(cache, "/other", "text", {noon, "", "\"two\""});
    cache.purge("one", false, noon);
    put(cache, "/after", "text", {noon, "", "\"one\""});
    BOOST_TEST(cache.find("/before", get("/before"))->invalid);
    BOOST_TEST(!cache.find("/other", get("/other"))->invalid);
    BOOST_TEST(!cache.find("/after", get("/after"))->invalid);
    // a 304 renews it
    const auto entry = cache.find("/before", get("/before"));
    cache.freshen(entry, head_of({noon, "", "\"one\", \"two\""}, cache.moment()));
    BOOST_TEST(!cache.find("/before", get("/before"))->invalid);
}
BOOST_AUTO_TEST_CASE(a_hard_purge_removes_the_object) {
    Cache cache{on_disk(), troubles};
    put(cache, "/song", "text", {noon, "", "\"one\""});
    put(cache, "/path", "text");
    cache.purge("one", true, noon);
    cache.purge("/path", true, noon);
    put(cache, "/later", "text", {noon, "", "\"one\""});
    BOOST_TEST(!cache.find("/song", get("/song")));
    BOOST_TEST(!cache.find("/path", get("/path")));
    BOOST_TEST(bool{cache.find("/later", get("/later"))});
    BOOST_TEST(files().size() == 1u);
}
BOOST_AUTO_TEST_CASE(more_purges_than_are_remembered_have_all_validated) {
    Cache cache{in_memory(), troubles};
    put(cache, "/a", "text", {noon, "", "\"group0\""});
    put(cache, "/b", "text");
    for (int i = 0; i < 5000; ++i) cache.purge(text("group", i), false, noon);
    BOOST_TEST(cache.find("/a", get("/a"))->invalid);
    BOOST_TEST(cache.find("/b", get("/b"))->invalid);
}
BOOST_AUTO_TEST_CASE(a_takedown_is_kept_however_many_purges_follow) {
    for (const bool hard : {false, true}) {
        Cache cache{on_disk(), troubles};
        const std::string song(32, 'a'), other(32, 'b');
        const auto path = [](const std::string& id) { return "/songs/" + id + "/96/chunk_0.ogg"; };
        put(cache, path(song), "text");
        put(cache, path(other), "text");
        cache.purge(song, true, noon);
        for (int i = 0; i < 5000; ++i) cache.purge(text("group", i), hard, noon);
        BOOST_TEST(!cache.find(path(song), get(path(song))));
        const auto kept = cache.find(path(other), get(path(other)));
        BOOST_REQUIRE(kept);
        BOOST_TEST(kept->invalid == !hard);  // removals leave other songs as they are
    }
}
BOOST_AUTO_TEST_CASE(a_purge_applies_to_what_is_being_fetched) {
    for (const bool hard : {false, true}) {
        Cache cache{hard ? on_disk() : in_memory(), troubles};
        const auto before = cache.moment();
        const auto begun = begin(cache, "/a", {noon + http::Seconds{9}}, before);
        cache.purge("/a", hard, noon);
        finish(cache, begun, before);
        const auto found = cache.find("/a", get("/a"));
        BOOST_TEST(bool{found} == !hard);
        if (found) BOOST_TEST(found->invalid);
        if (hard) BOOST_TEST(files().empty());
        put(cache, "/a", "text");  // requested after the purge
        BOOST_TEST(!cache.find("/a", get("/a"))->invalid);
    }
}
BOOST_AUTO_TEST_CASE(a_purge_applies_to_what_is_being_validated) {
    for (const bool hard : {false, true}) {
        Cache cache{in_memory(), troubles};
        const auto entry = put(cache, "/a", "text");
        const auto before = cache.moment();
        cache.purge("/a", hard, noon);
        cache.freshen(entry, head_of({noon + http::Seconds{9}}, before));
        const auto found = cache.find("/a", get("/a"));
        BOOST_TEST(bool{found} == !hard);
        if (found) BOOST_TEST(found->invalid);
    }
}
BOOST_AUTO_TEST_CASE(a_purge_works_after_the_clock_was_set_back) {
    const auto hour = http::Seconds{3600};
    {
        Cache cache{on_disk(), troubles};
        cache.purge("/else", false, noon + hour);
        for (const auto* path : {"/a", "/b", "/c"}) put(cache, path, "text", {noon + hour});
        cache.purge("/a", false, noon);
        cache.purge("/b", true, noon);
        BOOST_TEST(cache.find("/a", get("/a"))->invalid);
        BOOST_TEST(!cache.find("/b", get("/b")));
        BOOST_TEST(!cache.find("/c", get("/c"))->invalid);
        cache.keep_purges();
    }
    Cache cache{on_disk(), troubles};
    BOOST_TEST(cache.find("/a", get("/a"))->invalid);
    cache.purge("/c", true, noon);
    BOOST_TEST(!cache.find("/c", get("/c")));
}
BOOST_AUTO_TEST_CASE(a_swept_removal_is_forgotten_but_applies_to_older_requests) {
    Cache cache{on_disk(), troubles};
    put(cache, "/a", "text"), put(cache, "/b", "text");
    const auto before = cache.moment();
    const auto begun = begin(cache, "/a", {}, before);
    cache.purge("/a", true, noon);
    BOOST_TEST(cache.keep_purges());
    BOOST_TEST(purges_file().find(" /a\n") != std::string::npos);
    cache.sweep([] { return true; });
    BOOST_TEST(cache.keep_purges());
    BOOST_TEST(purges_file().find(" /a\n") == std::string::npos);
    finish(cache, begun, before);
    BOOST_TEST(!cache.find("/a", get("/a")));
    // a late 304 leaves another object, unless it moves it to a group that was perhaps removed
    cache.freshen(cache.find("/b", get("/b")), head_of({}, before));
    BOOST_TEST(bool{cache.find("/b", get("/b"))});
    cache.freshen(cache.find("/b", get("/b")), head_of({noon, "", "\"gone\""}, before));
    BOOST_TEST(!cache.find("/b", get("/b")));
}
BOOST_AUTO_TEST_CASE(a_removal_is_kept_while_a_part_of_the_disk_cannot_be_swept) {
    Cache cache{on_disk(), troubles};
    put(cache, "/a", "text"), put(cache, "/b", "text");
    const auto name = std::string(32, '0') + "-0123456789abcdef";
    const auto other = on_disk().folder / "00" / name;
    fs::create_symlink("nowhere", other);  // opening it fails
    cache.purge("/a", true, noon);
    const auto kept = [&] {
        cache.sweep([] { return true; });
        BOOST_TEST(cache.keep_purges());
        return purges_file().find(" /a\n") != std::string::npos;
    };
    BOOST_TEST(kept());
    fs::remove(other);
    BOOST_TEST(!kept());
}
BOOST_AUTO_TEST_CASE(purges_that_cannot_be_saved_are_a_problem_until_they_are) {
    Cache cache{on_disk(), troubles};
    BOOST_TEST(cache.keep_purges());
    BOOST_TEST(cache.trouble() == "");
    cache.purge("/a", false, noon);
    const auto file = on_disk().folder / "purges";
    fs::create_directories(file / "in the way");
    BOOST_TEST(!cache.keep_purges());
    BOOST_TEST(!cache.keep_purges());
    BOOST_TEST(cache.trouble().starts_with("purges cannot be saved: "));
    fs::remove_all(file);
    BOOST_TEST(cache.keep_purges());
    BOOST_TEST(cache.trouble() == "");
}
BOOST_AUTO_TEST_CASE(after_a_damaged_file_of_purges_all_is_validated) {
    for (const auto* content : {"", "0 0 *\nend\n", "last 7\nsoft 7 *\n", "hard x /a\nend\n"}) {
        fs::remove_all(on_disk().folder);
        {
            Cache cache{on_disk(), troubles};
            put(cache, "/a", "text");
        }
        std::ofstream{on_disk().folder / "purges"} << content;
        Cache cache{on_disk(), troubles};
        BOOST_TEST(cache.find("/a", get("/a"))->invalid, content);
    }
}
BOOST_AUTO_TEST_CASE(an_object_of_more_than_an_eighth_of_the_cache_is_not_taken) {
    Cache cache{in_memory(8 * megabyte), troubles};
    BOOST_TEST(!cache.begin("/a", Response{}.head(), megabyte + 1, true).entry);
    const auto begun = cache.begin("/a", Response{}.head(), megabyte / 2, true);
    BOOST_TEST(bool{begun.entry});
    cache.abandon(begun.entry);
}
BOOST_AUTO_TEST_CASE(an_object_that_grew_too_large_is_refused_the_next_time) {
    Cache cache{in_memory(8 * megabyte), troubles};
    const auto begun = cache.begin("/a", Response{}.head(), {}, true);
    BOOST_REQUIRE(begun.entry);
    BOOST_TEST(cache.grow(begun.entry, megabyte / 2));
    BOOST_TEST(!cache.grow(begun.entry, megabyte + 1));
    cache.abandon(begun.entry);
    BOOST_TEST(!cache.begin("/a", Response{}.head(), {}, true).entry);
    const auto other = cache.begin("/b", Response{}.head(), {}, true);
    BOOST_TEST(bool{other.entry});
    cache.abandon(other.entry);
}
BOOST_AUTO_TEST_CASE(transfers_take_at_most_half_of_the_cache) {
    Cache cache{in_memory(8 * megabyte), troubles};
    std::vector<std::shared_ptr<Entry>> begun;
    for (int i = 0; i < 20; ++i)
        if (auto one = cache.begin(text("/", i), Response{}.head(), megabyte - 4096, true);
            one.entry)
            begun.push_back(one.entry);
    BOOST_TEST(begun.size() == 4u);
    // room that is given back can be taken
    cache.abandon(begun.back());
    begun.pop_back();
    BOOST_TEST(bool{cache.begin("/again", Response{}.head(), megabyte - 4096, true).entry});
}
BOOST_AUTO_TEST_CASE(the_cache_stays_below_its_size_and_deletes_evicted_files) {
    for (const bool disk : {false, true}) {
        Cache cache{disk ? on_disk(4 * megabyte) : in_memory(2 * megabyte), troubles};
        for (int i = 0; i < 100; ++i) put(cache, text("/", i), std::string(100000, 'l'));
        const auto n = cache.numbers();
        BOOST_TEST(n.evicted > 50u);
        BOOST_TEST(n.objects + n.evicted == 100u);
        BOOST_TEST((disk ? n.disk_bytes : n.memory_bytes) <= (disk ? 4u : 2u) * megabyte);
        if (!disk) continue;
        BOOST_TEST(files().size() == n.objects);
        std::uint64_t bytes = 0;
        for (const auto& file : files()) bytes += fs::file_size(file);
        BOOST_TEST(bytes <= 4 * megabyte);
    }
}
BOOST_AUTO_TEST_CASE(a_dropped_object_counts_until_it_has_been_sent) {
    Cache cache{in_memory(2 * megabyte), troubles};
    auto sent = put(cache, "/a", std::string(200000, 'l'));
    cache.drop(sent);
    BOOST_TEST(cache.numbers().memory_bytes == 0u);
    BOOST_TEST(cache.numbers().filling_bytes > 200000u);
    sent = nullptr;
    BOOST_TEST(cache.numbers().filling_bytes == 0u);
}
BOOST_AUTO_TEST_CASE(few_files_are_open_at_a_time) {
    auto options = on_disk();
    options.open_files = 3;
    Cache cache{options, troubles};
    std::vector<std::shared_ptr<Entry>> all;
    for (int i = 0; i < 10; ++i)
        all.push_back(put(cache, text("/", i), std::string(Content::small + 1, 'l')));
    const auto open = [&] {
        return std::ranges::count_if(all, [](const auto& e) { return e->content()->is_open(); });
    };
    BOOST_TEST(open() == 3);
    for (int i = 0; i < 10; ++i) cache.find(text("/", i), get(text("/", i)));
    BOOST_TEST(open() == 3);
}
BOOST_AUTO_TEST_CASE(an_object_without_its_file_is_a_miss) {
    Cache cache{on_disk(), troubles};
    const auto entry = put(cache, "/a", std::string(Content::small + 1, 'l'));
    entry->content()->close_file();
    fs::remove(files().at(0));
    BOOST_TEST(!cache.find("/a", get("/a")));
    BOOST_TEST(cache.numbers().objects == 0u);
    BOOST_TEST(told.empty());  // that is no damage
}
BOOST_AUTO_TEST_CASE(freshening_is_on_the_disk_too) {
    {
        Cache cache{on_disk(), troubles};
        const auto entry = put(cache, "/a", "text");
        cache.freshen(entry, Response{noon + http::Seconds{500}}.head());
    }
    Cache cache{on_disk(), troubles};
    const auto entry = cache.find("/a", get("/a"));
    BOOST_REQUIRE(entry);
    BOOST_TEST((entry->head()->stored.received == noon + http::Seconds{500}));
    BOOST_TEST(body_of(entry) == "text");
}
BOOST_AUTO_TEST_CASE(without_free_space_nothing_is_stored_and_a_problem_is_reported) {
    auto options = on_disk();
    options.min_free = std::uint64_t{1} << 60;
    Cache cache{options, troubles};
    const auto begun = cache.begin("/a", Response{}.head(), 4, true);
    BOOST_REQUIRE(begun.entry);  // it passes through in memory
    BOOST_TEST(!begun.storing);
    BOOST_TEST(cache.numbers().unstored == 1u);
    BOOST_TEST(cache.trouble().find("No space left") != std::string::npos);
    BOOST_REQUIRE(told.size() == 1u);
    BOOST_TEST(told[0].starts_with("disk: '/a'"));
    // a line a minute
    cache.begin("/b", Response{}.head(), 4, true);
    BOOST_TEST(told.size() == 1u);
    now_ms = 61000;
    cache.begin("/c", Response{}.head(), 4, true);
    BOOST_TEST(told.size() == 2u);
}
BOOST_AUTO_TEST_CASE(the_eviction_learns_the_part_of_a_song_from_the_path) {
    const std::string id(32, 'a');
    const auto chunk = hint_of("/songs/" + id + "/160/chunk_7.ogg?x");
    BOOST_TEST((chunk.kind == cache::Hint::Kind::chunk));
    BOOST_TEST(chunk.chunk == 7u);
    BOOST_TEST(chunk.kbps == 160u);
    BOOST_TEST(chunk.song == hint_of("/songs/" + id + "/manifest.json").song);
    BOOST_TEST((hint_of("/songs/" + id + "/96/index").kind == cache::Hint::Kind::index));
    BOOST_TEST((hint_of("/else").kind == cache::Hint::Kind::other));
}

BOOST_AUTO_TEST_SUITE_END()

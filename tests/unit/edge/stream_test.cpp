#include "edge/stream.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <random>

#include "audio/vorbis.hpp"
#include "ogg/join.hpp"
#include "ogg/packets.hpp"
#include "publish/cut.hpp"
#include "pull.hpp"

using namespace stretto;
using namespace stretto::edge;
using State = http::Body::State;

namespace {

constexpr int kbps = 96;

/// A noisy tone as encode writes it.
Bytes encode(int samples) {
    audio::VorbisEncoder encoder{44100, 2, kbps};
    ogg::Packer packer{7};
    Bytes out;
    const auto headers = encoder.headers({"TITLE=x", "STRETTO_KBPS=96"});
    packer.add(headers[0], 0);
    packer.flush(out);
    packer.add(headers[1], 0);
    packer.add(headers[2], 0);
    packer.flush(out);
    const auto take = [&](BytesView packet, std::int64_t granule, bool last) {
        if (!packer.fits(packet.size())) packer.flush(out);
        packer.add(packet, granule, last);
    };
    std::minstd_rand random{1};
    std::vector<float> pcm;
    for (int i = 0; i < samples; ++i) {
        const auto value = 0.3F * std::sin(static_cast<float>(i) * 0.05F) +
                           0.1F * static_cast<float>(random() % 1000) / 1000;
        pcm.insert(pcm.end(), 2, value);
    }
    encoder.add(pcm, 1, take);
    encoder.finish(take);
    packer.flush(out);
    return out;
}

/// A song's objects: there at once, a turn of the loop later, or not.
class Shelf : public Objects {
   public:
    explicit Shelf(net::Loop& loop) : loop_(loop) {}
    void get(const Route& route, std::function<void(Found)> done) override {
        const auto path = "/" + object_path(route);
        asked.push_back(path);
        Found found;
        if (const auto it = entries.find(path); it != entries.end()) found.entry = it->second;
        if (!later) return done(std::move(found));
        loop_.post([done = std::move(done), found = std::move(found)]() mutable {
            done(std::move(found));
        });
    }
    void put(const std::string& path, Bytes bytes) {
        entries[path] = std::make_shared<Entry>(path, Head::of_origin(200, {}),
                                                std::make_shared<Content>(std::move(bytes)));
    }
    std::map<std::string, std::shared_ptr<Entry>> entries;
    std::vector<std::string> asked;
    bool later = false;

   private:
    net::Loop& loop_;
};

/// Cut once: encoding takes the time.
struct Song {
    Song() {
        const auto stream = encode(44100 * 5);
        publish::Cutter cutter{1};
        cutter.add_input(ogg::PageReader{stream}, "a tone", [](std::uint32_t) { return kbps; });
        manifest = std::make_shared<song::Manifest>(
            cutter.run([&](const std::string& path, BytesView bytes) {
                files[path] = Bytes{bytes.begin(), bytes.end()};
            }));
        ogg::Joiner joiner{kbps, song::comments_of_tags(manifest->tags)};
        const auto count = manifest->rendition(kbps)->chunks.size();
        for (std::size_t k = 0; k < count; ++k) {
            ogg::ChunkReader reader;
            const auto& chunk = files.at(song::chunk_path(kbps, static_cast<std::int64_t>(k)));
            const auto facts = reader.read(chunk);
            BOOST_REQUIRE(bool{facts});
            joiner.add(whole, chunk, *facts, reader.headers(), k + 1 == count);
        }
    }
    std::map<std::string, Bytes> files;
    std::shared_ptr<song::Manifest> manifest;
    Bytes whole;  // as the tools join it
};

struct Fixture {
    Fixture() {
        for (const auto& [path, bytes] : song().files) shelf.put(prefix + path, bytes);
    }
    static const Song& song() {
        static const Song one;
        return one;
    }
    std::shared_ptr<const StreamPlan> plan(int* status = nullptr) {
        std::shared_ptr<const StreamPlan> found;
        plans.get(shelf, loop, song().manifest, kbps,
                  [&](std::shared_ptr<const StreamPlan> plan, int code, const std::string&) {
                      found = std::move(plan);
                      if (status) *status = code;
                      if (shelf.later) loop.stop();
                  });
        if (shelf.later) loop.run();
        return found;
    }
    Pull pull(std::uint64_t first, std::uint64_t length) {
        return {loop, plans.body(shelf, loop, plan(), {first, length})};
    }
    net::Loop loop;
    Shelf shelf{loop};
    StreamPlans plans;
    std::string prefix = "/songs/" + song().manifest->id + "/";
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(edge_stream, Fixture)

BOOST_AUTO_TEST_CASE(the_plan_knows_the_files_length_before_its_chunks_are_read) {
    const auto known = plan();
    BOOST_REQUIRE(bool{known});
    BOOST_TEST(known->size() == song().whole.size());
    BOOST_TEST(shelf.asked.size() == 1U);  // the first chunk, for the headers
    BOOST_TEST((plan() == known));
    BOOST_TEST(shelf.asked.size() == 1U);
}
BOOST_AUTO_TEST_CASE(the_streamed_file_equals_the_one_that_the_tools_join) {
    for (const bool later : {false, true}) {
        shelf.later = later;
        auto all = pull(0, song().whole.size());
        BOOST_TEST((all.run() == State::end));
        BOOST_TEST((all.got == song().whole));
    }
}
BOOST_AUTO_TEST_CASE(any_range_of_it_too) {
    std::minstd_rand random{3};
    const auto& whole = song().whole;
    const auto& starts = plan()->starts;
    std::vector<std::pair<std::size_t, std::size_t>> ranges;
    for (const auto start : starts)
        for (const std::size_t first : {start - 1, start})
            if (first < whole.size())
                ranges.emplace_back(first, std::min<std::size_t>(2, whole.size() - first));
    for (int i = 0; i < 200; ++i) {
        const std::size_t first = random() % whole.size();
        ranges.emplace_back(first, 1 + random() % (whole.size() - first));
    }
    for (const auto& [first, length] : ranges) {
        shelf.later = random() % 2 == 0;
        auto some = pull(first, length);
        BOOST_TEST((some.run() == State::end));
        const auto wanted = BytesView{whole}.subspan(first, length);
        BOOST_TEST(std::ranges::equal(some.got, wanted), first << " " << length);
    }
}
BOOST_AUTO_TEST_CASE(a_range_requests_only_the_chunks_that_it_touches) {
    const auto starts = plan()->starts;
    shelf.asked.clear();
    auto some = pull(starts[2], starts[3] - starts[2]);
    some.run();
    BOOST_TEST(shelf.asked.size() == 1U);
    BOOST_TEST(shelf.asked.at(0) == prefix + song::chunk_path(kbps, 2));
}
BOOST_AUTO_TEST_CASE(the_file_ends_before_a_missing_or_damaged_chunk) {
    const auto path = prefix + song::chunk_path(kbps, 2);
    for (const int kind : {0, 1, 2}) {
        auto bytes = song().files.at(song::chunk_path(kbps, 2));
        if (kind == 0) shelf.entries.erase(path);
        if (kind == 1) bytes[bytes.size() / 2] ^= 1;
        if (kind == 2) bytes = song().files.at(song::chunk_path(kbps, 1));  // another one
        if (kind > 0) shelf.put(path, bytes);
        auto all = pull(0, song().whole.size());
        BOOST_TEST((all.run() == State::broken), kind);
        BOOST_TEST(all.got.size() == plan()->starts[2], kind);
    }
}
BOOST_AUTO_TEST_CASE(without_its_first_chunk_a_stream_cannot_be_planned) {
    int status = 0;
    shelf.entries.erase(prefix + song::chunk_path(kbps, 0));
    BOOST_TEST(!plan(&status));
    BOOST_TEST(status == 404);
    shelf.put(prefix + song::chunk_path(kbps, 0), Bytes(1000));
    BOOST_TEST(!plan(&status));
    BOOST_TEST(status == 502);
}
BOOST_AUTO_TEST_CASE(a_client_that_leaves_during_a_transfer_does_no_harm) {
    const auto known = plan();
    shelf.later = true;
    {
        Pull some{loop, plans.body(shelf, loop, known, {0, known->size()})};
        BOOST_TEST((some.step() == State::wait));
    }
    loop.post([&] { loop.stop(); });
    loop.run();
}
BOOST_AUTO_TEST_CASE(many_clients_that_do_not_read_hold_a_slice_each_and_get_the_same_file) {
    const auto known = plan();
    const auto& starts = known->starts;
    const auto chunk = starts[2] - starts[1];
    struct Reader {
        std::unique_ptr<http::Body> body;
        http::Slice slice;
        Bytes got;
    };
    std::vector<Reader> all(50);
    StreamPlans few{3 * chunk};
    for (auto& each : all) {
        each.body = few.body(shelf, loop, known, {starts[1], starts[4] - starts[1]});
        BOOST_TEST((each.body->next(each.slice, {}) == State::ready));
    }
    BOOST_TEST(few.joined().bytes < 6 * chunk);
    const auto wanted = BytesView{song().whole}.subspan(starts[1], starts[4] - starts[1]);
    for (auto& each : all) {
        do append(each.got, each.slice.bytes);
        while (each.body->next(each.slice, {}) == State::ready);
        BOOST_TEST(std::ranges::equal(each.got, wanted));
    }
    all.clear();
    BOOST_TEST(few.joined().bytes == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

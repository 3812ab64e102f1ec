#include "edge/content.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <random>
#include <thread>

#include "pull.hpp"

using namespace stretto;
using namespace stretto::edge;
using State = http::Body::State;

namespace {

Bytes noise(std::size_t size) {
    std::minstd_rand random{1};
    Bytes bytes(size);
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
    return bytes;
}

Bytes part(const Bytes& bytes, std::size_t first, std::size_t length) {
    const auto view = BytesView{bytes}.subspan(first, length);
    return {view.begin(), view.end()};
}

std::shared_ptr<Content> growing(std::optional<std::uint64_t> length = {}, File file = {}) {
    return std::make_shared<Content>(Content::Growing{}, std::move(file), length);
}

Sums sums_of(const Bytes& bytes) {
    Summer summer;
    summer.add(bytes);
    return summer.finish();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(edge_content)

BOOST_AUTO_TEST_CASE(readers_get_released_bytes_and_wait_for_the_rest) {
    net::Loop loop;
    const auto bytes = noise(1000);
    const auto content = growing(1000);
    Pull all{loop, content->read(loop, {})},
        range{loop, content->read(loop, http::ByteRange{300, 100})};
    BOOST_TEST(content->append(BytesView{bytes}.first(500)));
    BOOST_TEST((all.step() == State::wait));
    BOOST_TEST(all.got.empty());  // appended is not released
    content->release(350);
    loop.post([&] { loop.stop(); });
    loop.run();
    BOOST_TEST(all.woken);
    BOOST_TEST((all.got == part(bytes, 0, 350)));
    BOOST_TEST((range.step() == State::wait));
    BOOST_TEST((range.got == part(bytes, 300, 50)));
    content->release(500);
    BOOST_TEST((range.run() == State::end));  // its bytes are there, though more is to come
    BOOST_TEST((range.got == part(bytes, 300, 100)));
    BOOST_TEST(content->append(BytesView{bytes}.subspan(500)));
    content->complete();
    BOOST_TEST((all.run() == State::end));
    BOOST_TEST((all.got == bytes));
}
BOOST_AUTO_TEST_CASE(only_appended_bytes_are_released_and_none_are_withdrawn) {
    net::Loop loop;
    const auto content = growing();
    content->append(noise(100));
    content->release(1000);
    content->release(10);
    Pull pull{loop, content->read(loop, {})};
    pull.step();
    BOOST_TEST(pull.got.size() == 100U);
    BOOST_TEST(!content->length());
    content->complete();
    BOOST_TEST(content->length().value_or(0) == 100U);
}
BOOST_AUTO_TEST_CASE(a_failure_breaks_only_readers_that_need_more) {
    net::Loop loop;
    const auto bytes = noise(1000);
    const auto content = growing(2000);
    content->append(bytes);
    content->release(1000);
    Pull enough{loop, content->read(loop, http::ByteRange{0, 1000})},
        more{loop, content->read(loop, {})};
    BOOST_TEST((more.step() == State::wait));
    content->fail();
    BOOST_TEST((more.run() == State::broken));
    BOOST_TEST((more.got == bytes));
    BOOST_TEST((enough.run() == State::end));
    BOOST_TEST(content->failed());
    Pull late{loop, content->read(loop, {})};
    BOOST_TEST((late.run() == State::broken));
}
BOOST_AUTO_TEST_CASE(complete_content_cannot_fail_any_more) {
    const auto content = growing();
    content->complete();
    content->fail();
    BOOST_TEST(!content->failed());
}
BOOST_AUTO_TEST_CASE(it_can_restart_only_before_a_reader_has_seen_a_byte) {
    net::Loop loop;
    const auto content = growing();
    content->append(noise(500));
    BOOST_TEST(content->restart());
    content->append(as_bytes("right"));
    content->release(1);
    BOOST_TEST(!content->restart());
    content->complete();
    Pull pull{loop, content->read(loop, {})};
    pull.run();
    BOOST_TEST((as_text(pull.got) == "right"));
}
BOOST_AUTO_TEST_CASE(all_kinds_of_complete_content_read_the_same) {
    net::Loop loop;
    const auto bytes = noise(Content::small + 1);
    File file = open_spool();
    write_all(file.fd(), bytes, "spool");
    const auto grown = growing();
    grown->append(bytes);
    grown->complete();
    for (const auto& content : {std::make_shared<Content>(bytes),
                                std::make_shared<Content>(std::move(file), bytes.size()), grown}) {
        BOOST_TEST(content->is_complete());
        BOOST_TEST(content->length().value_or(0) == bytes.size());
        BOOST_TEST((content->read_all(bytes.size()) == bytes));
        BOOST_TEST(!content->read_all(bytes.size() - 1));
        for (const auto& [first, length] :
             {std::pair{0u, 1u}, {5u, 60000u}, {65535u, 2u}, {65536u, 1u}}) {
            Pull pull{loop, content->read(loop, http::ByteRange{first, length})};
            BOOST_TEST((pull.run() == State::end));
            BOOST_TEST((pull.got == part(bytes, first, length)));
        }
    }
}
BOOST_AUTO_TEST_CASE(small_ones_are_held_as_bytes_and_large_ones_are_not) {
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{Content::small},
                                   std::size_t{Content::small} + 1}) {
        const auto content = growing();
        content->append(noise(size));
        content->complete();
        BOOST_TEST(content->has_bytes() == (size <= Content::small), size);
        BOOST_TEST(content->memory() == size);
    }
}
BOOST_AUTO_TEST_CASE(a_reader_keeps_its_file_when_the_content_closes_it) {
    net::Loop loop;
    const auto bytes = noise(Content::small + 1);
    std::string path = "/tmp/stretto-content-XXXXXX";
    const File named{::mkstemp(path.data())};
    write_all(named.fd(), bytes, path);
    auto content = std::make_shared<Content>(path, bytes.size(), sums_of(bytes));
    BOOST_TEST((content->open() == Content::Opened::now));
    BOOST_TEST((content->open() == Content::Opened::before));
    Pull pull{loop, content->read(loop, {})};
    content->close_file();
    BOOST_TEST(!content->is_open());
    ::unlink(path.c_str());
    BOOST_TEST((content->open() == Content::Opened::failed));
    content.reset();
    BOOST_TEST((pull.run() == State::end));
    BOOST_TEST((pull.got == bytes));
}
BOOST_AUTO_TEST_CASE(a_reader_opens_a_file_that_was_closed_since_the_lookup) {
    net::Loop loop;
    const auto bytes = noise(1000);
    std::string path = "/tmp/stretto-content-XXXXXX";
    const File named{::mkstemp(path.data())};
    write_all(named.fd(), bytes, path);
    const auto content = std::make_shared<Content>(path, bytes.size(), sums_of(bytes));
    BOOST_TEST((content->open() == Content::Opened::now));
    content->forget_bytes();
    Pull pull{loop, content->read(loop, {})};
    content->forget_bytes();
    ::unlink(path.c_str());
    BOOST_TEST((pull.run() == State::end));
    BOOST_TEST((pull.got == bytes));
    content->forget_bytes();
    Pull late{loop, content->read(loop, {})};
    BOOST_TEST((late.run() == State::broken));
}
BOOST_AUTO_TEST_CASE(a_range_of_an_unverified_body_is_complete_when_the_body_is_verified) {
    net::Loop loop;
    const auto bytes = noise(1000);
    for (const bool fails : {false, true}) {
        const auto content = growing(1000);
        content->hold_ends();
        content->append(bytes);
        content->release(900);
        Pull all{loop, content->read(loop, {})},
            range{loop, content->read(loop, http::ByteRange{100, 50})},
            byte{loop, content->read(loop, http::ByteRange{10, 1})};
        BOOST_TEST((all.step() == State::wait));
        BOOST_TEST((all.got == part(bytes, 0, 900)));
        BOOST_TEST((range.step() == State::wait));
        BOOST_TEST((range.got == part(bytes, 100, 49)));
        BOOST_TEST((byte.step() == State::wait));
        content->release(950);
        loop.post([&] { loop.stop(); });
        loop.run();
        BOOST_TEST(!range.woken);
        BOOST_TEST((range.step() == State::wait));
        fails ? content->fail() : content->complete();
        BOOST_TEST((range.run() == (fails ? State::broken : State::end)));
        BOOST_TEST((byte.run() == (fails ? State::broken : State::end)));
        BOOST_TEST((range.got == part(bytes, 100, fails ? 49 : 50)));
    }
}
BOOST_AUTO_TEST_CASE(a_full_disk_is_not_a_failure) {
    net::Loop loop;
    const auto content = growing(5, File{::open("/dev/full", O_RDWR)});
    BOOST_TEST(content->on_disk());
    BOOST_TEST(content->append(as_bytes("bytes")));
    BOOST_TEST(!content->on_disk());
    content->complete();
    Pull pull{loop, content->read(loop, {})};
    pull.run();
    BOOST_TEST((as_text(pull.got) == "bytes"));
}
BOOST_AUTO_TEST_CASE(one_thread_writes_while_others_read) {
    const auto bytes = noise(3000000);
    const auto content = growing();
    std::vector<std::thread> readers;
    std::array<bool, 4> right{};
    for (std::size_t i = 0; i < right.size(); ++i)
        readers.emplace_back([&, i] {
            net::Loop loop;
            const std::size_t first = i * 700000;
            Pull pull{loop, i == 0 ? content->read(loop, {})
                                   : content->read(loop, http::ByteRange{first, 900000})};
            right[i] = pull.run() == State::end &&
                       pull.got == part(bytes, first, i == 0 ? bytes.size() : 900000);
        });
    std::minstd_rand random{2};
    for (std::size_t at = 0; at < bytes.size();) {
        const std::size_t n = std::min<std::size_t>(1 + random() % 50000, bytes.size() - at);
        BOOST_REQUIRE(content->append(BytesView{bytes}.subspan(at, n)));
        at += n;
        content->release(at);
    }
    content->complete();
    for (auto& reader : readers) reader.join();
    for (const bool each : right) BOOST_TEST(each);
}
BOOST_AUTO_TEST_CASE(a_waiter_for_the_end_hears_of_success_and_failure) {
    net::Loop loop;
    for (const bool fails : {false, true}) {
        const auto content = growing();
        bool told = false;
        content->when_settled(loop, [&] {
            told = true;
            loop.stop();
        });
        content->append(as_bytes("x"));
        content->release(1);
        BOOST_TEST(!told);
        fails ? content->fail() : content->complete();
        loop.run();
        BOOST_TEST(told);
        told = false;
        content->when_settled(loop, [&] { told = true; });
        BOOST_TEST(told);  // at once when it is settled
    }
}

BOOST_AUTO_TEST_SUITE_END()

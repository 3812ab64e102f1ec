// Slots of keys, and what servers say of them.
#include "redis/slots.hpp"

#include <hiredis/hiredis.h>

#include <boost/test/unit_test.hpp>
#include <memory>

#include "base/own.hpp"
#include "fake.hpp"

using namespace stretto;
using namespace stretto::redis;

namespace {

struct Read {
    explicit Read(const std::string& bytes) : reader(redisReaderCreate()) {
        bound_lists(*reader);
        redisReaderFeed(reader.get(), bytes.data(), bytes.size());
        void* got = nullptr;
        redisReaderGetReply(reader.get(), &got);
        reply.reset(static_cast<redisReply*>(got));
    }
    Reply operator*() const { return Reply{reply.get()}; }
    std::unique_ptr<redisReader, Freed<redisReaderFree>> reader;
    std::unique_ptr<redisReply, Freed<freeReplyObject>> reply;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(redis_slots)

BOOST_AUTO_TEST_CASE(slots_are_those_of_the_specification) {
    BOOST_TEST(slot_of("123456789") == 0x31c3);  // its check value, below 16384
    BOOST_TEST(slot_of("foo") == 12182);         // CLUSTER KEYSLOT foo
    BOOST_TEST(slot_of("{user1000}.following") == slot_of("user1000"));
    BOOST_TEST(slot_of("foo{bar}{zap}") == slot_of("bar"));
    BOOST_TEST(slot_of("foo{{bar}}zap") == slot_of("{bar"));
    BOOST_TEST(slot_of("foo{}{bar}") != slot_of("bar"));
    BOOST_TEST(slot_of("") == 0);
}

BOOST_AUTO_TEST_CASE(commands_are_arrays_of_strings_of_any_bytes) {
    using namespace std::string_view_literals;
    BOOST_TEST(print_command({"SET", "k", "a\r\n\0b"sv}) ==
               "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\na\r\n\0b\r\n"sv);
}

BOOST_AUTO_TEST_CASE(a_list_of_slots_is_read_and_every_beginning_of_it_is_not) {
    const auto bytes = list({list({number(0), number(5460),
                                   list({bulk("192.0.2.1"), number(6379), bulk("id"), "*0\r\n"}),
                                   list({bulk(""), number(6380)})}),
                             list({number(5461), number(16383), list({bulk("::1"), number(1)})})});
    const auto ranges = parse_slots(*Read{bytes}, "192.0.2.9");
    BOOST_REQUIRE(static_cast<bool>(ranges));
    BOOST_REQUIRE(ranges->size() == 2u);
    BOOST_TEST(((*ranges)[0].master == Server{"192.0.2.1", 6379}));
    BOOST_TEST(((*ranges)[0].replicas == std::vector{Server{"192.0.2.9", 6380}}));
    BOOST_TEST((*ranges)[1].first == 5461);
    BOOST_TEST((*ranges)[1].master.print() == "[::1]:1");
    for (std::size_t n = 0; n < bytes.size(); ++n)
        BOOST_TEST(!parse_slots(*Read{bytes.substr(0, n)}, "192.0.2.9"));
}

BOOST_AUTO_TEST_CASE(wrong_lists_of_slots_are_malformed) {
    const auto one = [](int first, int last, const std::string& server) {
        return static_cast<bool>(
            parse_slots(*Read{list({list({number(first), number(last), server})})}, "192.0.2.9"));
    };
    const auto good = list({bulk("192.0.2.1"), number(1)});
    BOOST_TEST(one(0, 16383, good));
    BOOST_TEST(!one(0, 16384, good));
    BOOST_TEST(!one(-1, 5, good));
    BOOST_TEST(!one(6, 5, good));
    BOOST_TEST(!one(0, 1, list({bulk("192.0.2.1"), number(0)})));
    BOOST_TEST(!one(0, 1, list({bulk("192.0.2.1"), number(65536)})));
    BOOST_TEST(!one(0, 1, list({bulk("a.name"), number(1)})));
    BOOST_TEST(!one(0, 1, bulk("192.0.2.1")));
    BOOST_TEST(!parse_slots(*Read{"-ERR no\r\n"}, ""));
    BOOST_TEST(!parse_slots(*Read{"*0\r\n"}, ""));
}

BOOST_AUTO_TEST_CASE(a_list_too_long_is_no_reply) {
    BOOST_TEST((*Read{"*1\r\n:1\r\n"}).size() == 1u);
    BOOST_TEST((*Read{"*888888880\r\n"}).is_away());
}

BOOST_AUTO_TEST_CASE(redirects_are_read) {
    const auto moved = parse_redirect("MOVED 3999 127.0.0.1:6381", "192.0.2.9");
    BOOST_REQUIRE(moved.has_value());
    BOOST_TEST(!moved->ask);
    BOOST_TEST(moved->slot == 3999);
    BOOST_TEST((moved->to == Server{"127.0.0.1", 6381}));
    BOOST_TEST((parse_redirect("ASK 1 :7", "192.0.2.9")->to == Server{"192.0.2.9", 7}));
    BOOST_TEST((parse_redirect("ASK 1 2001:db8::1:7", "")->to == Server{"2001:db8::1", 7}));
    for (const char* bad :
         {"", "MOVED", "MOVED ", "MOVED 16384 127.0.0.1:1", "MOVED x 127.0.0.1:1",
          "MOVED 1 127.0.0.1:0", "MOVED 1 127.0.0.1", "MOVED 1 name:7", "ERR 1 :7"})
        BOOST_TEST(!parse_redirect(bad, "192.0.2.9"), bad);
}

BOOST_AUTO_TEST_SUITE_END()

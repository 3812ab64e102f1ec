// What Redis servers say: whatever they send, slots and servers stay within their bounds.
#include <hiredis/hiredis.h>

#include <cstdlib>
#include <memory>

#include "base/bytes.hpp"
#include "base/own.hpp"
#include "redis/location.hpp"
#include "redis/slots.hpp"

using namespace stretto;

namespace {

void check(const redis::Server& server) {
    if (server.port < 1 || server.port > 65535 || server.host.empty()) std::abort();
    if (redis::parse_server(server.print(), "") != server) std::abort();
}

void read_reply(BytesView bytes) {
    const std::unique_ptr<redisReader, Freed<redisReaderFree>> reader{redisReaderCreate()};
    redis::bound_lists(*reader);
    redisReaderFeed(reader.get(), reinterpret_cast<const char*>(bytes.data()), bytes.size());
    void* got = nullptr;
    if (redisReaderGetReply(reader.get(), &got) != REDIS_OK || !got) return;
    const std::unique_ptr<redisReply, Freed<freeReplyObject>> reply{static_cast<redisReply*>(got)};
    const auto ranges = redis::parse_slots(redis::Reply{reply.get()}, "192.0.2.1");
    if (!ranges) return;
    if (ranges->empty() || ranges->size() > redis::most_ranges) std::abort();
    for (const auto& range : *ranges) {
        if (range.first > range.last || range.last >= redis::slots) std::abort();
        check(range.master);
        for (const auto& replica : range.replicas) check(replica);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const BytesView bytes{data, size};
    read_reply(bytes);
    const auto text = as_text(bytes);
    if (redis::slot_of(text) >= redis::slots) std::abort();
    if (const auto redirect = redis::parse_redirect(text, "192.0.2.1")) {
        if (redirect->slot >= redis::slots) std::abort();
        check(redirect->to);
    }
    if (const auto servers = redis::parse_location(text)) {
        std::string again = "redis://";
        for (const auto& server : *servers) again += (again.ends_with('/') ? "" : ",") + server;
        if (servers->empty() || *redis::parse_location(again) != *servers) std::abort();
    }
    return 0;
}

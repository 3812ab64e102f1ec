#pragma once
// A request for bytes [begin, stop) of a chunk, and its answer.
#include <cstdint>
#include <memory>
#include <optional>

#include "gather/picker.hpp"
#include "http/message.hpp"
#include "http/range.hpp"
#include "http/upstream.hpp"

namespace stretto::listen {

/// What a fetch calls while who asked lives and the transfer has not ended.
template <class Transfer, class Head, class Data, class End>
http::FetchCalls while_it_lasts(const std::shared_ptr<bool>& asker,
                                const std::shared_ptr<Transfer>& transfer, Head head, Data data,
                                End end) {
    const auto lasts = [transfer, alive = std::weak_ptr{asker}] {
        return !alive.expired() && !transfer->ended;
    };
    http::FetchCalls calls;
    calls.head = [=](http::Response&& response) {
        if (lasts()) head(*transfer, response);
    };
    calls.data = [=](BytesView bytes) { return lasts() && data(*transfer, bytes); };
    calls.end = [=](const http::Failure* failure) {
        if (lasts()) end(*transfer, failure);
    };
    return calls;
}

/// Bytes of the answer that come before those asked for: none, or, of who answers with the whole
/// chunk, `begin`. nullopt: it is no answer to that.
inline std::optional<std::uint64_t> skipped(const http::Response& head, std::uint32_t begin,
                                            std::uint32_t stop) {
    if (head.status == 200) return begin;
    if (head.status != 206) return {};
    const auto* said = head.fields.find("Content-Range");
    const auto range = said ? http::parse_content_range(*said) : std::nullopt;
    if (!range || range->range.first != begin || range->range.length != stop - begin) return {};
    return 0;
}

/// What an answer that is none says of who gave it.
inline gather::Fault fault_of(int status) {
    return status == 404                    ? gather::Fault::missing
           : status == 503 || status == 429 ? gather::Fault::busy
                                            : gather::Fault::broken;
}

}  // namespace stretto::listen

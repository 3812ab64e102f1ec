#pragma once
// The answer to a request for bytes [begin, stop) of a chunk.
#include <cstdint>
#include <optional>

#include "http/message.hpp"
#include "http/range.hpp"
#include "swarm/picker.hpp"

namespace stretto::stream {

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
inline swarm::Fault fault_of(int status) {
    return status == 404                    ? swarm::Fault::missing
           : status == 503 || status == 429 ? swarm::Fault::busy
                                            : swarm::Fault::broken;
}

}  // namespace stretto::stream

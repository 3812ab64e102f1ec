#pragma once
// What a loader's files share: its transfers.
#include "listen/loader.hpp"

namespace stretto::listen {

constexpr int attempts = 7;  // for manifest and index: about 15 s

struct Loader::Transfer {
    gather::Order order;
    std::shared_ptr<Peer> link;  // nullptr: an edge
    std::shared_ptr<Edges::Edge> edge;
    std::unique_ptr<http::Fetch> fetch;
    gather::Millis started = 0;
    std::string cache;       // what the edge's cache did
    std::uint64_t skip = 0;  // bytes before the order's, of an answer that is the whole chunk
    Bytes data;
    int next_piece = 0;
    std::uint64_t useful = 0;
    bool ended = false, whole = false, told = false;
    std::uint64_t useless() const {
        return data.size() - std::min<std::uint64_t>(useful, data.size());
    }
    bool longer = false;  // the answer is the whole chunk, and only a part was asked for
};

}  // namespace stretto::listen

#pragma once
// What the songs of one program share.
#include <functional>

#include "listen/edges.hpp"
#include "peer/tracker.hpp"
#include "store/kept.hpp"

namespace stretto::listen {

using peer::Tracker;

/// All of it lives on one loop, and longer than any song.
struct Around {
    net::Loop& loop;
    Edges& edges;
    store::Kept* kept = nullptr;      ///< may be none
    Tracker* tracker = nullptr;       ///< may be none
    bool peers = true;                ///< ask peers at all
    bool local_peers = false;         ///< peers may be anywhere, not only on the open internet
    std::function<void()> kept_more;  ///< a chunk more is kept; may be empty
};

enum class Origin { cache, peer, edge };

}  // namespace stretto::listen

#pragma once
// What the rules of this module tell a driver to do. A driver carries orders out on sockets and
// disks, or on a virtual clock, and tells the conductor what came of them.
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "gather/retry.hpp"
#include "play/session.hpp"
#include "swarm/announce.hpp"

namespace stretto::gather {

/// A request to make.
struct Ask {
    enum class What {
        song,      ///< of the tracker: edges, peers and the manifest
        peers,     ///< of the tracker: peers alone
        manifest,  ///< of an edge
        first,     ///< chunk 0 in the bitrate `kbps` or the next lower one, before the manifest
        index,     ///< of a rendition
        headers,   ///< the first bytes of any chunk of a rendition
        part,      ///< bytes of a chunk
        poll       ///< of a peer: which chunks of a rendition it has
    };
    enum class From { tracker, edge, peer, cache };
    int number = 0;  ///< by which the driver tells what came of it
    What what = What::part;
    From from = From::edge;
    int source = 0;  ///< the edge's number, or the peer's
    int rendition = 0, chunk = 0, kbps = 0;
    std::uint32_t begin = 0, stop = 0;  ///< bytes [begin, stop) of the chunk
    std::uint32_t whole = 0;            ///< bytes that the chunk has
    /// Pieces [first_piece, end_piece) of the chunk, each to be held against its hash before it
    /// counts. None: bytes count as they come.
    int first_piece = 0, end_piece = 0;
    bool fresh = false;  ///< past any cache, since the bytes before were wrong
};
/// Nobody waits for this request any more.
struct Cancel {
    int number = 0;
};
/// Sound goes on with this part; its bytes follow in `Pass` orders. The decoder needs the headers
/// of the rendition first if the bytes do not begin with them.
struct Begin {
    play::Session::Part part;
    bool headers = false;
};
/// Bytes [begin, stop) of a chunk can be decoded. Answer with Conductor::decoded().
struct Pass {
    int want = 0, rendition = 0, chunk = 0;
    std::uint32_t begin = 0, stop = 0;
    bool network = true;  ///< they came over it
};
/// All bytes of the chunk are here: hold them against its hash, keep them if they are right, and
/// answer with Conductor::checked().
struct Check {
    int rendition = 0, chunk = 0;
};
/// Its bytes are not wanted any more.
struct Forget {
    int rendition = 0, chunk = 0;
};
/// The chunk is here and right, and is the next in order.
struct Deliver {
    int rendition = 0, chunk = 0;
};
/// For the tracker.
struct Tell {
    swarm::Report report;
};

// For people and events.

/// A run of bytes has come to its end, whether all of it came or not.
struct Came {
    Ask ask;
    std::uint64_t bytes = 0;  ///< of it
    std::uint64_t right = 0;  ///< of these, first copies in pieces that are right
    double asked = 0, first = -1, ended = 0;
    std::int64_t used = 0;  ///< samples of it that are heard
    bool whole = false;
};
struct Switched {
    int from = 0, to = 0;  ///< renditions
    const char* why = "";
};
/// Bytes of a source were wrong.
struct Reject {
    Ask ask;
    const char* why = "";
};

using Step = std::variant<Ask, Cancel, Begin, Pass, Check, Forget, Deliver, Tell, Came, Switched,
                          Reject, End>;

}  // namespace stretto::gather

#pragma once
// The orders of this module's rules to a driver. A driver executes orders on sockets and disks, or
// on a virtual clock, and reports the results to the conductor.
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
    int number = 0;  ///< for the driver's report of the result
    What what = What::part;
    From from = From::edge;
    int source = 0;  ///< the edge's number, or the peer's
    int rendition = 0, chunk = 0, kbps = 0;
    std::uint32_t begin = 0, stop = 0;  ///< bytes [begin, stop) of the chunk
    std::uint32_t whole = 0;            ///< bytes that the chunk has
    /// Pieces [first_piece, end_piece) of the chunk; the driver verifies each against its hash
    /// before it counts. None: bytes count when they arrive.
    int first_piece = 0, end_piece = 0;
    bool fresh = false;  ///< bypass caches, because earlier bytes were wrong
    /// `begin` is the end of the chunk's headers. The driver writes those itself, before the
    /// request's bytes, once their first page has told the serial number: ogg::with_serial().
    bool makes_headers = false;
};
/// This request is not needed any more.
struct Cancel {
    int number = 0;
};
/// The sound continues with this part; its bytes follow in `Pass` orders. The decoder needs the
/// headers of the rendition first if the bytes do not begin with them.
struct Begin {
    play::Session::Part part;
    bool headers = false;
};
/// Bytes [begin, stop) of a chunk can be decoded. Report with Conductor::decoded().
struct Pass {
    int want = 0, rendition = 0, chunk = 0;
    std::uint32_t begin = 0, stop = 0;
    bool network = true;  ///< they arrived over it
};
/// All bytes of the chunk are here: verify them against its hash, cache them if they are right, and
/// report with Conductor::checked().
struct Check {
    int rendition = 0, chunk = 0;
};
/// Its bytes are not needed any more.
struct Forget {
    int rendition = 0, chunk = 0;
};
/// The chunk is complete, verified, and the next in order.
struct Deliver {
    int rendition = 0, chunk = 0;
};
/// For the tracker.
struct Tell {
    swarm::Report report;
};

// For people and events.

/// A run of bytes has ended, complete or not.
struct Came {
    Ask ask;
    std::uint64_t bytes = 0;  ///< of it
    std::uint64_t right = 0;  ///< of these, first copies in verified pieces
    double asked = 0, first = -1, ended = 0;
    std::int64_t used = 0;  ///< samples of it that are played
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

#pragma once
// Decides which bytes of a song to request from which source, and when to give up. Peers may only
// help; an edge is always there. It knows no socket and no clock: the driver that executes its
// orders reports their results.
#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <vector>

#include "base/split_mix.hpp"
#include "gather/have.hpp"
#include "gather/retry.hpp"

namespace stretto::gather {

using Millis = std::int64_t;

/// A request for a part of a chunk: its pieces [first, end), which are bytes [begin, stop).
struct Order {
    static constexpr int edge = -1;
    int number = 0;
    int source = edge;  ///< `edge`, or the number of a peer
    int chunk = 0;
    int first = 0, end = 0;
    std::uint32_t begin = 0, stop = 0;
};

/// The download of one rendition of one song.
///
/// Peers get requests for rare chunks first, or for the next chunk with `in_order`. Up to eight
/// peers send parts of one chunk. Each gets as many pieces as it sends in two seconds, so that a
/// slow peer is useful too; a peer that has not sent a correct piece yet gets one order at a time.
///
/// The edge gets requests for chunks that no peer has. It also gets others while all peers together
/// are slower than the edge, so a song never takes longer than from the edge alone. At the end, it
/// gets requests for the parts that peers are late with.
///
/// For each piece, requests to peers that send nothing may take twice the time that the edge would
/// need. After that, only the edge and peers that have sent something get a request for this piece.
///
/// After Kreitz and Niemelae, "Spotify", IEEE P2P 2010 (ranking by outstanding bytes and speed),
/// and Cohen, "Incentives Build Robustness in BitTorrent", 2003 (rarest first, endgame).
class Picker {
   public:
    struct Options {
        bool in_order = false;
        bool rare_pieces = false;  ///< of a chunk, the pieces that the fewest peers have come first
        int peers_a_chunk = 8;
        int orders_a_peer = 2;  ///< of a peer that has sent a correct piece
        int strangers = 8;      ///< concurrent orders of all other peers together
        int open_chunks = 8;    ///< chunks that peers send in parts at the same time
        int edge_orders = 3;    ///< concurrent orders of a fast edge
        bool alone = false;     ///< no peer waits for our first chunk: use all edge_orders at once
        /// Rate of all peers, in bytes/s, above which the edge gets no request for what peers have;
        /// 0: the rate of the edge.
        double enough = 0;
        double edge_bytes_per_s = 0;  ///< its known rate before the first request; 0: unknown
    };

    /// @param bytes  size of each chunk
    Picker(const std::vector<std::uint32_t>& bytes, const Options& options, std::uint32_t seed);

    /// Set the offsets of the pieces of each chunk. Peers get requests only from now on, because
    /// each piece can be verified. Open orders remain requests for whole chunks.
    void set_pieces(const std::vector<std::vector<std::uint32_t>>& starts);

    /// Add or update a peer. @param bytes_per_s  estimated rate, used until a rate is measured
    void set_peer(int peer, Have have, double bytes_per_s);
    void set_peer(int peer, std::vector<bool> have, double bytes_per_s) {
        set_peer(peer, Have{std::move(have)}, bytes_per_s);
    }
    /// The same if there is one chunk. Players call it for each peer, many times a second.
    void set_peer(int peer, bool whole, PieceSet some, double bytes_per_s);
    /// Another peer replaces it: send it no more requests.
    void drop_peer(int peer);
    bool banned(int peer) const;
    /// Number of peers that have something we lack and are not paused.
    /// @param most  count no further
    int useful_peers(Millis now, int most = std::numeric_limits<int>::max()) const;

    /// Peers are fast enough, or too new to judge, and some peer has every missing chunk.
    bool peers_suffice(Millis now) const;

    /// The chunk is complete already, from the cache.
    void have_chunk(int chunk);
    /// The chunk is missing after all.
    void lost_chunk(int chunk);

    /// No edge responds: send edges no request until then.
    void pause_edge(Millis until) { edge_not_before_ = until; }

    /// If another edge is known, an edge below this rate counts as silent; 0: any byte counts.
    void least_of_edge(double bytes_per_s) { edge_least_ = bytes_per_s; }

    /// See Options::enough.
    void enough_of_peers(double bytes_per_s) { options_.enough = bytes_per_s; }

    /// The requests to send now.
    std::vector<Order> pick(Millis now);
    /// Register a chunk that was requested from the edge before the manifest was known.
    Order adopt(int chunk, Millis asked);
    /// The edge has spare capacity: pick() may return an order for it.
    bool edge_wanted(Millis now) const;
    /// The orders to cancel now; they count as failed.
    std::vector<int> late(Millis now);

    /// Bytes of an order have arrived.
    void received(int order, std::uint32_t bytes, Millis now);
    /// A piece has arrived and is correct.
    void piece_done(int order, int piece, Millis now);
    void finished(int order, Millis now);
    void failed(int order, Fault fault, Millis now);

    /// Peers are late: from now on an edge is asked for all that nobody is asked for, and for what
    /// peers will not have brought by then.
    void hurry(Millis until);
    /// Bytes of a chunk that nobody has brought yet.
    double missing_bytes(int chunk) const;

    bool complete(int chunk) const;
    bool complete() const noexcept { return left_ == 0; }
    bool has_piece(int chunk, int piece) const;
    const Order* order(int number) const;
    /// Other orders whose pieces have all arrived meanwhile: cancel them without blame.
    std::vector<int> superfluous() const;

   private:
    struct Piece {
        std::uint32_t begin = 0;
        bool done = false;
        int asked = 0;    // open orders that contain it
        Millis lost = 0;  // time spent on peers that sent nothing

        bool open() const { return !done && asked == 0; }
    };
    struct Chunk {
        std::uint32_t bytes = 0;
        std::vector<Piece> pieces;
        int left = 1;
    };
    struct Peer {
        Have have;
        double speed = 0;  // bytes/s of one order
        int orders = 0, strikes = 0;
        int empty = 0;  // consecutive orders without a piece
        bool proven = false, banned = false, gone = false;
        bool gave = false;  // has sent a correct piece
        Millis not_before = 0;
    };
    struct Active {
        Order order;
        Millis started = 0, last_byte = 0;
        std::uint32_t received = 0;
        bool progressed = false;
    };
    struct Sample {
        Millis at;
        std::uint32_t bytes;
    };

    std::uint32_t end_of(const Chunk& chunk, int piece) const;
    bool can_ask(const Peer& peer, Millis now) const;
    int rarity(int chunk) const;
    int sources_of(int chunk) const;
    using Run = std::pair<int, int>;  // pieces [first, end)
    std::optional<Run> open_run(int chunk) const;
    std::optional<Run> open_run(int chunk, const Peer& peer) const;
    std::optional<Run> rarest_run(int chunk, const Peer& peer);
    bool has(const Peer& peer, int chunk, int piece) const;
    std::optional<Run> run_for(const Peer& peer, int chunk, Millis now) const;
    Millis time_for(double bytes) const;
    bool overdue(const Chunk& chunk, int piece, Millis now) const;
    std::optional<int> choose_for_peers(Millis now);
    std::optional<int> choose_for_edge();
    bool ask_peers(Millis now, std::vector<Order>& orders);
    bool ask_edge(Millis now, std::vector<Order>& orders);
    bool ask_edge_again(Millis now, std::vector<Order>& orders);
    double speed_of(const Active& active, Millis now) const;
    double edge_pace(Millis now) const;
    int edge_share(int chunk, Run run) const;
    double peer_rate(Millis now) const;
    Millis allowed(const Active& active) const;
    void start(int source, int chunk, int first, int end, Millis now, std::vector<Order>& orders);
    void release(const Active& active);
    void note_lost(const Active& active, Millis now);
    void note_edge(const Active& active, Millis now);
    void learn_edge(Millis now, double kept);
    void strike(Peer& peer, Millis now, Millis pause);

    Options options_;
    std::vector<Chunk> chunks_;
    int left_;
    bool divided_ = false;
    boost::container::flat_map<int, Peer> peers_;
    boost::container::flat_map<int, Active> active_;  // by number
    int next_ = 1, edge_orders_ = 0, strangers_ = 0;
    double edge_rate_ = 0;
    mutable Millis slow_since_ = -1;  // since when peers are too slow
    double edge_least_ = 0;
    Millis edge_not_before_ = 0;
    Millis until_ = -1;      // see hurry(); < 0: peers are not late
    Millis edge_since_ = 0;  // when the edge began to be busy
    std::uint64_t edge_bytes_ = 0;
    mutable std::deque<Sample> peer_bytes_;
    mutable std::uint64_t peer_bytes_sum_ = 0;  // of these
    std::optional<Millis> peers_since_;         // time of the first request to a peer
    SplitMix64 chance_;
};

}  // namespace stretto::gather

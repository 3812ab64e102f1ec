#pragma once
// Which bytes of a song to ask of whom, and when to give up: peers may only help, an edge is always
// there. Knows no socket and no clock: whoever carries out its orders tells it what came of them.
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <vector>

#include "gather/retry.hpp"

namespace stretto::gather {

using Millis = std::int64_t;

/// A part of a chunk to ask for: pieces [first, end) of it, bytes [begin, stop).
struct Order {
    static constexpr int edge = -1;
    int number = 0;
    int source = edge;  ///< else the peer's number
    int chunk = 0;
    int first = 0, end = 0;
    std::uint32_t begin = 0, stop = 0;
};

/// One rendition of one song on its way here.
///
/// Peers are asked for rare chunks first (or for the next one, `in_order`), up to eight for one
/// chunk, each for as many pieces as it brings in two seconds; who has proved nothing yet gets one
/// order at a time. A slow peer is used too, since its order is short. The edge is asked for what
/// no peer has, and for anything while peers together bring less than it would, so that a song
/// never takes longer than with the edge alone; at the end it is asked again for what peers are
/// late with. Requests for a piece to peers that give nothing may cost twice the time that the edge
/// would need: after that only the edge and peers that have given something are asked for it,
/// however many others there are. After Kreitz and Niemelae, "Spotify", IEEE P2P 2010 (ranking by
/// outstanding bytes and speed), and Cohen, "Incentives Build Robustness in BitTorrent", 2003
/// (rarest first, endgame).
class Picker {
   public:
    struct Options {
        bool in_order = false;
        int peers_a_chunk = 8;
        int orders_a_peer = 2;  ///< of one that has proved itself
        int strangers = 8;      ///< orders at a time with peers that have not
        int open_chunks = 8;    ///< asked of peers in part
        int edge_orders = 3;    ///< at a time, of a fast one
        bool alone = false;     ///< nobody waits for the first whole chunk: as many at once
        /// Bytes/s of peers with which the edge is not asked for what they have; 0: as much as the
        /// edge brings.
        double enough = 0;
        double edge_bytes_per_s = 0;  ///< what is known of it before it is asked; 0: nothing
    };

    /// @param bytes  of each chunk
    Picker(const std::vector<std::uint32_t>& bytes, const Options& options, std::uint32_t seed);

    /// Where the pieces of each chunk begin; only now peers can be asked, since each piece can be
    /// held against its hash. Orders under way are for whole chunks, and stay so.
    void set_pieces(const std::vector<std::vector<std::uint32_t>>& starts);

    /// A peer, new or known. @param have  by chunk @param bytes_per_s  a guess, while it has shown
    /// nothing
    void set_peer(int peer, const std::vector<bool>& have, double bytes_per_s);
    /// Another has its place: it is asked no more.
    void drop_peer(int peer);
    bool banned(int peer) const;
    /// Peers that have something we lack, and are not out of favour.
    int useful_peers(Millis now) const;

    /// Peers bring enough, or have not yet had the time to; and all that is open somebody has.
    bool peers_suffice(Millis now) const;

    /// It is here already, from the cache.
    void have_chunk(int chunk);
    /// It turned out not to be here after all.
    void lost_chunk(int chunk);

    /// No edge answers: ask none until then.
    void pause_edge(Millis until) { edge_not_before_ = until; }

    /// Where another edge is known: one that brings less is as good as silent; 0: any byte counts.
    void least_of_edge(double bytes_per_s) { edge_least_ = bytes_per_s; }

    /// What to ask for now.
    std::vector<Order> pick(Millis now);
    /// A chunk that has been asked of the edge already, before anything was known of the song.
    Order adopt(int chunk, Millis asked);
    /// The edge has less to do than it could: pick() may have something for it.
    bool edge_wanted(Millis now) const;
    /// Orders to be broken off now; they have failed already.
    std::vector<int> late(Millis now);

    /// Bytes of an order have come.
    void received(int order, std::uint32_t bytes, Millis now);
    /// A piece is here and right.
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
    /// Other orders for pieces that are all here by now, to be broken off without fault.
    std::vector<int> superfluous() const;

   private:
    struct Piece {
        std::uint32_t begin = 0;
        bool done = false;
        int asked = 0;    // orders under way that hold it
        Millis lost = 0;  // with peers that gave nothing
    };
    struct Chunk {
        std::uint32_t bytes = 0;
        std::vector<Piece> pieces;
        int left = 1;
    };
    struct Peer {
        std::vector<bool> have;
        double speed = 0;  // bytes/s of one order
        int orders = 0, strikes = 0;
        int empty = 0;  // orders in a row that brought no piece
        bool proven = false, banned = false, gone = false;
        bool gave = false;  // a piece that is right
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
    std::optional<std::pair<int, int>> open_run(int chunk) const;
    bool may_ask(const Peer& peer, int chunk, int piece, Millis now) const;
    Millis time_for(double bytes) const;
    bool overdue(const Chunk& chunk, int piece, Millis now) const;
    std::optional<int> choose_for_peers(Millis now);
    std::optional<int> choose_for_edge();
    bool ask_peers(Millis now, std::vector<Order>& orders);
    bool ask_edge(Millis now, std::vector<Order>& orders);
    bool ask_edge_again(Millis now, std::vector<Order>& orders);
    double speed_of(const Active& active, Millis now) const;
    double edge_pace(Millis now) const;
    int edge_share(int chunk, std::pair<int, int> run) const;
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
    std::map<int, Peer> peers_;
    std::map<int, Active> active_;
    int next_ = 1, edge_orders_ = 0, strangers_ = 0;
    double edge_rate_ = 0;
    mutable Millis slow_since_ = -1;  // peers bring less than is enough
    double edge_least_ = 0;
    Millis edge_not_before_ = 0;
    Millis until_ = -1;      // see hurry(); < 0: peers are not late
    Millis edge_since_ = 0;  // when the edge began to be busy
    std::uint64_t edge_bytes_ = 0;
    mutable std::deque<Sample> peer_bytes_;
    std::optional<Millis> peers_since_;  // when one was asked first
    std::mt19937 chance_;
};

}  // namespace stretto::gather

#pragma once
// One chunk from peers: its pieces from up to three of them at a time, each held against its hash
// before it is passed on, in order.
#include <map>

#include "listen/peers.hpp"
#include "song/index.hpp"

namespace stretto::listen {

class PeerChunk {
   public:
    struct What {
        std::string target;  ///< the chunk's path
        int kbps = 0, chunk = 0;
        std::uint32_t bytes = 0;          ///< that are wanted, from its begin on
        std::uint32_t whole = 0;          ///< that it has
        std::vector<song::Piece> pieces;  ///< of its index, those that are wanted
        double edge_bytes_per_s = 0;      ///< who is far slower is given up; 0: not known
    };
    struct Calls {
        std::function<void(BytesView)> bytes;  ///< the next ones of the chunk
        std::function<void(Peer&, const char* why)> reject;
        std::function<void()> ended;   ///< all of it has been passed on
        std::function<void()> failed;  ///< nobody gives what is missing
    };
    /// Asks at once; `failed` may be called only later.
    PeerChunk(const Around& around, Peers& peers, What what, Calls calls);
    ~PeerChunk();
    PeerChunk(const PeerChunk&) = delete;

    /// Nothing is called any more.
    void stop();

    /// Bytes that each of them brought.
    const std::map<int, std::uint64_t>& by_peer() const noexcept { return by_peer_; }
    double first_byte_s() const noexcept { return first_byte_s_; }  ///< on the loop's clock; -1

   private:
    struct Transfer;
    void pump();
    bool somebody_may() const;
    void order(const gather::Order& order);
    void on_head(Transfer& transfer, const http::Response& head);
    bool on_data(Transfer& transfer, BytesView bytes);
    void on_end(Transfer& transfer, bool whole);
    bool take_pieces(Transfer& transfer);
    void pass_on();
    void fail(Transfer& transfer, gather::Fault fault);
    void end(Transfer& transfer);
    std::uint32_t end_of(int piece) const;
    gather::Millis now() const { return static_cast<gather::Millis>(around_.loop.now_ms()); }

    const Around& around_;
    Peers& peers_;
    What what_;
    Calls calls_;
    gather::Picker picker_;
    std::map<int, std::shared_ptr<Transfer>> transfers_;
    std::vector<std::unique_ptr<http::Fetch>> over_;  // to be destroyed out of their callbacks
    Bytes chunk_;
    int passed_ = 0;  // pieces
    bool over_now_ = false;
    std::map<int, std::uint64_t> by_peer_;
    double first_byte_s_ = -1;
    net::Timer tick_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace stretto::listen

#pragma once
// The transfer of one song to a listener of a crowd. It executes the orders of gather::Fetching or
// gather::Listening as delays and flows, and plays the received audio.
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string_view>

#include "gather/fetching.hpp"
#include "gather/listening.hpp"
#include "sim/crowd.hpp"
#include "sim/crowd_agenda.hpp"
#include "sim/crowd_world.hpp"
#include "sim/ears.hpp"

namespace stretto::sim {

using gather::Millis;
struct CrowdState;
struct Listener;
struct Holding;

class CrowdClient {
   public:
    /// All idle connections to a host, treated as one.
    struct Idle {
        int connections = 0;
        std::size_t edge = 0;    // if it is one
        double window_rate = 0;  // of the connection used last
        Millis since = 0;
    };

    /// @param rendition  the one to fetch, or the highest one to play
    CrowdClient(CrowdState& crowd, std::uint32_t listener, std::uint32_t song, int rendition);
    ~CrowdClient();
    CrowdClient(const CrowdClient&) = delete;

    /// Decide again, because something has changed.
    void pump();
    bool over() const noexcept { return over_; }
    const CrowdPlay& outcome() const noexcept { return outcome_; }
    /// Some edges have closed their connections.
    void edges_failed();
    /// Bytes of a request have arrived.
    void came(int number, std::uint32_t bytes);
    /// A time has come, unless it was for an earlier song or this one is over.
    void timer(Timer what, std::uint32_t serial, int number);

   private:
    using Ask = gather::Ask;
    struct Host {
        std::uint32_t peer = 0;
        double rtt_s = 0;
        Idle idle;
        bool barred = false;   // a NAT lets neither through
        Millis link_open = 0;  // with WebRTC: since, or when, if it was ever tried
        Millis link_used = 0;
    };
    /// An open request.
    struct Flight {
        Ask ask;
        std::uint32_t peer = 0;  // the listener that sends it
        std::uint32_t length = 0, got = 0;
        std::uint32_t untold = 0;  // of these, the conductor does not know yet
        Millis untold_at = 0;      // when the last of them came
        int next_piece = 0;
        std::uint32_t next_stop = 0;  // bytes with which this piece is whole; 0: not looked up
        std::uint64_t right = 0;      // bytes in correct pieces
        double window_rate = 0;
        int flow = -1;
        bool quiet = false;  // its flow holds bytes back
        bool uploading = false;
        bool news = false;  // a poll from which the conductor learned something
    };

    void carry_out();
    void carry_out(const Ask& ask);
    void carry_out(const gather::Cancel& cancel) { end(cancel.number); }
    void carry_out(const gather::Begin&) {}
    void carry_out(const gather::Pass& pass);
    void carry_out(const gather::Check& check);
    void carry_out(const gather::Forget& forget);
    void carry_out(const gather::Deliver&) {}
    void carry_out(const gather::Tell& tell);
    void carry_out(const gather::Came& came);
    void carry_out(const gather::Switched&) {}
    void carry_out(const gather::Reject&) { ++outcome_.bans; }
    void carry_out(const gather::End& end);

    std::uint32_t length_of(const Ask& ask) const;
    void request(Flight flight);
    void on_head(int number);
    void on_answer(int number);
    std::uint32_t next_stop(Flight& flight) const;
    std::uint32_t unimportant(Flight& flight) const;
    void add_bytes(int number, Flight& flight, std::uint32_t bytes, Millis when);
    void be_quiet(Flight& flight, std::uint32_t bytes);
    void take_held(int number, Flight& flight);
    void from_cache(int number);
    void tell_bytes();
    bool take_pieces(int number);
    void fail(int number, gather::Fault fault);
    void end(int number);
    void from_tracker(int number);
    std::vector<swarm::PeerInfo> peers_of(const Ask& ask);
    gather::Found found() const;
    std::size_t edge_of(const Ask& ask) const;
    double rtt_of(std::size_t edge) const;
    Idle& edge_idle(std::size_t edge);
    Host& host(int peer);
    double link(Host& host);
    bool reuse(Idle& idle, double rtt_s, Flight& flight);
    bool silent(const Host& host) const;
    bool gives_wrong_bytes(const Ask& ask);
    void keep(int rendition, int chunk);
    Holding& holding(int rendition);
    void keep_pieces(const Ask& ask, std::uint32_t got);
    gather::Have holding_of(const Host& host, int rendition) const;
    play::Session::Heard heard() const;
    void sleep();
    void finish_play();

    /// Does nothing if the song is over by then.
    void later(double seconds, Timer what, int number = 0);
    Millis now() const;
    double now_s() const { return static_cast<double>(now()) / 1000; }
    double at() const { return now_s() - outcome_.began_s; }
    Listener& me();

    CrowdState& crowd_;
    std::uint32_t listener_, number_;
    const CrowdSong& song_;
    CrowdPlay outcome_;
    std::shared_ptr<gather::Edges> edges_;
    std::unique_ptr<abr::Policy> policy_;
    std::unique_ptr<gather::Conductor> conductor_;
    gather::Listening* listening_ = nullptr;  // the same object, if it plays
    play::Session::Options rules_;
    std::optional<Ears> ears_;
    double until_s_ = 0;  // position at which the song is skipped
    std::map<int, Flight> flights_;
    std::vector<Flight*> quiet_;  // of these
    std::vector<int> untold_;     // flights with untold bytes
    std::map<int, Host> hosts_;   // by the conductor's number of a peer
    bool over_ = false;
    Millis due_ = 0;
    std::uint32_t serial_;  // distinguishes its events from those of earlier songs
};

}  // namespace stretto::sim

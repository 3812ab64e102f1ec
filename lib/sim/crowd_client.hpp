#pragma once
// One song on its way to a listener of a crowd: requests to edges and peers, carried by delays and
// flows, and whom it knows. What to ask of whom is decided by fetch and play (crowd_fetch.hpp,
// crowd_play.hpp).
#include <functional>
#include <map>
#include <memory>
#include <string_view>

#include "gather/picker.hpp"
#include "sim/crowd.hpp"
#include "sim/crowd_world.hpp"

namespace stretto::sim {

using gather::Millis;
struct CrowdState;
struct Listener;

class CrowdClient {
   public:
    /// Connections to a host that wait for the next request, as one.
    struct Idle {
        int connections = 0;
        double window_rate = 0;  // of the last that was in use
        Millis since = 0;
    };

    CrowdClient(CrowdState& crowd, std::uint32_t listener, std::uint32_t song);
    virtual ~CrowdClient() = default;
    CrowdClient(const CrowdClient&) = delete;

    /// Something has happened that may ask for a decision.
    virtual void pump() = 0;
    bool over() const noexcept { return over_; }
    const CrowdPlay& outcome() const noexcept { return outcome_; }
    /// Bytes of a request have come.
    void came(int number, std::uint32_t bytes);

   protected:
    static constexpr int edge = -1;
    /// A peer, as listen::Peers keeps it.
    struct Link {
        std::uint32_t peer = 0;
        std::string ticket;
        double guess = 0;  // bytes/s of one order
        double speed = 0;  // the same, as seen; 0: not yet
        double rtt_s = 0;
        std::vector<std::vector<bool>> have;  // by rendition
        std::vector<Millis> heard;
        Millis polled = 0, answers = -1, not_before = 0;
        int poll_of = 0;  // rendition
        Idle idle;
        bool reported = false, banned = false;
        std::uint64_t bytes = 0;
        std::int64_t ms = 0;
        double expected() const { return speed > 0 ? speed : guess; }
    };
    struct Request {
        int link = edge;
        int rendition = 0, chunk = 0;
        std::uint32_t begin = 0, stop = 0, got = 0;
        Millis started = 0;
        std::uint64_t useful = 0;
        double window_rate = 0;
        int flow = -1;
        bool uploading = false;
        std::uint32_t length() const { return stop - begin; }
    };

    // what becomes of requests
    virtual void on_bytes(int number, Request& request, std::uint32_t bytes) = 0;
    virtual void on_end(int number, Request& request) = 0;  ///< all is here; it is over after that
    virtual void on_fault(int number, Request& request, gather::Fault fault) = 0;
    /// It may have other chunks of a rendition than before.
    virtual void have_changed(int link, int rendition) = 0;

    /// A round trip till its answer's first byte, and one before on a new connection.
    void ask(int number, const Request& request);
    /// It failed: for a fault of what it brought.
    void fault(int number, gather::Fault fault);
    void end(int number);
    std::map<int, Request>& requests() { return requests_; }
    bool gives_wrong_bytes(const Request& request) const;
    bool silent(const Link& link) const;

    /// The tracker's list, with the song's start.
    void meet_peers() { query_peers(-1); }
    /// As listen::Peers. @param enough  peers that are of use are known
    void refresh_peers(int rendition, bool enough);
    void poll_peers(int rendition);
    void report(Link& link, bool ok, const char* why);

    /// Unless it is over by then.
    template <class Self>
    void later(double seconds, void (Self::*what)());
    void keep(int rendition, int chunk);
    Millis now() const;
    double now_s() const { return static_cast<double>(now()) / 1000; }
    Listener& me();
    double edge_rtt_s();

    CrowdState& crowd_;
    std::uint32_t listener_, number_;
    const CrowdSong& song_;
    CrowdPlay outcome_;
    std::vector<Link> links_;
    bool over_ = false;

   private:
    void run_later(double seconds, std::function<void()> what);
    void on_head(int number);
    bool reuse(Idle& idle, double rtt_s, Request& request);
    void query_peers(int rendition);
    void add_peers(std::string_view list);
    void note_have(Link& link, int rendition);

    std::map<int, Request> requests_;
    Millis refreshed_ = 0;
    int refreshes_ = 0;
    std::uint64_t serial_;  // tells its events from those of songs before it
};

template <class Self>
void CrowdClient::later(double seconds, void (Self::*what)()) {
    run_later(seconds, [self = static_cast<Self*>(this), what] { (self->*what)(); });
}

}  // namespace stretto::sim

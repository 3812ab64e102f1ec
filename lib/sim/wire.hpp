#pragma once
// Transfers over a link: requests and responses on connections that are opened, kept and lost. All
// transfers share the link equally. TCP is modelled by two rules: a connection costs a round trip,
// and its first bytes arrive in bursts that double every round trip until they fill the link.
#include <algorithm>
#include <vector>

#include "sim/link.hpp"

namespace stretto::sim {

struct WireRules {
    double connect_rtts = 1;      ///< round trips to open a connection
    double burst_bytes = 14'480;  ///< the first burst (RFC 6928); 0: no slow start
    double idle_s = 0.4;  ///< after this idle time a connection restarts with the first burst
    double connect_limit_s = 3;  ///< time limit for a connection attempt
    double silence_limit_s = 8;  ///< time limit for silence during a transfer
};

class Wire {
   public:
    enum class State { coming, ended, failed };

    Wire(const Link& link, const WireRules& rules, int hosts);

    /// Request this many bytes from a host, on an idle connection or a new one.
    /// @return the id of the request
    int ask(int host, double bytes);
    /// Cancel a request and close its connection. A finished or failed request is forgotten.
    void drop(int number);
    /// Let advance() return when this many bytes of the request have arrived.
    void mark(int number, double bytes) { find(number).mark = bytes; }

    /// The host stops responding. @param silent  false: it also resets its connections
    void kill(int host, bool silent);

    /// Time of the next possible event; infinity if no request is open.
    double next() const;
    /// Advance the clock to that time, or to an earlier event.
    void advance(double to);

    State state(int number) const { return find(number).state; }
    double got(int number) const { return find(number).got; }
    /// All bytes received, including those of incomplete responses.
    double carried() const { return all_; }

   private:
    struct Host {
        bool dead = false, silent = false;
        std::vector<double> idle;  ///< connections: since when
    };
    struct Transfer {
        int number = 0, host = 0;
        double bytes = 0, mark = 0, got = 0;
        double waits = 0;       ///< until then nothing comes
        double burst_at = 0;    ///< bytes, after which it waits again; infinite: no more
        double next_burst = 0;  ///< how many come then
        double burst_ends = 0;  ///< when
        double fails = 0;       ///< when it is given up
        State state = State::coming;

        double goal() const { return std::min({mark > got ? mark : bytes, bytes, burst_at}); }
    };

    Transfer& find(int number);
    const Transfer& find(int number) const { return const_cast<Wire*>(this)->find(number); }
    bool comes(const Transfer& t) const { return t.state == State::coming && t.waits <= now_; }
    int sharing() const;
    void connect(Transfer& t);
    void settle(Transfer& t);

    const Link& link_;
    WireRules rules_;
    std::vector<Host> hosts_;
    std::vector<Transfer> transfers_;
    int numbers_ = 0;
    double now_ = 0, base_ = 0, all_ = 0;
};

}  // namespace stretto::sim

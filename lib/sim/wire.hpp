#pragma once
// What comes over a link: answers to requests, on connections that are opened, kept and lost, each
// with its share of what the link carries. TCP is there as a rule: a connection costs a round trip,
// and its first answers come in bursts that double every round trip, until they fill the link.
#include <algorithm>
#include <vector>

#include "sim/link.hpp"

namespace stretto::sim {

struct WireRules {
    double connect_rtts = 1;      ///< before the first request on a connection
    double burst_bytes = 14'480;  ///< the first that comes at once (RFC 6928); 0: all does
    double idle_s = 0.4;          ///< after so long without use a connection begins anew with it
    double connect_limit_s = 3;   ///< a host that says nothing is given up
    double silence_limit_s = 8;   ///< so is one that stops in the middle
};

class Wire {
   public:
    enum class State { coming, ended, failed };

    Wire(const Link& link, const WireRules& rules, int hosts);

    /// Ask a host for so many bytes, on a connection that is free or a new one.
    /// @return a number to speak of it by
    int ask(int host, double bytes);
    /// Break off: the connection is lost too. What has ended or failed is forgotten.
    void drop(int number);
    /// Return when so many bytes of it are there, if not before.
    void mark(int number, double bytes) { find(number).mark = bytes; }

    /// From now on the host answers nothing. @param silent  it does not even say so
    void kill(int host, bool silent);

    /// When something may happen that was not seen yet; infinity: nothing is under way.
    double next() const;
    /// To that time, or an earlier one.
    void advance(double to);

    State state(int number) const { return find(number).state; }
    double got(int number) const { return find(number).got; }
    /// Bytes of all that came, whole or not.
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

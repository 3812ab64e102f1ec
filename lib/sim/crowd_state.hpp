#pragma once
// The state of a run of the crowd: listeners, edges, the tracker, the clock.
#include <unordered_map>

#include "sim/crowd_agenda.hpp"
#include "sim/crowd_client.hpp"
#include "sim/crowd_flows.hpp"
#include "swarm/edges.hpp"
#include "swarm/memory.hpp"

namespace stretto::sim {

/// Of a request to the tracker and its answer, beside their bodies, with the heads of TCP and IP.
/// Like those of polls an estimate: a request line, a host, a name and a few fields each.
constexpr std::uint32_t heads_bytes = 700;

/// The cached chunks of a rendition, and verified pieces of others.
struct Holding {
    std::uint32_t song = 0;
    int rendition = 0;
    gather::Have have;
};

struct Listener {
    swarm::Endpoint at;
    swarm::Location place;
    std::size_t edge = 0;
    int down = 0, up = 0;  // pipes
    double edge_rtt_s = 0, tracker_rtt_s = 0;
    Evil evil = Evil::no;
    bool here = false;
    bool reachable = true, gives = true;
    int uploads = 0;
    CrowdClient::Idle edge_idle;
    std::shared_ptr<gather::Edges> edges;  // if some will fail: of all its songs
    std::vector<Holding> holdings;
    std::unique_ptr<CrowdClient> client;
    Nat nat = Nat::open;
    int songs_left = 0, visits_left = 0;
    std::vector<std::uint32_t> played;
    // announces, as peer::Tracker times them
    Millis announced = -1, due = 0;
    bool changed = false, announcing = false;

    Holding* holding(std::uint32_t song, int rendition);
};

struct CrowdState {
    static constexpr Millis step_ms = 20;

    explicit CrowdState(const CrowdSettings& settings);

    void run();
    /// Cache one more chunk.
    void changed(std::uint32_t number);
    void after(double seconds, std::function<void()> what) {
        agenda.at(time_after(seconds), std::move(what));
    }
    Millis time_after(double seconds) const {
        return now + std::max<Millis>(1, static_cast<Millis>(seconds * 1000 + 0.5));
    }
    /// Seconds that a request waits for the edge to get the object from the origin, which stands
    /// beside the first edge: a round trip for the first request, and the rest of it for others.
    double origin_s(std::size_t edge, std::uint32_t song, const gather::Ask& ask);
    void count_announce(const swarm::Announce& said);
    /// Whether two listeners can connect: always, except from behind NATs.
    bool connect(std::uint32_t a, std::uint32_t b) const;
    bool works(std::size_t edge) const { return !edges_failed || edge >= settings.failing_edges; }
    /// Let its client decide again, in this millisecond.
    void wake(std::uint32_t number);
    bool awake(std::uint32_t number) const { return is_awake_[number] != 0; }

    const CrowdSettings& settings;
    Chance chance;
    Catalogue catalogue;
    Zipf zipf;
    Agenda agenda;
    Flows flows;
    swarm::MemoryPeers tracker;
    swarm::Edges edges;
    std::vector<int> edge_pipes;
    bool edges_failed = false;  // the failing ones, by now
    std::vector<Listener> listeners;
    Millis now = 1000;
    Millis stepped = 1000;    // time up to which flows have run
    std::size_t handled = 0;  // results of the step at hand; the highest number if there is none
    /// The end of a step, numbered as by Flows, since which flows were never idle.
    Millis end_of_step(std::uint64_t step) const {
        return flowed_ - step_ms * static_cast<Millis>(flows.steps() - step);
    }
    std::uint32_t serials = 0;
    CrowdRun result;

   private:
    void add_listener(std::uint32_t number);
    Millis arrival();
    void arrive(std::uint32_t number);
    void fail_edges();
    void begin_song(std::uint32_t number);
    void leave(std::uint32_t number);
    void come_again(std::uint32_t number);
    int draw_count(double mean);
    void make_room(Listener& listener, std::uint32_t song);
    void announce_at(std::uint32_t number, Millis when);
    void announce(std::uint32_t number);
    swarm::Announce inventory(std::uint32_t number);
    void heard(std::uint32_t number, const swarm::Announce& said);
    void expire();
    void happen(const Agenda::Event& event);
    void step(std::vector<Flows::Came>& came);
    void pump_all();
    void settle(std::uint32_t number);

    Millis flowed_ = 1000;                                // end of the last step
    std::unordered_map<std::uint64_t, Millis> at_edges_;  // objects, and since when
    std::vector<std::uint32_t> awake_;
    std::vector<char> is_awake_;
    std::size_t left_ = 0;  // listeners that have not finished
};

}  // namespace stretto::sim

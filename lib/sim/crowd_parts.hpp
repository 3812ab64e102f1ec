#pragma once
// What the crowd's files share: listeners, what they load, and the world that carries it.
#include <map>
#include <memory>
#include <optional>

#include "sim/crowd.hpp"
#include "sim/crowd_agenda.hpp"
#include "sim/crowd_flows.hpp"
#include "sim/crowd_world.hpp"
#include "swarm/edges.hpp"
#include "swarm/memory.hpp"
#include "swarm/picker.hpp"

namespace stretto::sim {

using swarm::Millis;

class Load;
struct CrowdState;

constexpr int crowd_uploads = 4;  // at a time, as stream::Seeder gives

/// What an evil peer does with who asks it.
enum class Evil : std::uint8_t { no, silent, slow, wrong, half };

/// Chunks of a rendition that are kept.
struct Holding {
    std::uint32_t song = 0;
    int rendition = 0;
    std::vector<bool> have;
};

struct Listener {
    swarm::Endpoint at;
    swarm::Location place;
    std::size_t edge = 0;
    int down = 0, up = 0;  // pipes
    double edge_rtt_s = 0, tracker_rtt_s = 0;
    Evil evil = Evil::no;
    bool here = false;
    int uploads = 0;
    std::vector<Holding> holdings;
    std::unique_ptr<Load> load;
    // announces, as stream::Tracker times them
    Millis announced = -1, due = 0;
    bool changed = false, announcing = false;

    Holding* holding(std::uint32_t song, int rendition);
};

/// A song on its way to a listener: what stream::Loader is to stretto-fetch, with the network
/// replaced by delays and flows.
class Load {
   public:
    Load(CrowdState& crowd, std::uint32_t listener, std::uint32_t song, int rendition);
    ~Load();

    void came(std::uint64_t transfer, std::uint32_t bytes);
    void pump();
    bool over() const noexcept { return over_; }
    const CrowdFetch& outcome() const noexcept { return outcome_; }

   private:
    /// Connections to a host that wait for the next request, as one.
    struct Idle {
        int connections = 0;
        double window_rate = 0;  // of the last that was in use
        Millis since = 0;
    };
    /// A peer, as this song knows it.
    struct Link {
        std::uint32_t peer = 0;
        std::string ticket;
        double guess = 0;  // bytes/s
        double rtt_s = 0;
        std::vector<bool> have;
        Millis heard = 0;
        Millis answers = -1;  // a question after what it has is under way till then
        Idle idle;
        bool reported = false;
        bool left = false;    // asked no more: it had made way for another
        int busy = 0;         // times in a row that it said so
        std::uint64_t bytes = 0;
        std::int64_t ms = 0;
    };
    struct Transfer {
        swarm::Order order;
        int link = -1;  // -1: the edge
        int flow = -1;
        std::uint32_t got = 0;
        int next_piece = 0;
        Millis started = 0;
        std::uint64_t useful = 0;
        double window_rate = 0;
        bool uploading = false;
    };

    void on_tracker();
    void on_list();
    void tick();
    void on_index();
    void add_peers(std::string_view answer);
    bool room_for_one();
    void query_peers(bool first);
    void refresh_peers();
    void poll_peers();
    void note_have(Link& link, int number);
    void report(Link& link, bool ok, const char* why);

    void order(const swarm::Order& wanted);
    bool reuse(Idle& idle, double rtt_s, Transfer& transfer);
    void on_head(int number);
    void fail(int number, swarm::Fault fault);
    void drop(int number);
    void end(int number);
    bool take_pieces(Transfer& transfer);
    void finished(int number);
    void chunk_done(int chunk);
    void later(double seconds, void (Load::*what)());

    Millis now() const;
    Listener& me();
    std::vector<bool> said_by(const Link& link) const;

    CrowdState& crowd_;
    std::uint32_t listener_, song_number_;
    const CrowdSong& song_;
    int rendition_;
    std::unique_ptr<swarm::Picker> picker_;
    std::vector<Link> links_;
    std::map<int, Transfer> transfers_;
    CrowdFetch outcome_;
    Millis refreshed_ = 0;
    int refreshes_ = 0;
    Idle edge_idle_;
    bool divided_ = false, over_ = false;
    std::uint64_t serial_;  // tells its events from those of loads before it
};

/// Everything that a run consists of.
struct CrowdState {
    explicit CrowdState(const CrowdSettings& settings);

    void run();
    void arrive(std::uint32_t number);
    void changed(std::uint32_t number);
    void announce(std::uint32_t number);
    void heard(std::uint32_t number, const swarm::Announce& said);
    void after(double seconds, std::function<void()> what) {
        agenda.at(now + std::max<Millis>(1, static_cast<Millis>(seconds * 1000 + 0.5)),
                  std::move(what));
    }
    void wake(std::uint32_t number);

    const CrowdSettings& settings;
    Chance chance;
    Catalogue catalogue;
    Zipf zipf;
    Agenda agenda;
    Flows flows;
    swarm::MemoryPeers tracker;
    swarm::Edges edges;
    std::vector<int> edge_pipes;
    std::vector<Listener> listeners;
    std::vector<std::uint32_t> wanted;  // songs, by listener
    std::vector<std::uint32_t> awake;   // whose loads have something to decide
    std::vector<char> is_awake;
    Millis now = 1000;
    Millis stepped = 1000;  // till when flows have run
    std::uint64_t serials = 0;
    std::size_t left = 0;  // listeners that have not got their songs
    CrowdRun run_;

   private:
    void step(std::vector<Flows::Came>& came);
    void pump_all();
    void settle(std::uint32_t number);
    void expire();
};

}  // namespace stretto::sim

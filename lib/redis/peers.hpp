#pragma once
// A tracker's peers in Redis, for any number of trackers behind any load balancer. What a tracker
// has in memory is a copy, a second old for lists and a minute old at most while Redis is away.
#include <list>
#include <memory>
#include <unordered_map>

#include "redis/client.hpp"
#include "redis/entry.hpp"
#include "redis/uses.hpp"
#include "swarm/lookup.hpp"
#include "swarm/ranking.hpp"

namespace stretto::redis {

class Peers final : public swarm::Peers {
   public:
    /// The same in all trackers of a cluster: the first one's is kept in Redis.
    using Secret = std::array<std::uint8_t, 24>;
    struct Options {
        swarm::PeersLimits limits;
        Secret secret{};         ///< random, for a cluster that has none yet
        std::uint64_t seed = 0;  ///< random, of this tracker
        /// Milliseconds since 1970: trackers compare times. Instead of the `now_ms` of calls.
        std::function<std::uint64_t()> wall_ms;
        /// Seals tickets with 16 bytes of the secret.
        std::function<std::unique_ptr<swarm::Seal>(std::span<const std::uint8_t, 16>)> seal;
        std::size_t songs = 20'000, entries = 1'000'000;  ///< in memory
    };
    Peers(Client& client, Options options);

    void announce(const swarm::Endpoint& peer, const swarm::Announce& said, std::uint64_t now_ms,
                  const Done<Announced>& done) override;
    void has(const swarm::Endpoint& peer, std::uint32_t stamp, const std::string& song_id,
             const swarm::Layout& layout, const swarm::Have& have) override;
    void proved(const swarm::Endpoint& peer, bool reached, std::uint64_t now_ms) override;
    void list(const swarm::PeersQuery& query, const swarm::Asker& asker, std::uint64_t now_ms,
              const Done<std::string_view>& done) override;
    void layout(const std::string& song_id,
                const Done<std::optional<swarm::Layout>>& done) override;
    void report(const swarm::Report& report, const swarm::Ip& reporter, std::uint64_t now_ms,
                const Done<bool>& done) override;
    void expire(std::uint64_t now_ms, const Done<bool>& done) override;
    /// Of this tracker: who announced here lately, the songs and entries in memory.
    void stats(const Done<swarm::PeersStats>& done) override;
    void biggest(std::size_t most, const Done<std::vector<swarm::SwarmStats>>& done) override;

    /// Whether this tracker knows the secret of all.
    bool is_ready() const noexcept { return tickets_.has_value(); }

   private:
    struct Page {
        std::uint64_t read_ms = 0;  ///< 0: never
        bool loading = false;
        std::vector<Entry> entries;
    };
    struct Song {
        std::string id;
        Directory directory;
        std::uint64_t read_ms = 0, away_ms = 0, used_ms = 0, merged_ms = 0;
        bool directory_loading = false;
        std::map<Node, Page> pages;
        std::size_t loading = 0, width = 4;          ///< pages that a list reads
        std::vector<std::function<void()>> waiting;  ///< for all that is loading
        Uses<std::string>::Place use;
    };
    /// An announce, from its arrival until its peer is proved and its songs are looked up.
    struct Visit {
        swarm::Endpoint at;
        std::uint16_t home = 0;
        swarm::Announce said;
        State state;
        std::size_t song_fields = 0;  ///< in Redis
        bool fresh = false;
        std::uint64_t at_ms = 0;
        std::shared_ptr<void> entering;  ///< till its place is written
    };
    using VisitPtr = std::shared_ptr<Visit>;

    std::uint64_t wall_ms() const { return options_.wall_ms() - ahead_ms_; }
    std::uint32_t wall_s() const { return static_cast<std::uint32_t>(wall_ms() / 1000); }
    std::uint32_t recent_s() const;
    std::uint64_t random() noexcept;

    // keys
    std::uint64_t number_of(const swarm::Endpoint& at, std::uint16_t home) const noexcept;
    static std::string state_key(std::uint64_t number);
    static std::string directory_key(const std::string& song) { return "{" + song + "}d"; }
    static std::string page_key(const std::string& song, Node node) {
        return "{" + song + "}p" + print_node(node);
    }
    static std::string place_key(const swarm::Ip& ip);
    std::string sketch_key(const swarm::Ip& ip, bool reached, unsigned spans_ago) const;
    void count_widest(const Visit& visit);
    std::vector<std::uint64_t> prefixes_of(const swarm::Ip& ip) const;
    std::uint16_t home_of(const swarm::Endpoint& at) const noexcept {
        return at.is_rtc() ? home_ : 0;
    }
    Path path_of(const swarm::Endpoint& at, std::uint16_t home, swarm::Cell cell) const noexcept;
    std::string ttl(unsigned times) const;
    void learn_secret();
    void learn_time(std::uint64_t asked_ms, std::string_view seconds);

    // songs
    Song& song_of(const std::string& id);
    Song* find_song(const std::string& id);
    void forget_songs();
    void load_directory(Song& song);
    void load_page(Song& song, Node node);
    void take_page(Song& song, Node node, const Reply& reply);
    void loaded(Song& song);
    void with_directories(const std::vector<std::string>& ids, const std::function<void()>& then);
    std::vector<Node> pages_for(const Song& song, const swarm::Asker& asker) const;
    bool has_width(Song& song, const swarm::Asker& asker) const;
    void prepare(const std::string& id, const swarm::Asker& asker, unsigned round,
                 const std::function<void()>& then);
    void divide(Song& song, Node node);
    void consider_merging(Song& song, Node node);
    void change(Song& song, Node node, bool divided);
    void remove_dead(const std::string& key, std::vector<std::string> dead);
    void write_entry(Song& song, const Visit& visit, swarm::Inventory have);
    void keep(Song& song, Node node, const Entry& entry);
    void added(const std::string& id, Node node);
    void remove_entry(const std::string& id, const Visit& visit, swarm::Cell cell);

    // announces
    void got_state(const VisitPtr& visit, const Reply& reply, const Done<Announced>& done);
    void leave(const VisitPtr& visit);
    void look_for_place(const VisitPtr& visit, const Done<Announced>& done);
    void settle(const VisitPtr& visit, const Done<Announced>& done);
    void finish(const VisitPtr& visit, const Done<Announced>& done);
    void write_state(Visit& visit, bool with_songs);
    void write_place(Visit& visit);
    std::shared_ptr<void> enter(const swarm::Ip& ip);
    void remember(const VisitPtr& visit);
    Visit* recall(const swarm::Endpoint& at);

    // answers
    std::vector<Entry*> alive_entries(Song& song, const swarm::Asker& asker);
    void answer(const swarm::PeersQuery& query, const swarm::Asker& asker,
                const Done<std::string_view>& done);
    std::uint8_t tag_of(const std::string& song) const noexcept;
    void write_health(Song& song, const State& state, std::uint64_t number);
    void judge(std::uint64_t number, std::uint8_t tag, const swarm::Report& report,
               const swarm::Ip& reporter, const Done<bool>& done);

    Client& client_;
    Options options_;
    Secret secret_;
    swarm::Hash hash_{0};
    std::optional<swarm::Tickets> tickets_;  // as soon as the secret is known
    std::uint16_t home_;
    std::uint64_t random_, learned_ms_ = 0;
    std::uint64_t ahead_ms_ = 0;  // how far our clock is ahead of Redis's, modulo 2^64
    std::unordered_map<std::string, std::unique_ptr<Song>> songs_;
    Uses<std::string> uses_;
    std::size_t entries_ = 0;
    std::map<swarm::Endpoint, VisitPtr> recent_;
    std::list<std::pair<std::uint64_t, swarm::Endpoint>> recent_order_;
    std::unordered_map<std::uint64_t, std::uint32_t> crowded_;   // prefixes without room, and when
    std::unordered_map<std::uint64_t, std::uint32_t> entering_;  // of prefixes, see enter()
    swarm::PeersStats counted_;
    swarm::Choice choice_;
    swarm::PeerLines lines_;
    std::string text_;
    net::Life life_;
};

}  // namespace stretto::redis

#pragma once
// Songs into files, through cache, peers and edges: several at a time, sharing meanwhile and, when
// asked to, afterwards.
#include <deque>
#include <filesystem>
#include <list>

#include "base/draft.hpp"
#include "base/progress.hpp"
#include "ogg/join.hpp"
#include "stream/loader.hpp"
#include "stream/seeder.hpp"

namespace stretto::stream {

class Fetching {
   public:
    struct Options {
        std::vector<std::string> edges;  ///< URLs that the user named
        std::string tracker;             ///< URL; empty: none
        std::filesystem::path cache;
        std::uint64_t cache_size = 0;  ///< 0: the default of store::Kept
        std::optional<swarm::Location> location;
        bool peers = true, share = true, peers_first = false;
        bool local_peers =
            false;  ///< peers and edges may be anywhere, not only on the open internet
        double share_seconds = 0;  ///< after the last song; infinite: until told to end
        double upload_limit = 0;   ///< bytes/s; 0: none
        std::string listen;        ///< of the peer's server; empty: every address, any port
        int kbps = 320, jobs = 1;
        bool json = false, verbose = false;
        std::string output;  ///< a file or "-"; a folder when `many`; empty: into the cache only
        bool many = false;
    };
    explicit Fetching(const Options& options);
    ~Fetching();

    /// Until all songs are here or given up, and shared for as long as was asked.
    /// @return 0, or the first of 65, 69, 75 that some song ended with, else another
    int run(std::deque<std::string> songs);
    /// Lines (or JSON) of songs that have all words of `text`, from the nearest edge.
    int search(const std::string& text);

   private:
    struct Job;
    void begin_next();
    void ended(Job& job, Outcome outcome);
    void tell(const Job& job, const Outcome& outcome) const;
    void remember_edges() const;
    void recall_edges();
    void share();
    void stop();

    Options options_;
    net::Loop loop_;
    std::optional<store::Kept> kept_;
    Edges edges_;
    std::optional<Tracker> tracker_;
    std::optional<Seeder> seeder_;
    std::optional<Around> around_;
    std::deque<std::string> waiting_;
    std::list<Job> jobs_;
    std::vector<int> exits_;
    std::uint32_t seeds_;
    bool interrupted_ = false, sharing_ = false;
    net::Timer later_;
    Progress progress_;
};

}  // namespace stretto::stream

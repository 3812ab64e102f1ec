#pragma once
// Songs into files, through cache, peers and edges: several at a time, sharing meanwhile and, when
// asked to, afterwards.
#include <deque>
#include <filesystem>
#include <list>

#include "base/draft.hpp"
#include "base/progress.hpp"
#include "listen/presence.hpp"
#include "ogg/join.hpp"

namespace stretto::listen {

/// Print lines (or JSON) of songs that have all words, from the nearest edge.
/// @return 0, or 1 when there is none; an Error (75) when nobody can be asked
int list_songs(net::Loop& loop, Presence& presence, const std::string& words, bool json);

class Fetching {
   public:
    struct Options {
        Presence::Options presence;
        bool peers_first = false;
        double share_seconds = 0;  ///< after the last song; infinite: until told to end
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
    void stop();

    Options options_;
    net::Loop loop_;
    Presence presence_;
    std::deque<std::string> waiting_;
    std::list<Job> jobs_;
    std::vector<int> exits_;
    std::uint32_t seeds_;
    bool interrupted_ = false, sharing_ = false;
    net::Timer later_;
    Progress progress_;
};

}  // namespace stretto::listen

#pragma once
// Fetches songs into files, from cache, peers and edges: several at a time, with uploads during
// that time and, on request, afterwards.
#include <deque>
#include <filesystem>
#include <functional>
#include <list>

#include "base/progress.hpp"
#include "gather/fetching.hpp"
#include "listen/driver.hpp"

namespace stretto::listen {

/// Print lines (or JSON) of songs that have all words, from the nearest edge.
/// @return 0, or 1 when there is none; an Error when nobody can be asked: 75, or 69 when no
/// source is configured, or the server has no list
int list_songs(net::Loop& loop, Presence& presence, const std::string& words, bool json);

class Fetcher {
   public:
    struct Options {
        Presence::Options presence;
        bool peers_first = false;
        double share_seconds = 0;  ///< after the last song; infinite: until told to end
        double patience_s = 30;    ///< see gather::Retry
        int kbps = 320, jobs = 1;
        bool json = false, verbose = false;
        std::string output;  ///< a file or "-"; a folder when `many`; empty: into the cache only
        bool many = false;
        bool index = false;  ///< the rendition's index too, into the cache
        /// The manifest is known; an Error ends the song.
        std::function<void(const song::Manifest&)> found;
    };
    explicit Fetcher(const Options& options);
    ~Fetcher();

    /// Until all songs are here or given up, and shared for as long as was asked.
    /// @return 0, or the first of 65, 77, 69, 75 that some song ended with, else another
    int run(std::deque<std::string> songs);
    /// Lines (or JSON) of songs that have all words of `text`, from the nearest edge.
    int search(const std::string& text);

   private:
    struct Job;
    void begin_next();
    void found(Job& job, const song::Manifest& manifest);
    void deliver(Job& job, int chunk, const Bytes& bytes);
    void came(Job& job, const gather::Came& came, const std::string& from, bool hit);
    void ended(Job& job, const gather::End& end);
    void tell(const Job& job, const gather::End& end);
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

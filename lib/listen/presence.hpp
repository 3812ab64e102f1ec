#pragma once
// A listener's place in the network: what is kept here, the edges and the tracker that are asked,
// and what is given to others. Every program that listens has one.
#include <filesystem>
#include <optional>

#include "listen/loader.hpp"
#include "listen/local_store.hpp"
#include "peer/seeder.hpp"

namespace stretto::listen {

using peer::Seeder;

class Presence {
   public:
    struct Options {
        std::vector<std::string> edges;  ///< URLs that the user named
        std::string tracker;             ///< URL; empty: none
        std::filesystem::path store;     ///< a store's directory, asked like an edge; empty: none
        std::filesystem::path cache;
        std::uint64_t cache_size = 0;  ///< 0: the default of store::Kept
        std::optional<swarm::Location> location;
        bool peers = true, share = true;
        bool local_peers =
            false;  ///< peers and edges may be anywhere, not only on the open internet
        double upload_limit = 0;  ///< bytes/s; 0: none
        std::string listen;       ///< of the peer's server; empty: every address, any port
    };
    Presence(net::Loop& loop, const Options& options);
    ~Presence();

    /// What the songs of the program share.
    const Around& around() const { return *around_; }
    Edges& edges() { return edges_; }
    Tracker* tracker() { return tracker_ ? &*tracker_ : nullptr; }
    /// Whether anything is given to others.
    bool shares() const noexcept { return seeder_.has_value(); }
    /// Our own transfer needs all there is: nobody new is given anything.
    void urgent(bool now) {
        if (seeder_) seeder_->urgent(now);
    }
    /// Bytes of chunks given to others so far.
    std::uint64_t given() const { return seeder_ ? seeder_->given() : 0; }

    /// The edges that a tracker named serve the next run when it is gone by then.
    void remember_edges() const;
    /// Tell the tracker, then call `done`, at the latest after a second.
    void leave(std::function<void()> done);

    enum class Listed { some, none, failed };
    /// Songs that have all words of `text`, from the nearest edge, each as the JSON object that the
    /// server lists.
    /// @param done  `why` tells of a failure
    void search(const std::string& words, std::function<void(const std::string& json)> each,
                std::function<void(Listed, const std::string& why)> done);

   private:
    struct Search;
    void recall_edges();
    void share();
    void search_page(const std::shared_ptr<Search>& search, const std::string& after);

    Options options_;
    net::Loop& loop_;
    std::optional<store::Kept> kept_;
    std::optional<LocalStore> store_;
    Edges edges_;
    std::optional<Tracker> tracker_;
    std::optional<Seeder> seeder_;
    std::optional<Around> around_;
};

}  // namespace stretto::listen

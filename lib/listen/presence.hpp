#pragma once
// A listener's resources: its cache, its edges and tracker, and its uploads. Every listener program
// has one, shared by all songs.
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "gather/edges.hpp"
#include "http/upstream.hpp"
#include "listen/directory.hpp"
#include "listen/token.hpp"
#include "listen/webrtc.hpp"
#include "net/life.hpp"
#include "peer/seeder.hpp"
#include "peer/tracker.hpp"
#include "store/kept.hpp"

namespace stretto::listen {

class Presence {
   public:
    struct Options {
        std::vector<std::string> edges;  ///< URLs that the user named
        std::string tracker;             ///< URL; empty: none
        bool tracker_assumed = false;    ///< the tracker is only the default and may be absent
        std::string store;  ///< a store's directory or URL, used before edges; empty: none
        std::filesystem::path cache;   ///< empty: no cache
        std::uint64_t cache_size = 0;  ///< bytes; 0: the default of store::Kept
        std::optional<swarm::Location> location;
        bool peers = true, share = true;
        bool local_peers =
            false;  ///< peers and edges may be anywhere, not only on the open internet
        double upload_limit = 0;  ///< bytes/s; 0: none
        TokenSource::Options token;
        std::string listen;  ///< of the peer's server; empty: every address, any port
    };
    /// @param say  called once if the cache cannot be used; then songs are played from memory
    Presence(net::Loop& loop, const Options& options,
             const std::function<void(const std::string&)>& say);
    ~Presence();
    Presence(const Presence&) = delete;

    net::Loop& loop() const noexcept { return loop_; }
    gather::Edges& edges() noexcept { return edges_; }
    store::Kept* kept() { return kept_ ? &*kept_ : nullptr; }
    /// What is passed on before it is kept. Use it only if this listener shares.
    peer::Unfinished& unfinished() noexcept { return unfinished_; }
    TokenSource& token() noexcept { return token_; }
    peer::Tracker* tracker() { return tracker_ ? &*tracker_ : nullptr; }
    bool asks_peers() const { return options_.peers && tracker_.has_value(); }
    bool local_peers() const noexcept { return options_.local_peers; }
    /// Whether peers may be reached over WebRTC. Starts stretto-rtc at the first call, if we share.
    bool rtc_peers();

    /// The access to an edge, by its number: a directory or a server.
    const Directory* directory(int edge) const;
    http::Upstream& upstream(int edge);
    /// Whether it serves only a store's files, so that names need a separate lookup.
    bool plain(int edge) const { return edge == plain_; }
    std::unique_ptr<http::Upstream> peer(const std::string& url) const;

    /// The tracker's edges, without those at addresses that a client must not connect to.
    void set_edges(const std::vector<swarm::EdgeInfo>& edges);
    /// The reason why the tracker's list contains no usable edge.
    std::string no_edge() const;
    /// A hint if no source is configured and the default tracker does not respond.
    /// Empty: a source is configured, or known from an earlier run.
    /// @param song  for the suggested command
    std::string nothing_configured(const std::string& song) const;
    /// Another chunk is in the cache and may be uploaded.
    void kept_more();

    /// Whether this listener uploads.
    bool shares() const noexcept { return seeder_.has_value(); }
    /// Our own transfer needs the whole link: accept no new uploads.
    void urgent(bool now);
    /// Bytes of chunks uploaded so far.
    std::uint64_t given() const { return seeder_ ? seeder_->given() : 0; }

    /// Save the tracker's edges for the next run, in case the tracker is unreachable then.
    void remember_edges() const;
    /// Tell the tracker that we leave, then call `done`, at the latest after a second.
    void leave(std::function<void()> done);

    /// failed: another try later may help; unable: the server has no such list
    enum class Listed { some, none, failed, unable, unconfigured };
    /// Songs that have all words of `text`, from the nearest edge, each as the JSON object that the
    /// server lists.
    /// @param done  `why` tells of a failure
    void search(const std::string& words, std::function<void(const std::string& json)> each,
                std::function<void(Listed, const std::string& why)> done);

   private:
    struct Search;
    void open_cache(const std::function<void(const std::string&)>& say);
    void recall_edges();
    bool token_may_leave_for(const std::string& url);
    void share();
    void search_page(const std::shared_ptr<Search>& search, const std::string& after);
    void search_directory(const Search& search) const;
    bool take_page(const std::shared_ptr<Search>& search, std::string_view json,
                   std::string& next) const;

    Options options_;
    net::Loop& loop_;
    TokenSource token_;
    std::optional<store::Kept> kept_;
    std::optional<Directory> directory_;
    gather::Edges edges_;
    int plain_ = -1;
    std::map<int, std::unique_ptr<http::Upstream>> upstreams_;
    std::optional<peer::Tracker> tracker_;
    peer::Unfinished unfinished_;
    std::optional<peer::Seeder> seeder_;
    std::optional<WebRtc> webrtc_;
    std::string trusted_;                   // what it shows to our peer server
    std::size_t refused_ = 0, unsafe_ = 0;  // of the tracker's last list
    net::Life life_;
};

}  // namespace stretto::listen

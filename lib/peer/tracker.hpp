#pragma once
// A client of the tracker: asks for peers and edges, reports on peers, and announces our own chunks
// at intervals. An unreachable tracker is not a failure. See
// stretto-protocol(7).
#include <functional>
#include <memory>
#include <optional>

#include "http/ask.hpp"
#include "sign/key.hpp"
#include "store/kept.hpp"
#include "swarm/announce.hpp"

namespace stretto::peer {

class Tracker {
   public:
    /// @param url  "http://host:port", named by the user, so any address is allowed
    Tracker(net::Loop& loop, const std::string& url, std::optional<swarm::Location> location);

    using Song =
        std::function<void(std::optional<swarm::SongAnswer>, int status, const std::string& why)>;
    /// All that a start needs, in one round trip.
    /// @param edges_known  they have the manifest: a short answer will do
    void song(const std::string& song, bool edges_known, Song done);
    /// nullopt: no answer.
    void peers(const std::string& song_id, int kbps, int want,
               std::function<void(std::optional<std::vector<swarm::PeerInfo>>)> done);
    void edges(std::function<void(std::optional<std::vector<swarm::EdgeInfo>>)> done);
    void report(const swarm::Report& report);

    /// Announce what is kept from now on, and that we answer at `port`.
    /// @param withhold  takes the songs that must not be shared, after each announce
    void share(const store::Kept& kept, int port, std::int64_t upload_kbps,
               std::function<void(std::vector<std::string>)> withhold = {});
    /// Where a WebRTC peer of ours listens (stretto-rtc), and its id.
    struct Gateway {
        std::string url, peer_id;  ///< empty: there is none
    };
    /// Called when a gateway may be of use. Peers of WebRTC are asked for while there is one. What
    /// is kept is announced through it, too: if the tracker cannot connect to us, all of it;
    /// otherwise the songs that pages ask peers for.
    void set_gateway(std::function<Gateway()> gateway) { gateway_ = std::move(gateway); }
    /// Something new is kept: tell it soon, but not at each chunk.
    void changed();
    /// Announce that we leave, then call `done`, at the latest after a second.
    void leave(std::function<void()> done);

    /// Asked for the token to show to the tracker with each request about a song; empty: none.
    void set_token(std::function<std::string()> token) { token_ = std::move(token); }
    /// What the tracker gave to be shown to peers of this song; empty: nothing.
    std::string pass(const std::string& song_id) const;
    /// Called with each answer to an announce: the key that the tracker signs passes with, which
    /// our clients have to show. nullopt: they need none.
    void on_pass_key(std::function<void(const std::optional<sign::PublicKey>&)> call) {
        pass_key_ = std::move(call);
    }

    const std::string& peer_id() const noexcept { return peer_id_; }
    const std::string& url() const noexcept { return upstream_.url(); }

   private:
    void post(const std::string& path, const std::string& json,
              std::function<void(http::Whole)> done);
    void announce();
    std::chrono::milliseconds reached(bool listed);
    void announce_to_pages(swarm::Announce mine, const std::vector<std::string>& pages);
    void announce_through(const std::string& json, std::function<void()> done);
    void say_leaving();
    Gateway gateway() const { return gateway_ ? gateway_() : Gateway{}; }
    void get(const std::string& target, std::size_t most, std::function<void(http::Whole)> done);
    void keep_pass(const std::string& song_id, const http::Fields& answer);
    void learn_pass_key(const std::string& point);

    net::Loop& loop_;
    std::string peer_id_;
    std::optional<swarm::Location> location_;
    http::Upstream upstream_;
    net::Timer again_;
    std::optional<net::Timer> late_;
    std::function<void()> leaving_;  // called once the tracker knows; until then it is to be told
    const store::Kept* kept_ = nullptr;
    std::function<void(std::vector<std::string>)> withhold_;
    std::function<std::string()> token_;
    std::map<std::string, std::string> passes_;  // by song
    std::function<void(const std::optional<sign::PublicKey>&)> pass_key_;
    int port_ = 0;
    std::int64_t upload_kbps_ = 0;
    std::uint64_t announced_ms_ = 0;
    std::function<Gateway()> gateway_;
    std::optional<http::Upstream> through_;
    std::string through_url_;  // empty: nothing is announced through it
    int unreached_ = 0;        // announces after which the tracker did not reach us
    bool offered_ = false;     // songs are announced through it
    bool announcing_ = false, changed_ = false, answered_ = false;
    int pause_s_ = 5;
};

/// The announced part of the cache: the most recently used songs.
swarm::Songs inventory(const store::Kept& kept);

}  // namespace stretto::peer

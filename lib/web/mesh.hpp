#pragma once
// The page as a peer of others (WebRTC): its announces and signals through the tracker, its links,
// and who is shut out. The counterpart of stretto-rtc (lib/rtc), with the browser's connections.
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "rtc/asks.hpp"
#include "swarm/announce.hpp"
#include "swarm/signal.hpp"
#include "web/uploads.hpp"

namespace stretto::web {

/// What the listener and the browser say of sharing.
struct Sharing {
    bool wanted = false;      ///< the listener's switch
    bool save_data = false;   ///< the browser is told to save bytes
    std::string network;      ///< "cellular", "wifi", ... where the browser knows it
    std::string description;  ///< SDP that the browser made with our certificate
    /// Never where bytes cost money.
    bool is_on() const {
        return wanted && !save_data && network != "cellular" && !description.empty();
    }
};

class Mesh {
   public:
    struct Options {
        std::string tracker;  ///< its URL; empty: nobody is to share
        int upload_kbps = 1000;
        std::size_t links = 8;
        bool verifies = false;  ///< see Passes
    };
    /// Of what ask() orders, as of a request to the server.
    struct Calls {
        std::function<void(int number, int status, const Fields&)> head;
        std::function<void(int number, BytesView)> data;
        std::function<void(int number)> ended, failed;
    };
    using Named = std::function<void(std::optional<std::vector<swarm::PeerInfo>>)>;

    Mesh(Page& page, Options options, Calls calls);
    ~Mesh();
    Mesh(const Mesh&) = delete;

    /// Begin, or stop and say goodbye.
    void share(const Sharing& sharing);
    bool is_on() const noexcept { return !peer_id_.empty(); }
    const std::string& peer_id() const noexcept { return peer_id_; }

    /// Who has a song. Later, `done` is called once.
    void peers(const std::string& song, int kbps, Named done);
    void report(const swarm::Report& report);
    /// A path of a peer; the calls bear the number, and none is made before this returns.
    /// @param most_bytes  that the answer may have
    void ask(int number, const std::string& peer, const http::Request& request,
             std::uint64_t most_bytes);
    void cancel(int number);
    /// It sent wrong bytes.
    void ban(const std::string& peer);
    /// Our own sound needs the whole link.
    void urgent(bool now) { rules_.urgent = now; }

    // What came of the browser's orders.

    bool has(int number) const;
    /// Of the tracker. @param status  0: no answer
    void answered(int number, int status, BytesView body, const Fields& fields = {});
    /// See Uploads.
    void verified(int number, std::string_view header, std::string_view claims);
    void read(int number, std::optional<BytesView> bytes);
    void described(int link, std::string_view sdp);
    void opened(int link);
    void message(int link, BytesView bytes);
    /// So many bytes of all that we sent are on their way.
    void drained(int link, std::uint64_t bytes);
    void closed(int link);

    /// Do what is due. @return s until the next time
    double tick();

    std::size_t links() const;  ///< open ones
    std::uint64_t sent() const noexcept { return sent_; }
    /// What a page that is closed posts to the tracker; empty: nothing.
    std::string goodbye() const;

   private:
    struct Wanted {
        int number = 0;
        http::Request request;
        std::uint64_t most_bytes = 0;
    };
    struct Link;
    using Links = std::map<int, std::unique_ptr<Link>>;  // by the number for the browser

    struct Post {
        std::function<void(int, BytesView)> done;
        std::string song = {};  ///< that the answer may have a pass for
    };
    void post(const std::string& path, const std::string& json, Post post);
    std::string pass_for(std::string_view path) const;
    void announce();
    void announced(int status, BytesView body);
    void poll();
    void polled(int status, BytesView body);
    void send(swarm::Signal signal, std::function<void(int)> done);
    void on_signal(const swarm::Signal& signal);
    void on_offer(const swarm::Signal& signal);

    Link* find(const std::string& peer);
    bool make_room(bool for_stranger);
    Link& add(const std::string& peer, const swarm::Signal* offer);
    void send_asks(Link& link);
    void fill(Link& link);
    void fill(Link& link, const rtc::Frame& frame);
    void look(Link& link);
    void close(int link, bool breach);
    void stop();
    std::string random_session();

    Page& page_;
    Options options_;
    Calls calls_;
    std::string peer_id_, token_, stun_;
    Uploads::Rules rules_;
    std::set<std::string> announcing_songs_;
    Bucket bucket_;
    Links links_;
    std::vector<int> closing_;                   // which may be the ones that call
    std::map<int, int> of_link_;                 // numbers of asks -> link
    std::map<int, Post> posts_;                  // to the tracker
    std::map<std::string, std::string> passes_;  // of ours, by song
    std::vector<std::function<void(int, BytesView)>> unanswered_;  // told at tick()
    std::vector<int> refused_;                                     // numbers, told at tick()
    std::set<std::string> banned_;
    std::uint64_t sent_ = 0, announced_changes_ = 0;
    double announce_at_ = 0, announced_at_ = 0, poll_at_ = 0, polled_at_ = 0;
    double announce_pause_ = 1, poll_pause_ = 1;
    int link_numbers_ = 1, announcing_ = -1, polling_ = -1;
};

}  // namespace stretto::web

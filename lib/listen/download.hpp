#pragma once
// One song on its way to a listener: carries out what a Session asks for, from what is kept and
// from edges, the nearest first, and says of each byte who gave it.
#include <chrono>

#include "listen/around.hpp"
#include "listen/peer_chunk.hpp"
#include "play/session.hpp"
#include "song/index.hpp"
#include "song/manifest.hpp"

namespace stretto::listen {

using play::Session;

class Download {
   public:
    struct Options {
        std::string abr = "stretto";           ///< a name of abr::make_policy
        int least_kbps = 0, most_kbps = 1000;  ///< renditions to use
        int first_kbps = 96;  ///< of the chunk that is asked for before the manifest is here
        Session::Options session;
        std::chrono::seconds patience{90};  ///< without a byte of use from anybody
    };
    /// A chunk, or a part of one, that has come.
    struct Came {
        int chunk = 0, kbps = 0;
        std::uint64_t bytes = 0;
        std::int64_t audio_ms = 0;  ///< that it is good for
        std::int64_t ms = 0, first_byte_ms = 0;
        std::int64_t used_ms = 0;  ///< of it in the parts that are heard
        Origin source = Origin::edge;
        std::string from;
        bool hit = false;
    };
    struct Calls {
        std::function<void(const song::Manifest&)> found;
        /// Sound goes on with this part; its bytes follow. `headers` is empty when they begin with
        /// them.
        std::function<void(const Session::Part&, BytesView headers)> part;
        /// @return the sample of the song up to which sound can be made now; nullopt: damaged
        std::function<std::optional<std::int64_t>(int want, BytesView)> bytes;
        std::function<void(const Came&)> came;
        std::function<void(int from_kbps, int to_kbps, const char* why)> switched;
        std::function<void(const std::string& from, int chunk, const char* why)> reject;
        /// The playhead, asked before each decision.
        std::function<Session::Heard()> heard;
        /// Once, and nothing after it.
        std::function<void(int exit, const std::string& why)> failed;
    };
    Download(const Around& around, std::string song, const Options& options, Calls calls);
    ~Download();
    Download(const Download&) = delete;

    /// Ask for the manifest and the first chunk, side by side; what is kept is passed on at once.
    void start();

    void seek(std::int64_t sample);
    /// Time has passed, or the playhead moved.
    void act();

    bool found() const noexcept { return session_.has_value(); }
    bool complete() const { return session_ && session_->complete(); }
    /// Peers that it knows, and takes from.
    int peers() const;
    const song::Manifest& manifest() const noexcept { return manifest_; }
    const std::string& session_id() const noexcept { return cmcd_session_; }
    const Session& session() const { return *session_; }

   private:
    struct Transfer;
    /// The end of a chunk that was asked for in its middle.
    struct Tail {
        Session::Want want;
        Bytes bytes;
        int tries = 0;
    };
    void ask_tracker(bool waiting);
    void ask_manifest();
    void keep_name(const std::string& id) const;
    void on_manifest(Edges::Edge& edge, const http::Whole& got);
    bool use_kept_manifest();
    void use(song::Manifest manifest);
    void make_shape();
    void note_kept();
    void ask_first_chunk();
    void next_index();
    bool use_index(int rendition, BytesView bytes);

    void order(const Session::Orders& orders);
    bool from_kept(const Session::Want& want, const Session::Part& part);
    void meet_peers();
    Session::Offer offer();
    PeerChunk::What of_peers(const Transfer& transfer) const;
    void from_peers(const std::shared_ptr<Transfer>& transfer);
    void tell_peers(const Transfer& transfer) const;
    void from_edge(const std::shared_ptr<Transfer>& transfer, const http::Fields& fields,
                   const std::string& target);
    void ask_headers(const std::shared_ptr<Transfer>& transfer);
    http::Fields cmcd(const Session::Want& want) const;
    void on_head(Transfer& transfer, const http::Response& head);
    bool on_data(Transfer& transfer, BytesView bytes);
    bool pass_on(Transfer& transfer, BytesView bytes);
    void on_end(Transfer& transfer, const http::Failure* failure);
    void fail(Transfer& transfer, int status, const std::string& why, bool wrong,
              bool silent = false);
    void drop(Transfer& transfer);
    void check_and_keep(Transfer& transfer);
    void note_tail(const Transfer& transfer);
    void fetch_begin();
    bool from_peers_later(const std::shared_ptr<Transfer>& begin);
    void on_begin_of_peers(Transfer& begin, Tail tail, bool whole);
    void keep_joined(const Transfer& begin, const Tail& tail);
    void on_begin(Transfer& begin, Tail tail, const http::Whole& got);
    void remember(Transfer& transfer);
    void tell(const Transfer& transfer, std::int64_t used) const;
    std::int64_t used(const Transfer& transfer) const;
    void finish(int exit, const std::string& why);
    void retry_soon();

    const song::Rendition& rendition(int i) const {
        return manifest_.renditions[static_cast<std::size_t>(i)];
    }
    double now() const { return static_cast<double>(around_.loop.now_ms()) / 1000; }
    std::string path(const std::string& rest) const { return "/songs/" + id_ + "/" + rest; }

    const Around& around_;
    std::string song_, id_, cmcd_session_;
    Options options_;
    Calls calls_;
    song::Manifest manifest_;
    abr::Shape shape_;
    std::unique_ptr<abr::Policy> policy_;
    std::optional<Session> session_;
    std::vector<Bytes> headers_;      // by rendition
    std::vector<song::Index> index_;  // by rendition; empty: not here
    std::unique_ptr<Peers> peers_;
    std::vector<swarm::PeerInfo> named_;  // by the tracker, before the manifest was here
    /// What came of a chunk that was left, for who goes on with it in the same rendition.
    struct {
        int chunk = -1, rendition = 0;
        Bytes bytes;
    } begun_;
    std::vector<Tail> tails_;
    double edge_from_ = 0;       // of the song heard, before what lacks to them is asked of an edge
    std::vector<bool> indexed_;  // index known, or not to be had
    std::shared_ptr<Transfer> early_;  // chunk 0, before the manifest
    std::shared_ptr<Transfer> transfer_;
    std::shared_ptr<Transfer> begin_;  // of what was one of tails_, from peers
    std::unique_ptr<http::Fetch> header_fetch_;
    std::vector<std::unique_ptr<http::Fetch>> over_;      // to be destroyed out of their callbacks
    std::vector<std::unique_ptr<PeerChunk>> over_peers_;  // the same
    bool indexing_ = false, asking_manifest_ = false, acting_ = false, over_now_ = false;
    bool tracker_asked_ = false;
    int failures_ = 0;  // in a row
    double not_before_ = 0, progressed_;
    int last_rendition_ = -1;
    bool poll_best_ = false;
    std::string why_;
    int missing_ = 0;
    net::Timer retry_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace stretto::listen

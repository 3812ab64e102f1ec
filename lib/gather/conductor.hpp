#pragma once
// The transfer of one song: selects a source for each request, another one after a failure, and
// decides when to give up. The base of Fetching and Listening, which differ in their priorities.
//
// Rules only: no socket, file, clock or thread. A driver reports events to a conductor (a
// response, bytes, a failed request, passed time) and executes the steps that the conductor
// returns. stretto-fetch, stretto-play and the simulator are drivers of the same conductors.
#include <map>
#include <memory>
#include <optional>

#include "abr/policy.hpp"
#include "gather/edges.hpp"
#include "gather/orders.hpp"
#include "gather/peers.hpp"
#include "gather/retry.hpp"
#include "gather/spans.hpp"

namespace stretto::gather {

/// Facts from the manifest, and the cached chunks of the song.
struct Found {
    abr::Shape shape;                       ///< without pieces, which are in the indexes
    int rate = 0;                           ///< Hz
    std::vector<std::vector<bool>> kept{};  ///< by rendition and chunk; may be empty
};

/// By chunk.
using Pieces = std::vector<abr::Shape::Pieces>;

class Conductor {
   public:
    struct Options {
        bool tracker = false, peers = false, local_peers = false, rtc_peers = false;
        std::string self;         ///< our own peer id
        bool keeps = false;       ///< chunks are cached, so completing a partial one is worth it
        bool check_name = false;  ///< a cached name may be old: verify it in parallel
        /// Bitrate of the first chunk, while nothing is known of the network. It is requested
        /// before the manifest arrives; 0: not before.
        int first_kbps = 96;
        /// If the edges were too slow for first_kbps, a bitrate that they carry is requested, but
        /// no less than this; 0: always first_kbps.
        int first_least_kbps = 0;
        bool first_beside_tracker = true;  ///< request it even if a tracker is known
        Retry::Options retry;
    };
    /// @param edges  outlives this; shared by all songs of a listener
    Conductor(Edges& edges, const Options& options);
    virtual ~Conductor() = default;
    Conductor(const Conductor&) = delete;

    /// Begin. @param kept  the song, if its manifest is kept and proves its id
    void start(double now, std::optional<Found> kept);
    /// Time has passed, or the playback position has changed.
    void act(double now, const play::Session::Heard& heard);
    /// The latest time for the next call of act().
    virtual double due(double now) const = 0;
    /// Whether new bytes allow a request now, before act() is due.
    virtual bool eager(double) const { return false; }
    /// The next steps, in order; steps lead to responses, and these to more steps.
    std::vector<Step> take();

    // Results of an Ask, by its number. Results of cancelled requests are ignored.

    /// The tracker's response; the driver has already passed its edges to Edges.
    /// @param found    nullopt: it had no manifest, or a wrong one
    /// @param no_edge  the reason if there is no edge
    void song_said(int number, std::vector<swarm::PeerInfo> peers, std::optional<Found> found,
                   const std::string& no_edge, double now);
    void peers_said(int number, const std::vector<swarm::PeerInfo>& peers, double now);
    /// A verified manifest.
    void found(int number, Found song, double now);
    /// A verified index.
    void index_said(int number, Pieces pieces, double now);
    /// What a peer says that it has of the request's rendition.
    void have_said(int number, Have have, double now);
    /// The head of `first` arrived. @param kbps  of the rendition that the server chose; 0:
    /// unknown
    void began(int number, int kbps, double now);
    /// Bytes of the requested range have arrived.
    void received(int number, std::uint32_t bytes, double now);
    /// The next piece of it is verified.
    void piece(int number, double now);
    /// All of it has arrived.
    void ended(int number, double now);
    void failed(int number, const Failure& failure, double now);

    /// The result of Check.
    virtual void checked(int rendition, int chunk, bool right, double now) = 0;
    /// The result of Pass. @param audio  the sample of the song up to which audio is complete now;
    /// nullopt: the bytes are damaged
    virtual void decoded(const Pass&, std::optional<std::int64_t> /*audio*/, double /*now*/) {}
    /// The tracker asks for it: bytes come from peers while these are fast enough, though the edge
    /// is faster. Listeners only ask edges for what peers would bring too late, in any case.
    virtual void spare_edges() {}
    /// A cached chunk is missing or wrong.
    virtual void lost(int rendition, int chunk, double now) = 0;

    bool found() const noexcept { return found_.has_value(); }
    bool over() const noexcept { return over_; }
    const Retry& retry() const noexcept { return retry_; }
    const abr::Shape& shape() const noexcept { return found_->shape; }
    const Peers* peers() const noexcept { return peers_ ? &*peers_ : nullptr; }
    /// The object of a request, as far as it is known; nullptr: the request is not open.
    const Ask* asked(int number) const;
    /// Stop: all open requests are cancelled, and End follows.
    void finish(const End& end);

   protected:
    using Heard = play::Session::Heard;
    static constexpr int tracker_source = -1;

    /// Chunks of one rendition that come piece by piece from peers, and from edges if `edge` is
    /// set.
    struct Batch {
        Picker picker;
        int rendition = 0, chunk = 0;          ///< its chunk 0
        std::map<int, int> numbers;            ///< orders of the picker -> requests
        std::map<int, std::uint64_t> by_peer;  ///< right bytes
        std::uint64_t of_edge = 0;             ///< right bytes of edges
        int edge = -1;                         ///< the last of them
        bool each = false;                     ///< Came reports each request instead of each peer
        double asked = 0, first = -1;          ///< s
        /// Revision of each peer when the picker got what it has, plus 1; 0: it must get it.
        std::vector<std::uint32_t> told{};
    };
    struct Transfer {
        Ask ask;
        double asked = 0, first = -1;
        double last = 0;          ///< till when it has come fast enough
        std::uint32_t got = 0;    ///< of [begin, stop)
        std::uint32_t right = 0;  ///< of these, in pieces that are right
        int next_piece = 0;
        bool whole = false;  ///< complete, and waiting
        Batch* batch = nullptr;
        int order = 0;  ///< of the batch's picker
    };

    int first_kbps() const;
    virtual void on_found(double now) = 0;
    virtual void look(double now) = 0;
    virtual bool needed() const = 0;
    /// Bytes of a `first` or `part`.
    virtual void on_received(Transfer& transfer, std::uint32_t bytes, double now) = 0;
    virtual void on_piece(Transfer& transfer, int piece, double now) = 0;
    virtual void on_ended(Transfer& transfer, double now) = 0;
    virtual void on_failed(Transfer& transfer, const Failure& failure, double now) = 0;
    virtual void on_index(int rendition, double now) = 0;
    /// The first chunk has another rendition than assumed.
    virtual void on_mistaken(Transfer& transfer, double now) = 0;
    /// The tracker named a peer, or a peer sent its list of chunks.
    virtual void on_peers(double now) = 0;

    static Millis millis(double now) { return static_cast<Millis>(now * 1000 + 0.5); }
    const abr::Shape::Chunk& chunk_of(int rendition, int chunk) const;
    int sources() const { return edges_.count(); }
    void step(Step step) { steps_.push_back(std::move(step)); }
    /// @return its number
    int ask(Ask ask, double now);
    void cancel(int number);
    Transfer* transfer(int number);
    /// An edge failed to send an object.
    void blame(const Transfer& transfer, const Object& object, const Failure& failure, double now);
    void reject(const Ask& ask, const char* why) { step(Reject{ask, why}); }
    void came(const Transfer& transfer, std::int64_t used, bool whole, double now);

    // batches
    void pump(Batch& batch, double now);
    void batch_failed(Transfer& transfer, const Failure& failure, double now);
    void meet_peers(double now);
    void poll_peers(int rendition, double now, bool rarely = false);
    void refresh_peers(int rendition, bool enough, double now);

    Edges& edges_;
    Options options_;
    Retry retry_;
    std::optional<Found> found_;
    std::optional<Peers> peers_;
    Heard heard_;
    std::map<int, Transfer> transfers_;
    int early_ = -1;  ///< the request for chunk 0 before the manifest arrived

   private:
    void drop_slow(double now);
    void look_for_song(double now);
    void ask_song(double now);
    void ask_manifest(int edge, double now);
    void take_song(Found song, double now);

    std::vector<Step> steps_;
    std::vector<swarm::PeerInfo> named_;  // before the manifest arrived
    int numbers_ = 0, manifest_ = -1, song_ = -1;
    bool tracker_asked_ = false, over_ = false;
};

}  // namespace stretto::gather

#pragma once
// One song on its way to a listener: whom to ask for what, whom to ask next when that fails, and
// when to give up. The base of Fetching and Listening, which differ in what they want first.
//
// Rules only: no socket, file, clock or thread. A driver tells a conductor what happened (an answer
// came, bytes came, a request failed, time passed) and carries out the steps that it asks for in
// return. stretto-fetch, stretto-play and the simulator are drivers of the same conductors.
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

/// What the manifest tells, and what is kept of the song already.
struct Found {
    abr::Shape shape;                       ///< without pieces: the indexes tell them
    int rate = 0;                           ///< Hz
    std::vector<std::vector<bool>> kept{};  ///< by rendition and chunk; may be empty
};

/// By chunk.
using Pieces = std::vector<std::vector<abr::Shape::Piece>>;

class Conductor {
   public:
    struct Options {
        bool tracker = false, peers = false, local_peers = false;
        std::string self;    ///< our own peer id
        bool keeps = false;  ///< chunks are kept: one that came in part is worth making whole later
        bool check_name = false;  ///< what is kept of a name may be old: ask about it beside
        int first_kbps = 96;      ///< of the chunk asked for before the manifest is here
        bool first_beside_tracker = true;  ///< ask for it though a tracker is known
        Retry::Options retry;
    };
    /// @param edges  outlives this; shared by all songs of a listener
    Conductor(Edges& edges, const Options& options);
    virtual ~Conductor() = default;
    Conductor(const Conductor&) = delete;

    /// Begin. @param kept  the song, if its manifest is kept and proves its id
    void start(double now, std::optional<Found> kept);
    /// Time has passed, or the playhead has moved.
    void act(double now, const play::Session::Heard& heard);
    /// When act() should be called again at the latest.
    virtual double due(double now) const = 0;
    /// Bytes came that make something worth asking for at once, rather than when act() is due.
    virtual bool eager(double) const { return false; }
    /// What to do now, in order; steps lead to answers, and these to more steps.
    std::vector<Step> take();

    // What came of an Ask, by its number. Answers to requests that were cancelled are passed over.

    /// The tracker's answer; the driver has given its edges to Edges already.
    /// @param found    nullopt: it had no manifest, or a wrong one
    /// @param no_edge  why there is no edge, where there is none
    void song_said(int number, std::vector<swarm::PeerInfo> peers, std::optional<Found> found,
                   const std::string& no_edge, double now);
    void peers_said(int number, const std::vector<swarm::PeerInfo>& peers, double now);
    /// A manifest that is right.
    void found(int number, Found song, double now);
    /// An index whose hash is right.
    void index_said(int number, Pieces pieces, double now);
    /// A peer said which chunks of the request's rendition it has.
    void have_said(int number, const std::vector<bool>& have, double now);
    /// The head of `first` came. @param kbps  of the rendition that the server chose; 0: it did not
    /// say
    void began(int number, int kbps, double now);
    /// Bytes of the range that was asked for have come.
    void received(int number, std::uint32_t bytes, double now);
    /// The next piece of it is right.
    void piece(int number, double now);
    /// All of it has come.
    void ended(int number, double now);
    void failed(int number, const Failure& failure, double now);

    /// The answer to Check.
    virtual void checked(int rendition, int chunk, bool right, double now) = 0;
    /// The answer to Pass. @param audio  the sample of the song up to which it can be heard now;
    /// nullopt: the bytes are damaged
    virtual void decoded(const Pass&, std::optional<std::int64_t> /*audio*/, double /*now*/) {}
    /// A chunk that is kept turned out not to be there, or to be wrong.
    virtual void lost(int rendition, int chunk, double now) = 0;

    bool found() const noexcept { return found_.has_value(); }
    bool over() const noexcept { return over_; }
    const Retry& retry() const noexcept { return retry_; }
    const abr::Shape& shape() const noexcept { return found_->shape; }
    const Peers* peers() const noexcept { return peers_ ? &*peers_ : nullptr; }
    /// What is asked for by a request, as far as is known by now; nullptr: it is not under way.
    const Ask* asked(int number) const;
    /// Stop: everything under way is cancelled, and End follows.
    void finish(const End& end);

   protected:
    using Heard = play::Session::Heard;
    static constexpr int tracker_source = -1;

    /// Chunks of one rendition that come from peers, and from edges where `edge` says so, piece by
    /// piece.
    struct Batch {
        Picker picker;
        int rendition = 0, chunk = 0;          ///< its chunk 0
        std::map<int, int> numbers;            ///< orders of the picker -> requests
        std::map<int, std::uint64_t> by_peer;  ///< right bytes
        bool each = false;             ///< Came tells of each request, rather than of each peer
        double asked = 0, first = -1;  ///< s
    };
    struct Transfer {
        Ask ask;
        double asked = 0, first = -1;
        double last = 0;          ///< till when it has come fast enough
        std::uint32_t got = 0;    ///< of [begin, stop)
        std::uint32_t right = 0;  ///< of these, in pieces that are right
        int next_piece = 0;
        bool whole = false;  ///< all of it is here, and waits for something
        Batch* batch = nullptr;
        int order = 0;  ///< of the batch's picker
    };

    virtual void on_found(double now) = 0;
    virtual void look(double now) = 0;
    virtual bool needed() const = 0;
    /// Bytes of a `first` or `part`.
    virtual void on_received(Transfer& transfer, std::uint32_t bytes, double now) = 0;
    virtual void on_piece(Transfer& transfer, int piece, double now) = 0;
    virtual void on_ended(Transfer& transfer, double now) = 0;
    virtual void on_failed(Transfer& transfer, const Failure& failure, double now) = 0;
    virtual void on_index(int rendition, double now) = 0;
    /// The first chunk is of another rendition than was taken for granted.
    virtual void on_mistaken(Transfer& transfer, double now) = 0;
    /// The tracker named a peer, or one said what it has.
    virtual void on_peers(double now) = 0;

    static Millis millis(double now) { return static_cast<Millis>(now * 1000 + 0.5); }
    const abr::Shape::Chunk& chunk_of(int rendition, int chunk) const;
    int sources() const { return edges_.count(); }
    void step(Step step) { steps_.push_back(std::move(step)); }
    /// @return its number
    int ask(Ask ask, double now);
    void cancel(int number);
    Transfer* transfer(int number);
    /// An edge failed to give an object.
    void blame(const Transfer& transfer, const Object& object, const Failure& failure, double now);
    void reject(const Ask& ask, const char* why) { step(Reject{ask, why}); }
    void came(const Transfer& transfer, std::int64_t used, bool whole, double now);

    // batches
    void pump(Batch& batch, double now);
    void batch_failed(Transfer& transfer, const Failure& failure, double now);
    void meet_peers(double now);
    void poll_peers(int rendition, double now);
    void refresh_peers(int rendition, bool enough, double now);

    Edges& edges_;
    Options options_;
    Retry retry_;
    std::optional<Found> found_;
    std::optional<Peers> peers_;
    Heard heard_;
    std::map<int, Transfer> transfers_;
    int early_ = -1;  ///< the request for chunk 0, made before the manifest was here

   private:
    void drop_slow(double now);
    void look_for_song(double now);
    void ask_song(double now);
    void ask_manifest(int edge, double now);
    void take_song(Found song, double now);

    std::vector<Step> steps_;
    std::vector<swarm::PeerInfo> named_;  // before the manifest was here
    int numbers_ = 0, manifest_ = -1, song_ = -1;
    bool tracker_asked_ = false, over_ = false;
};

}  // namespace stretto::gather

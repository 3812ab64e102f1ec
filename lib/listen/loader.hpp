#pragma once
// One song on its way here: from what is kept, from peers, from an edge; every byte verified before
// it is kept, handed on or passed to others.
#include <array>
#include <functional>
#include <memory>

#include "gather/picker.hpp"
#include "listen/around.hpp"
#include "listen/peers.hpp"
#include "song/index.hpp"
#include "song/manifest.hpp"

namespace stretto::listen {

/// A run of pieces that has come, for people who want to know from where.
struct Gave {
    int chunk = 0, first = 0, end = 0;
    std::string who;  ///< "edge eu-west HIT", "peer http://...", "cache"
    std::int64_t ms = 0;
    std::uint64_t bytes = 0;
};

struct Outcome {
    int exit = 0;  ///< of sysexits.h; 0: the song is here
    std::string why;
    std::string id;
    int kbps = 0;
    std::array<std::uint64_t, 3> bytes{};  ///< right ones, by Origin
    std::uint64_t wasted = 0;              ///< came, and were of no use
    std::int64_t first_byte_ms = -1, total_ms = 0;
    int retries = 0, bans = 0;
};

class Loader {
   public:
    struct Options {
        int kbps = 320;
        bool in_order = false;     ///< rather than rare chunks first
        bool peers_first = false;  ///< the edge only while peers bring less than twice the bitrate
        std::uint32_t seed = 0;
    };
    struct Calls {
        /// Whose song it is; before any chunk.
        std::function<void(const song::Manifest&, const song::Rendition&)> found;
        /// The chunks, in order, whole and right.
        std::function<void(const Bytes& chunk, bool last)> chunk;
        std::function<void(const Gave&)> gave;  ///< may be empty
        /// Once, at the end; the Loader may be destroyed in it.
        std::function<void(Outcome)> done;
    };
    /// @param song  id or name
    Loader(const Around& around, std::string song, const Options& options, Calls calls);
    ~Loader();
    Loader(const Loader&) = delete;

    /// Nobody wants the rest: `done` is called soon, with this.
    void give_up(int exit, const std::string& why) { finish(exit, why); }

   private:
    struct Transfer;
    struct Early;
    using Done = std::function<void(std::optional<Bytes>)>;

    void start();
    void ask_first_chunk();
    bool go_on_with_early(const std::shared_ptr<Transfer>& transfer);
    void begin_with(Early& early);
    void drop_early();
    void retry(std::chrono::milliseconds later, std::function<void()> what);
    void on_tracker(std::optional<swarm::SongAnswer> answer, int status, const std::string& why);
    void manifest_from_edge(int attempt);
    bool use_kept();
    void use(song::Manifest manifest);
    bool use_kept_index();
    void index_from(int attempt);
    void use_index(const Bytes& bytes);
    void look_into_cache();

    void pump_soon();
    void pump();
    void order(const gather::Order& order);
    void on_head(Transfer& transfer, const http::Response& head);
    bool on_data(Transfer& transfer, BytesView bytes);
    void on_end(Transfer& transfer, const http::Failure* failure);
    bool take_pieces(Transfer& transfer);
    void fail(Transfer& transfer, gather::Fault fault);
    void drop(int order);
    void tell(Transfer& transfer);
    void end(Transfer& transfer);
    void chunk_done(int chunk);
    void deliver();
    void finish(int exit, const std::string& why);

    std::string path(const std::string& rest) const { return "/songs/" + id_ + "/" + rest; }
    gather::Millis now() const { return static_cast<gather::Millis>(around_.loop.now_ms()); }
    BytesView piece_of(int chunk, int piece, BytesView from, std::uint32_t begin) const;

    const Around& around_;
    std::string song_, id_;
    Options options_;
    Calls calls_;
    Outcome outcome_;
    gather::Millis began_;
    song::Manifest manifest_;
    const song::Rendition* rendition_ = nullptr;
    std::optional<song::Index> index_;
    std::unique_ptr<gather::Picker> picker_;
    std::unique_ptr<Peers> peers_;
    std::map<int, std::shared_ptr<Transfer>> transfers_;
    std::vector<std::unique_ptr<http::Fetch>>
        over_;                      // ended, to be destroyed out of their callbacks
    std::shared_ptr<Early> early_;  // chunk 0, before the manifest
    std::unique_ptr<http::Fetch> early_fetch_;
    std::map<int, Bytes> partial_;  // chunks that come in parts
    std::map<int, Bytes> ready_;    // whole ones that are not kept
    int next_ = 0;                  // chunk to hand on
    bool pumping_ = false, again_ = false, over_now_ = false, pump_posted_ = false;
    gather::Millis progressed_ = 0;  // when the last byte of an edge, or right one of a peer, came
    std::string edge_why_;
    int edge_missing_ = 0;  // 404s in a row
    net::Timer tick_, retry_;
    std::function<void()> retrying_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace stretto::listen

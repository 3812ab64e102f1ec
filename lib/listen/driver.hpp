#pragma once
// The native driver of a song: executes the orders of gather::Fetching or gather::Listening, by
// HTTP on a loop and from the cache, and verifies every byte against its hash.
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "gather/conductor.hpp"
#include "gather/headers.hpp"
#include "listen/presence.hpp"
#include "net/life.hpp"
#include "song/index.hpp"
#include "song/manifest.hpp"

namespace stretto::listen {

class Driver {
   public:
    struct Calls {
        /// Whose song it is; before any chunk.
        std::function<void(const song::Manifest&)> found;
        /// The next chunk in order, complete and verified (of Fetching).
        std::function<void(int chunk, const Bytes&)> deliver;
        /// The sound continues with this part (of Listening). @param headers  of its rendition;
        /// empty if the bytes begin with them
        std::function<void(const play::Session::Part&, BytesView headers)> part;
        /// Its next bytes. @return the sample of the song up to which audio is complete now;
        /// nullopt: damaged
        std::function<std::optional<std::int64_t>(BytesView)> bytes;
        std::function<play::Session::Heard()> heard;
        std::function<void(const gather::Came&, const std::string& from, bool hit)> came;
        std::function<void(int from_kbps, int to_kbps, const char* why)> switched;
        std::function<void(const std::string& from, int chunk, const char* why)> reject;
        /// Fields for the log of an edge (CMCD) with a request for bytes of a chunk.
        std::function<http::Fields(const gather::Ask&)> fields;
        /// Once, and nothing after it. The driver may be destroyed by net::Loop::drop.
        std::function<void(const gather::End&)> ended;
    };
    /// What is not needed may be left empty.
    /// @param song  id or name
    /// @param old_names  a name that is kept is taken at its word, and asked about beside
    Driver(Presence& presence, std::string song, bool old_names,
           std::unique_ptr<gather::Conductor> conductor, Calls calls);
    ~Driver();
    Driver(const Driver&) = delete;

    void start();
    /// Time has passed, or the playback position has changed.
    void act();
    /// The rest is not needed.
    void give_up(const gather::End& end);
    /// Call it after the owner of the conductor changed something, such as a seek.
    void carry_out();

    gather::Conductor& conductor() noexcept { return *conductor_; }
    const song::Manifest& manifest() const noexcept { return manifest_; }

   private:
    /// A request on its way.
    struct Flight;
    using Chunk = std::pair<int, int>;  // rendition, chunk

    void carry_out(const gather::Ask& ask);
    void carry_out(const gather::Cancel& cancel);
    void carry_out(const gather::Begin& begin);
    void carry_out(const gather::Pass& pass);
    void carry_out(const gather::Check& check);
    void carry_out(const gather::Forget& forget);
    void carry_out(const gather::Deliver& deliver);
    void carry_out(const gather::Tell& tell);
    void carry_out(const gather::Came& came);
    void carry_out(const gather::Switched& switched);
    void carry_out(const gather::Reject& reject);
    void carry_out(const gather::End& end);

    void ask_tracker_song(int number);
    void ask_tracker_peers(int number, int rendition);
    void read_kept(const gather::Ask& ask);
    bool index_of_cache(const gather::Ask& ask);
    void read_directory(const gather::Ask& ask, const Directory& directory);
    void fetch(const gather::Ask& ask);
    void resolve_name(const gather::Ask& ask);

    void on_head(int number, const http::Response& head);
    bool on_data(int number, BytesView bytes);
    void on_end(int number, const http::Failure* failure);
    void take(Flight& flight, BytesView bytes);
    void take_pieces(int number);
    void pass_on(Chunk chunk, int piece, std::uint32_t begin, BytesView bytes);
    void pass_on_pieces(const gather::Ask& ask, std::uint32_t from, std::uint32_t to);
    void pass_on_no_more(Chunk chunk);
    void whole(int number);
    void take_manifest(int number, BytesView json);
    void take_index(int number, BytesView bytes, bool kept);
    void fail(int number, gather::Fault fault, std::string why);

    std::optional<gather::Found> adopt(song::Manifest manifest);
    std::optional<song::Manifest> kept_manifest(const std::string& id) const;
    void keep_manifest();
    void adopt_first();
    Bytes& bytes_of(Chunk chunk);
    std::string path_of(const gather::Ask& ask) const;
    std::string name_of(const gather::Ask& ask) const;
    std::string subject(const gather::Ask& ask, const std::string& why) const;
    std::size_t most_of(const gather::Ask& ask) const;
    int kbps(int rendition) const {
        return manifest_.renditions[static_cast<std::size_t>(rendition)].kbps;
    }
    std::int64_t header_bytes(int rendition) const {
        return manifest_.renditions[static_cast<std::size_t>(rendition)].header_bytes;
    }
    double now() const { return static_cast<double>(presence_.loop().now_ms()) / 1000; }

    Presence& presence_;
    std::string song_, id_;
    bool old_names_;
    std::unique_ptr<gather::Conductor> conductor_;
    Calls calls_;
    song::Manifest manifest_;
    std::map<int, song::Index> index_;  // by rendition
    gather::Headers headers_;
    std::map<Chunk, Bytes> chunks_;  // partial, or complete and not delivered yet
    std::map<int, Flight> flights_;
    std::map<int, std::unique_ptr<http::Upstream>> peers_;  // by the conductor's number
    std::set<int> hits_;          // requests that an edge served from its cache
    std::set<int> from_network_;  // chunks
    Bytes first_;                 // bytes of chunk 0 that arrived before the manifest
    int first_number_ = -1;
    int next_ = 0;  // chunk to deliver
    bool manifest_kept_ = false, running_ = false, ended_ = false;
    net::Timer timer_;
    net::Life life_;
};

}  // namespace stretto::listen

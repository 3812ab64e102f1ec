#pragma once
// Executes the orders of the rules for one song with a browser: requests, checks and stored files.
// The counterpart of listen/driver, which uses sockets and a disk.
#include <functional>
#include <map>
#include <memory>
#include <set>

#include "gather/headers.hpp"
#include "gather/listening.hpp"
#include "song/index.hpp"
#include "song/manifest.hpp"
#include "web/mesh.hpp"

namespace stretto::web {

class Driver {
   public:
    struct Calls {
        std::function<void(const song::Manifest&)> found;
        std::function<void(const play::Session::Part&, BytesView headers)> part;
        std::function<std::optional<std::int64_t>(BytesView)> bytes;
        std::function<play::Session::Heard()> heard;
        std::function<void(const gather::Came&, bool hit)> came;
        std::function<void(int from, int to, const char* why)> switched;  ///< kbit/s
        std::function<void(const gather::Ask&, const char* why)> reject;
        std::function<Fields(const gather::Ask&)> fields;
        std::function<void(const gather::End&)> ended;
    };

    Driver(Page& page, Mesh& mesh, const gather::Edges& edges, std::string id,
           std::unique_ptr<gather::Listening> rules, Calls calls);
    ~Driver();
    Driver(const Driver&) = delete;

    /// @param from_s  start position in the song
    void start(double from_s);
    /// Time has passed, or the playback position has changed. Does nothing until the next due time.
    void act(bool at_once);
    double due() const { return due_; }
    void seek(std::int64_t sample);

    /// Whether a request of this number is open here. The functions below report results of such
    /// requests.
    bool has(int number) const { return flights_.contains(number); }
    void head(int number, int status, const Fields& fields);
    void data(int number, BytesView bytes);
    void ended(int number);
    void failed(int number);
    /// A stored file; nullopt: there is none.
    void read(int number, std::optional<BytesView> bytes);

    const gather::Listening& rules() const { return *rules_; }
    const song::Manifest& manifest() const { return manifest_; }
    const std::string& id() const { return id_; }
    /// The peer that is asked.
    const std::string& peer_of(const gather::Ask& ask) const {
        return rules_->peers()->at(ask.source).info.peer_id;
    }

   private:
    using Chunk = std::pair<int, int>;  // rendition, number
    struct Flight {
        gather::Ask ask;
        int of_rules = 0;  // its number in the rules
        double last = 0;   // when it was sent, or last received bytes
        Bytes data;        // of small responses, and of unverified pieces
        int next_piece = 0;
        std::uint64_t skip = 0;  // bytes before the range, if the response is the whole chunk
        std::uint32_t got = 0;
        bool longer = false, hit = false, kept = false;
    };

    int kbps(int rendition) const {
        return manifest_.renditions[static_cast<std::size_t>(rendition)].kbps;
    }
    std::int64_t header_bytes(int rendition) const {
        return manifest_.renditions[static_cast<std::size_t>(rendition)].header_bytes;
    }
    std::string path_of(const gather::Ask& ask) const;
    std::string why_of(int status) const;
    std::optional<gather::Found> adopt(song::Manifest manifest);
    void adopt_first();
    void go_to_begin();
    void keep(const std::string& path, BytesView bytes);
    void keep_manifest();
    void fetch(int number);
    void ask_tracker(const gather::Ask& ask);
    void ask_peer(int number);
    void cancel(int number);
    void take_pieces(int number);
    void take_manifest(int number);
    void take_index(int number);
    void fail(int number, gather::Fault fault, std::string why);
    void close(int number);
    void drop_silent();
    Bytes& bytes_of(Chunk chunk);

    void carry_out();
    void carry_out(const gather::Ask& ask);
    void carry_out(const gather::Cancel& cancel);
    void carry_out(const gather::Begin& begin);
    void carry_out(const gather::Pass& pass);
    void carry_out(const gather::Check& check);
    void carry_out(const gather::Forget& forget);
    void carry_out(const gather::Deliver&) {}
    void carry_out(const gather::Tell& tell) { mesh_.report(tell.report); }
    void carry_out(const gather::Came& came);
    void carry_out(const gather::Switched& switched);
    void carry_out(const gather::Reject& reject);
    void carry_out(const gather::End& end);

    Page& page_;
    Mesh& mesh_;
    const gather::Edges& edges_;
    std::string id_;
    std::unique_ptr<gather::Listening> rules_;
    Calls calls_;
    song::Manifest manifest_;
    std::map<int, Flight> flights_;  // per number in the page
    std::map<int, int> numbers_;     // number in the rules -> number in the page
    std::set<int> hits_;             // numbers in the rules
    std::map<Chunk, Bytes> chunks_;  // from their beginning; missing bytes are zeros
    gather::Headers headers_;
    std::map<int, song::Index> index_;
    std::shared_ptr<bool> there_ = std::make_shared<bool>(true);  // for late answers
    Bytes first_, json_;  // chunk 0 before the manifest; the manifest until it is stored
    int first_number_ = -1, kept_manifest_ = -1;
    double due_ = 0, from_s_ = 0;
    bool ended_ = false, running_ = false;
};

}  // namespace stretto::web

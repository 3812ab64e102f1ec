#pragma once
// The player of a page: plays songs one after the other without a gap, and reports events. The
// counterpart of listen/player.
#include <optional>

#include "events/line.hpp"
#include "events/outbox.hpp"
#include "web/driver.hpp"
#include "web/track.hpp"

namespace stretto::web {

class Player final : events::Sink {
   public:
    struct Options {
        gather::Listening::Wish wish;
        Track::Options track;
        int first_kbps = 96;     ///< of the chunk that is requested before the manifest arrives
        double patience_s = 90;  ///< see gather::Retry
        std::string server;      ///< the page's, for the events
        std::vector<std::string> edges;  ///< URLs of others, for when it fails
        std::string listener, network;   ///< the same; without a listener there are no events
        std::string tracker;             ///< its URL; empty: this page is no peer
        int upload_kbps = 1000;          ///< to all peers together
        bool keeps = false;              ///< the browser keeps files
        std::uint64_t most_kept_bytes = 200'000'000;
        bool verifies = false;  ///< the browser verifies signatures
    };

    Player(Browser& browser, const Options& options);

    /// Set the time of the following calls. @param now  s, ascending @param utc_ms  the same moment
    void at(double now, std::int64_t utc_ms);
    /// Set the current frame of the sound clock, and whether it runs.
    void clock(std::int64_t frame, bool running);
    /// The browser has stored this file: "songs/<id>/<path>".
    void kept(const std::string& path, std::uint64_t bytes, std::int64_t used_ms);

    // Commands of the listener.

    /// Play the song with this id instead of the current one.
    void play(const std::string& id, double from_s);
    /// Set the song that follows without a gap; empty: none.
    void next(const std::string& id);
    void pause(bool paused);
    /// Continue at this position, s.
    void seek(double at_s);
    /// Whether to exchange chunks with other listeners; songs that begin from now on do.
    void share(const Sharing& sharing) { mesh_.share(sharing); }
    /// Renditions to use, kbit/s; takes effect with the next play().
    void wish(int least_kbps, int most_kbps);
    void stop();
    /// The listener's access token; empty: none. @param id  for events @param most_kbps  that it is
    /// for; 0: no limit
    void token(const std::string& text, const std::string& id, int most_kbps);

    // Results of the browser's actions.

    void head(int number, int status, const Fields& fields);
    void data(int number, BytesView bytes);
    void ended(int number);
    void failed(int number);
    void read(int number, std::optional<BytesView> bytes);
    /// @param status  0: no answer
    void answered(int number, int status, BytesView body, const Fields& fields = {}) {
        mesh_.answered(number, status, body, fields);
    }
    /// A pass: its header and claims; empty: its signature is wrong.
    void verified(int number, std::string_view header, std::string_view claims) {
        mesh_.verified(number, header, claims);
    }
    void described(int link, std::string_view sdp) { mesh_.described(link, sdp); }
    void opened(int link) { mesh_.opened(link); }
    void message(int link, BytesView bytes) { mesh_.message(link, bytes); }
    /// So many bytes of all that were sent are on their way.
    void drained(int link, std::uint64_t bytes) { mesh_.drained(link, bytes); }
    void closed(int link) { mesh_.closed(link); }
    /// @param status  0: no response
    void posted(int status, std::int64_t retry_after_ms);

    /// Call this after each of the calls above, and after the returned time. @return s
    double tick();

   private:
    struct Song {
        std::string id, session;
        std::unique_ptr<abr::Policy> policy;
        std::unique_ptr<Track> track;
        std::optional<events::Session> events;
        std::vector<play::Session::Part> parts;  // the newest is last
        std::unique_ptr<Driver> driver;  // destroyed before the members that its callbacks use
        double from_s = 0, begun = 0, told = 0, stalled_at = 0;
        std::int64_t first_byte_ms = -1;
        bool stalled = false;
        std::optional<double> sought_s;  // before there was a manifest
        std::optional<gather::End> failure;

        int kbps_at(std::int64_t sample) const;
    };

    std::unique_ptr<Song> make(const std::string& id, double from_s);
    Driver::Calls calls_of(Song& song);
    void found(Song& song, const song::Manifest& manifest);
    void came(Song& song, const gather::Came& came, bool hit);
    void begin(std::unique_ptr<Song> song);
    void finish(const char* why);
    void happened(Song& song, Track::Happened what);
    void give_up_if_silent();
    void prepare_next();
    void post();
    void show();
    void show_sources();
    void tell_uploads(bool at_once);
    std::string closing();
    void tell(Song& song, std::string_view event, std::initializer_list<events::Field> more = {});
    void write(std::string_view lines, std::int64_t time_ms) override;
    void flush() override {}
    Driver* driver_of(int number);
    std::int64_t frame() const;
    play::Session::Heard heard(const Song& song) const;

    Browser& browser_;
    Options options_;
    Shelf shelf_;
    Page page_;
    Mesh mesh_;
    gather::Edges edges_;
    events::Outbox outbox_;
    std::unique_ptr<Song> current_, next_;
    std::string next_id_, token_id_;
    int rate_ = 0;  // of the open device
    std::int64_t clock_frame_ = 0, earliest_ = 0;
    double clock_at_ = 0, asked_ = 0, posted_at_ = 0;
    bool running_ = false, paused_ = false, posts_ = true;
    std::string shown_, sources_shown_;
    std::uint64_t of_server_ = 0, of_peers_ = 0, of_shelf_ = 0;  // bytes
    std::uint64_t uploads_told_ = 0;
    double sources_at_ = 0, uploads_at_ = 0;
    std::string* aside_ = nullptr;  // if set, lines are written there instead of to the outbox
};

}  // namespace stretto::web

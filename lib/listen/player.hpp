#pragma once
// A listener: songs one after the other, from the network to the ears without a gap, and what was
// seen on the way as events.
#include <deque>
#include <functional>
#include <memory>

#include "audio/convert.hpp"
#include "audio/sink.hpp"
#include "events/writer.hpp"
#include "listen/download.hpp"
#include "listen/panel.hpp"
#include "listen/poster.hpp"
#include "listen/presence.hpp"
#include "play/playout.hpp"

namespace stretto::listen {

using play::Playout;

class Player {
   public:
    struct Options {
        Presence::Options presence;
        Download::Options download;
        audio::Output output;
        audio::SinkOptions sink;
        double volume = 1;
        std::string events;             ///< a file, "-" or a URL; empty: none
        std::string listener, network;  ///< for the events
        double share_seconds = 0;       ///< after the last song; infinite: until told to end
    };
    enum class Key { none, pause, back, forward, next, previous, louder, quieter, quit };

    explicit Player(const Options& options);
    ~Player();

    /// Called ten times a second.
    void on_view(std::function<void(const PanelView&)> show) { show_ = std::move(show); }
    /// What people are told; by default note().
    void on_note(std::function<void(const std::string&)> say) { say_ = std::move(say); }
    void key(Key key);
    net::Loop& loop() { return loop_; }

    /// Until the last song was heard. @return 0, or the status of the first song that failed
    int run(std::vector<std::string> songs);

   private:
    struct Song;
    void begin(std::size_t song);
    Download::Calls calls_of(Song& song);
    void found(Song& song, const song::Manifest& manifest);
    Session::Heard heard(const Song& song) const;
    void tick();
    void pump();
    bool feed();
    void sound(Song& song);
    bool write(Song& song);
    void stall(Song& song);
    void tell_uploads(events::Session& session);
    bool urgent() const;
    void prepare_next();
    void end_song(Song& song, const char* why);
    void go_to(std::size_t song, const char* why);
    void seek(double seconds);
    void toggle_pause();
    void give_up(const Song& song);
    void end();
    void open_events();
    void leave();
    template <class Call>
    void tell(Call call);
    void tell(Song& song, std::string_view event, std::initializer_list<events::Field> more = {});
    void view();
    double now() const { return static_cast<double>(loop_.now_ms()) / 1000; }

    Options options_;
    net::Loop loop_;
    Presence presence_;
    std::unique_ptr<events::Sink> writer_;
    Poster* poster_ = nullptr;  // the same, when they go to a server
    std::vector<std::string> songs_;
    std::unique_ptr<Song> current_, next_;
    std::vector<std::unique_ptr<Song>> over_;  // to be destroyed out of their callbacks
    std::unique_ptr<audio::Sink> sink_;
    std::vector<float> frames_;
    std::optional<audio::Converter> converter_;  // where a song is not as the first one was
    std::vector<float> converted_;               // what the sink had no room for yet
    std::function<void(const PanelView&)> show_;
    std::function<void(const std::string&)> say_;
    std::deque<PanelView::From> sources_;
    net::Timer tick_, leave_;
    std::optional<events::Session> last_;  // of the song that played last, for what is given since
    std::uint64_t told_given_ = 0;
    double asked_ = 0;  // when the listener asked for the song that plays
    bool paused_ = false, pumping_ = false, ending_ = false;
    double shown_ = 0, acted_ = 0;
    int exit_ = 0;
};

}  // namespace stretto::listen

#pragma once
// The player: plays songs one after the other without a gap, from the network to the sound device,
// and writes events.
#include <chrono>
#include <deque>
#include <functional>
#include <memory>

#include "gather/listening.hpp"
#include "listen/artwork.hpp"
#include "listen/diary.hpp"
#include "listen/driver.hpp"
#include "listen/panel.hpp"
#include "listen/remote.hpp"
#include "listen/sound.hpp"

namespace stretto::listen {

class Player : public Remote {
   public:
    struct Options {
        Presence::Options presence;
        gather::Listening::Wish wish;
        std::string abr = "stretto";  ///< a name of abr::make_policy
        int first_kbps = 96;       ///< of the chunk that is requested before the manifest arrives
        int first_least_kbps = 1;  ///< the same where the last song was slow; see gather::Conductor
        double patience_s = 90;    ///< see gather::Retry
        audio::Output output;
        audio::SinkOptions sink;
        double volume = 1;
        std::string events;             ///< a file, "-" or a URL; empty: none
        std::string listener, network;  ///< for the events
        double share_seconds = 0;       ///< after the last song; infinite: until told to end
        std::size_t first = 0;          ///< number of the song to begin with
        double start_s = 0;             ///< where that one begins
        Repeat repeat = Repeat::none;
        bool pause_without_device = false;  ///< when the device disappears
    };
    enum class Key { none, pause, back, forward, next, previous, louder, quieter, quit };

    explicit Player(const Options& options);
    ~Player() override;

    /// Called ten times a second.
    void on_view(std::function<void(const PanelView&)> show) { show_ = std::move(show); }
    /// Messages to people; by default note().
    void on_note(std::function<void(const std::string&)> say) { say_ = std::move(say); }
    /// Programs of the desktop see the player: keep the cover of what plays where they find it.
    void show_covers() { artwork_.emplace(presence_); }
    void key(Key key);
    net::Loop& loop() { return loop_; }

    static constexpr std::size_t most_songs = 100'000;  ///< of the queue, when songs are appended
    RemoteState state() const override;
    void pause(bool paused) override;
    void seek_by(double seconds) override { seek(seconds, Sound::From::here); }
    void seek_to(double seconds) override { seek(seconds, Sound::From::begin); }
    void next() override;
    void previous() override;
    void go(std::size_t number) override;
    void set_volume(double volume) override;
    void set_repeat(Repeat repeat) override;
    bool append(const std::string& song) override;
    void replace(const std::string& song) override;
    void quit() override { key(Key::quit); }

    /// Until the last song was heard. @return 0, or the status of the first song that failed; Error
    /// 75 when a signal ended it before
    int run(std::vector<std::string> songs);
    /// Whether the queue came to its end, rather than that the listener or a signal ended it, or
    /// its last song failed.
    bool finished() const noexcept { return ending_ && !quit_ && !gave_up_; }
    /// The state before the listener or a signal ends it is the last that matters.
    void on_quit(std::function<void()> call) { on_quit_ = std::move(call); }

   private:
    struct Song;
    std::unique_ptr<Song> make(std::size_t number);
    Driver::Calls calls_of(Song& song);
    void found(Song& song, const song::Manifest& manifest);
    http::Fields cmcd(const Song& song, const gather::Ask& ask) const;
    void came(Song& song, const gather::Came& came, const std::string& from, bool hit);
    play::Session::Heard heard(const Song& song) const;
    void happened(const std::shared_ptr<Sound::Track>& track, const Sound::Happened& what);
    void failed(Song& song, const gather::End& end);
    void give_up_if_silent(Song& song);
    void tick();
    bool urgent() const;
    void prepare_next();
    void drop(std::unique_ptr<Song> song);
    void go_to(std::size_t song, const char* why);
    std::size_t after(std::size_t number) const;
    void begin_at(const Song& song, double seconds);
    void seek(double seconds, Sound::From from);
    void watch_device();
    void interrupt();
    void end();
    void leave();
    PanelView view() const;
    double now() const { return static_cast<double>(loop_.now_ms()) / 1000; }

    Options options_;
    net::Loop loop_;
    std::function<void(const std::string&)> say_;
    std::function<void(const PanelView&)> show_;
    Presence presence_;
    std::optional<Artwork> artwork_;
    Diary diary_;
    std::vector<std::string> songs_;
    Sound sound_;
    std::unique_ptr<Song> current_, next_;
    std::deque<PanelView::From> sources_;
    net::Timer tick_, leave_;
    double asked_ = 0;  // when the listener asked for the song that plays
    std::uint64_t plays_ = 0, seeks_ = 0;
    bool paused_ = false, ending_ = false, interrupted_ = false, hurried_ = false;
    bool sounded_ = false;  // something was heard since the first song of the queue was begun
    bool was_lost_ = false, quit_ = false;
    bool gave_up_ = false;  // the song that ended last had failed
    std::function<void()> on_quit_;
    int exit_ = 0;
};

}  // namespace stretto::listen

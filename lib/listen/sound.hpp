#pragma once
// The thread that feeds the output: it plays one track after the other without a gap, and reports
// when the sound begins, stops because the buffer is empty, and ends. It never waits for a disk or
// the network.
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "audio/convert.hpp"
#include "audio/sink.hpp"
#include "net/loop.hpp"
#include "play/playout.hpp"

namespace stretto::listen {

class Sound {
   public:
    struct Options {
        audio::Output output;
        audio::SinkOptions sink;  ///< its clock is the steady one where there is none
        double volume = 1;
        double start_s = 0.45;  ///< buffer level for the first sound, unless the track sets another
        double resume_s = 2;    ///< the same after a stall
        double buffer_s = 30;   ///< decoded ahead of the playback
    };
    /// Events of a track, in order; `at` in s of the clock.
    struct Happened {
        enum class What { started, stalled, resumed, finished } what;
        double at = 0;
    };
    /// A song's sound. Its functions are called on the loop's thread.
    class Track {
       public:
        /// @param samples  of the song
        Track(Sound& sound, int rate, int channels, std::int64_t samples);

        void begin(std::int64_t chunk, std::int64_t decodes, std::int64_t from, std::int64_t end,
                   BytesView headers);
        std::optional<std::int64_t> add(BytesView bytes);
        /// It sounds for the first time with so many seconds in hand.
        void start_with(double seconds);

        struct State {
            std::int64_t position = 0, end = 0;  ///< samples: next to take, end of the buffer
            double heard_s = 0;                  ///< total duration taken for the output
            bool playing = false, started = false, done = false;
            bool damaged = false;  ///< the buffered audio is damaged at its end
        };
        State state() const;
        int rate() const noexcept { return rate_; }
        std::int64_t samples() const noexcept { return samples_; }
        /// No more audio will arrive: play the buffer to its end.
        void last();

       private:
        friend class Sound;
        bool can_play() const;
        Sound& sound_;
        int rate_, channels_;
        std::int64_t samples_;
        play::Playout playout_;
        double heard_s_ = 0, start_s_;
        bool playing_ = false, started_ = false, sought_ = false, last_ = false, over_ = false;
    };
    /// @param happened  called on the loop, soon after it happened; the track may be dropped by
    /// then
    Sound(net::Loop& loop, Options options,
          std::function<void(const std::shared_ptr<Track>&, Happened)> happened);
    ~Sound();
    Sound(const Sound&) = delete;

    std::shared_ptr<Track> track(int rate, int channels, std::int64_t samples);
    /// Play it after the queued tracks.
    void queue(std::shared_ptr<Track> track);
    /// Stop playing it; take back its samples that the device has not played.
    void remove(const std::shared_ptr<Track>& track);
    void pause(bool paused);
    void volume(double volume);
    /// Go on so many seconds from what is heard now, or from the track's begin. @return the sample
    /// to go on from where it is not in hand
    enum class From { here, begin };
    std::optional<std::int64_t> seek(Track& track, double seconds, From from = From::here);
    /// The device is lost, and searched for.
    bool lost() const;
    /// s of audio that was written and not played yet.
    double unheard_s() const;
    /// All that was written is out; nothing is heard after that.
    void close();

   private:
    void yield_to_device(std::unique_lock<std::mutex>& lock, const Track& track);
    void run();
    double turn();
    double feed(Track& track);
    bool open(Track& track);
    void tell(const std::shared_ptr<Track>& track, Happened::What what);
    double now() const { return options_.sink.clock(); }

    net::Loop& loop_;
    Options options_;
    std::function<void(const std::shared_ptr<Track>&, Happened)> happened_;
    mutable std::mutex mutex_;  // protects all members below, and the tracks
    std::condition_variable wake_, turned_;
    double due_ = 0;          ///< time of the thread's next turn, s of the steady clock
    std::int64_t turns_ = 0;  ///< that it had
    std::deque<std::shared_ptr<Track>> queue_;
    std::unique_ptr<audio::Sink> sink_;
    std::vector<float> frames_;
    int files_ = 0;
    bool paused_ = false, ending_ = false;
    std::thread thread_;
};

}  // namespace stretto::listen

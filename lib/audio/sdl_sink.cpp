#include "audio/sdl_sink.hpp"

#include <algorithm>

#include "audio/sdl_library.hpp"

namespace stretto::audio {
namespace {

constexpr double depth_seconds = 0.2;
constexpr double seconds_between_tries = 1;
/// Frames that the device takes at a time: 93 ms at 44.1 kHz, so that a busy machine does not
/// interrupt.
constexpr int device_frames = 4096;

const SdlLibrary& sdl() { return SdlLibrary::get(); }

Error no_device(const char* why) {
    return Error{EX_UNAVAILABLE,
                 text("no sound device: ", why, " ('--output null' plays without one)")};
}

/// SDL's audio, started and ended with its owner.
class System {
   public:
    System() {
        hold_back_alsa();
        // signals are the program's, and a name is shown in mixers
        sdl().SetHint("SDL_NO_SIGNAL_HANDLERS", "1");
        sdl().SetHint("SDL_APP_NAME", "stretto");
        up_ = sdl().InitSubSystem(sdl_init_audio) == 0;
    }
    ~System() {
        if (up_) sdl().QuitSubSystem(sdl_init_audio);
    }
    System(const System&) = delete;
    bool up() const noexcept { return up_; }

   private:
    bool up_;
};

class SdlSink final : public Sink {
   public:
    SdlSink(const Format& format, SinkOptions options)
        : Sink(format), options_(std::move(options)) {
        if (!open()) throw no_device(sdl().GetError());
    }
    ~SdlSink() override { shut(); }

    std::size_t room() override {
        watch();
        if (!device_) return 0;
        const auto depth = static_cast<std::int64_t>(depth_seconds * format().rate);
        return static_cast<std::size_t>(std::max<std::int64_t>(0, depth - queued()));
    }

    std::int64_t played() override {
        watch();
        if (!device_) return played_;
        // what the device took last is being heard now
        const std::int64_t taken = written_ - queued();
        const double now = options_.clock();
        if (taken != taken_) taken_at_ = now;
        taken_ = taken;
        const auto since = static_cast<std::int64_t>((now - taken_at_) * format().rate);
        const auto unheard = std::max<std::int64_t>(0, latency_ - (paused_ ? 0 : since));
        played_ = std::clamp(taken - unheard, played_, written_);
        return played_;
    }

    void pause(bool paused) override {
        played();
        paused_ = paused;
        taken_at_ = options_.clock();
        if (device_) sdl().PauseAudioDevice(device_, paused);
    }

    std::int64_t drop() override {
        std::int64_t dropped = 0;
        if (device_) {
            sdl().LockAudioDevice(device_);
            dropped = queued();
            sdl().ClearQueuedAudio(device_);
            sdl().UnlockAudioDevice(device_);
        } else {
            dropped = written_ - played_;
        }
        dropped = std::min(dropped, written_ - played_);
        written_ -= dropped;
        unheard_.resize(unheard_.size() - std::min(unheard_.size(), samples(dropped)));
        return dropped;
    }

    bool lost() const noexcept override { return device_ == 0; }

    void close() override {
        // the system holds as much again, and forgets it when it is closed
        if (device_) sdl().Delay(static_cast<std::uint32_t>(2000 * latency_ / format().rate));
        shut();
        closed_ = true;
    }

   private:
    std::size_t samples(std::int64_t frames) const {
        return static_cast<std::size_t>(frames * format().channels);
    }
    std::int64_t queued() const {
        return sdl().GetQueuedAudioSize(device_) /
               static_cast<std::int64_t>(sizeof(float) * samples(1));
    }

    void put(std::span<const float> more) override {
        const auto wanted = samples(written_ - played());
        if (unheard_.size() > wanted)
            unheard_.erase(unheard_.begin(), unheard_.end() - static_cast<std::ptrdiff_t>(wanted));
        unheard_.insert(unheard_.end(), more.begin(), more.end());
        queue(more);
    }
    void queue(std::span<const float> more) {
        if (device_ && sdl().QueueAudio(device_, more.data(),
                                        static_cast<std::uint32_t>(more.size_bytes())) != 0)
            throw Error{EX_IOERR, text("cannot play: ", sdl().GetError())};
    }

    bool open() {
        system_ = std::make_unique<System>();
        if (!system_->up()) return false;
        SdlAudio want{}, have{};
        want.rate = format().rate;
        want.format = sdl_native_float;
        want.channels = static_cast<std::uint8_t>(format().channels);
        want.frames = device_frames;
        const char* name = options_.device.empty() ? nullptr : options_.device.c_str();
        device_ = sdl().OpenAudioDevice(name, 0, &want, &have, 0);
        if (!device_) return false;
        latency_ = have.frames;
        sdl().PauseAudioDevice(device_, paused_);
        return true;
    }
    void shut() {
        if (device_) sdl().CloseAudioDevice(device_);
        device_ = 0;
        system_.reset();
    }

    /// Notice a lost device, and look for it again.
    void watch() {
        if (closed_) return;
        if (device_) {
            if (!gone()) return;
            shut();
            tried_at_ = options_.clock();
        }
        if (options_.clock() - tried_at_ < seconds_between_tries) return;
        tried_at_ = options_.clock();
        system_.reset();  // SDL finds a sound server that came back only when started anew
        if (!open()) return shut();
        const auto left = std::min(unheard_.size(), samples(written_ - played_));
        taken_ = played_;
        taken_at_ = tried_at_;
        queue(std::span{unheard_}.last(left));
    }
    bool gone() const {
        sdl().PumpEvents();
        bool found = false;
        for (SdlEvent event;
             sdl().PeepEvents(&event, 1, sdl_get_event, sdl_device_added, sdl_device_removed) > 0;)
            found |= event.type == sdl_device_removed && !event.records && event.device == device_;
        return found;
    }

    SinkOptions options_;
    std::unique_ptr<System> system_;
    std::uint32_t device_ = 0;  // 0: lost
    bool paused_ = false, closed_ = false;
    std::int64_t latency_ = 0;
    std::int64_t played_ = 0, taken_ = 0;
    double taken_at_ = 0, tried_at_ = 0;
    std::vector<float> unheard_;  // the last of what was written, for a device that comes back
};

}  // namespace

std::unique_ptr<Sink> open_sdl_sink(const Format& format, SinkOptions options) {
    return std::make_unique<SdlSink>(format, std::move(options));
}

std::vector<std::string> output_devices() {
    const System system;
    std::vector<std::string> names;
    const int n = system.up() ? sdl().GetNumAudioDevices(0) : 0;
    for (int i = 0; i < n; ++i)
        if (const char* name = sdl().GetAudioDeviceName(i, 0)) names.emplace_back(name);
    return names;
}

}  // namespace stretto::audio

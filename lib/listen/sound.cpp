#include "listen/sound.hpp"

#include <sysexits.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <utility>

namespace stretto::listen {
namespace {

constexpr double often_s = 0.01, seldom_s = 0.1;
constexpr std::size_t slice = 8192;        // bytes decoded at a time, while the device may wait
constexpr std::size_t most_frames = 8192;  // taken at a time
constexpr std::chrono::milliseconds most_yield{5};
constexpr double margin_s = 15;  // decoded in addition to the buffer: a chunk and a half

}  // namespace

Sound::Track::Track(Sound& sound, int rate, int channels, std::int64_t samples)
    : sound_(sound),
      rate_(rate),
      channels_(channels),
      samples_(samples),
      playout_(rate, channels, std::llround((sound.options_.buffer_s + margin_s) * rate)),
      start_s_(sound.options_.start_s) {}

void Sound::Track::start_with(double seconds) {
    const std::lock_guard lock{sound_.mutex_};
    start_s_ = seconds;
}

void Sound::Track::begin(std::int64_t chunk, std::int64_t decodes, std::int64_t from,
                         std::int64_t end, BytesView headers) {
    const std::lock_guard lock{sound_.mutex_};
    playout_.begin(chunk, decodes, from, end, headers);
}

std::optional<std::int64_t> Sound::Track::add(BytesView bytes) {
    std::optional<std::int64_t> end;
    while (!bytes.empty()) {
        const auto now = bytes.first(std::min(bytes.size(), slice));
        bytes = bytes.subspan(now.size());
        std::unique_lock lock{sound_.mutex_};
        end = playout_.add(now);
        if (!end) return {};
        sound_.yield_to_device(lock, *this);
    }
    return end;
}

bool Sound::Track::can_play() const {
    const double in_hand = static_cast<double>(playout_.end() - playout_.position()) / rate_;
    if (in_hand > 0 && (last_ || playout_.end() >= samples_)) return true;
    return in_hand >= (started_ ? sound_.options_.resume_s : start_s_);
}

Sound::Track::State Sound::Track::state() const {
    const std::lock_guard lock{sound_.mutex_};
    State s;
    s.position = playout_.position();
    s.end = playout_.end();
    s.heard_s = heard_s_;
    s.playing = playing_ && !sound_.paused_;
    s.started = started_;
    s.done = s.position >= samples_;
    s.damaged = playout_.damaged();
    return s;
}

void Sound::Track::last() {
    const std::lock_guard lock{sound_.mutex_};
    last_ = true;
    sound_.wake_.notify_one();
}

Sound::Sound(net::Loop& loop, Options options,
             std::function<void(const std::shared_ptr<Track>&, Happened)> happened)
    : loop_(loop), options_(std::move(options)), happened_(std::move(happened)) {
    if (!options_.sink.clock)
        options_.sink.clock = [] {
            return std::chrono::duration<double>(
                       std::chrono::steady_clock::now().time_since_epoch())
                .count();
        };
    thread_ = std::thread{[this] { run(); }};
}

Sound::~Sound() {
    {
        const std::lock_guard lock{mutex_};
        ending_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

std::shared_ptr<Sound::Track> Sound::track(int rate, int channels, std::int64_t samples) {
    return std::make_shared<Track>(*this, rate, channels, samples);
}

void Sound::queue(std::shared_ptr<Track> track) {
    const std::lock_guard lock{mutex_};
    queue_.push_back(std::move(track));
    wake_.notify_one();
}

void Sound::remove(const std::shared_ptr<Track>& track) {
    const std::lock_guard lock{mutex_};
    track->over_ = true;
    const auto found = std::ranges::find(queue_, track);
    if (found == queue_.end()) return;
    if (found == queue_.begin() && sink_) sink_->drop();
    queue_.erase(found);
}

void Sound::pause(bool paused) {
    const std::lock_guard lock{mutex_};
    paused_ = paused;
    if (sink_) sink_->pause(paused);
    wake_.notify_one();
}

void Sound::volume(double volume) {
    const std::lock_guard lock{mutex_};
    options_.volume = volume;
    if (sink_) sink_->set_volume(volume);
}

std::optional<std::int64_t> Sound::seek(Track& track, double seconds, From from) {
    const std::lock_guard lock{mutex_};
    const auto dropped = sink_ && !queue_.empty() && queue_.front().get() == &track
                             ? sink_->drop() * track.rate_ / sink_->format().rate
                             : 0;
    const auto begin = from == From::here ? track.playout_.position() - dropped : 0;
    const auto target = std::clamp<std::int64_t>(begin + std::llround(seconds * track.rate_), 0,
                                                 track.samples_ - 1);
    if (track.playout_.seek(target)) return {};
    track.playing_ = false;
    track.sought_ = true;
    return target;
}

bool Sound::lost() const {
    const std::lock_guard lock{mutex_};
    return sink_ && sink_->lost();
}

double Sound::unheard_s() const {
    const std::lock_guard lock{mutex_};
    if (!sink_) return 0;
    return static_cast<double>(sink_->written() - sink_->played()) / sink_->format().rate;
}

void Sound::close() {
    const std::lock_guard lock{mutex_};
    queue_.clear();
    if (sink_) sink_->close();
    sink_.reset();
}

/// Let the thread take the mutex. A mutex is not fair: without this, all cached audio would be
/// decoded before the first sample is written.
void Sound::yield_to_device(std::unique_lock<std::mutex>& lock, const Track& track) {
    const bool starts =
        !track.playing_ && !queue_.empty() && queue_.front().get() == &track && track.can_play();
    if (!starts && now() < due_) return;
    if (starts) wake_.notify_one();
    turned_.wait_for(lock, most_yield, [this, before = turns_] { return turns_ != before; });
}

// ---- the thread

void Sound::run() {
    std::unique_lock lock{mutex_};
    try {
        while (!ending_) {
            const double wait = turn();
            due_ = now() + wait;
            ++turns_;
            turned_.notify_one();
            if (wait > 0 && !ending_) wake_.wait_for(lock, std::chrono::duration<double>{wait});
            if (wait <= 0) {  // the loop's thread may have bytes to decode
                lock.unlock();
                std::this_thread::yield();
                lock.lock();
            }
        }
    } catch (...) {
        loop_.post([failure = std::current_exception()] { std::rethrow_exception(failure); });
    }
}

/// @return s until the next
double Sound::turn() {
    if (queue_.empty() || paused_) return seldom_s;
    const auto track = queue_.front();
    if (!track->playing_) {
        if (!track->can_play() || !open(*track)) return often_s;
        track->playing_ = true;
        const bool sought = std::exchange(track->sought_, false);
        const bool first = !std::exchange(track->started_, true);
        if (!sought || first)
            tell(track, first ? Happened::What::started : Happened::What::resumed);
    }
    return feed(*track);
}

double Sound::feed(Track& track) {
    const auto channels = static_cast<std::size_t>(track.channels_);
    auto& playout = track.playout_;
    const auto room = std::min(sink_->room(), most_frames);
    if (room == 0) return often_s;
    frames_.resize(room * channels);
    const auto got = playout.take(frames_);
    track.heard_s_ += static_cast<double>(got) / track.rate_;
    if (got > 0) sink_->write(std::span{frames_}.first(got * channels));
    if (playout.position() >= track.samples_) {
        const auto self = queue_.front();
        queue_.pop_front();
        tell(self, Happened::What::finished);
        return 0;
    }
    if (got > 0) return options_.sink.paced ? often_s : 0;
    // unpaced output to a file waits for every byte, so there are no stalls
    if (options_.sink.paced && sink_->played() >= sink_->written()) {
        track.playing_ = false;
        if (!track.last_) tell(queue_.front(), Happened::What::stalled);
    }
    return often_s;
}

/// Open an output with the track's format. If the format changes, a device is reopened after all
/// previous samples were played, and a file is continued in another one. @return false: not yet
bool Sound::open(Track& track) {
    const audio::Format format{track.rate_, track.channels_};
    if (sink_ && sink_->format() == format) return true;
    auto output = options_.output;
    if (sink_) {
        if (options_.sink.paced && sink_->played() < sink_->written()) return false;
        using Kind = audio::Output::Kind;
        const bool file = output.kind == Kind::wav || output.kind == Kind::raw;
        if (file && output.path == "-")
            throw Error{EX_DATAERR,
                        text("the next song has ", format.channels, " channels at ", format.rate,
                             " Hz, but standard output has another format: play it separately")};
        if (file) {
            const std::filesystem::path path{output.path};
            output.path = (path.parent_path() / (path.stem().string() + text("-", ++files_ + 1) +
                                                 path.extension().string()))
                              .string();
        }
        sink_->close();
        sink_.reset();
    }
    sink_ = audio::open_sink(output, format, options_.sink);
    sink_->set_volume(options_.volume);
    return true;
}

void Sound::tell(const std::shared_ptr<Track>& track, Happened::What what) {
    loop_.post([this, track, happened = Happened{what, now()}] {
        if (!track->over_) happened_(track, happened);
    });
}

}  // namespace stretto::listen

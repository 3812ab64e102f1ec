#include "web/track.hpp"

#include <algorithm>
#include <cmath>

namespace stretto::web {
namespace {

constexpr double margin_s = 15;  // decoded beyond the buffer: a chunk and a half

}  // namespace

Track::Track(int rate, int channels, std::int64_t samples, const Options& options)
    : rate_(rate),
      channels_(channels),
      samples_(samples),
      options_(options),
      playout_(rate, channels, std::llround((options.buffer_s + margin_s) * rate)) {}

std::int64_t Track::frames(double seconds) const { return std::llround(seconds * rate_); }

void Track::begin(std::int64_t chunk, std::int64_t decodes, std::int64_t from, std::int64_t end,
                  BytesView headers) {
    playout_.begin(chunk, decodes, from, end, headers);
}

bool Track::can_play() const {
    const double in_hand = static_cast<double>(playout_.end() - playout_.position()) / rate_;
    if (in_hand > 0 && (last_ || playout_.end() >= samples_)) return true;
    return in_hand >= (started_ ? options_.resume_s : options_.start_s);
}

std::int64_t Track::heard(std::int64_t frame) const {
    if (!playing_) return playout_.position();
    return std::clamp(run_from_ + frame - run_at_, run_from_, playout_.position());
}

double Track::heard_s(std::int64_t frame) const {
    const auto run = playing_ ? heard(frame) - run_from_ : 0;
    return static_cast<double>(heard_before_ + run) / rate_;
}

std::optional<std::int64_t> Track::end_frame() const {
    if (!playing_ || playout_.position() < samples_) return {};
    return run_at_ + samples_ - run_from_;
}

play::Session::Heard Track::state(std::int64_t frame, bool paused) const {
    play::Session::Heard h;
    h.position = heard(frame);
    h.settled = playout_.position();
    h.heard_s = heard_s(frame);
    h.playing = playing_ && !paused;
    h.started = started_;
    h.paused = paused;
    return h;
}

Track::Happened Track::feed(Browser& browser, std::int64_t frame, std::int64_t earliest) {
    auto happened = Happened::nothing;
    if (!playing_) {
        if (!can_play()) return happened;
        playing_ = true;
        run_from_ = playout_.position();
        run_at_ = std::max(frame + frames(options_.reach_s), earliest);
        const bool first = !std::exchange(started_, true);
        const bool sought = std::exchange(sought_, false);
        if (first || !sought) happened = first ? Happened::started : Happened::resumed;
    }
    for (;;) {
        const auto at = run_at_ + playout_.position() - run_from_;
        const auto now = std::min(frames(options_.block_s), frame + frames(options_.ahead_s) - at);
        // small ones only where nothing else is scheduled
        if (now < frames(options_.block_s) / 4) break;
        interleaved_.resize(static_cast<std::size_t>(now * channels_));
        const auto got = playout_.take(interleaved_);
        if (got == 0) break;
        planes_.resize(got * static_cast<std::size_t>(channels_));
        for (std::size_t i = 0; i < planes_.size(); ++i)
            planes_[i % static_cast<std::size_t>(channels_) * got +
                    i / static_cast<std::size_t>(channels_)] = interleaved_[i];
        browser.play({rate_, channels_, at, planes_});
    }
    if (frame < run_at_ + playout_.position() - run_from_) return happened;
    heard_before_ += playout_.position() - run_from_;
    playing_ = false;
    if (playout_.position() >= samples_) return Happened::finished;
    return last_ ? happened : Happened::stalled;
}

bool Track::seek(std::int64_t sample, std::int64_t frame) {
    if (playing_) heard_before_ += heard(frame) - run_from_;
    playing_ = false;
    sought_ = true;
    return playout_.seek(sample);
}

}  // namespace stretto::web

#include "play/playout.hpp"

#include <algorithm>

namespace stretto::play {
namespace {

constexpr std::size_t slice = 2048;  // bytes: less than a second of the lowest bitrate

}  // namespace

Playout::Playout(int rate, int channels, std::int64_t most)
    : rate_(rate), channels_(channels), most_(most), decoder_(rate, channels) {}

std::int64_t Playout::end() const noexcept {
    return position_ + static_cast<std::int64_t>((samples_.size() - used_) /
                                                 static_cast<std::size_t>(channels_));
}

void Playout::begin(std::int64_t chunk, std::int64_t decodes, std::int64_t from, std::int64_t end,
                    BytesView headers) {
    decode(from);  // what waits comes before
    waiting_.clear();
    decoded_ = 0;
    late_ = false;
    from = std::max(from, position_);
    if (from < this->end())
        samples_.resize(used_ + static_cast<std::size_t>(from - position_) *
                                    static_cast<std::size_t>(channels_));
    else if (from > this->end())
        seek(from);
    vorbis::Part part{from - chunk, end - chunk, {}};
    if (headers.empty()) {
        decoder_.begin(part);
        broken_ = false;
    } else {
        part.first = decodes - chunk;
        broken_ = !decoder_.begin(part, headers);
    }
}

std::optional<std::int64_t> Playout::add(BytesView bytes) {
    if (broken_) return {};
    compact();
    append(waiting_, bytes);
    decode(position_ + most_);
    if (broken_) return {};
    return end();
}

/// What waits, until so much of the song is in hand.
void Playout::decode(std::int64_t until) {
    while (!broken_ && decoded_ < waiting_.size() && end() < until) {
        const auto now = std::min(slice, waiting_.size() - decoded_);
        broken_ = !decoder_.add(BytesView{waiting_}.subspan(decoded_, now), samples_);
        decoded_ += now;
    }
    if (decoded_ < waiting_.size() && !broken_) return;
    waiting_.clear();
    decoded_ = 0;
}

std::size_t Playout::take(std::span<float> to) {
    const auto count = std::min(to.size(), samples_.size() - used_);
    const auto channels = static_cast<std::size_t>(channels_);
    const auto whole = count / channels * channels;
    std::copy_n(samples_.begin() + static_cast<std::ptrdiff_t>(used_), whole, to.begin());
    used_ += whole;
    position_ += static_cast<std::int64_t>(whole / channels);
    if (!waiting_.empty()) {
        compact();
        decode(std::min(end() + static_cast<std::int64_t>(whole / channels), position_ + most_));
        late_ = broken_;
    }
    return whole / channels;
}

bool Playout::seek(std::int64_t sample) {
    if (sample >= position_ && sample < end()) {
        used_ += static_cast<std::size_t>(sample - position_) * static_cast<std::size_t>(channels_);
        position_ = sample;
        return true;
    }
    samples_.clear();
    used_ = 0;
    waiting_.clear();
    decoded_ = 0;
    position_ = sample;
    return false;
}

void Playout::compact() {
    if (used_ < samples_.size() / 2) return;
    samples_.erase(samples_.begin(), samples_.begin() + static_cast<std::ptrdiff_t>(used_));
    used_ = 0;
}

}  // namespace stretto::play

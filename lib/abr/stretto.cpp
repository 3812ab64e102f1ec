// Our rule: whatever is done now, the next two seconds of audio may come early or late in eight
// ways; each leads to a buffer and a new expectation, whose worth the outlook knows. Do what is
// best on average; look again in half a second, in the middle of a chunk too.
#include "abr/stretto.hpp"

#include <algorithm>
#include <cmath>

#include "abr/rules.hpp"
#include "abr/score.hpp"
#include "abr/shape.hpp"

namespace stretto::abr {
namespace {

constexpr double start_interval_s = 0.005;  // a fast link brings a whole chunk in some 20 ms
constexpr double start_watch_s = 1;
constexpr double first_latency_s = 0.1;  // before one was seen

class Stretto final : public Policy {
   public:
    explicit Stretto(const StrettoSettings& settings)
        : settings_(settings), expected_(settings.expectation) {}

    void sample(const Sample& sample) override {
        expected_.sample(sample.to - sample.from, sample.bytes);
        heard_ = std::max(heard_, sample.to);
    }
    void latency(double seconds) override {
        latency_ = latency_ < 0 ? seconds : 0.8 * latency_ + 0.2 * seconds;
    }
    double interval() const override { return hurry_ ? start_interval_s : 0.5; }

    Decision decide(const State& state) override {
        if (shape_ != state.shape) begin(state);
        hurry_ = state.chunk == 0 && state.now - began_ < start_watch_s;
        if (state.under_way) return while_loading(state);
        if (state.buffer > state.most) return {};
        if (expected_.empty())
            return {Decision::Do::take, std::clamp(state.first, state.lowest, state.highest)};
        look(state);
        int best = state.lowest;
        double most = -1e300;
        for (int q = state.lowest; q <= state.highest; ++q) {
            const double length = state.shape->chunk_s[static_cast<std::size_t>(state.chunk)];
            const double worth =
                worth_of(state, {q, latency(), 0, bytes_of(state, q) / length, 0, length});
            if (worth > most) most = worth, best = q;
        }
        return {Decision::Do::take, best};
    }

   private:
    /// A way to go on with the chunk.
    struct Way {
        int rendition;
        double lead_s;    ///< before anything comes
        double before;    ///< bytes that come first and bring no new audio
        double rate;      ///< bytes for a second of audio after that
        double audio_at;  ///< s of the chunk that are there
        double length;    ///< of the chunk
    };

    void begin(const State& state) {
        shape_ = state.shape;
        began_ = state.now;
        outlook_.reset();
    }

    const Outlook& outlook(const State& s) {
        if (outlook_ && lowest_ == s.lowest && highest_ == s.highest && most_ == s.most)
            return *outlook_;
        lowest_ = s.lowest, highest_ = s.highest, most_ = s.most;
        Outlook::Ladder ladder;
        for (int q = s.lowest; q <= s.highest; ++q) {
            const auto& r = s.shape->renditions[static_cast<std::size_t>(q)];
            ladder.rates.push_back(r.kbps * 125.0);
            ladder.utilities.push_back(utility(r.kbps));
        }
        ladder.most = s.most;
        ladder.resume = s.stall_resume;
        outlook_ = Outlook::shared(ladder, settings_.model);
        // songs are smaller or larger than their nominal rate: as if the network were faster
        const double real = bytes_per_second(*s.shape, s.highest);
        scale_ = real > 0 ? std::log2(ladder.rates.back() / real) : 0;
        return *outlook_;
    }

    double latency() const { return latency_ < 0 ? first_latency_s : latency_; }
    static const Shape::Chunk& chunk_of(const State& s, int q) {
        return s.shape->renditions[static_cast<std::size_t>(q)]
            .chunks[static_cast<std::size_t>(s.chunk)];
    }

    /// Take down what is expected now, for all ways alike.
    void look(const State& s) {
        rate_ = std::max(expected_.rate(), 1.0);
        // a burst, and a lull, are over before long
        returns_ = settings_.returns * std::log2(std::max(expected_.slow_rate(), 1.0) / rate_);
        spread_ = expected_.spread() * settings_.spread_factor;
        factors_ = factors_of(spread_, settings_.model);
        double left = 0;
        for (std::size_t k = static_cast<std::size_t>(s.chunk); k < s.shape->chunk_s.size(); ++k)
            left += s.shape->chunk_s[k];
        left_ = left;
    }

    double worth_of(const State& s, const Way& way) {
        const auto& after = outlook(s);
        const double audio = std::min(Outlook::stage_s, way.length - way.audio_at);
        const int stages =
            static_cast<int>(std::lround((left_ - way.audio_at - audio) / Outlook::stage_s));
        const double u = utility_of(s, way.rendition);
        double worth = u * audio;
        if (s.last >= 0 || way.audio_at > 0) {
            const int before = s.under_way && way.audio_at > 0 ? s.under_way->rendition : s.last;
            if (before >= 0) worth -= change_cost * std::abs(u - utility_of(s, before));
        }
        for (const auto& f : factors_) {
            const double lead = way.lead_s + f.time(way.before, rate_);
            const double span = f.time(way.before + audio * way.rate, rate_) - (lead - way.lead_s);
            double sum = 0, buffer = 0;
            if (s.started) {
                const auto stage =
                    play_stage(s.buffer, lead, span, audio, s.playing, s.stall_resume);
                sum -= settings_.model.caution *
                       (stall_second_cost * stage.stalled_s + stall_cost * stage.stalls);
                buffer = stage.buffer;
            } else {
                const double missing = std::max(0.0, 1 - s.buffer);
                sum -= start_second_cost * (missing > 0 ? lead + span * missing / audio : 0);
                buffer = s.buffer + audio;
            }
            const double time = lead - way.lead_s + span;
            const double learns = 1 - std::exp2(-time / settings_.model.half_life_s);
            const double came = (way.before + audio * way.rate) / (time * rate_);
            const double expects = std::log2(rate_ * (1 + learns * (came - 1)));
            sum += after.worth(stages, buffer, way.rendition - s.lowest,
                               expects + returns_ + scale_, spread_);
            worth += f.probability * sum;
        }
        return worth;
    }

    static std::uint32_t header_bytes(const State& s, int q) {
        return s.shape->renditions[static_cast<std::size_t>(q)].header_bytes;
    }
    static double utility_of(const State& s, int q) {
        return utility(s.shape->renditions[static_cast<std::size_t>(q)].kbps);
    }

    Decision while_loading(const State& s) {
        const auto& now = *s.under_way;
        const Decision go_on{Decision::Do::go_on, now.rendition};
        notice_silence(s);
        if (expected_.empty()) return go_on;
        const double length = s.shape->chunk_s[static_cast<std::size_t>(s.chunk)];
        const double rest = length - now.audio_s;
        const double bytes = now.stop - now.begin - now.got;
        if (rest <= 0 || bytes <= 0) return go_on;
        look(s);
        int best = now.rendition;
        const double headers = std::clamp(
            static_cast<double>(header_bytes(s, now.rendition)) - now.begin - now.got, 0.0, bytes);
        double most =
            settings_.margin +
            worth_of(s, {now.rendition, 0, headers, (bytes - headers) / rest, now.audio_s, length});
        for (int q = s.lowest; q <= s.highest; ++q) {
            if (q == now.rendition) continue;
            // the first sound comes before a better one
            if (q > now.rendition && !s.started && s.buffer < 1) break;
            const int join_at = joining_piece(*s.shape, q, s.chunk, now.audio_s);
            // without an index, all of the chunk comes again: only to get away from a slow request
            if (q > now.rendition && join_at < 0) continue;
            const int piece = std::max(0, join_at);
            const auto& chunk = chunk_of(s, q);
            const auto join = chunk.pieces.empty() ? Shape::Piece{}
                                                   : chunk.pieces[static_cast<std::size_t>(piece)];
            const double audio_from = piece > 0 ? join.offset : header_bytes(s, q);
            const double headers =
                piece > 0 ? headers_of(s, q) : bytes_of(s, q) - chunk.bytes + header_bytes(s, q);
            const double rate = (chunk.bytes - audio_from) / (length - join.at);
            const double again = (now.audio_s - join.at) * rate + headers;
            const double worth = worth_of(s, {q, latency(), again, rate, now.audio_s, length});
            if (worth > most) most = worth, best = q;
        }
        if (best == now.rendition) return go_on;
        hurry_ = false;
        return {Decision::Do::splice, best};
    }

    /// An outage is not reported, so the rule must detect it.
    void notice_silence(const State& s) {
        const double since = std::max(heard_, s.under_way->asked + 2 * latency());
        if (s.now - since < settings_.silence_s) return;
        expected_.sample(s.now - since, 0);
        heard_ = s.now;
    }

    StrettoSettings settings_;
    Expectation expected_;
    std::shared_ptr<const Outlook> outlook_;
    const Shape* shape_ = nullptr;
    int lowest_ = 0, highest_ = 0;
    double most_ = 0, scale_ = 0;
    double began_ = 0, heard_ = 0, latency_ = -1;
    bool hurry_ = false;
    double rate_ = 0, returns_ = 0, spread_ = 0, left_ = 0;
    std::vector<Factor> factors_;
};

}  // namespace

std::unique_ptr<Policy> make_stretto(const StrettoSettings& settings) {
    return std::make_unique<Stretto>(settings);
}
std::unique_ptr<Policy> make_stretto() { return make_stretto(StrettoSettings{}); }

}  // namespace stretto::abr

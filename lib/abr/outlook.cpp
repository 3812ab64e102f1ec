#include "abr/outlook.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "abr/score.hpp"

namespace stretto::abr {
namespace {

// dense where a second more matters
constexpr double fine_until = 4, middle_until = 12, coarse_until = 44;
constexpr int fine_steps = 8, middle_steps = 8, coarse_steps = 16;
constexpr int buffers = fine_steps + middle_steps + coarse_steps + 1;

double buffer_at(int i) {
    if (i <= fine_steps) return i * fine_until / fine_steps;
    i -= fine_steps;
    if (i <= middle_steps) return fine_until + i * (middle_until - fine_until) / middle_steps;
    i -= middle_steps;
    return middle_until + i * (coarse_until - middle_until) / coarse_steps;
}
double place_of_buffer(double b) {
    if (b <= 0) return 0;
    if (b < fine_until) return b * (fine_steps / fine_until);
    if (b < middle_until)
        return fine_steps + (b - fine_until) * (middle_steps / (middle_until - fine_until));
    return fine_steps + middle_steps +
           (std::min(b, coarse_until) - middle_until) *
               (coarse_steps / (coarse_until - middle_until));
}

constexpr double lowest_rate = 11, rates_per_octave = 3;  // log2 of 2 kB/s
constexpr int rates = 25;                                 // up to 512 kB/s
double rate_at(int i) { return lowest_rate + i / rates_per_octave; }
double place_of_rate(double rate) {
    return std::clamp((rate - lowest_rate) * rates_per_octave, 0.0, rates - 1.0);
}

constexpr double spreads[] = {0.1, 0.25, 0.45, 0.7, 1.0, 1.4};
constexpr int levels = std::size(spreads);

/// Between two points of a grid.
struct Place {
    int index;
    float part;
};
Place place(double x, int size) {
    const int i = std::min(static_cast<int>(x), size - 2);
    return {i, static_cast<float>(x - i)};
}

}  // namespace

Stage play_stage(double buffer, double lead, double span, double audio, bool playing,
                 double resume) {
    Stage stage;
    const double per_s = span > 0 ? audio / span : 1e9;
    double time = lead + span;
    if (playing) {
        // the playhead meets the end of what is there: before anything comes, or on the way
        double meets = time;
        if (lead >= buffer)
            meets = buffer;
        else if (per_s < 1)
            meets = lead + (buffer - lead) / (1 - per_s);
        if (meets >= time) {
            stage.buffer = buffer + audio - time;
            return stage;
        }
        stage.stalls = 1;
        const double had = meets > lead ? (meets - lead) * per_s : 0;
        audio -= had;
        span = meets > lead ? span - (meets - lead) : span;
        lead = std::max(0.0, lead - meets);
        time = lead + span;
        buffer = 0;
    }
    const double missing = std::max(0.0, resume - buffer);
    if (audio >= missing) {
        stage.stalled_s = lead + missing / per_s;
        stage.buffer = buffer + audio - (time - stage.stalled_s);
    } else {
        stage.stalled_s = lead + missing / per_s;  // into the next stage
        stage.buffer = resume;
    }
    stage.buffer = std::max(stage.buffer, 0.0);
    return stage;
}

std::vector<Factor> factors_of(double spread, const NetworkModel& model) {
    // midpoints of six equal parts of the normal distribution, stretched to its variance
    constexpr double z[] = {-1.542, -0.752, -0.235, 0.235, 0.752, 1.542};
    constexpr double usual = 0.45;
    const double outage_p = model.outage_p * std::pow(spread / usual, model.outage_grows);
    const double hole_p = model.hole_p * std::pow(spread / usual, model.hole_grows);
    std::vector<Factor> all;
    for (const double at : z)
        all.push_back({(1 - outage_p - hole_p) / 6,
                       std::exp(spread * at - model.tilt * spread * spread), model.fade_s});
    all.push_back({outage_p, 0, model.outage_s});
    all.push_back({hole_p, 0, model.hole_s});
    return all;
}

struct Outlook::Table {
    bool made = false;
    int renditions = 0;
    std::vector<float> worth;  ///< [stages][rendition][buffer][rate]

    std::size_t at(int stages, int rendition, int buffer, int rate) const {
        return static_cast<std::size_t>(
            ((stages * renditions + rendition) * buffers + buffer) * rates + rate);
    }
    void make(const Ladder& ladder, const NetworkModel& model, double spread);
};

void Outlook::Table::make(const Ladder& ladder, const NetworkModel& model, double spread) {
    renditions = static_cast<int>(ladder.rates.size());
    worth.assign(at(most_stages + 1, 0, 0, 0), 0);
    // where a stage leads, which is the same for every number of stages left
    struct Way {
        float probability;
        Place buffer, rate;
    };
    struct Choice {
        float reward = 0;
        std::array<Way, factors> ways;
    };
    const auto ways = factors_of(spread, model);
    std::vector<Choice> choices;
    for (int r = 0; r < renditions; ++r)
        for (int b = 0; b < buffers; ++b)
            for (int x = 0; x < rates; ++x) {
                Choice choice;
                const auto rendition = static_cast<std::size_t>(r);
                double reward = ladder.utilities[rendition] * stage_s;
                for (int i = 0; i < factors; ++i) {
                    const auto& way = ways[static_cast<std::size_t>(i)];
                    const double rate = std::exp2(rate_at(x));
                    const double span = way.time(stage_s * ladder.rates[rendition], rate);
                    const auto stage =
                        play_stage(buffer_at(b), 0, span, stage_s, true, ladder.resume);
                    reward -= way.probability * model.caution *
                              (stall_second_cost * stage.stalled_s + stall_cost * stage.stalls);
                    const double learns = 1 - std::exp2(-span / model.half_life_s);
                    const double came = stage_s * ladder.rates[rendition] / (rate * span);
                    choice.ways[static_cast<std::size_t>(i)] = {
                        static_cast<float>(way.probability),
                        place(place_of_buffer(std::min(stage.buffer, ladder.most + 5)), buffers),
                        place(place_of_rate(rate_at(x) + std::log2(1 + learns * (came - 1))),
                              rates)};
                }
                choice.reward = static_cast<float>(reward);
                choices.push_back(choice);
            }
    std::vector<float> here(static_cast<std::size_t>(renditions));
    for (int n = 1; n <= most_stages; ++n)
        for (int b = 0; b < buffers; ++b)
            for (int x = 0; x < rates; ++x) {
                for (int r = 0; r < renditions; ++r) {
                    const auto& choice =
                        choices[static_cast<std::size_t>((r * buffers + b) * rates + x)];
                    float sum = choice.reward;
                    for (const auto& way : choice.ways) {
                        const float* low = &worth[at(n - 1, r, way.buffer.index, way.rate.index)];
                        const float* high = low + rates;
                        const float a = low[0] + way.rate.part * (low[1] - low[0]);
                        const float c = high[0] + way.rate.part * (high[1] - high[0]);
                        sum += way.probability * (a + way.buffer.part * (c - a));
                    }
                    here[static_cast<std::size_t>(r)] = sum;
                }
                for (int last = 0; last < renditions; ++last) {
                    double best = -1e30;
                    for (int r = 0; r < renditions; ++r) {
                        const auto i = static_cast<std::size_t>(r);
                        const double step = std::abs(
                            ladder.utilities[i] - ladder.utilities[static_cast<std::size_t>(last)]);
                        best = std::max(best, here[i] - change_cost * step);
                    }
                    worth[at(n, last, b, x)] = static_cast<float>(best);
                }
            }
}

Outlook::Outlook(Ladder ladder, NetworkModel model)
    : ladder_(std::move(ladder)), model_(model), tables_(new Table[levels]) {}
Outlook::~Outlook() = default;

const Outlook::Table& Outlook::table(int level) const {
    auto& table = tables_[static_cast<std::size_t>(level)];
    if (!std::exchange(table.made, true)) table.make(ladder_, model_, spreads[level]);
    return table;
}

double Outlook::worth(int stages, double buffer, int rendition, double rate, double spread) const {
    const auto b = place(place_of_buffer(std::min(buffer, ladder_.most + 5)), buffers);
    const auto x = place(place_of_rate(rate), rates);
    const auto look = [&](int level) {
        const auto& t = table(level);
        const float* low =
            &t.worth[t.at(std::min(stages, most_stages), rendition, b.index, x.index)];
        const float* high = low + rates;
        const float a = low[0] + x.part * (low[1] - low[0]);
        const float c = high[0] + x.part * (high[1] - high[0]);
        return a + b.part * (c - a);
    };
    int level = 0;
    while (level < levels - 2 && spreads[level + 1] <= spread) ++level;
    const double part =
        std::clamp((spread - spreads[level]) / (spreads[level + 1] - spreads[level]), 0.0, 1.0);
    if (part <= 0) return look(level);
    return (1 - part) * look(level) + part * look(level + 1);
}

std::shared_ptr<const Outlook> Outlook::shared(const Ladder& ladder, const NetworkModel& model) {
    // one for each thread: making them takes 8 ms, and a lock would bring threads into the module
    static thread_local std::vector<std::shared_ptr<const Outlook>> kept;
    constexpr std::size_t most_kept = 8;
    for (const auto& outlook : kept)
        if (outlook->ladder_ == ladder && outlook->model_ == model) return outlook;
    if (kept.size() == most_kept) kept.erase(kept.begin());
    kept.push_back(std::make_shared<const Outlook>(ladder, model));
    return kept.back();
}

}  // namespace stretto::abr

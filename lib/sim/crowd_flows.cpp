#include "sim/crowd_flows.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace stretto::sim {
namespace {

constexpr int rounds = 4;
constexpr double segment = 1448;               // bytes
constexpr double first_window = 10 * segment;  // RFC 6928

/// Mathis, Semke, Mahdavi, Ott, "The Macroscopic Behavior of the TCP Congestion Avoidance
/// Algorithm", CCR 27(3), 1997, for an acknowledgement per segment: bytes/s.
double rate_with(double loss, double rtt_s) {
    constexpr double c = 1.22;
    return loss > 0 ? c * segment / (rtt_s * std::sqrt(loss))
                    : std::numeric_limits<double>::infinity();
}

}  // namespace

int Flows::add_pipe(double bytes_per_s) {
    pipes_.push_back({bytes_per_s, 0, 0});
    return static_cast<int>(pipes_.size()) - 1;
}

int Flows::start(const Start& how) {
    if (free_.empty()) {
        free_.push_back(static_cast<int>(flows_.size()));
        flows_.emplace_back();
    }
    const int n = free_.back();
    free_.pop_back();
    auto& flow = flows_[static_cast<std::size_t>(n)];
    flow = Flow{};
    flow.from = how.from, flow.to = how.to, flow.user = how.user;
    flow.rtt_s = std::max(how.rtt_s, 0.001);
    flow.delay_s = how.delay_s;
    flow.most_rate = rate_with(how.loss, flow.rtt_s);
    flow.window_rate =
        std::min(std::max(how.window_rate, first_window / flow.rtt_s), flow.most_rate);
    flow.growth = std::exp2(step_s_ / flow.rtt_s);
    flow.place = running_.size();
    running_.push_back(n);
    return n;
}

double Flows::stop(int n) {
    auto& flow = flows_[static_cast<std::size_t>(n)];
    const int last = running_.back();
    running_[flow.place] = last;
    flows_[static_cast<std::size_t>(last)].place = flow.place;
    running_.pop_back();
    free_.push_back(n);
    return flow.window_rate;
}

void Flows::settle(Flow& flow) {
    if (flow.newest == 0) return;
    flow.held += std::exchange(flow.newest, 0);
    flow.held_step = flow.newest_step;
}

Flows::Held Flows::take_held(int n, std::size_t handled) {
    auto& flow = at(n);
    if (flow.newest_step < steps_ || flow.newest_at < handled) settle(flow);
    flow.quiet -= std::min(flow.quiet, flow.held);
    return {std::exchange(flow.held, 0), flow.held_step};
}

/// A round: what each pipe has left, in equal shares to those that can take more.
void Flows::give(std::vector<int>& open) {
    for (const int n : open) {
        const auto& flow = flows_[static_cast<std::size_t>(n)];
        pipes_[static_cast<std::size_t>(flow.from)].open = 0;
        pipes_[static_cast<std::size_t>(flow.to)].open = 0;
    }
    for (const int n : open) {
        const auto& flow = flows_[static_cast<std::size_t>(n)];
        ++pipes_[static_cast<std::size_t>(flow.from)].open;
        ++pipes_[static_cast<std::size_t>(flow.to)].open;
    }
    for (const int n : open) {
        auto& flow = flows_[static_cast<std::size_t>(n)];
        const auto& from = pipes_[static_cast<std::size_t>(flow.from)];
        const auto& to = pipes_[static_cast<std::size_t>(flow.to)];
        flow.more =
            std::min({from.left / from.open, to.left / to.open, flow.window_rate - flow.rate});
    }
    for (const int n : open) {
        auto& flow = flows_[static_cast<std::size_t>(n)];
        flow.rate += flow.more;
        pipes_[static_cast<std::size_t>(flow.from)].left -= flow.more;
        pipes_[static_cast<std::size_t>(flow.to)].left -= flow.more;
    }
    std::erase_if(open, [&](int n) {
        const auto& flow = flows_[static_cast<std::size_t>(n)];
        const auto full = [](const Pipe& pipe) { return pipe.left < 0.001 * pipe.bytes_per_s; };
        return flow.rate >= flow.window_rate || full(pipes_[static_cast<std::size_t>(flow.from)]) ||
               full(pipes_[static_cast<std::size_t>(flow.to)]);
    });
}

void Flows::share() {
    for (const int n : running_) {
        auto& flow = flows_[static_cast<std::size_t>(n)];
        flow.rate = 0;
        for (const int end : {flow.from, flow.to}) {
            auto& pipe = pipes_[static_cast<std::size_t>(end)];
            pipe.left = pipe.bytes_per_s;
        }
    }
    open_ = running_;
    for (int round = 0; round < rounds && !open_.empty(); ++round) give(open_);
}

void Flows::step(double seconds, std::vector<Came>& came) {
    if (seconds != step_s_) {
        step_s_ = seconds;
        for (auto& flow : flows_)
            if (flow.rtt_s > 0) flow.growth = std::exp2(seconds / flow.rtt_s);
    }
    ++steps_;
    share();
    for (const int n : running_) {
        auto& flow = flows_[static_cast<std::size_t>(n)];
        const double delay = std::min(flow.delay_s, seconds);
        flow.delay_s -= delay;
        flow.fraction += flow.rate * (seconds - delay);
        const double whole = std::floor(flow.fraction);
        flow.fraction -= whole;
        // a window that does not hold back does not grow (RFC 7661), but twofold
        if (flow.window_rate < 2 * flow.rate && delay < seconds)
            flow.window_rate = std::min(flow.window_rate * flow.growth, flow.most_rate);
        if (whole < 1) continue;
        const auto bytes = static_cast<std::uint32_t>(whole);
        settle(flow);
        if (flow.held + bytes < flow.quiet && !pipes_[static_cast<std::size_t>(flow.from)].loud)
            flow.newest = bytes, flow.newest_step = steps_, flow.newest_at = came.size();
        else
            came.push_back({n, flow.user, bytes});
    }
}

}  // namespace stretto::sim

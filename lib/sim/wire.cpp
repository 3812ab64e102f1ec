#include "sim/wire.hpp"

#include <limits>

namespace stretto::sim {
namespace {

constexpr double never = std::numeric_limits<double>::infinity();
constexpr double grain = 1e-3;  // bytes; sums of shares are not exact

}  // namespace

Wire::Wire(const Link& link, const WireRules& rules, int hosts)
    : link_(link), rules_(rules), hosts_(static_cast<std::size_t>(hosts)) {}

Wire::Transfer& Wire::find(int number) {
    return *std::ranges::find(transfers_, number, &Transfer::number);
}

int Wire::ask(int host, double bytes) {
    auto& t = transfers_.emplace_back();
    t.number = numbers_++;
    t.host = host;
    t.bytes = bytes;
    t.mark = bytes;
    connect(t);
    return t.number;
}

/// A free connection, or a new one.
void Wire::connect(Transfer& t) {
    auto& host = hosts_[static_cast<std::size_t>(t.host)];
    const double rtt = link_.rtt();
    t.fails = never;
    t.burst_at = never;
    if (host.dead) {  // a connection that was lost is opened again, and that is refused
        t.waits = never;
        t.fails = now_ + (host.silent ? rules_.connect_limit_s : rtt);
        host.idle.clear();
        return;
    }
    double wait = rtt;
    bool fresh = true;
    if (host.idle.empty()) {
        wait += rtt * rules_.connect_rtts;
    } else {
        fresh = now_ - host.idle.back() > rules_.idle_s;
        host.idle.pop_back();
    }
    t.waits = now_ + wait;
    if (fresh && rules_.burst_bytes > 0) {
        t.burst_at = rules_.burst_bytes;
        t.next_burst = 2 * t.burst_at;
        t.burst_ends = t.waits + rtt;
    }
}

void Wire::drop(int number) {
    std::erase_if(transfers_, [&](const Transfer& t) { return t.number == number; });
}

void Wire::kill(int number, bool silent) {
    auto& host = hosts_[static_cast<std::size_t>(number)];
    host.dead = true;
    host.silent = silent;
    host.idle.clear();
    for (auto& t : transfers_) {
        if (t.host != number || t.state != State::coming) continue;
        const bool connecting = t.got <= 0;
        t.waits = never;
        t.fails = now_ + (!silent      ? link_.rtt() / 2
                          : connecting ? rules_.connect_limit_s
                                       : rules_.silence_limit_s);
    }
}

int Wire::sharing() const {
    int count = 0;
    for (const auto& t : transfers_) count += comes(t);
    return count;
}

double Wire::next() const {
    const int count = sharing();
    double first = never;
    for (const auto& t : transfers_) {
        if (t.state != State::coming) continue;
        if (t.waits > now_)
            first = std::min({first, t.waits, t.fails});
        else
            first = std::min(first, link_.when(base_ + (t.goal() - t.got) * count));
    }
    return std::max(first, now_);
}

void Wire::advance(double to) {
    const double base = link_.carried(to);
    if (const int count = sharing(); count > 0) {
        const double share = (base - base_) / count;
        for (auto& t : transfers_)
            if (comes(t)) t.got += share;
        all_ += base - base_;
    }
    now_ = to;
    base_ = base;
    for (auto& t : transfers_)
        if (t.state == State::coming) settle(t);
}

/// What has come to an end ends.
void Wire::settle(Transfer& t) {
    if (now_ >= t.fails) t.state = State::failed;
    if (!comes(t)) return;
    if (t.got + grain >= t.bytes) {
        t.got = t.bytes;
        t.state = State::ended;
        hosts_[static_cast<std::size_t>(t.host)].idle.push_back(now_);
        return;
    }
    if (t.got + grain >= t.mark) t.got = std::max(t.got, t.mark);
    if (t.got + grain < t.burst_at) return;
    if (now_ >= t.burst_ends) {  // the link took so long that it, not the sender, is what bounds
        t.burst_at = never;
        return;
    }
    t.waits = t.burst_ends;
    t.burst_at = t.got + t.next_burst;
    t.next_burst *= 2;
    t.burst_ends += link_.rtt();
}

}  // namespace stretto::sim

#include "sim/link.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace stretto::sim {
namespace {

constexpr std::size_t most_seconds = 1u << 20;
constexpr double bytes_per_kbit = 125;

/// A number and what follows it.
bool take_number(std::string_view& line, double& into) {
    while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
    const auto [end, code] = std::from_chars(line.data(), line.data() + line.size(), into);
    if (code != std::errc{} || !std::isfinite(into)) return false;
    line.remove_prefix(static_cast<std::size_t>(end - line.data()));
    return true;
}

void read_comment(std::string_view line, Trace& trace) {
    constexpr std::string_view key = "rtt_ms ";
    const auto at = line.find(key);
    if (at == line.npos) return;
    line.remove_prefix(at + key.size());
    double ms = 0;
    if (take_number(line, ms) && ms >= 0 && ms < 60000) trace.rtt_s = ms / 1000;
}

}  // namespace

Result<Trace> parse_trace(std::string_view text) {
    Trace trace;
    for (int number = 1; !text.empty(); ++number) {
        auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty()) continue;
        if (line.front() == '#') {
            read_comment(line, trace);
            continue;
        }
        const auto wrong = [&](const char* why) {
            return Malformed{stretto::text("line ", number, ": ", why)};
        };
        double second = 0, kbps = 0;
        if (!take_number(line, second) || !take_number(line, kbps) ||
            line.find_first_not_of(" \t") != line.npos)
            return wrong("not a second and its kbit/s");
        if (second != static_cast<double>(trace.kbps.size())) return wrong("not the next second");
        if (kbps < 0 || kbps > 1e9) return wrong("no rate of a link");
        if (trace.kbps.size() == most_seconds) return wrong("too long");
        trace.kbps.push_back(kbps);
    }
    if (trace.kbps.empty()) return Malformed{"it contains no line"};
    return trace;
}

Link::Link(const std::vector<double>& kbps, int offset_s, double multiplier, double rtt_s,
           double least_kbps)
    : rtt_s_(rtt_s) {
    until_.reserve(kbps.size() + 1);
    until_.push_back(0);
    for (std::size_t i = 0; i < kbps.size(); ++i) {
        const double rate = kbps[(static_cast<std::size_t>(offset_s) + i) % kbps.size()];
        until_.push_back(until_.back() + bytes_per_kbit * std::max(multiplier * rate, least_kbps));
    }
}

double Link::carried(double t) const {
    const auto seconds = until_.size() - 1;
    const double whole = std::floor(t);
    const auto second = static_cast<std::size_t>(whole);
    const auto i = second % seconds;
    return static_cast<double>(second / seconds) * until_.back() + until_[i] +
           (t - whole) * (until_[i + 1] - until_[i]);
}

double Link::when(double bytes) const {
    if (bytes <= 0) return 0;
    if (until_.back() <= 0) return std::numeric_limits<double>::infinity();
    const double rounds = std::ceil(bytes / until_.back()) - 1;
    const double rest = bytes - rounds * until_.back();
    auto i = static_cast<std::size_t>(std::lower_bound(until_.begin() + 1, until_.end(), rest) -
                                      until_.begin());
    i = std::min(i, until_.size() - 1);  // rounding may leave a little more than a round
    const double in_second = until_[i] - until_[i - 1];
    const double part = in_second > 0 ? (rest - until_[i - 1]) / in_second : 1;
    return rounds * static_cast<double>(until_.size() - 1) + static_cast<double>(i - 1) + part;
}

}  // namespace stretto::sim

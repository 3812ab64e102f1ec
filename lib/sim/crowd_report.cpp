#include "sim/crowd_report.hpp"

#include <algorithm>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <ostream>

#include "sim/confidence.hpp"
#include "sim/crowd_bound.hpp"
#include "sim/table.hpp"

namespace stretto::sim {
namespace {

double percent(double part, double whole) { return whole > 0 ? 100 * part / whole : 0; }

void fairness(const CrowdSums& sums, CrowdFigures& f) {
    auto given = sums.given;
    double sum = 0, squares = 0;
    for (const double bytes : given) {
        sum += bytes;
        squares += bytes * bytes;
    }
    if (sum <= 0) return;
    f.jain = sum * sum / (static_cast<double>(given.size()) * squares);
    std::ranges::sort(given, std::greater{});
    double top = 0;
    for (std::size_t i = 0; i < (given.size() + 9) / 10; ++i) top += given[i];
    f.top_tenth = percent(top, sum);
}

void experience(const CrowdSums& sums, CrowdFigures& f) {
    f.unheard = static_cast<double>(sums.unheard);
    f.stalled_plays = sums.stalled_plays;
    f.stalled_s = sums.stalled_s;
    f.heard_s = sums.heard_s;
    f.kbps = sums.came_s > 0 ? sums.kbps_s / sums.came_s : 0;
    f.took_p50_s = percentile(sums.took, 0.5);
    f.took_p95_s = percentile(sums.took, 0.95);
    f.start_p50_s = percentile(sums.starts, 0.5);
    f.start_p75_s = percentile(sums.starts, 0.75);
    f.start_p90_s = percentile(sums.starts, 0.9);
    f.start_p95_s = percentile(sums.starts, 0.95);
    f.stutter = percent(static_cast<double>(f.stalled_plays), static_cast<double>(sums.plays));
    // who leaves before the first sound proves nothing
    f.stutter_at_most = 100 * share_at_most(f.stalled_plays, sums.starts.size());
}

void append(std::vector<double>& to, const std::vector<double>& more) {
    to.insert(to.end(), more.begin(), more.end());
}

void row(std::ostream& out, const char* what, double value, const char* unit, int digits = 1) {
    out << std::left << std::setw(34) << what << std::right << std::fixed << std::setw(12)
        << std::setprecision(digits) << value << ' ' << unit << '\n';
}

void beside(std::ostream& out, const char* what, double ours, double theirs) {
    out << std::left << std::setw(34) << what << std::right << std::fixed << std::setprecision(1)
        << std::setw(12) << ours << std::setw(16) << theirs << '\n';
}

}  // namespace

void CrowdSums::add(const CrowdSums& o) {
    listeners += o.listeners, plays += o.plays;
    for (std::size_t i = 0; i < 3; ++i) bytes[i] += o.bytes[i];
    edge_bytes += o.edge_bytes, message_bytes += o.message_bytes, edge_misses += o.edge_misses;
    bound_bytes += o.bound_bytes, limit_bytes += o.limit_bytes, loads += o.loads;
    links_tried += o.links_tried, links_open += o.links_open;
    wasted += o.wasted, bans += o.bans;
    stalled_plays += o.stalled_plays, unheard += o.unheard;
    stalled_s += o.stalled_s, heard_s += o.heard_s, came_s += o.came_s, kbps_s += o.kbps_s;
    append(given, o.given), append(starts, o.starts), append(took, o.took);
}

CrowdSums sums_of(const CrowdRun& run, const CrowdSettings& settings) {
    CrowdSums s;
    s.listeners = run.members.size();
    s.plays = run.plays.size();
    s.edge_bytes = run.edge_bytes, s.message_bytes = run.message_bytes;
    s.edge_misses = run.edge_misses;
    s.links_tried = run.links_tried, s.links_open = run.links_open;
    for (const auto& play : run.plays) {
        for (std::size_t i = 0; i < 3; ++i) s.bytes[i] += play.from[i];
        s.loads += static_cast<double>(play.bytes);
        s.wasted += play.wasted;
        s.bans += play.bans;
        s.took.push_back(play.ended_s - play.began_s);
        if (play.sound_s >= 0)
            s.starts.push_back(play.sound_s);
        else
            ++s.unheard;
        s.stalled_plays += play.stalls > 0;
        s.stalled_s += play.stalled_s;
        s.heard_s += play.heard_s;
        s.kbps_s += play.kbps_s;
        s.came_s += play.came_s;
    }
    for (const auto& member : run.members)
        if (!member.evil && member.up > 0) s.given.push_back(static_cast<double>(member.given));
    const double able = (1 - settings.unreachable) * (1 - settings.no_upload);
    s.limit_bytes = s.loads * offload_limit(run, able * settings.up_kbps, settings.kbps);
    s.bound_bytes = most_from_peers(run);
    return s;
}

CrowdFigures figures_of(const CrowdRun& run, const CrowdSettings& settings) {
    return figures_of(sums_of(run, settings));
}

CrowdFigures figures_of(const CrowdSums& s) {
    CrowdFigures f;
    f.listeners = s.listeners;
    f.plays = s.plays;
    f.bytes = s.bytes;
    f.edge_bytes = s.edge_bytes;
    f.bans = s.bans;
    const auto came = static_cast<double>(f.bytes[1] + f.bytes[2]);
    const auto wasted = static_cast<double>(s.wasted);
    f.wasted = percent(wasted, came + wasted);
    f.offload = came > 0 ? 100 - percent(static_cast<double>(s.edge_bytes), came) : 0;
    f.limit = percent(s.limit_bytes, s.loads);
    f.bound = percent(static_cast<double>(s.bound_bytes), came);
    f.edge_misses = s.edge_misses;
    f.messages = percent(static_cast<double>(s.message_bytes), came);
    f.links = s.links_tried;
    f.links_open = percent(static_cast<double>(s.links_open), static_cast<double>(f.links));
    f.link_cpu_s = static_cast<double>(s.links_open) * link_cpu_s +
                   static_cast<double>(f.bytes[1]) * link_cpu_s_per_byte;
    fairness(s, f);
    experience(s, f);
    return f;
}

void print_crowd(std::ostream& out, const CrowdFigures& f, const CrowdSettings& s) {
    const double all = static_cast<double>(f.bytes[0] + f.bytes[1] + f.bytes[2]);
    row(out, "listeners", static_cast<double>(f.listeners), "", 0);
    if (f.crowds > 1) row(out, "independent crowds", static_cast<double>(f.crowds), "", 0);
    row(out, "songs", static_cast<double>(f.plays), s.play ? "played" : "fetched", 0);
    row(out, "bytes from own caches", percent(static_cast<double>(f.bytes[0]), all), "%");
    row(out, "bytes from peers", percent(static_cast<double>(f.bytes[1]), all), "%");
    row(out, "bytes from edges", percent(static_cast<double>(f.bytes[2]), all), "%");
    row(out, "bytes of no use", f.wasted, "%", 2);
    row(out, "offload", f.offload, "%");
    row(out, "  of min(1 - 1/n, u/r)", percent(f.offload, f.limit), "%");
    row(out, "  of the maximum flow", percent(f.offload, f.bound), "%");
    row(out, "fairness of upload (Jain)", f.jain, "", 2);
    row(out, "uploaded by the top tenth", f.top_tenth, "%");
    if (s.evil > 0) row(out, "bans", f.bans, "", 0);
    if (s.messages) row(out, "polls, announces, lists", f.messages, "% beside them", 2);
    if (s.edge_misses)
        row(out, "requests to the origin", static_cast<double>(f.edge_misses), "", 0);
    if (s.nat) {
        row(out, "links tried over WebRTC", static_cast<double>(f.links), "", 0);
        row(out, "  that opened", f.links_open, "%");
        row(out, "  CPU of a listener", 1000 * f.link_cpu_s / static_cast<double>(f.listeners),
            "ms");
    }
    if (!s.play) {
        row(out, "song whole, median", f.took_p50_s, "s", 2);
        row(out, "song whole, 95th percentile", f.took_p95_s, "s", 2);
        return;
    }
    row(out, "heard", f.heard_s / 3600, "h");
    row(out, "stalled", f.stalled_s, "s");
    row(out, "mean bitrate", f.kbps, "kbit/s");
    row(out, "left before sound", f.unheard, "", 0);
    row(out, "songs with a stall", static_cast<double>(f.stalled_plays), "", 0);
    row(out, "  their share, 95 % upper bound", f.stutter_at_most, "% of those heard", 6);
    // Kreitz and Niemelae, "Spotify", IEEE P2P 2010
    out << '\n' << std::setw(46) << "here" << std::setw(16) << "Spotify 2010" << '\n';
    beside(out, "startup, median, ms", 1000 * f.start_p50_s, 265);
    beside(out, "plays with a stall, %", f.stutter, 1);
    beside(out, "bytes from servers, %", percent(static_cast<double>(f.bytes[2]), all), 8.8);
    beside(out, "bytes from peers, %", percent(static_cast<double>(f.bytes[1]), all), 35.8);
    beside(out, "bytes from own caches, %", percent(static_cast<double>(f.bytes[0]), all), 55.4);
}

void print_crowd_json(std::ostream& out, const CrowdFigures& f, const CrowdSettings& s) {
    nlohmann::ordered_json line{
        {"listeners", f.listeners},
        {"songs", f.plays},
        {"bytes", {{"cache", f.bytes[0]}, {"peer", f.bytes[1]}, {"edge", f.bytes[2]}}},
        {"edge_sent_bytes", f.edge_bytes},
        {"percent_wasted", f.wasted},
        {"offload", f.offload},
        {"offload_limit", f.limit},
        {"offload_bound", f.bound},
        {"jain", f.jain},
        {"percent_by_top_tenth", f.top_tenth},
        {"bans", f.bans}};
    if (f.crowds > 1) line["crowds"] = f.crowds;
    if (s.messages) line["percent_messages"] = f.messages;
    if (s.edge_misses) line["edge_misses"] = f.edge_misses;
    if (s.nat)
        line.update(nlohmann::ordered_json{{"links", f.links},
                                           {"percent_links_open", f.links_open},
                                           {"link_cpu_s", f.link_cpu_s}});
    if (s.play)
        line.update(nlohmann::ordered_json{{"start_p50_s", f.start_p50_s},
                                           {"start_p75_s", f.start_p75_s},
                                           {"start_p90_s", f.start_p90_s},
                                           {"start_p95_s", f.start_p95_s},
                                           {"percent_with_stall", f.stutter},
                                           {"songs_with_stall", f.stalled_plays},
                                           {"percent_with_stall_at_most", f.stutter_at_most},
                                           {"stalled_s", f.stalled_s},
                                           {"heard_s", f.heard_s},
                                           {"kbps", f.kbps},
                                           {"left_before_sound", f.unheard}});
    else
        line.update(
            nlohmann::ordered_json{{"took_p50_s", f.took_p50_s}, {"took_p95_s", f.took_p95_s}});
    out << line << '\n';
}

}  // namespace stretto::sim

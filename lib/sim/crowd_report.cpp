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

void fairness(const CrowdRun& run, CrowdFigures& f) {
    std::vector<double> given;
    double sum = 0, squares = 0;
    for (const auto& member : run.members) {
        if (member.evil || member.up <= 0) continue;
        const auto bytes = static_cast<double>(member.given);
        given.push_back(bytes);
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

void experience(const CrowdRun& run, CrowdFigures& f) {
    std::vector<double> starts, took;
    double kbps_s = 0, came_s = 0;
    for (const auto& play : run.plays) {
        took.push_back(play.ended_s - play.began_s);
        if (play.sound_s >= 0)
            starts.push_back(play.sound_s);
        else
            ++f.unheard;
        f.stalled_plays += play.stalls > 0;
        f.stalled_s += play.stalled_s;
        f.heard_s += play.heard_s;
        kbps_s += play.kbps_s;
        came_s += play.came_s;
    }
    f.kbps = came_s > 0 ? kbps_s / came_s : 0;
    f.took_p50_s = percentile(took, 0.5);
    f.took_p95_s = percentile(took, 0.95);
    f.start_p50_s = percentile(starts, 0.5);
    f.start_p75_s = percentile(starts, 0.75);
    f.start_p90_s = percentile(starts, 0.9);
    f.stutter =
        percent(static_cast<double>(f.stalled_plays), static_cast<double>(run.plays.size()));
    // who leaves before the first sound proves nothing
    f.stutter_at_most = 100 * share_at_most(f.stalled_plays, starts.size());
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

CrowdFigures figures_of(const CrowdRun& run, const CrowdSettings& settings) {
    CrowdFigures f;
    f.listeners = run.members.size();
    f.plays = run.plays.size();
    f.edge_bytes = run.edge_bytes;
    double wasted = 0;
    for (const auto& play : run.plays) {
        for (std::size_t i = 0; i < 3; ++i) f.bytes[i] += play.from[i];
        wasted += static_cast<double>(play.wasted);
        f.bans += play.bans;
    }
    const auto came = static_cast<double>(f.bytes[1] + f.bytes[2]);
    f.wasted = percent(wasted, came + wasted);
    f.offload = came > 0 ? 100 - percent(static_cast<double>(run.edge_bytes), came) : 0;
    const double able = (1 - settings.unreachable) * (1 - settings.no_upload);
    f.limit = 100 * offload_limit(run, able * settings.up_kbps, settings.kbps);
    f.bound = percent(static_cast<double>(most_from_peers(run)), came);
    f.edge_misses = run.edge_misses;
    f.messages = percent(static_cast<double>(run.message_bytes), came);
    f.links = run.links_tried;
    f.links_open = percent(static_cast<double>(run.links_open), static_cast<double>(f.links));
    f.link_cpu_s = static_cast<double>(run.links_open) * link_cpu_s +
                   static_cast<double>(f.bytes[1]) * link_cpu_s_per_byte;
    fairness(run, f);
    experience(run, f);
    return f;
}

void print_crowd(std::ostream& out, const CrowdFigures& f, const CrowdSettings& s) {
    const double all = static_cast<double>(f.bytes[0] + f.bytes[1] + f.bytes[2]);
    row(out, "listeners", static_cast<double>(f.listeners), "", 0);
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

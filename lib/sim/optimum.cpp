#include "sim/optimum.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "sim/pages.hpp"

namespace stretto::sim {
namespace {

constexpr double grain_s = 0.5;
constexpr std::size_t most_kept = 1000;  // by piece and rendition

/// A way to have come to the end of a piece.
struct Node {
    Playout playout;
    double time = 0;  ///< when its last byte came
    double worth = 0;
    int rendition = -1;
    unsigned headers = 0;  ///< renditions that can be joined in mid-chunk, as bits

    double dry() const { return time + playout.buffer(); }
};

double worth_of(const abr::Score& s) {
    return s.quality_s - abr::stall_second_cost * s.stalled_s - abr::stall_cost * s.stalls -
           abr::start_second_cost * std::max(0.0, s.start_s - abr::start_free_s) -
           abr::change_cost * s.changes;
}

/// Keep those that no other beats: one that came earlier, lasts longer and is worth more.
void thin_out(std::vector<Node>& nodes) {
    std::vector<std::uint32_t> order(nodes.size());
    std::iota(order.begin(), order.end(), 0u);
    std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
        return nodes[a].worth != nodes[b].worth ? nodes[a].worth > nodes[b].worth : a < b;
    });
    double first = 1e300, last = 0;
    for (const auto& n : nodes) first = std::min(first, n.time), last = std::max(last, n.time);
    const auto place = [&](double t) { return static_cast<std::size_t>((t - first) / grain_s); };
    // by time: the longest that one which came then or before lasts
    std::vector<double> lasts(nodes.empty() ? 0 : place(last) + 1, -1e300);
    std::vector<Node> kept;
    for (const auto i : order) {
        const auto& n = nodes[i];
        const auto at = place(n.time);
        const double dry = n.dry();
        if (lasts[at] >= dry - grain_s) continue;
        for (std::size_t t = at; t < lasts.size() && lasts[t] < dry; ++t) lasts[t] = dry;
        kept.push_back(n);
        if (kept.size() == most_kept) break;
    }
    nodes = std::move(kept);
}

class Search {
   public:
    Search(const abr::Shape& song, const Link& link, const PlayerSettings& settings, bool splicing)
        : song_(song), link_(link), settings_(settings), splicing_(splicing) {
        for (const auto& r : song.renditions) utilities_.push_back(abr::utility(r.kbps));
    }

    /// @param known  a score that can be had, in seconds of the best quality: what cannot reach it
    ///               is not followed
    double run(double known) {
        std::vector<std::vector<Node>> now(song_.renditions.size()), next = now;
        const double length = length_of(song_);
        now[0].push_back(Node{Playout{length}});
        double began = 0;
        for (int k = 0; k < song_.chunks(); ++k) {
            const auto pieces = static_cast<int>(
                song_.renditions[0].chunks[static_cast<std::size_t>(k)].pieces.size());
            for (int i = 0; i < pieces; ++i) {
                for (auto& nodes : next) nodes.clear();
                for (const auto& nodes : now)
                    for (const auto& node : nodes)
                        if (node.worth + (length - node.playout.audio()) * utilities_.back() >=
                            known)
                            go_on(node, k, i, began, next);
                for (auto& nodes : next) thin_out(nodes);
                std::swap(now, next);
            }
            began += song_.chunk_s[static_cast<std::size_t>(k)];
        }
        double best = -1e300;
        for (const auto& nodes : now)
            for (const auto& node : nodes) best = std::max(best, node.playout.score().of(length));
        return best;
    }

   private:
    void go_on(const Node& node, int chunk, int piece, double began,
               std::vector<std::vector<Node>>& next) const {
        for (int q = 0; q < static_cast<int>(song_.renditions.size()); ++q) {
            if (piece > 0 && !splicing_ && q != node.rendition) continue;
            Node to = node;
            double before = 0;
            if (piece == 0) {
                wait_for_room(to);
                const bool first = node.rendition < 0;
                to.time += link_.rtt() * (first ? 1 + settings_.connect_rtts : 1);
                if (first) before = settings_.manifest_of(song_);
            } else if (q != node.rendition) {
                to.time += link_.rtt();
                if (!(to.headers >> q & 1))
                    before = song_.renditions[static_cast<std::size_t>(q)].header_bytes;
            }
            to.headers |= 1u << q;
            to.rendition = q;
            if (!fetch(to, chunk, piece, began, before)) continue;
            to.worth = worth_of(to.playout.score());
            next[static_cast<std::size_t>(q)].push_back(to);
        }
    }

    void wait_for_room(Node& node) const {
        auto& p = node.playout;
        const auto room = [&] {
            return p.playhead() < settings_.lead_until_s
                       ? std::min(settings_.lead_s, settings_.buffer_s)
                       : settings_.buffer_s;
        };
        // at most twice: the bound moves once, when enough was heard
        for (int i = 0; i < 2 && p.playing() && p.buffer() > room(); ++i) {
            double until = node.time + p.buffer() - room();
            if (p.playhead() < settings_.lead_until_s)
                until = std::min(until, node.time + settings_.lead_until_s - p.playhead());
            p.advance(until + 1e-9);
            node.time = until + 1e-9;
        }
    }

    /// Two pages; false when they never come.
    bool fetch(Node& node, int chunk, int piece, double began, double before) const {
        const auto q = static_cast<std::size_t>(node.rendition);
        const auto& rendition = song_.renditions[q];
        Pages pages{rendition, chunk, song_.chunk_s[static_cast<std::size_t>(chunk)], piece};
        const double base = link_.carried(node.time) + before -
                            rendition.chunks[static_cast<std::size_t>(chunk)]
                                .pieces[static_cast<std::size_t>(piece)]
                                .offset;
        for (int i = 0; i < 2; ++i, pages.next()) {
            const double at = std::max(node.time, link_.when(base + pages.end()));
            if (!(at < settings_.give_up_s)) return false;
            node.playout.come(at, began + pages.audio(), utilities_[q], settings_.rules);
            node.time = at;
        }
        return true;
    }

    const abr::Shape& song_;
    const Link& link_;
    const PlayerSettings& settings_;
    bool splicing_;
    std::vector<double> utilities_;
};

}  // namespace

double optimum(const abr::Shape& song, const Link& link, const PlayerSettings& settings,
               bool splicing) {
    const double whole = Search{song, link, settings, false}.run(-1e300);
    if (!splicing) return whole;
    const double known = whole * length_of(song) / 100 - 1e-6;
    return std::max(whole, Search{song, link, settings, true}.run(known));
}

}  // namespace stretto::sim

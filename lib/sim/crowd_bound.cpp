#include "sim/crowd_bound.hpp"

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/push_relabel_max_flow.hpp>
#include <cmath>
#include <map>

namespace stretto::sim {
namespace {

using Traits = boost::adjacency_list_traits<boost::vecS, boost::vecS, boost::directedS>;
using Graph = boost::adjacency_list<
    boost::vecS, boost::vecS, boost::directedS, boost::no_property,
    boost::property<
        boost::edge_capacity_t, long,
        boost::property<boost::edge_residual_capacity_t, long,
                        boost::property<boost::edge_reverse_t, Traits::edge_descriptor>>>>;

class Network {
   public:
    Network() : graph_(2) {}
    static constexpr std::size_t source = 0, sink = 1;

    std::size_t node() { return boost::add_vertex(graph_); }
    void edge(std::size_t from, std::size_t to, double capacity) {
        const auto there = boost::add_edge(from, to, graph_).first;
        const auto back = boost::add_edge(to, from, graph_).first;
        boost::put(boost::edge_capacity, graph_, there, static_cast<long>(std::ceil(capacity)));
        boost::put(boost::edge_capacity, graph_, back, 0L);
        boost::put(boost::edge_reverse, graph_, there, back);
        boost::put(boost::edge_reverse, graph_, back, there);
    }
    std::uint64_t most() {
        return static_cast<std::uint64_t>(boost::push_relabel_max_flow(graph_, source, sink));
    }

   private:
    Graph graph_;
};

double overlap(double a0, double a1, double b0, double b1) {
    return std::max(0.0, std::min(a1, b1) - std::max(a0, b0));
}

/// Time is divided into slots, in each of which the swarm can give so much: of a second, that is
/// short against a load, or of as many seconds as keep a network within `edges` edges. A long slot
/// is several short ones in one, so it never lowers the maximum flow.
struct Swarm {
    explicit Swarm(std::size_t edges) : most_edges(edges) {}
    std::size_t most_edges;
    std::vector<const CrowdPlay*> loads;
    double slot_s = 1;

    /// From when on it could have something to give.
    static double able_s(const CrowdPlay& load, const CrowdMember& member) {
        return load.began_s + load.first_bytes / member.down;
    }
    std::uint64_t most(const std::vector<CrowdMember>& members);
    void choose_slot() {
        double seconds = 0;
        for (const auto* load : loads) seconds += load->ended_s - load->began_s;
        while (seconds / slot_s > static_cast<double>(most_edges)) slot_s *= 2;
    }
    /// All bytes but those that come to the swarm for the first time: at least as many as one took.
    double from_edge_once() const {
        double sum = 0, most = 0;
        for (const auto* load : loads) {
            sum += static_cast<double>(load->bytes);
            most = std::max(most, static_cast<double>(load->bytes));
        }
        return sum - most;
    }
};

/// Total upload capacity by slot, for the slots with downloads.
std::map<long, double> supply(const Swarm& swarm, const std::vector<CrowdMember>& members) {
    std::map<long, double> by_slot;
    for (const auto* load : swarm.loads)
        for (auto t = static_cast<long>(load->began_s / swarm.slot_s);
             static_cast<double>(t) * swarm.slot_s < load->ended_s; ++t)
            by_slot[t] = 0;
    // a running sum over members by time: in the slot in which one begins or ends it gives a part
    std::vector<std::pair<double, double>> changes;  // since when, so many bytes/s more or less
    std::map<std::uint32_t, double> since;           // a listener may have played it twice
    for (const auto* load : swarm.loads) {
        const double able = Swarm::able_s(*load, members[load->listener]);
        const auto [known, fresh] = since.emplace(load->listener, able);
        if (!fresh) known->second = std::min(known->second, able);
    }
    for (const auto& [listener, able] : since) {
        changes.emplace_back(able, members[listener].up);
        changes.emplace_back(std::max(able, members[listener].left_s), -members[listener].up);
    }
    std::ranges::sort(changes);
    std::size_t i = 0;
    double rate = 0;
    for (auto& [t, bytes] : by_slot) {
        const double from = static_cast<double>(t) * swarm.slot_s, to = from + swarm.slot_s;
        for (; i < changes.size() && changes[i].first <= from; ++i) rate += changes[i].second;
        bytes = rate * swarm.slot_s;
        for (std::size_t k = i; k < changes.size() && changes[k].first < to; ++k)
            bytes += changes[k].second * (to - changes[k].first);
    }
    return by_slot;
}

std::uint64_t Swarm::most(const std::vector<CrowdMember>& members) {
    if (loads.size() < 2) return 0;
    choose_slot();
    Network network;
    const auto by_slot = supply(*this, members);
    std::map<long, std::size_t> hubs;
    for (const auto& [t, bytes] : by_slot)
        network.edge(Network::source, hubs[t] = network.node(), bytes);
    const auto all = network.node();
    for (const auto* load : loads) {
        const auto& member = members[load->listener];
        const auto mine = network.node();
        network.edge(mine, all, static_cast<double>(load->bytes) - load->first_bytes);
        for (auto t = static_cast<long>(load->began_s / slot_s);
             static_cast<double>(t) * slot_s < load->ended_s; ++t) {
            const double from = static_cast<double>(t) * slot_s, to = from + slot_s;
            const double others =
                by_slot.at(t) - member.up * overlap(from, to, able_s(*load, member), member.left_s);
            const double down = member.down * overlap(from, to, load->began_s, load->ended_s);
            if (std::min(others, down) > 0) network.edge(hubs[t], mine, std::min(others, down));
        }
    }
    network.edge(all, Network::sink, from_edge_once());
    return network.most();
}

std::map<std::uint32_t, Swarm> swarms(const CrowdRun& run, std::size_t edges = 0) {
    std::map<std::uint32_t, Swarm> all;
    for (const auto& load : run.plays)
        all.try_emplace(load.song, edges).first->second.loads.push_back(&load);
    return all;
}

}  // namespace

std::uint64_t most_from_peers(const CrowdRun& run, std::size_t edges) {
    std::uint64_t sum = 0;
    auto all = swarms(run, edges);
    for (auto& [song, swarm] : all) sum += swarm.most(run.members);
    return sum;
}

double offload_limit(const CrowdRun& run, double up, double rate) {
    double bytes = 0, of_peers = 0;
    for (const auto& [song, swarm] : swarms(run)) {
        const auto n = static_cast<double>(swarm.loads.size());
        for (const auto* load : swarm.loads) {
            bytes += static_cast<double>(load->bytes);
            of_peers += static_cast<double>(load->bytes) * std::min(1 - 1 / n, up / rate);
        }
    }
    return bytes > 0 ? of_peers / bytes : 0;
}

}  // namespace stretto::sim

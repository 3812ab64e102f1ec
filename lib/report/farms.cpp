#include "report/farms.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cmath>

#include "base/text.hpp"
#include "report/experience.hpp"
#include "report/session.hpp"

namespace stretto::report {
namespace {

/// The plays of an artist by one listener on one network.
struct Taste {
    std::uint64_t listener = 0;
    Name artist = 0, network = 0;
    std::int64_t plays = 0;

    auto key() const { return std::tie(artist, network, listener); }
};
using Tastes = Sorted<Taste>;

/// All plays of an artist on one network.
struct Group {
    Name artist = 0, network = 0;
    std::int64_t plays = 0, listeners = 0;
};

void each_group(Tastes& tastes, const std::function<void(const Group&)>& take) {
    Group group;
    tastes.each([&](const Taste& t) {
        if (group.plays > 0 && (t.artist != group.artist || t.network != group.network)) {
            take(group);
            group = {};
        }
        group.artist = t.artist;
        group.network = t.network;
        group.plays += t.plays;
        ++group.listeners;
    });
    if (group.plays > 0) take(group);
}

/// The network with most of a listener's plays.
Name home(const Listener& listener) {
    Name best = no_name;
    std::int64_t most = 0;
    for (const auto& [name, habits] : listener.networks)
        if (habits.plays > most) best = name, most = habits.plays;
    return best;
}

}  // namespace

Farms::Farms(Visits& visits, const Rules& rules, const Tagged& tagged, const FarmRules& limits)
    : rules_(rules), limits_(limits) {
    each_listener(visits, rules, [&](const Listener& listener) {
        if (listener.all.plays > 0) {
            plays_.add(listener.all.plays);
            busiest_.add(listener.most_a_day);
        }
        for (const auto& [name, habits] : listener.networks) {
            auto& network = networks_[name];
            network.habits.add(habits);
            ++network.listeners;
        }
    });
    for (auto& [name, network] : networks_) {
        const auto& of = network.habits;
        if (of.plays < limits_.plays || network.listeners < limits_.listeners) continue;
        network.quick = ratio(of.just_counted, of.plays) > limits_.just_counted;
        const auto [times, after_s] = of.commonest();
        if (of.left >= limits_.plays && ratio(times, of.left) > limits_.same_time)
            network.after_s = after_s;
    }
    find_devotion(visits, tagged);
    // the number of similar listeners, and whether they are more than a household
    each_listener(visits, rules, [&](const Listener& listener) {
        const auto name = home(listener);
        if (name == no_name || !listener.suspicion(rules_.zone).empty()) return;
        auto& network = networks_[name];
        if (network.artists.empty() || devotion(listener, network) < limits_.devoted) return;
        ++network.alike;
        network.unpaid += listener.all.plays;
    });
    const auto household =
        limits_.household * static_cast<double>(std::max<std::int64_t>(plays_.percentile(0.5), 1));
    for (auto& [name, network] : networks_) {
        network.narrow =
            network.alike >= limits_.listeners && static_cast<double>(network.unpaid) > household;
        network.alike = network.unpaid = 0;
    }
    each_listener(visits, rules, [&](const Listener& listener) {
        const auto name = home(listener);
        if (name == no_name || is_trusted(listener)) return;
        auto& network = networks_[name];
        const auto why = with_others(listener, network, name);
        if (why.empty()) return;
        ++network.alike;
        network.unpaid += listener.all.plays;
        network.suspicion = why;
    });
}

/// The artists that a network plays far more often than other networks do. Another network adds at
/// most a household's plays of an artist, or a twentieth of its own plays, so a farm on many
/// networks cannot make itself look normal.
void Farms::find_devotion(Visits& visits, const Tagged& tagged) {
    Names artists;
    for (std::size_t song = 0; song < tagged.tags.size(); ++song) {
        const auto& artist = tagged.tags[song].artist;
        artist_of_.push_back(artists(artist.empty()
                                         ? "song " + rules_.names.songs[static_cast<Name>(song)]
                                         : "artist " + artist));
    }
    Tastes tastes{300'000};
    each_listener(visits, rules_, [&](const Listener& listener) {
        const auto network = home(listener);
        if (network == no_name || !listener.suspicion(rules_.zone).empty()) return;
        std::unordered_map<Name, std::int64_t> by_artist;
        for (const auto& [song, of] : listener.songs)
            if (of.plays > 0) by_artist[artist_of_[song]] += of.plays;
        for (const auto& [artist, plays] : by_artist)
            tastes.add({listener.key, artist, network, plays});
    });
    const auto median = static_cast<double>(std::max<std::int64_t>(plays_.percentile(0.5), 1));
    struct Sums {
        std::int64_t plays = 0;
        double vouched = 0;
    };
    std::unordered_map<Name, Sums> of_network;
    each_group(tastes, [&](const Group& g) { of_network[g.network].plays += g.plays; });
    const auto vouched = [&](const Group& g) {
        const auto most = std::max(limits_.household * median,
                                   static_cast<double>(of_network[g.network].plays) / 20);
        return std::min(static_cast<double>(g.plays), most);
    };
    std::unordered_map<Name, double> of_artist;
    double all = 0;
    each_group(tastes, [&](const Group& g) {
        const auto v = vouched(g);
        of_artist[g.artist] += v;
        of_network[g.network].vouched += v;
        all += v;
    });
    each_group(tastes, [&](const Group& g) {
        const auto& network = of_network[g.network];
        const auto elsewhere = all - network.vouched;
        if (elsewhere < static_cast<double>(limits_.plays)) return;  // no listeners to compare with
        const auto expected =
            static_cast<double>(network.plays) * (of_artist[g.artist] - vouched(g)) / elsewhere;
        if (g.listeners >= limits_.listeners && static_cast<double>(g.plays) > median / 2 &&
            static_cast<double>(g.plays) > limits_.times_elsewhere * expected)
            networks_[g.network].artists.push_back(g.artist);
    });
    for (auto& [name, network] : networks_)
        std::sort(network.artists.begin(), network.artists.end());
}

double Farms::devotion(const Listener& listener, const Network& network) const {
    std::int64_t plays = 0;
    for (const auto& [song, of] : listener.songs)
        if (std::binary_search(network.artists.begin(), network.artists.end(), artist_of_[song]))
            plays += of.plays;
    return ratio(plays, listener.all.plays);
}

std::string Farms::with_others(const Listener& listener, const Network& network, Name name) const {
    const auto found = listener.networks.find(name);
    if (found == listener.networks.end()) return {};
    const auto& own = found->second;
    const auto& of = network.habits;
    if (network.quick && ratio(own.just_counted, own.plays) >= limits_.just_counted)
        return text("its network leaves songs just after they count: ",
                    std::llround(100 * ratio(of.just_counted, of.plays)), " % of ", of.plays,
                    " plays");
    if (network.after_s >= 0) {
        std::int64_t same = 0;
        const auto first = network.after_s / 2;
        for (const auto& [time, times] : own.left_after)
            if (time == first || time == first + 1) same += times;
        if (own.left > 0 && ratio(same, own.left) >= limits_.same_time)
            return text("its network leaves songs after ", network.after_s,
                        " s: ", std::llround(100 * ratio(of.commonest().first, of.left)), " % of ",
                        of.left, " plays");
    }
    if (network.narrow && devotion(listener, network) >= limits_.devoted)
        return text("one of many on its network that play what nobody else does: ",
                    network.artists.size(), " artists");
    return {};
}

std::string Farms::suspicion(const Listener& listener) const {
    if (is_trusted(listener)) return {};
    if (auto why = listener.suspicion(rules_.zone); !why.empty()) return why;
    const auto most = std::max(static_cast<double>(limits_.busiest),
                               limits_.times_most * static_cast<double>(busiest_.percentile(0.9)));
    if (static_cast<double>(listener.most_a_day) > most)
        return text(listener.most_a_day, " plays in a day");
    for (const auto& [name, own] : listener.networks) {
        const auto found = networks_.find(name);
        if (found == networks_.end()) continue;
        if (auto why = with_others(listener, found->second, name); !why.empty()) return why;
    }
    return {};
}

bool Farms::is_trusted(const Listener& listener) const {
    const auto& trusted = rules_.payment.trusted;
    if (trusted.empty()) return false;
    if (trusted.contains(hex_key(listener.key))) return true;
    const auto name = home(listener);
    return name != no_name && trusted.contains(rules_.names.addresses[name]);
}

std::optional<std::string> trusted_name(std::string_view text) {
    const bool key = text.size() == 16 && std::all_of(text.begin(), text.end(), [](char c) {
                         return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
                     });
    if (key) return std::string{text};
    const auto slash = text.find('/');
    const std::string address{text.substr(0, slash)};
    std::uint8_t bytes[16];
    const bool ipv4 = ::inet_pton(AF_INET, address.c_str(), bytes) == 1;
    if (!ipv4 && ::inet_pton(AF_INET6, address.c_str(), bytes) != 1) return {};
    if (slash != text.npos && text.substr(slash) != (ipv4 ? "/24" : "/48")) return {};
    return network_of(address);
}

std::map<std::string, OfNetwork> Farms::networks() const {
    std::map<std::string, OfNetwork> said;
    for (const auto& [name, network] : networks_)
        if (!network.suspicion.empty()) said.emplace(rules_.names.addresses[name], network);
    return said;
}

}  // namespace stretto::report

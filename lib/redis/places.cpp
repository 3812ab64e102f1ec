#include "redis/places.hpp"

#include <algorithm>

namespace stretto::redis {
namespace {

using swarm::Ip;

constexpr std::size_t most_crowded = 16'384;

std::string place_key(const Ip& ip) { return "n{" + hex(swarm::network_of(ip)) + "}"; }

}  // namespace

/// Peers of the widest prefix, in a sketch per span of time: however many there are, it takes 12 kB
/// and is read in microseconds (HyperLogLog; Flajolet et al., AofA 2007).
std::string Places::sketch_key(const Ip& ip, bool reached, unsigned spans_ago) const {
    const auto span_s = reached ? 2 * shared_.limits().ttl_s : proving_s + 1;
    const auto prefix = ip.is_v4() ? word(ip.bytes.data() + 8) >> 16 : word(ip.bytes.data()) >> 32;
    return text("w{", hex(prefix), ip.is_v4() ? ".4}" : ".6}", reached ? "r" : "u",
                shared_.wall_s() / span_s - spans_ago);
}
void Places::count_widest(const State& state, std::uint16_t home) {
    const auto key = sketch_key(state.at.ip, state.reached, 0);
    shared_.client().tell(key, {"PFADD", key, print_field(state.at, home)});
    shared_.client().tell(
        key, {"EXPIRE", key, state.reached ? shared_.ttl(4) : std::to_string(4 * proving_s)});
}

/// Hashes of the prefixes that have quotas, the narrowest first.
std::vector<std::uint64_t> Places::prefixes_of(const Ip& ip) const {
    const auto at = word(ip.bytes.data() + (ip.is_v4() ? 8 : 0));
    const auto bits =
        ip.is_v4() ? std::vector<unsigned>{0, 8, 16} : std::vector<unsigned>{0, 8, 16, 32};
    std::vector<std::uint64_t> all;
    for (const auto dropped : bits)
        all.push_back(shared_.hash()(at >> dropped, dropped + ip.is_v4()));
    return all;
}

Places::Entering Places::enter(const Ip& ip) {
    const auto prefixes = prefixes_of(ip);
    for (const auto prefix : prefixes) ++entering_[prefix];
    auto leave = life_.guard([this, prefixes](std::nullptr_t) {
        for (const auto prefix : prefixes)
            if (--entering_[prefix] == 0) entering_.erase(prefix);
    });
    return {nullptr, std::move(leave)};
}

void Places::look(const Ip& ip, const std::function<void(bool, Entering)>& done) {
    struct Look {
        std::size_t answers = 0;
        std::array<std::array<std::uint32_t, 4>, 2> counts{};  // unproved, reached
        std::array<std::uint32_t, 4> ahead{};  // looked before, and are not counted yet
    };
    const auto look = std::make_shared<Look>();
    const auto now_s = shared_.wall_s();
    // a crowd that goes on asking costs nothing
    for (const auto prefix : prefixes_of(ip))
        if (const auto full = crowded_.find(prefix);
            full != crowded_.end() && full->second == now_s)
            return done(false, {});
    for (std::size_t i = 0; const auto prefix : prefixes_of(ip)) {
        const auto found = entering_.find(prefix);
        look->ahead[i] = found == entering_.end() ? 0 : found->second;
        if (look->ahead[i] >= shared_.limits().unproved[i]) return done(false, {});
        ++i;
    }
    const auto decide = [=, this, entering = enter(ip)] {
        if (++look->answers < 3) return;
        const auto& limits = shared_.limits();
        const auto prefixes = prefixes_of(ip);
        bool room = true;
        for (std::size_t i = 0; i < prefixes.size(); ++i) {
            if (look->counts[0][i] + look->ahead[i] < limits.unproved[i] &&
                look->counts[1][i] + look->ahead[i] < limits.of_prefix[i])
                continue;
            room = false;
            if (crowded_.size() >= most_crowded) crowded_.clear();
            crowded_[prefixes[i]] = now_s;
        }
        done(room, entering);
    };
    const auto near = place_key(ip);
    shared_.client().ask(near, {"HGETALL", near}, life_.guard([=, this](const Reply& reply) {
        const std::size_t prefixes = ip.is_v4() ? 2 : 3;
        const std::array<std::size_t, 3> bytes = ip.is_v4() ? std::array<std::size_t, 3>{16, 15, 0}
                                                            : std::array<std::size_t, 3>{8, 7, 6};
        std::vector<std::string> dead;
        for (std::size_t i = 0; i + 1 < reply.size(); i += 2) {
            const auto place = parse_place(reply[i + 1].text());
            const auto other = parse_field_ip(reply[i].text());
            if (!place || !other || place->expires_s < now_s) {
                dead.emplace_back(reply[i].text());
                continue;
            }
            for (std::size_t p = 0; p < prefixes; ++p)
                look->counts[place->reached][p] +=
                    std::equal(ip.bytes.begin(), ip.bytes.begin() + static_cast<long>(bytes[p]),
                               other->bytes.begin());
        }
        shared_.remove(near, std::move(dead));
        decide();
    }));
    // those who began lately, less those who were reached
    const auto widest = ip.is_v4() ? 2u : 3u;
    const auto now = sketch_key(ip, true, 0), before = sketch_key(ip, true, 1);
    shared_.client().ask(now, {"PFCOUNT", now, before}, life_.guard([=](const Reply& reply) {
        const auto reached = static_cast<std::uint32_t>(reply.number());
        look->counts[1][widest] = reached;
        look->counts[0][widest] -= std::min(look->counts[0][widest], reached);
        decide();
    }));
    const std::vector<std::string> all{"PFCOUNT", now, before, sketch_key(ip, false, 0),
                                       sketch_key(ip, false, 1)};
    shared_.client().ask(now, all, life_.guard([=](const Reply& reply) {
        const auto sum = static_cast<std::uint32_t>(reply.number());
        look->counts[0][widest] = sum - std::min(sum, look->counts[1][widest]);
        decide();
    }));
}

void Places::write(const State& state, std::uint16_t home, bool renew, Entering entering) {
    const auto key = place_key(state.at.ip);
    shared_.client().tell(
        key,
        {"HSET", key, print_field(state.at, home), print_place({state.expires_s, state.reached})},
        [held = std::move(entering)](const Reply&) {});
    if (!renew) return;
    shared_.client().tell(key, {"EXPIRE", key, shared_.ttl(3)});
    count_widest(state, home);
}

void Places::remove(const swarm::Endpoint& at, std::uint16_t home) {
    shared_.remove(place_key(at.ip), {print_field(at, home)});
    changed(at.ip);
}

void Places::changed(const Ip& ip) {
    for (const auto prefix : prefixes_of(ip)) crowded_.erase(prefix);
}

}  // namespace stretto::redis

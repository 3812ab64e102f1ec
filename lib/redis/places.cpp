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

/// The same among those who were reached.
Places::Entering Places::give(const Ip& ip) {
    const auto prefixes = prefixes_of(ip);
    for (const auto prefix : prefixes) ++reached_[prefix].given, ++reached_[prefix].writing;
    auto written = life_.guard([this, prefixes](std::nullptr_t) {
        for (const auto prefix : prefixes)
            if (--reached_[prefix].writing, reached_[prefix].is_over()) reached_.erase(prefix);
    });
    return {nullptr, std::move(written)};
}

void Places::note_crowd(std::uint64_t prefix) {
    if (crowded_.size() >= most_crowded) crowded_.clear();
    crowded_[prefix] = shared_.wall_s();
}

void Places::look(const Ip& ip, const Found& done) {
    Each before{};  // looked before, and are not counted yet
    // a crowd that goes on asking costs nothing
    for (std::size_t i = 0; const auto prefix : prefixes_of(ip)) {
        const auto full = crowded_.find(prefix);
        const auto found = entering_.find(prefix);
        before[i] = found == entering_.end() ? 0 : found->second;
        if ((full != crowded_.end() && full->second == shared_.wall_s()) ||
            before[i] >= shared_.limits().unproved[i])
            return done(false, {});
        ++i;
    }
    count(ip, true, [=, this, entering = enter(ip)](const Counts& counts) {
        const auto& most = shared_.limits();
        bool room = true;
        for (std::size_t i = 0; const auto prefix : prefixes_of(ip)) {
            if (counts.unproved[i] + before[i] >= most.unproved[i] ||
                counts.reached[i] + before[i] >= most.of_prefix[i]) {
                room = false;
                note_crowd(prefix);
            }
            ++i;
        }
        done(room, entering);
    });
}

void Places::look_among_reached(const Ip& ip, const Found& done) {
    Each given{}, writing{};
    for (std::size_t i = 0; const auto prefix : prefixes_of(ip)) {
        auto& reached = reached_[prefix];
        ++reached.looks;
        given[i] = reached.given, writing[i] = reached.writing;
        ++i;
    }
    count(ip, false, [=, this](const Counts& counts) {
        const auto& most = shared_.limits().of_prefix;
        bool room = true;
        for (std::size_t i = 0; const auto prefix : prefixes_of(ip)) {
            const auto unseen = writing[i] + reached_[prefix].given - given[i];
            room = room && counts.reached[i] + unseen < most[i];
            ++i;
        }
        auto entering = room ? give(ip) : nullptr;
        for (const auto prefix : prefixes_of(ip))
            if (--reached_[prefix].looks, reached_[prefix].is_over()) reached_.erase(prefix);
        done(room, std::move(entering));
    });
}

void Places::count(const Ip& ip, bool of_all, const std::function<void(const Counts&)>& done) {
    struct Look {
        std::size_t answers;
        Counts counts;
    };
    const auto look = std::make_shared<Look>(of_all ? 3u : 2u);
    const auto answered = [look, done] {
        if (--look->answers == 0) done(look->counts);
    };
    const auto near = place_key(ip);
    shared_.client().ask(near, {"HGETALL", near}, life_.guard([=, this](const Reply& reply) {
        const auto now_s = shared_.wall_s();
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
            auto& counts = place->reached ? look->counts.reached : look->counts.unproved;
            for (std::size_t p = 0; p < prefixes; ++p)
                counts[p] +=
                    std::equal(ip.bytes.begin(), ip.bytes.begin() + static_cast<long>(bytes[p]),
                               other->bytes.begin());
        }
        shared_.remove(near, std::move(dead));
        answered();
    }));
    const auto widest = ip.is_v4() ? 2u : 3u;
    const auto now = sketch_key(ip, true, 0), before = sketch_key(ip, true, 1);
    shared_.client().ask(now, {"PFCOUNT", now, before}, life_.guard([=](const Reply& reply) {
        look->counts.reached[widest] = static_cast<std::uint32_t>(reply.number());
        answered();
    }));
    if (!of_all) return;
    // those who began lately, less those who were reached: answers of one server keep their order
    const std::vector<std::string> all{"PFCOUNT", now, before, sketch_key(ip, false, 0),
                                       sketch_key(ip, false, 1)};
    shared_.client().ask(now, all, life_.guard([=](const Reply& reply) {
        const auto sum = static_cast<std::uint32_t>(reply.number());
        look->counts.unproved[widest] = sum - std::min(sum, look->counts.reached[widest]);
        answered();
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

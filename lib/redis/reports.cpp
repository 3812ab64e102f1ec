#include "redis/reports.hpp"

#include <algorithm>
#include <charconv>

namespace stretto::redis {
namespace {

using swarm::Asker;
using swarm::Ip;

constexpr float stranger_weight = 0.25f;
constexpr std::int64_t least_bytes = 1000;
constexpr unsigned ticket_tables = 64, table_bits = 1u << 17;

/// Replaces bytes of a value, only if it is there, and in one step: its peer may announce, move or
/// leave at the same time. Keys get no life that way.
const std::string replace_script = text(
    "local v = redis.call('HGET', KEYS[1], ARGV[1]) if v then redis.call('HSET', KEYS[1], "
    "ARGV[1], string.sub(v, 1, ",
    value_health_at, ") .. ARGV[2] .. string.sub(v, ", value_health_at + 1,
    " + #ARGV[2])) end return 0");

}  // namespace

void Reports::report(const swarm::Report& report, const Ip& reporter,
                     const std::function<void(bool)>& done) {
    const auto network = swarm::network_of(reporter);
    const auto said = shared_.is_ready()
                          ? shared_.tickets().redeem(report.ticket, network, shared_.wall_ms())
                          : std::nullopt;
    if (!said) return done(false);
    // used tickets are bits in tables of fixed size, for an hour and the next: two that collide
    // count once
    std::uint64_t mac = 0;
    std::from_chars(report.ticket.data() + 16, report.ticket.data() + 32, mac, 16);
    const auto hour = shared_.wall_ms() / 3'600'000;
    const auto bit = std::to_string(mac / ticket_tables % table_bits);
    const auto now = text("u{", hour, ".", mac % ticket_tables, "}"),
               before = text("u{", hour - 1, ".", mac % ticket_tables, "}");
    const auto used = std::make_shared<std::pair<int, bool>>(0, false);
    const auto answered = life_.guard([=, this, number = *said](const Reply& reply) {
        auto& [answers, again] = *used;
        again = again || reply.has_failed() || reply.number() == 1;
        if (++answers < 2) return;
        if (again) return done(false);
        judge(number >> Shared::tag_bits, static_cast<std::uint8_t>(number & 0xff), report,
              reporter, done);
    });
    shared_.client().ask(now, {"SETBIT", now, bit, "1"}, answered);
    shared_.client().ask(before, {"GETBIT", before, bit}, answered);
    shared_.client().tell(now, {"EXPIRE", now, "10800"});
}

/// Into the copies of its entries, and into Redis. The copies may be old: nothing else of them is
/// written, or a report would take back what the peer has announced to other trackers since.
void Reports::write_health(Song& song, const State& state, std::uint64_t number) {
    std::uint16_t home = state.at.is_rtc() ? shared_.home() : 0;
    const auto take = [&](Entry& entry) {
        if (entry.at != state.at || shared_.number_of(entry.at, entry.home) != number) return;
        home = entry.home;
        const auto handed = entry.health.handed;
        entry.health = state.health;
        entry.health.handed = handed;
    };
    for (auto& [node, page] : song.pages) std::ranges::for_each(page.entries, take);
    std::ranges::for_each(song.directory.elders, take);
    if (shared_.number_of(state.at, home) != number) return;
    const auto field = print_field(state.at, home), value = print_value_health(state.health);
    const auto path = shared_.path_of(state.at, home, state.cell);
    const auto replace = [&](const std::string& key, const std::string& its_field) {
        shared_.client().tell(key, {"EVAL", replace_script, "1", key, its_field, value});
    };
    for (const auto node : song.directory.pages(path, shared_.recent_s()))
        replace(Pages::page_key(song.id, node), field);
    if (song.find_elder(state.at, home))
        replace(Pages::directory_key(song.id), print_elder_field(state.at, home));
}

/// What a report changes is seen at once in the song that it is about, and in the peer's other
/// songs with its next announce.
void Reports::judge(std::uint64_t number, std::uint8_t tag, const swarm::Report& report,
                    const Ip& reporter, const std::function<void(bool)>& done) {
    const auto key = Shared::state_key(number);
    shared_.client().ask(key, {"HGETALL", key}, life_.guard([=, this](const Reply& reply) {
        State state;
        for (std::size_t i = 0; i + 1 < reply.size(); i += 2)
            read_field(state, reply[i].text(), reply[i + 1].text());
        std::string id;
        for (const auto& song : state.songs)
            if (const auto one = base32(song); shared_.tag_of(one) == tag) id = one;
        if (!state.reached || id.empty()) return done(false);
        const Asker asker{reporter, {}};
        songs_.prepare(id, asker, life_.guard([=, this]() mutable {
            auto& song = songs_.of(id);
            const auto network = swarm::network_of(reporter);
            // who passes some of the song on has received it
            const bool listener = std::ranges::any_of(
                songs_.alive_entries(song, asker),
                [&](const Entry* entry) { return swarm::network_of(entry->at.ip) == network; });
            const double kbps =
                report.bytes >= least_bytes && report.ms > 0
                    ? 8.0 * static_cast<double>(report.bytes) / static_cast<double>(report.ms)
                    : 0;
            state.health.age(shared_.wall_s());
            const bool counts =
                state.health.report(network, report.ok, kbps, tag, listener ? 1 : stranger_weight);
            if (!counts) return done(false);
            shared_.client().tell(key, {"HSET", key, "h", print_health(state.health)});
            shared_.client().tell(key, {"EXPIRE", key, shared_.ttl(1)});
            write_health(song, state, number);
            done(true);
        }));
    }));
}

}  // namespace stretto::redis

#include "redis/peers.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include "base/digest.hpp"

namespace stretto::redis {
namespace {

using swarm::Asker;
using swarm::Endpoint;
using swarm::Ip;

constexpr std::string_view secret_key = "stretto:secret";
constexpr std::uint64_t fresh_ms = 1000;              // copies for lists
constexpr std::uint64_t directory_fresh_ms = 20'000;  // for announces: see former pages
constexpr std::uint64_t stale_ms = 60'000;            // copies while Redis is away
constexpr std::uint64_t away_pause_ms = 200;
constexpr std::uint64_t secret_ms = 30'000;
constexpr std::uint64_t near_ms = 5000;  // clocks differ by less
constexpr std::uint64_t most_seconds = 0xffffffff;
constexpr std::uint64_t recent_ms = 30'000;
constexpr std::size_t most_recent = 200'000, most_crowded = 16'384;
constexpr std::uint64_t merge_ms = 1000;
constexpr std::size_t most_waiting = 16'384;
constexpr std::uint32_t dead_s = 30;         // who expired so long ago does not come back
constexpr std::uint32_t prove_again_s = 30;  // after a connection that failed
constexpr std::uint32_t proving_s = 15;      // another tracker's connection
constexpr std::uint32_t state_s = 60;        // longer than the peer
constexpr std::size_t full_page = 128, empty_page = 24, overfull_page = 1024;
// a list reads few pages, and more of a song that has become small
constexpr std::size_t pages_of_list = 4, most_pages_of_list = 64, samples = 12;
constexpr std::size_t few_entries = 24, many_entries = 96;
constexpr unsigned rounds = 5;
constexpr float stranger_weight = 0.25f;
constexpr std::int64_t least_bytes = 1000;
constexpr unsigned tag_bits = 8, ticket_tables = 64, table_bits = 1u << 17;

/// Replaces bytes of a value, only if it is there, and in one step: its peer may announce, move or
/// leave at the same time. Keys get no life that way.
const std::string replace_script = text(
    "local v = redis.call('HGET', KEYS[1], ARGV[1]) if v then redis.call('HSET', KEYS[1], "
    "ARGV[1], string.sub(v, 1, ",
    value_health_at, ") .. ARGV[2] .. string.sub(v, ", value_health_at + 1,
    " + #ARGV[2])) end return 0");

std::uint64_t word(const std::uint8_t* bytes) noexcept {
    std::uint64_t n = 0;
    for (int i = 0; i < 8; ++i) n = n << 8 | bytes[i];
    return n;
}

std::string hex(std::uint64_t n) {
    std::array<char, 16> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), n, 16).ptr;
    return {digits.data(), end};
}

bool is_song(const std::string& id, SongKey& key) { return parse_base32(id, key); }

std::uint64_t home_network(const Ip& ip) noexcept {
    return word(ip.bytes.data() + (ip.is_v4() ? 8 : 0));
}

}  // namespace

Peers::Peers(Client& client, Options options)
    : client_(client),
      options_(std::move(options)),
      secret_(options_.secret),
      home_(static_cast<std::uint16_t>(options_.seed | 1)),
      random_(options_.seed) {
    learn_secret();
}

// splitmix64 (Steele, Lea and Flood, OOPSLA 2014)
std::uint64_t Peers::random() noexcept {
    std::uint64_t z = random_ += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/// The first tracker's secret is that of all. If Redis loses it, the first who notices restores it.
void Peers::learn_secret() {
    learned_ms_ = wall_ms();
    client_.ask(secret_key, {"TIME"},
                life_.guard([this, asked_ms = options_.wall_ms()](const Reply& reply) {
                    if (!reply.has_failed()) learn_time(asked_ms, reply[0].text());
                }));
    const std::string ours{reinterpret_cast<const char*>(secret_.data()), secret_.size()};
    client_.tell(secret_key, {"SET", secret_key, ours, "NX"});
    client_.ask(secret_key, {"GET", secret_key}, life_.guard([this](const Reply& reply) {
        const auto theirs = reply.text();
        if (theirs.size() != secret_.size()) return;
        const bool same = std::ranges::equal(theirs, secret_, [](char a, std::uint8_t b) {
            return static_cast<std::uint8_t>(a) == b;
        });
        if (same && tickets_) return;
        std::ranges::copy(theirs, secret_.begin());
        hash_ = swarm::Hash{word(secret_.data() + 16)};
        tickets_.emplace(
            options_.seal(std::span<const std::uint8_t, 16>{secret_.data(), std::size_t{16}}));
    }));
}

/// A tracker whose clock is wrong by minutes would take all peers for dead, or name none that it
/// added. Then the time of the server that keeps the secret is its time.
void Peers::learn_time(std::uint64_t asked_ms, std::string_view seconds) {
    std::uint64_t s = 0;
    const auto end = seconds.data() + seconds.size();
    if (std::from_chars(seconds.data(), end, s).ptr != end || s == 0 || s > most_seconds) return;
    const auto now_ms = options_.wall_ms(), theirs_ms = 1000 * s;
    const bool is_near = theirs_ms + near_ms + 1000 >= asked_ms && theirs_ms <= now_ms + near_ms;
    ahead_ms_ = is_near ? 0 : now_ms - theirs_ms;
}

// Keys

std::uint64_t Peers::number_of(const Endpoint& at, std::uint16_t home) const noexcept {
    const auto* bytes = at.ip.bytes.data();
    return hash_(hash_(word(bytes), word(bytes + 8)), std::uint64_t{home} << 16 | at.port) >>
           tag_bits;
}
std::string Peers::state_key(std::uint64_t number) { return "s{" + hex(number) + "}"; }
std::string Peers::place_key(const Ip& ip) { return "n{" + hex(swarm::network_of(ip)) + "}"; }
/// Peers of the widest prefix, in a sketch per span of time: however many there are, it takes 12 kB
/// and is read in microseconds (HyperLogLog; Flajolet et al., AofA 2007).
std::string Peers::sketch_key(const Ip& ip, bool reached, unsigned spans_ago) const {
    const auto span_s = reached ? 2 * options_.limits.ttl_s : proving_s + 1;
    const auto prefix = ip.is_v4() ? word(ip.bytes.data() + 8) >> 16 : word(ip.bytes.data()) >> 32;
    return text("w{", hex(prefix), ip.is_v4() ? ".4}" : ".6}", reached ? "r" : "u",
                wall_s() / span_s - spans_ago);
}
void Peers::count_widest(const Visit& visit) {
    const bool reached = visit.state.reached;
    const auto key = sketch_key(visit.at.ip, reached, 0);
    client_.tell(key, {"PFADD", key, print_field(visit.at, visit.home)});
    client_.tell(key, {"EXPIRE", key, reached ? ttl(4) : std::to_string(4 * proving_s)});
}
Path Peers::path_of(const Endpoint& at, std::uint16_t home, swarm::Cell cell) const noexcept {
    return redis::path_of(cell, hash_(swarm::network_of(at.ip), 7), number_of(at, home));
}
std::string Peers::ttl(unsigned times) const {
    return std::to_string(options_.limits.ttl_s * times + state_s);
}
/// What was written before has expired, or has moved.
std::uint32_t Peers::recent_s() const {
    return wall_s() - options_.limits.ttl_s -
           static_cast<std::uint32_t>(directory_fresh_ms / 1000) - dead_s;
}

// Songs in memory

Peers::Song* Peers::find_song(const std::string& id) {
    const auto found = songs_.find(id);
    return found == songs_.end() ? nullptr : found->second.get();
}

Peers::Song& Peers::song_of(const std::string& id) {
    if (auto* song = find_song(id)) {
        uses_.use(song->use);
        song->used_ms = wall_ms();
        return *song;
    }
    auto song = std::make_unique<Song>();
    song->id = id;
    song->use = uses_.add(id);
    song->used_ms = wall_ms();
    auto& kept = *songs_.emplace(id, std::move(song)).first->second;
    forget_songs();
    return kept;
}

/// Those used least recently; not the one that was just added, nor what is loading.
void Peers::forget_songs() {
    using Fate = Uses<std::string>::Fate;
    const auto now = wall_ms();
    uses_.forget([&](const std::string& id) {
        auto& song = *songs_.at(id);
        const bool many = songs_.size() > options_.songs || entries_ > options_.entries;
        if (!many && now - song.used_ms < stale_ms) return Fate::stays;
        if (song.loading > 0 || !song.waiting.empty()) {
            song.used_ms = now;
            return Fate::held;
        }
        for (const auto& [node, page] : song.pages) entries_ -= page.entries.size();
        songs_.erase(id);
        return Fate::gone;
    });
}

void Peers::loaded(Song& song) {
    if (--song.loading > 0) return;
    const auto waiting = std::exchange(song.waiting, {});
    for (const auto& then : waiting) then();  // may end the song
}

void Peers::load_directory(Song& song) {
    if (std::exchange(song.directory_loading, true)) return;
    ++song.loading;
    const auto key = directory_key(song.id);
    client_.ask(key, {"HGETALL", key}, life_.guard([this, id = song.id, key](const Reply& reply) {
        auto& one = *songs_.at(id);
        one.directory_loading = false;
        if (reply.has_failed()) {
            one.away_ms = wall_ms();
            return loaded(one);
        }
        one.away_ms = 0;
        Directory fresh;
        for (std::size_t i = 0; i + 1 < reply.size(); i += 2)
            read_field(fresh, reply[i].text(), reply[i + 1].text());
        // what was one page for long needs no note
        std::vector<std::string> words{"HDEL", key};
        const auto since_s = recent_s();
        std::erase_if(fresh.changes, [&](const auto& change) {
            const bool over = !change.second.divided && change.second.at_s < since_s;
            if (over) words.push_back(print_node(change.first));
            return over;
        });
        if (words.size() > 2) client_.tell(key, words);
        one.directory = std::move(fresh);
        one.read_ms = wall_ms();
        loaded(one);
    }));
}

void Peers::load_page(Song& song, Node node) {
    auto& page = song.pages[node];
    if (std::exchange(page.loading, true)) return;
    ++song.loading;
    const auto key = page_key(song.id, node);
    client_.ask(key, {"HGETALL", key}, life_.guard([this, id = song.id, node](const Reply& reply) {
        auto& one = *songs_.at(id);
        one.pages[node].loading = false;
        if (reply.has_failed())
            one.away_ms = wall_ms();
        else
            take_page(one, node, reply);
        loaded(one);
    }));
}

void Peers::take_page(Song& song, Node node, const Reply& reply) {
    auto& page = song.pages[node];
    const auto now_s = wall_s();
    std::map<std::pair<Endpoint, std::uint16_t>, float> handed;  // this tracker named them
    for (const auto& entry : page.entries)
        if (entry.health.handed > 0) {
            auto health = entry.health;
            health.age(now_s);
            handed[{entry.at, entry.home}] = health.handed;
        }
    entries_ -= page.entries.size();
    page.entries.clear();
    std::vector<std::string> dead;
    for (std::size_t i = 0; i + 1 < reply.size(); i += 2) {
        const auto field = reply[i].text();
        auto entry = parse_entry(field, reply[i + 1].text());
        if (!entry || entry->expires_s + dead_s < now_s) {
            if (dead.size() < full_page) dead.emplace_back(field);
            continue;
        }
        entry->health.at_s = now_s;
        if (const auto found = handed.find({entry->at, entry->home}); found != handed.end())
            entry->health.handed = found->second;
        page.entries.push_back(std::move(*entry));
    }
    entries_ += page.entries.size();
    page.read_ms = wall_ms();
    remove_dead(page_key(song.id, node), std::move(dead));
    if (page.entries.size() > full_page) divide(song, node);
    if (page.entries.size() < empty_page && node > 1) consider_merging(song, node);
}

void Peers::remove_dead(const std::string& key, std::vector<std::string> dead) {
    if (dead.empty()) return;
    dead.insert(dead.begin(), {"HDEL", key});
    client_.tell(key, dead);
}

void Peers::change(Song& song, Node node, bool divided) {
    const Directory::Change change{divided, wall_s()};
    song.directory.changes[node] = change;
    const auto key = directory_key(song.id);
    client_.tell(key, {"HSET", key, print_node(node), print_change(change)});
}

void Peers::divide(Song& song, Node node) {
    const auto& changes = song.directory.changes;
    const auto found = changes.find(node);
    if (level_of(node) >= most_level || changes.size() >= most_changes || song.read_ms == 0 ||
        (found != changes.end() && (found->second.divided || found->second.at_s >= recent_s())))
        return;
    // only a leaf: a former page empties by itself
    for (Node parent = node >> 2; parent > 0; parent >>= 2) {
        const auto above = changes.find(parent);
        if (above == changes.end() || !above->second.divided) return;
    }
    change(song, node, true);
}

/// Four pages with few members become one again.
void Peers::consider_merging(Song& song, Node node) {
    const Node parent = node >> 2;
    const auto mergeable = [parent](const Song& one, std::uint32_t since_s) {
        const auto& changes = one.directory.changes;
        const auto found = changes.find(parent);
        if (found == changes.end() || !found->second.divided || found->second.at_s >= since_s)
            return false;
        for (Node child = 0; child < 4; ++child)
            if (changes.contains(parent << 2 | child)) return false;
        return true;
    };
    const auto now = wall_ms();
    if (now - song.merged_ms < merge_ms || !mergeable(song, recent_s())) return;
    song.merged_ms = now;
    struct Sum {
        std::size_t answers = 0, members = 0;
    };
    const auto sum = std::make_shared<Sum>();
    for (Node child = 0; child < 4; ++child) {
        const auto key = page_key(song.id, parent << 2 | child);
        client_.tell(key, {"HLEN", key},
                     life_.guard([this, id = song.id, parent, sum, mergeable](const Reply& reply) {
                         if (reply.has_failed()) return;
                         sum->members += static_cast<std::size_t>(reply.number());
                         if (++sum->answers < 4 || sum->members > full_page / 2) return;
                         if (auto* one = find_song(id); one && mergeable(*one, recent_s()))
                             change(*one, parent, false);
                     }));
    }
}

/// Calls `then` when the directories are known, or Redis is away.
void Peers::with_directories(const std::vector<std::string>& ids,
                             const std::function<void()>& then) {
    const auto now = wall_ms();
    const auto left = std::make_shared<std::size_t>(1);
    const auto one_less = [left, then] {
        if (--*left == 0) then();
    };
    for (const auto& id : ids) {
        auto& song = song_of(id);
        if (song.read_ms != 0 && now - song.read_ms < directory_fresh_ms) continue;
        if (now - song.away_ms < away_pause_ms || song.waiting.size() >= most_waiting) continue;
        ++*left;
        load_directory(song);
        song.waiting.push_back(one_less);
    }
    one_less();
}

/// A few pages: that of the asker's network and place, the nearest others, and any one, so that
/// nobody surrounds an asker.
std::vector<Node> Peers::pages_for(const Song& song, const Asker& asker) const {
    auto [leaves, former] = song.directory.all(recent_s());
    if (leaves.size() + former.size() <= song.width) {
        leaves.insert(leaves.end(), former.begin(), former.end());
        return leaves;
    }
    const auto path = redis::path_of(swarm::cell_of(asker.location),
                                     hash_(swarm::network_of(asker.ip), 7), hash_(wall_s(), 1));
    std::vector<Node> all{song.directory.leaf(path)};
    const auto add = [&](Node node) {
        if (std::ranges::find(all, node) == all.end()) all.push_back(node);
    };
    add(leaves[hash_(wall_s(), std::hash<std::string>{}(song.id)) % leaves.size()]);
    leaves.insert(leaves.end(), former.begin(), former.end());
    std::vector<std::pair<double, Node>> order;
    for (const auto node : leaves)
        order.emplace_back(asker.location ? swarm::degrees_to(region_of(node), *asker.location)
                                          : static_cast<double>(hash_(wall_s(), node) >> 32),
                           node);
    std::ranges::sort(order);
    for (std::size_t i = 0; i < order.size() && all.size() < song.width; ++i) add(order[i].second);
    return all;
}

/// Whether lists of the song read enough pages, and not too many.
bool Peers::has_width(Song& song, const Asker& asker) const {
    std::size_t entries = 0;
    const auto pages = pages_for(song, asker);
    for (const auto node : pages)
        if (const auto page = song.pages.find(node); page != song.pages.end())
            entries += page->second.entries.size();
    if (entries < few_entries && pages.size() == song.width && song.width < most_pages_of_list) {
        song.width *= 4;
        return false;
    }
    if (entries > many_entries && song.width > pages_of_list) song.width /= 4;
    return true;
}

/// Calls `then` when what a list needs is in memory, or Redis is away.
void Peers::prepare(const std::string& id, const Asker& asker, unsigned round,
                    const std::function<void()>& then) {
    auto& song = song_of(id);
    const auto now = wall_ms();
    if (round >= rounds || now - song.away_ms < away_pause_ms ||
        song.waiting.size() >= most_waiting)
        return then();
    const auto fresh = [&](std::uint64_t read_ms) {
        return read_ms != 0 && now - read_ms < fresh_ms;
    };
    bool missing = !fresh(song.read_ms);
    if (missing) load_directory(song);
    for (const auto node : pages_for(song, asker))
        if (!fresh(song.pages[node].read_ms)) {
            missing = true;
            load_page(song, node);
        }
    if (!missing && has_width(song, asker)) return then();
    if (!missing) return prepare(id, asker, round + 1, then);
    song.waiting.push_back([this, id, asker, round, then] { prepare(id, asker, round + 1, then); });
}

// Entries

void Peers::write_entry(Song& song, const Visit& visit, swarm::Inventory have) {
    Entry entry;
    entry.at = visit.at;
    entry.home = visit.home;
    entry.also_http = visit.said.http;
    entry.id = visit.said.peer_id;
    entry.point = swarm::Point{visit.said.location};
    entry.upload_kbps = static_cast<float>(visit.said.upload_kbps);
    entry.health = visit.state.health;
    entry.expires_s = visit.state.expires_s;
    entry.serial = visit.state.since_s;
    entry.have = have;
    const Node node = song.directory.leaf(path_of(visit.at, visit.home, visit.state.cell));
    const auto key = page_key(song.id, node);
    client_.tell(key, {"HSET", key, print_field(visit.at, visit.home), print_value(entry)},
                 life_.guard([this, id = song.id, node](const Reply& reply) {
                     if (reply.number() == 1) added(id, node);
                 }));
    if (visit.state.turn % 3 == 0) {
        client_.tell(key, {"EXPIRE", key, ttl(3)});
        const auto directory = directory_key(song.id);
        client_.tell(directory, {"EXPIRE", directory, ttl(4)});
    }
    keep(song, node, entry);
}

/// In the copy too, so that whoever announces here is named here at once.
void Peers::keep(Song& song, Node node, const Entry& entry) {
    auto& page = song.pages[node];
    const auto found = std::ranges::find_if(page.entries, [&](const Entry& other) {
        return other.at == entry.at && other.home == entry.home;
    });
    if (found == page.entries.end()) {
        if (page.read_ms == 0 || page.entries.size() >= overfull_page) return;
        page.entries.push_back(entry);
        ++entries_;
        return;
    }
    const auto handed = found->health.handed;
    *found = entry;
    found->health.handed = handed;
}

/// A page has a new member: dead ones leave, and it may be full.
void Peers::added(const std::string& id, Node node) {
    const auto key = page_key(id, node), directory = directory_key(id);
    client_.tell(key, {"EXPIRE", key, ttl(3)});
    client_.tell(directory, {"EXPIRE", directory, ttl(4)});
    client_.tell(key, {"HRANDFIELD", key, std::to_string(samples), "WITHVALUES"},
                 life_.guard([this, key](const Reply& reply) {
                     std::vector<std::string> dead;
                     for (std::size_t i = 0; i + 1 < reply.size(); i += 2)
                         if (expiry_of(reply[i + 1].text()) + dead_s < wall_s())
                             dead.emplace_back(reply[i].text());
                     remove_dead(key, std::move(dead));
                 }));
    client_.tell(key, {"HLEN", key}, life_.guard([this, id, node](const Reply& reply) {
        if (reply.number() > static_cast<std::int64_t>(full_page))
            if (auto* song = find_song(id)) divide(*song, node);
    }));
}

void Peers::remove_entry(const std::string& id, const Visit& visit, swarm::Cell cell) {
    auto& song = song_of(id);
    const auto field = print_field(visit.at, visit.home);
    for (const auto node : song.directory.pages(path_of(visit.at, visit.home, cell), recent_s())) {
        const auto key = page_key(id, node);
        client_.tell(key, {"HDEL", key, field});
        if (const auto page = song.pages.find(node); page != song.pages.end())
            entries_ -= std::erase_if(page->second.entries, [&](const Entry& entry) {
                return entry.at == visit.at && entry.home == visit.home;
            });
    }
}

// Announces

void Peers::announce(const Endpoint& at, const swarm::Announce& said, std::uint64_t,
                     const Done<Announced>& done) {
    ++counted_.announces;
    if (!is_ready()) return done({});  // the next announce may be luckier
    auto visit = std::make_shared<Visit>();
    visit->at = at;
    visit->home = home_of(at);
    visit->said = said;
    const auto key = state_key(number_of(at, visit->home));
    client_.ask(key, {"HGETALL", key}, life_.guard([this, visit, done](const Reply& reply) {
        got_state(visit, reply, done);
    }));
}

void Peers::got_state(const VisitPtr& visit, const Reply& reply, const Done<Announced>& done) {
    Announced result;
    const auto now_s = wall_s();
    if (reply.has_failed()) {
        if (const auto* last = recall(visit->at)) result.listed = last->state.reached;
        return done(result);
    }
    auto& state = visit->state;
    for (std::size_t i = 0; i + 1 < reply.size(); i += 2)
        read_field(state, reply[i].text(), reply[i + 1].text());
    visit->song_fields = (state.songs.size() + songs_a_field - 1) / songs_a_field;
    const bool known = state.at == visit->at && state.expires_s > now_s;
    if (visit->said.leaving()) {
        ++counted_.left;
        if (known) leave(visit);
        result.what = Announced::left;
        return done(result);
    }
    if (state.failed_until_s > now_s) return done(result);
    if (known) return settle(visit, done);
    visit->fresh = true;
    look_for_place(visit, done);
}

/// Its place stays till it expires, and with it what others think of it.
void Peers::leave(const VisitPtr& visit) {
    std::vector<std::string> ids;
    for (const auto& key : visit->state.songs) ids.push_back(base32(key));
    visit->state.here = false;
    visit->state.songs.clear();
    visit->state.stamp = static_cast<std::uint32_t>(random());
    recent_.erase(visit->at);
    write_state(*visit, true);
    with_directories(ids, life_.guard([this, visit, ids] {
        for (const auto& id : ids) remove_entry(id, *visit, visit->state.cell);
    }));
}

/// Hashes of the prefixes that have quotas, the narrowest first.
std::vector<std::uint64_t> Peers::prefixes_of(const Ip& ip) const {
    const auto at = word(ip.bytes.data() + (ip.is_v4() ? 8 : 0));
    const auto bits =
        ip.is_v4() ? std::vector<unsigned>{0, 8, 16} : std::vector<unsigned>{0, 8, 16, 32};
    std::vector<std::uint64_t> all;
    for (const auto dropped : bits) all.push_back(hash_(at >> dropped, dropped + ip.is_v4()));
    return all;
}

/// Counts a peer of the address that gets a place, until the returned thing ends: quotas are read
/// before the place is written, and those who announce at the same moment would not see each other.
std::shared_ptr<void> Peers::enter(const Ip& ip) {
    const auto prefixes = prefixes_of(ip);
    for (const auto prefix : prefixes) ++entering_[prefix];
    auto leave = life_.guard([this, prefixes](std::nullptr_t) {
        for (const auto prefix : prefixes)
            if (--entering_[prefix] == 0) entering_.erase(prefix);
    });
    return {nullptr, std::move(leave)};
}

/// Whether there is room for one more of its networks.
void Peers::look_for_place(const VisitPtr& visit, const Done<Announced>& done) {
    struct Look {
        std::size_t answers = 0;
        std::array<std::array<std::uint32_t, 4>, 2> counts{};  // unproved, reached
        std::array<std::uint32_t, 4> ahead{};  // looked before, and are not counted yet
    };
    const auto look = std::make_shared<Look>();
    const auto now_s = wall_s();
    const auto& ip = visit->at.ip;
    const auto refuse = [this, done] {
        ++counted_.crowded;
        Announced result;
        result.what = Announced::crowded;
        done(result);
    };
    // a crowd that goes on asking costs nothing
    for (const auto prefix : prefixes_of(ip))
        if (const auto full = crowded_.find(prefix);
            full != crowded_.end() && full->second == now_s)
            return refuse();
    for (std::size_t i = 0; const auto prefix : prefixes_of(ip)) {
        const auto found = entering_.find(prefix);
        look->ahead[i] = found == entering_.end() ? 0 : found->second;
        if (look->ahead[i] >= options_.limits.unproved[i]) return refuse();
        ++i;
    }
    visit->entering = enter(ip);
    const auto decide = [=, this] {
        if (++look->answers < 3) return;
        const auto& limits = options_.limits;
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
        if (room) return settle(visit, done);
        refuse();
    };
    const auto near = place_key(ip);
    client_.ask(near, {"HGETALL", near}, life_.guard([=, this](const Reply& reply) {
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
        remove_dead(near, std::move(dead));
        decide();
    }));
    // those who began lately, less those who were reached
    const auto widest = ip.is_v4() ? 2u : 3u;
    const auto now = sketch_key(ip, true, 0), before = sketch_key(ip, true, 1);
    client_.ask(now, {"PFCOUNT", now, before}, life_.guard([=](const Reply& reply) {
        const auto reached = static_cast<std::uint32_t>(reply.number());
        look->counts[1][widest] = reached;
        look->counts[0][widest] -= std::min(look->counts[0][widest], reached);
        decide();
    }));
    const std::vector<std::string> all{"PFCOUNT", now, before, sketch_key(ip, false, 0),
                                       sketch_key(ip, false, 1)};
    client_.ask(now, all, life_.guard([=](const Reply& reply) {
        const auto sum = static_cast<std::uint32_t>(reply.number());
        look->counts[0][widest] = sum - std::min(sum, look->counts[1][widest]);
        decide();
    }));
}

/// It has a place.
void Peers::settle(const VisitPtr& visit, const Done<Announced>& done) {
    std::set<std::string> ids;
    for (const auto& key : visit->state.songs) ids.insert(base32(key));
    SongKey key;
    for (const auto& [id, have] : visit->said.songs)
        if (const auto text = id.str(); is_song(text, key)) ids.insert(text);
    with_directories({ids.begin(), ids.end()},
                     life_.guard([this, visit, done] { finish(visit, done); }));
}

void Peers::finish(const VisitPtr& visit, const Done<Announced>& done) {
    auto& state = visit->state;
    const auto now_s = wall_s();
    const auto old_cell = state.cell;
    const auto old_songs = std::exchange(state.songs, {});
    if (visit->fresh) {
        state = {};
        state.health.at_s = now_s;
    }
    state.at = visit->at;
    state.here = true;
    ++state.turn;
    state.cell = swarm::cell_of(visit->said.location);
    state.expires_s = now_s + options_.limits.ttl_s;
    state.stamp = static_cast<std::uint32_t>(random());
    state.health.age(now_s);
    Announced result;
    result.listed = state.reached;
    result.stamp = state.stamp;
    if (!state.reached && (state.since_s == 0 || now_s - state.since_s >= proving_s)) {
        state.since_s = now_s;
        result.unproven = true;
    }
    SongKey key;
    for (const auto& [song_id, have] : visit->said.songs) {
        const auto id = song_id.str();
        if (!is_song(id, key)) continue;
        auto& song = song_of(id);
        if (!song.directory.layout) {
            // Redis may be away only now: then nobody knows the song, and nothing is looked up
            if (song.read_ms != 0) result.unknown.push_back(id);
            continue;
        }
        state.songs.push_back(key);
        if (!state.reached) continue;
        if (old_cell != state.cell && std::ranges::find(old_songs, key) != old_songs.end())
            remove_entry(id, *visit, old_cell);
        write_entry(song, *visit, swarm::inventory_of(*song.directory.layout, have));
    }
    for (const auto& gone : old_songs)
        if (const auto id = base32(gone); state.reached && !visit->said.songs.contains(id))
            remove_entry(id, *visit, old_cell);
    write_state(*visit, visit->fresh || old_songs != state.songs);
    write_place(*visit);
    remember(visit);
    done(result);
}

void Peers::write_state(Visit& visit, bool with_songs) {
    const auto key = state_key(number_of(visit.at, visit.home));
    std::vector<std::string> words{"HSET", key, "a", print_state(visit.state)};
    std::vector<std::string> surplus{"HDEL", key};
    if (with_songs) {
        const auto& songs = visit.state.songs;
        const auto fields = (songs.size() + songs_a_field - 1) / songs_a_field;
        for (std::size_t i = 0; i < fields; ++i)
            words.insert(words.end(), {std::to_string(i), print_songs(songs, i)});
        for (std::size_t i = fields; i < visit.song_fields; ++i)
            surplus.push_back(std::to_string(i));
        visit.song_fields = fields;
    }
    client_.tell(key, words);
    if (surplus.size() > 2) client_.tell(key, surplus);
    client_.tell(key, {"EXPIRE", key, ttl(1)});
}

void Peers::write_place(Visit& visit) {
    const auto key = place_key(visit.at.ip);
    client_.tell(key,
                 {"HSET", key, print_field(visit.at, visit.home),
                  print_place({visit.state.expires_s, visit.state.reached})},
                 [held = std::move(visit.entering)](const Reply&) {});
    if (visit.state.turn % 3 != 0 && !visit.fresh) return;
    client_.tell(key, {"EXPIRE", key, ttl(3)});
    count_widest(visit);
}

void Peers::remember(const VisitPtr& visit) {
    visit->at_ms = wall_ms();
    recent_[visit->at] = visit;
    recent_order_.emplace_back(visit->at_ms, visit->at);
    while (!recent_order_.empty() && (recent_order_.front().first + recent_ms < visit->at_ms ||
                                      recent_order_.size() > most_recent)) {
        const auto& [at_ms, at] = recent_order_.front();
        const auto found = recent_.find(at);
        if (found != recent_.end() && found->second->at_ms == at_ms) recent_.erase(found);
        recent_order_.pop_front();
    }
}

Peers::Visit* Peers::recall(const Endpoint& at) {
    const auto found = recent_.find(at);
    return found == recent_.end() ? nullptr : found->second.get();
}

void Peers::has(const Endpoint& at, std::uint32_t stamp, const std::string& song_id,
                const swarm::Layout& layout, const swarm::Have& have) {
    auto* visit = recall(at);
    SongKey key;
    if (!visit || !visit->state.here || visit->state.stamp != stamp || !is_song(song_id, key))
        return;
    auto& song = song_of(song_id);
    if (!song.directory.layout) {
        song.directory.layout = layout;
        const auto directory = directory_key(song_id);
        client_.tell(directory, {"HSETNX", directory, "l", print_layout(layout)});
        client_.tell(directory, {"EXPIRE", directory, ttl(4)});
    }
    auto& songs = visit->state.songs;
    if (std::ranges::find(songs, key) == songs.end() && songs.size() < most_state_songs) {
        songs.push_back(key);
        write_state(*visit, true);
    }
    if (visit->state.reached)
        write_entry(song, *visit, swarm::inventory_of(*song.directory.layout, have));
}

void Peers::proved(const Endpoint& at, bool reached, std::uint64_t) {
    auto* visit = recall(at);
    if (!visit || visit->state.reached) return;
    auto& state = visit->state;
    if (!reached) {
        const auto key = state_key(number_of(at, visit->home)), place = place_key(at.ip);
        state.failed_until_s = wall_s() + prove_again_s;
        std::string until;
        for (int shift = 24; shift >= 0; shift -= 8)
            until += static_cast<char>(state.failed_until_s >> shift);
        client_.tell(key, {"DEL", key});
        client_.tell(key, {"HSET", key, "f", until});
        client_.tell(key, {"EXPIRE", key, std::to_string(prove_again_s)});
        client_.tell(place, {"HDEL", place, print_field(at, visit->home)});
        for (const auto prefix : prefixes_of(at.ip)) crowded_.erase(prefix);
        recent_.erase(at);
        return;
    }
    if (!state.here) return;
    state.reached = true;
    state.since_s = wall_s();
    for (const auto prefix : prefixes_of(at.ip)) crowded_.erase(prefix);
    write_state(*visit, false);
    write_place(*visit);
    for (const auto& key : state.songs) {
        const auto id = base32(key);
        const auto said = visit->said.songs.find(id);
        auto& song = song_of(id);
        if (said != visit->said.songs.end() && song.directory.layout)
            write_entry(song, *visit, swarm::inventory_of(*song.directory.layout, said->second));
    }
}

// Lists

/// What is known of the pages for the asker. A peer that is moving between two pages counts once.
std::vector<Entry*> Peers::alive_entries(Song& song, const Asker& asker) {
    std::vector<Entry*> all;
    const auto now = wall_ms();
    for (const auto node : pages_for(song, asker)) {
        const auto page = song.pages.find(node);
        if (page == song.pages.end() ||
            (page->second.read_ms != 0 && now - page->second.read_ms > stale_ms))
            continue;
        for (auto& entry : page->second.entries) all.push_back(&entry);
    }
    std::ranges::sort(all, [](const Entry* a, const Entry* b) {
        if (a->at != b->at) return a->at < b->at;
        return a->home != b->home ? a->home < b->home : a->expires_s > b->expires_s;
    });
    const auto twice = std::ranges::unique(
        all, [](const Entry* a, const Entry* b) { return a->at == b->at && a->home == b->home; });
    all.erase(twice.begin(), twice.end());
    return all;
}

void Peers::answer(const swarm::PeersQuery& query, const Asker& asker,
                   const Done<std::string_view>& done) {
    auto* song = find_song(query.song_id);
    if (!song || !song->directory.layout || !tickets_) return done("[]");
    const auto& layout = *song->directory.layout;
    const auto bits = swarm::wanted(layout, query.kbps, query.chunk);
    if (!bits) return done("[]");
    const auto all = alive_entries(*song, asker);
    choice_.candidates.clear();
    std::uint64_t home = 0;
    std::size_t of_home = 0;
    for (std::uint32_t i = 0; i < all.size(); ++i) {
        const auto& entry = *all[i];  // in the order of addresses: those of a home side by side
        if (!choice_.is_for(query, entry)) continue;
        const auto its = home_network(entry.at.ip);
        of_home = its == home ? of_home + 1 : 1;
        home = its;
        if (of_home > options_.limits.of_home_in_swarm) continue;
        if (entry.at.is_rtc() && entry.home != home_) continue;  // signals reach it elsewhere
        if (swarm::may_have(entry.have, bits)) choice_.candidates.push_back({i, entry.have, 0});
    }
    const auto peer_at = [&](std::uint32_t i) -> Entry& { return *all[i]; };
    const auto any = [this] { return random(); };
    choice_.rank(query, asker, wall_s(), peer_at, any);
    choice_.choose(static_cast<std::size_t>(query.want), peer_at, any);
    std::vector<std::uint64_t> numbers;
    const auto tag = tag_of(song->id);
    for (const auto& one : choice_.chosen())
        numbers.push_back(number_of(all[one.peer]->at, all[one.peer]->home) << tag_bits | tag);
    const auto tickets = tickets_->issue(numbers, swarm::network_of(asker.ip), wall_ms());
    text_.assign(1, '[');
    lines_.begin(layout, asker.location);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        auto& entry = *all[choice_.chosen()[i].peer];
        lines_.append(text_, entry, choice_.chosen()[i].have, tickets[i]);
        entry.health.hand_out();
    }
    counted_.named += numbers.size();
    text_ += ']';
    done(text_);
}

void Peers::list(const swarm::PeersQuery& query, const Asker& asker, std::uint64_t,
                 const Done<std::string_view>& done) {
    ++counted_.lists;
    SongKey key;
    if (!is_song(query.song_id, key)) return done("[]");
    prepare(query.song_id, asker, 0,
            life_.guard([this, query, asker, done] { answer(query, asker, done); }));
}

void Peers::layout(const std::string& song_id, const Done<std::optional<swarm::Layout>>& done) {
    SongKey key;
    if (!is_song(song_id, key)) return done({});
    with_directories({song_id}, life_.guard([this, song_id, done] {
        const auto* song = find_song(song_id);
        done(song ? song->directory.layout : std::nullopt);
    }));
}

// Reports

std::uint8_t Peers::tag_of(const std::string& song) const noexcept {
    SongKey key{};
    is_song(song, key);
    return static_cast<std::uint8_t>(1 + hash_(word(key.data()), word(key.data() + 12)) % 255);
}

void Peers::report(const swarm::Report& report, const Ip& reporter, std::uint64_t,
                   const Done<bool>& done) {
    const auto refuse = [this, done] {
        ++counted_.reports_refused;
        done(false);
    };
    const auto network = swarm::network_of(reporter);
    const auto said = tickets_ ? tickets_->redeem(report.ticket, network, wall_ms()) : std::nullopt;
    if (!said) return refuse();
    // used tickets are bits in tables of fixed size, for an hour and the next: two that collide
    // count once
    std::uint64_t mac = 0;
    std::from_chars(report.ticket.data() + 16, report.ticket.data() + 32, mac, 16);
    const auto hour = wall_ms() / 3'600'000;
    const auto bit = std::to_string(mac / ticket_tables % table_bits);
    const auto now = text("u{", hour, ".", mac % ticket_tables, "}"),
               before = text("u{", hour - 1, ".", mac % ticket_tables, "}");
    const auto used = std::make_shared<std::pair<int, bool>>(0, false);
    const auto answered = life_.guard([=, this, number = *said](const Reply& reply) {
        auto& [answers, again] = *used;
        again = again || reply.has_failed() || reply.number() == 1;
        if (++answers < 2) return;
        if (again) return refuse();
        judge(number >> tag_bits, static_cast<std::uint8_t>(number & 0xff), report, reporter, done);
    });
    client_.ask(now, {"SETBIT", now, bit, "1"}, answered);
    client_.ask(before, {"GETBIT", before, bit}, answered);
    client_.tell(now, {"EXPIRE", now, "10800"});
}

/// Into the copies of its entries, and into Redis. The copies may be old: nothing else of them is
/// written, or a report would take back what the peer has announced to other trackers since.
void Peers::write_health(Song& song, const State& state, std::uint64_t number) {
    std::uint16_t home = 0;
    for (auto& [node, page] : song.pages)
        for (auto& entry : page.entries) {
            if (entry.at != state.at || number_of(entry.at, entry.home) != number) continue;
            home = entry.home;
            const auto handed = entry.health.handed;
            entry.health = state.health;
            entry.health.handed = handed;
        }
    if (number_of(state.at, home) != number) return;
    const auto field = print_field(state.at, home), value = print_value_health(state.health);
    const auto path = path_of(state.at, home, state.cell);
    for (const auto node : song.directory.pages(path, recent_s())) {
        const auto key = page_key(song.id, node);
        client_.tell(key, {"EVAL", replace_script, "1", key, field, value});
    }
}

/// What a report changes is seen at once in the song that it is about, and in the peer's other
/// songs with its next announce.
void Peers::judge(std::uint64_t number, std::uint8_t tag, const swarm::Report& report,
                  const Ip& reporter, const Done<bool>& done) {
    const auto key = state_key(number);
    client_.ask(key, {"HGETALL", key}, life_.guard([=, this](const Reply& reply) {
        State state;
        for (std::size_t i = 0; i + 1 < reply.size(); i += 2)
            read_field(state, reply[i].text(), reply[i + 1].text());
        std::string id;
        for (const auto& song : state.songs)
            if (const auto one = base32(song); tag_of(one) == tag) id = one;
        if (!state.reached || id.empty()) {
            ++counted_.reports_refused;
            return done(false);
        }
        const Asker asker{reporter, {}};
        prepare(id, asker, 0, life_.guard([=, this]() mutable {
            auto& song = song_of(id);
            const auto network = swarm::network_of(reporter);
            // who passes some of the song on has received it
            const bool listener = std::ranges::any_of(
                alive_entries(song, asker),
                [&](const Entry* entry) { return swarm::network_of(entry->at.ip) == network; });
            const double kbps =
                report.bytes >= least_bytes && report.ms > 0
                    ? 8.0 * static_cast<double>(report.bytes) / static_cast<double>(report.ms)
                    : 0;
            state.health.age(wall_s());
            const bool counts =
                state.health.report(network, report.ok, kbps, tag, listener ? 1 : stranger_weight);
            ++(counts ? counted_.reports : counted_.reports_refused);
            if (!counts) return done(false);
            client_.tell(key, {"HSET", key, "h", print_health(state.health)});
            client_.tell(key, {"EXPIRE", key, ttl(1)});
            write_health(song, state, number);
            done(true);
        }));
    }));
}

// Housekeeping

void Peers::expire(std::uint64_t, const Done<bool>& done) {
    const auto now = wall_ms();
    if (now - learned_ms_ > (is_ready() ? secret_ms : 1000)) learn_secret();
    forget_songs();
    while (!recent_order_.empty() && recent_order_.front().first + recent_ms < now) {
        const auto& [at_ms, at] = recent_order_.front();
        const auto found = recent_.find(at);
        if (found != recent_.end() && found->second->at_ms == at_ms) recent_.erase(found);
        recent_order_.pop_front();
    }
    done(false);
}

void Peers::stats(const Done<swarm::PeersStats>& done) {
    auto stats = counted_;
    stats.peers = recent_.size();
    for (const auto& [at, visit] : recent_) stats.listed += visit->state.reached;
    stats.songs = songs_.size();
    stats.entries = entries_;
    done(stats);
}

void Peers::biggest(std::size_t most, const Done<std::vector<swarm::SwarmStats>>& done) {
    std::vector<swarm::SwarmStats> all;
    for (const auto& [id, song] : songs_) {
        swarm::SwarmStats one{id, 0, 0};
        const auto whole = song->directory.layout ? swarm::complete(*song->directory.layout) : 0;
        for (const auto& [node, page] : song->pages) {
            one.peers += page.entries.size();
            for (const auto& entry : page.entries) one.complete += entry.have == whole;
        }
        if (one.peers > 0) all.push_back(std::move(one));
    }
    const auto shown = std::min(most, all.size());
    std::ranges::partial_sort(all, all.begin() + static_cast<long>(shown), std::ranges::greater{},
                              &swarm::SwarmStats::peers);
    all.resize(shown);
    done(all);
}

}  // namespace stretto::redis

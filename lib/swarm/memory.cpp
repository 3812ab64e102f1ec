#include "swarm/memory.hpp"

#include <algorithm>
#include <bit>
#include <boost/container/small_vector.hpp>
#include <cmath>
#include <cstring>

#include "base/digest.hpp"

namespace stretto::swarm {
namespace {

constexpr std::uint32_t prove_again_s = 30;    // after a connection that failed
constexpr std::size_t failures = 65536;        // remembered: 1 MB
constexpr std::size_t neighbour_looks = 2000;  // for peers of the asker's network in a big swarm
constexpr std::size_t expiry_work = 500;       // songs and peers a turn: 0.3 ms
constexpr std::size_t most_elders = 16, elder_looks = 4096;
constexpr std::uint32_t elders_again_s = 5;
constexpr std::size_t looks_for_reporter = 64;  // at songs of peers of its network
constexpr float stranger_weight = 0.25f;        // of a report
// a ticket's number: the peer, the song that it was named for, which of those who had its number
constexpr unsigned index_bits = 28, song_bits = 8;
constexpr std::int64_t least_bytes = 1000;  // of a transfer that tells a speed

std::uint32_t seconds(std::uint64_t ms) noexcept { return static_cast<std::uint32_t>(ms / 1000); }

/// Connecting to them takes milliseconds, or seconds where nobody answers.
std::size_t most_unproved(const PeersLimits& limits) noexcept {
    return std::min(limits.peers, std::max<std::size_t>(1024, limits.peers / 16));
}

/// All of an object, into the cache.
template <class T>
void fetch(const T& object) noexcept {
    const auto* at = reinterpret_cast<const char*>(&object);
    for (std::size_t i = 0; i < sizeof object; i += 64) __builtin_prefetch(at + i);
    __builtin_prefetch(at + sizeof object - 1);
}

std::uint64_t word(const void* bytes) noexcept {
    std::uint64_t w = 0;
    std::memcpy(&w, bytes, sizeof w);
    return w;
}

}  // namespace

MemoryPeers::MemoryPeers(const PeersLimits& limits, std::uint64_t seed, std::unique_ptr<Seal> seal,
                         std::uint64_t now_ms)
    : limits_(limits),
      most_entries_(limits.peers * limits.songs_a_peer),
      hash_(seed),
      tickets_(std::move(seal)),
      wheel_(seconds(now_ms)),
      crowds_(std::bit_ceil(most_entries_ + 1024)),
      reached_(limits.of_prefix, limits.peers, hash_),
      unproved_(limits.unproved, most_unproved(limits), hash_),
      failures_(failures),
      random_(hash_(now_ms, 1)) {}

std::uint64_t MemoryPeers::hash_of(const Endpoint& at) const noexcept {
    return hash_(hash_(word(at.ip.bytes.data()), word(at.ip.bytes.data() + 8)), at.port);
}
std::uint64_t MemoryPeers::hash_of(const SongKey& key) const noexcept {
    return hash_(word(key.data()), word(key.data() + 12));
}
/// Of what an announce says about a song: with the same mark it says the same. A stranger cannot
/// find two that share one; by chance, one change in 2^32 is not noted till the next.
std::uint32_t MemoryPeers::mark_of(std::string_view song_id, const Have& have) const noexcept {
    std::array<std::uint64_t, SongId::most_bytes / sizeof(std::uint64_t)> words{};
    std::memcpy(words.data(), song_id.data(), std::min(song_id.size(), sizeof words));
    auto mark = hash_(words[0] ^ hash_(words[1], words[2]), words[3]);
    for (const auto& [kbps, ranges] : have) {
        mark = hash_(mark ^ static_cast<unsigned>(kbps), ranges.size());
        for (const auto& [first, last] : ranges)
            mark = hash_(mark, std::uint64_t{static_cast<unsigned>(first)} << 32 |
                                   static_cast<unsigned>(last));
    }
    return static_cast<std::uint32_t>(mark);
}
std::uint32_t MemoryPeers::find_peer(const Endpoint& at) const {
    return peer_lookup_.find(hash_of(at), [&](std::uint32_t i) { return peers_[i].at == at; });
}
std::uint32_t MemoryPeers::find_song(const SongKey& key) const {
    return song_lookup_.find(hash_of(key), [&](std::uint32_t i) { return songs_[i].key == key; });
}
std::uint32_t MemoryPeers::find_net(Network network) const {
    return net_lookup_.find(hash_(network, 0),
                            [&](std::uint32_t i) { return nets_[i].network == network; });
}

// Peers and their networks

/// Of one that is not known yet.
Peers::Announced::What MemoryPeers::place_for(const Endpoint& at) const noexcept {
    if (peers_.size() >= limits_.peers || unproved_peers_ >= most_unproved(limits_))
        return Announced::full;
    return reached_.has_room(at.ip) && unproved_.has_room(at.ip) ? Announced::taken
                                                                 : Announced::crowded;
}

MemoryPeers::Failure& MemoryPeers::failure_of(const Endpoint& at) noexcept {
    return failures_[hash_of(at) % failures_.size()];
}

/// It is in the wheel when it has been reached.
std::uint32_t MemoryPeers::add_peer(const Endpoint& at, std::uint64_t now_ms) {
    const std::uint32_t i = peers_.add();
    Peer& peer = peers_[i];
    peer.at = at;
    peer.serial = ++serials_;
    peer.health.at_s = seconds(now_ms);
    peer_lookup_.add(hash_of(at), i, [&](std::uint32_t p) { return hash_of(peers_[p].at); });
    join_network(i, swarm::network_of(at.ip));
    unproved_.add(at.ip);
    ++unproved_peers_;
    return i;
}

void MemoryPeers::join_network(std::uint32_t i, Network network) {
    std::uint32_t n = find_net(network);
    if (n == nobody) {
        n = nets_.add();
        nets_[n].network = network;
        net_lookup_.add(hash_(network, 0), n,
                        [&](std::uint32_t other) { return hash_(nets_[other].network, 0); });
    }
    const std::uint32_t next = std::exchange(nets_[n].first_peer, i);
    if (next != nobody) peers_[next].last_in_network = i;
    peers_[i].network = n;
    peers_[i].next_in_network = next;
}

void MemoryPeers::leave_network(std::uint32_t i) {
    const auto n = peers_[i].network, last = peers_[i].last_in_network,
               next = peers_[i].next_in_network;
    if (next != nobody) peers_[next].last_in_network = last;
    if (last != nobody)
        peers_[last].next_in_network = next;
    else
        nets_[n].first_peer = next;
    if (nets_[n].first_peer != nobody) return;
    net_lookup_.remove(hash_(nets_[n].network, 0), n,
                       [&](std::uint32_t other) { return hash_(nets_[other].network, 0); });
    nets_.remove(n);
}

/// It is in the wheel no more, or not yet.
void MemoryPeers::remove_peer(std::uint32_t i) {
    drop_songs(i);
    leave_network(i);
    (peers_[i].reached ? reached_ : unproved_).remove(peers_[i].at.ip);
    if (!peers_[i].reached) --unproved_peers_;
    peer_lookup_.remove(hash_of(peers_[i].at), i,
                        [&](std::uint32_t p) { return hash_of(peers_[p].at); });
    peers_.remove(i);
}

// What they have

std::uint8_t& MemoryPeers::crowd(std::uint32_t peer, std::uint32_t song) {
    const Ip& ip = peers_[peer].at.ip;
    const std::uint64_t home = word(ip.bytes.data() + (ip.is_v4() ? 8 : 0));
    // WebRTC peers apart: some are there over HTTP too, and must not take the places of others
    const bool rtc = peers_[peer].at.is_rtc();
    return crowds_[hash_(home, hash_of(songs_[song].key) + rtc) & (crowds_.size() - 1)];
}

std::uint32_t MemoryPeers::song_of(const SongKey& key, const Layout& layout) {
    std::uint32_t i = find_song(key);
    if (i != nobody) return i;
    i = songs_.add();
    songs_[i].key = key;
    songs_[i].layout = layout;
    song_lookup_.add(hash_of(key), i, [&](std::uint32_t s) { return hash_of(songs_[s].key); });
    return i;
}

void MemoryPeers::add_link(std::uint32_t peer, std::uint32_t song, Inventory have,
                           std::uint32_t mark) {
    auto& swarm = songs_[song].swarm;
    auto& of_home = crowd(peer, song);
    if (links_.size() >= most_entries_ || swarm.size() >= limits_.of_swarm ||
        of_home >= std::min<std::size_t>(limits_.of_home_in_swarm, 255) ||
        peers_[peer].songs >= most_songs)
        return;
    ++of_home;
    const std::uint32_t link = links_.add();
    links_[link].song = song;
    links_[link].mark = mark;
    links_[link].next = peers_[peer].first_link;
    peers_[peer].first_link = link;
    ++peers_[peer].songs;
    swarm.add({have, peer, link}, *this);
}

/// From the swarm; the caller takes it out of the peer's chain.
void MemoryPeers::remove_link(std::uint32_t peer, std::uint32_t link) {
    const auto [song, position, next, mark] = links_[link];
    songs_[song].swarm.remove(peer, position, *this);
    --crowd(peer, song);
    --peers_[peer].songs;
    std::erase_if(songs_[song].elders, [&](const Elder& elder) { return elder.link == link; });
    links_.remove(link);
    if (songs_[song].swarm.size() > 0) return;
    song_lookup_.remove(hash_of(songs_[song].key), song,
                        [&](std::uint32_t s) { return hash_of(songs_[s].key); });
    songs_.remove(song);
}

// A song of a peer lies in five places: its link, the song, its parts, the list of one of them, and
// the member that takes the place of one removed. At a million peers none of them is in the
// processor's cache, and to wait for each in turn took most of the time of an announce. Hence they
// are fetched for all songs of a peer before they are used.

/// All that it has, into held_.
void MemoryPeers::hold_songs(std::uint32_t peer) {
    held_.clear();
    for (std::uint32_t i = peers_[peer].first_link; i != nobody; i = links_[i].next)
        held_.push_back({i, links_[i].song, links_[i].position});
    fetch_songs(peer);
}

/// Of those in held_.
void MemoryPeers::fetch_songs(std::uint32_t peer) {
    const Cell cell = peers_[peer].cell;
    for (const auto& one : held_) swarm::fetch(songs_[one.song]);
    for (const auto& one : held_) songs_[one.song].swarm.fetch_parts();
    for (const auto& one : held_) songs_[one.song].swarm.fetch_member(cell, one.position);
}

/// After fetch_songs().
void MemoryPeers::fetch_removal(std::uint32_t peer, bool of_all) {
    const Cell cell = peers_[peer].cell;
    const auto each = [&](auto call) {
        for (const auto& one : held_)
            if (of_all || !one.said) call(songs_[one.song], one);
    };
    each([&](const Song& song, const Held& one) {
        __builtin_prefetch(song.swarm.last(cell));
        __builtin_prefetch(song.elders.data());
        __builtin_prefetch(&crowd(peer, one.song));
    });
    each([&](const Song& song, const Held&) {
        if (const auto* last = song.swarm.last(cell)) __builtin_prefetch(&links_[last->link]);
    });
}

void MemoryPeers::fetch_additions(std::uint32_t peer) {
    const Cell cell = peers_[peer].cell;
    const auto each = [&](auto call) {
        for (const auto& one : said_)
            if (!one.kept && one.song != nobody) call(one.song);
    };
    each([&](std::uint32_t song) {
        songs_[song].swarm.fetch_parts();
        __builtin_prefetch(&crowd(peer, song));
    });
    each([&](std::uint32_t song) { __builtin_prefetch(songs_[song].swarm.last(cell)); });
}

void MemoryPeers::drop_songs(std::uint32_t peer) {
    hold_songs(peer);
    fetch_removal(peer, true);
    while (peers_[peer].first_link != nobody) {
        const std::uint32_t link = peers_[peer].first_link;
        peers_[peer].first_link = links_[link].next;
        remove_link(peer, link);
    }
    if (peers_[peer].here && peers_[peer].reached) --listed_;
    peers_[peer].here = false;
}

/// What is in held_ gets its new inventory, or goes.
void MemoryPeers::update_links(std::uint32_t peer) {
    fetch_songs(peer);
    bool removes = false;
    for (auto& one : held_) {
        const auto found = std::ranges::lower_bound(said_, one.song, {}, &Said::song);
        if (found != said_.end() && found->song == one.song)
            one.said = &*found;
        else
            removes = true;
    }
    if (removes) fetch_removal(peer, false);
    std::uint32_t* at = &peers_[peer].first_link;
    for (const auto& [link, song, position, said] : held_) {
        while (*at != link) at = &links_[*at].next;  // past what is unchanged
        if (said) {
            links_[link].mark = said->mark;
            said->kept = true;
            songs_[song].swarm.at(peer, links_[link].position, *this).have =
                inventory_of(songs_[song].layout, *said->have);
            at = &links_[link].next;
        } else {
            *at = links_[link].next;
            remove_link(peer, link);
        }
    }
}

/// Into said_.
void MemoryPeers::read_songs(const Announce& announce) {
    said_.clear();
    for (const auto& [id, have] : announce.songs) said_.push_back({&id, &have, mark_of(id, have)});
    std::ranges::sort(said_, {}, &Said::mark);
}

/// Takes out of said_ what the peer said last time too: most of most announces. What is left of its
/// songs is in held_.
void MemoryPeers::leave_unchanged(std::uint32_t peer) {
    held_.clear();
    for (std::uint32_t i = peers_[peer].first_link; i != nobody; i = links_[i].next) {
        const auto mark = links_[i].mark;
        auto found = std::ranges::lower_bound(said_, mark, {}, &Said::mark);
        while (found != said_.end() && found->mark == mark && found->kept) ++found;
        if (found != said_.end() && found->mark == mark)
            found->kept = true;
        else
            held_.push_back({i, links_[i].song, links_[i].position});
    }
    std::erase_if(said_, [](const Said& one) { return one.kept; });
}

/// Orders said_ by number; songs that nobody has come last.
void MemoryPeers::find_songs() {
    std::erase_if(said_, [&](Said& one) {
        if (!parse_base32(*one.id, one.key)) return true;
        one.hash = hash_of(one.key);
        song_lookup_.fetch(one.hash);
        return false;
    });
    for (const auto& one : said_)
        if (const auto first = song_lookup_.first(one.hash); first != nobody)
            swarm::fetch(songs_[first]);
    for (auto& one : said_)
        one.song =
            song_lookup_.find(one.hash, [&](std::uint32_t i) { return songs_[i].key == one.key; });
    std::ranges::sort(said_, [](const Said& a, const Said& b) {
        return a.song != b.song ? a.song < b.song : a.id < b.id;  // ids lie in their order
    });
}

/// @return the songs whose layout is not known
std::vector<std::string> MemoryPeers::take_songs(std::uint32_t peer) {
    leave_unchanged(peer);
    std::vector<std::string> unknown;
    if (said_.empty() && held_.empty()) return unknown;
    find_songs();
    update_links(peer);
    fetch_additions(peer);
    for (const auto& one : said_)
        if (one.song == nobody)
            unknown.push_back(one.id->str());
        else if (!one.kept)
            // a song may have lost its last peer, this one, only if it is not named here
            add_link(peer, one.song, inventory_of(songs_[one.song].layout, *one.have), one.mark);
    return unknown;
}

void MemoryPeers::move_to(std::uint32_t i, Cell cell) {
    Peer& peer = peers_[i];
    if (peer.cell == cell) return;
    hold_songs(i);
    fetch_removal(i, true);
    std::vector<Member> members;  // out of the lists of one cell, into those of another
    for (std::uint32_t link = peer.first_link; link != nobody; link = links_[link].next) {
        auto& swarm = songs_[links_[link].song].swarm;
        members.push_back(swarm.at(i, links_[link].position, *this));
        swarm.remove(i, links_[link].position, *this);
    }
    peer.cell = cell;
    for (const auto& member : members) songs_[links_[member.link].song].swarm.add(member, *this);
}

void MemoryPeers::set_id(Peer& peer, std::string_view id) noexcept {
    peer.id.fill(0);
    id.substr(0, peer.id.size()).copy(peer.id.data(), peer.id.size());
}
void MemoryPeers::refresh(std::uint32_t i, const Announce& said, std::uint32_t now_s) {
    Peer& peer = peers_[i];
    peer.expires_s = now_s + limits_.ttl_s;
    peer.health.age(now_s);
    peer.stamp = ++stamps_;
    peer.upload_kbps = static_cast<float>(said.upload_kbps);
    peer.also_http = said.http;
    set_id(peer, said.peer_id);
    move_to(i, swarm::cell_of(said.location));
    peer.point = Point{said.location};
    if (!peer.here && peer.reached) ++listed_;
    peer.here = true;
}

Peers::Announced MemoryPeers::announce(const Endpoint& at, const Announce& said,
                                       std::uint64_t now_ms) {
    ++counted_.announces;
    const std::uint32_t now_s = seconds(now_ms);
    peer_lookup_.fetch(hash_of(at));
    read_songs(said);
    if (const auto first = peer_lookup_.first(hash_of(at)); first != nobody)
        swarm::fetch(peers_[first]);
    std::uint32_t i = find_peer(at);
    Announced result;
    if (said.leaving()) {
        // its place stays till it expires, and with it what others think of it
        if (i != nobody) drop_songs(i);
        ++counted_.left;
        result.what = Announced::left;
        return result;
    }
    if (i == nobody) {
        const auto& failure = failure_of(at);
        if (failure.hash == hash_of(at) && now_s < failure.until_s) return result;
        result.what = place_for(at);
        counted_.full += result.what == Announced::full;
        counted_.crowded += result.what == Announced::crowded;
        if (result.what != Announced::taken) return result;
        i = add_peer(at, now_ms);
        result.unproven = true;
    }
    refresh(i, said, now_s);
    const Peer& peer = peers_[i];
    result.unknown = take_songs(i);
    result.listed = peer.reached;
    result.stamp = peer.stamp;
    return result;
}

void MemoryPeers::has(const Endpoint& at, std::uint32_t stamp, const std::string& song_id,
                      const Layout& layout, const Have& have) {
    const std::uint32_t i = find_peer(at);
    SongKey key;
    if (i == nobody || !peers_[i].here || peers_[i].stamp != stamp || !parse_base32(song_id, key))
        return;
    const std::uint32_t song = song_of(key, layout);
    add_link(i, song, inventory_of(songs_[song].layout, have), mark_of(song_id, have));
    if (songs_[song].swarm.size() > 0) return;
    song_lookup_.remove(hash_of(key), song,
                        [&](std::uint32_t s) { return hash_of(songs_[s].key); });
    songs_.remove(song);
}

void MemoryPeers::proved(const Endpoint& at, bool reached, std::uint64_t now_ms) {
    const std::uint32_t i = find_peer(at);
    if (i == nobody) return;
    Peer& peer = peers_[i];
    if (peer.reached) return;
    if (!reached) failure_of(at) = {hash_of(at), seconds(now_ms) + prove_again_s};
    const bool room = reached_.has_room(at.ip);
    counted_.crowded += reached && !room;
    if (!reached || !room || !peer.here) return remove_peer(i);
    unproved_.remove(at.ip);
    --unproved_peers_;
    reached_.add(at.ip);
    peer.reached = true;
    ++listed_;
    wheel_.add(i, peer.expires_s, peer.next);
}

// Lists

/// Peers of the asker's own network, which pick() would find only by chance.
void MemoryPeers::add_neighbours(std::uint32_t song, Inventory wanted, std::uint32_t net) {
    std::size_t looks = neighbour_looks;
    for (std::uint32_t i = nets_[net].first_peer; i != nobody; i = peers_[i].next_in_network)
        for (std::uint32_t link = peers_[i].first_link; link != nobody; link = links_[link].next) {
            if (looks-- == 0) return;
            if (links_[link].song != song) continue;
            const Inventory have = songs_[song].swarm.at(i, links_[link].position, *this).have;
            if (may_have(have, wanted)) choice_.candidates.push_back({i, have, 0});
        }
}

void MemoryPeers::find_candidates(const Song& song, std::uint32_t number, Inventory wanted,
                                  const Asker& asker) {
    choice_.candidates.clear();
    members_.clear();
    const std::uint32_t own = song.swarm.is_big() ? find_net(swarm::network_of(asker.ip)) : nobody;
    if (own != nobody) add_neighbours(number, wanted, own);
    if (song.swarm.is_big()) add_elders(song, wanted);
    song.swarm.pick(asker.location, wanted, random_(), *this, members_);
    if (song.swarm.is_big()) {  // elders come by chance too
        std::ranges::sort(members_, {}, &Member::peer);
        const auto twice = std::ranges::unique(members_, {}, &Member::peer);
        members_.erase(twice.begin(), twice.end());
    }
    for (const auto& member : members_)
        if (own == nobody || peers_[member.peer].network != own)
            choice_.candidates.push_back({member.peer, member.have, 0});
}

/// Of a big swarm, those who announced first; one of a network, or one would have all places. Where
/// there are few networks, there are few elders, and a look for others now and then.
void MemoryPeers::note_elders(Song& song, std::uint32_t now_s) {
    if (!song.swarm.is_big() || song.elders.size() > most_elders / 2 || now_s < song.look_s) return;
    song.look_s = now_s + elders_again_s;
    std::vector<std::pair<std::uint32_t, Elder>> all;  // with their serials
    song.swarm.each([&](const Member& member) {
        if (all.size() < elder_looks)
            all.push_back({peers_[member.peer].serial, {member.peer, member.link}});
    });
    std::ranges::sort(all, {}, [](const auto& one) { return one.first; });
    song.elders.clear();
    std::vector<Network> networks;
    for (const auto& [serial, elder] : all) {
        const auto network = network_of(elder.peer);
        if (std::ranges::count(networks, network) > 0) continue;
        networks.push_back(network);
        song.elders.push_back(elder);
        if (song.elders.size() == most_elders) break;
    }
}

void MemoryPeers::add_elders(const Song& song, Inventory wanted) {
    for (const auto& [peer, link] : song.elders) {
        const auto at = links_[link].position;
        const Inventory have = songs_[links_[link].song].swarm.at(peer, at, *this).have;
        if (may_have(have, wanted)) members_.push_back({have, peer, link});
    }
}

// they lie anywhere, on two cache lines each, and are fetched side by side
void MemoryPeers::fetch(std::uint32_t peer) const {
    __builtin_prefetch(&peers_[peer]);
    __builtin_prefetch(&peers_[peer].health);
}
Network MemoryPeers::network_of(std::uint32_t peer) const {
    return swarm::network_of(peers_[peer].at.ip);
}

std::uint8_t MemoryPeers::tag_of(std::uint32_t song) const noexcept {
    return static_cast<std::uint8_t>(1 + hash_of(songs_[song].key) % 255);
}

/// Whether somebody of that network shows that it received some of the song: by passing it on, at
/// an address that was reached.
bool MemoryPeers::has_received(Network from, std::uint8_t song) const {
    const std::uint32_t net = find_net(from);
    if (net == nobody) return false;
    std::size_t looks = looks_for_reporter;
    for (std::uint32_t i = nets_[net].first_peer; i != nobody; i = peers_[i].next_in_network) {
        if (looks-- == 0) return false;
        if (!peers_[i].here || !peers_[i].reached) continue;
        for (std::uint32_t link = peers_[i].first_link; link != nobody; link = links_[link].next) {
            if (looks-- == 0) return false;
            if (tag_of(links_[link].song) == song) return true;
        }
    }
    return false;
}

void MemoryPeers::list(const PeersQuery& query, const Asker& asker, std::uint64_t now_ms,
                       const Done<std::string_view>& done) {
    ++counted_.lists;
    SongKey key;
    const std::uint32_t number = parse_base32(query.song_id, key) ? find_song(key) : nobody;
    if (number == nobody) return done("[]");
    Song& song = songs_[number];
    const Inventory bits = wanted(song.layout, query.kbps, query.chunk);
    if (!bits) return done("[]");
    note_elders(song, seconds(now_ms));
    find_candidates(song, number, bits, asker);
    const auto peer_at = [this](std::uint32_t i) -> Peer& { return peers_[i]; };
    const auto any = [this] { return random_(); };
    choice_.rank(query, asker, seconds(now_ms), peer_at, any);
    choice_.choose(static_cast<std::size_t>(query.want), peer_at, any);
    const auto& chosen = choice_.chosen();
    reported_.clear();
    for (const auto& one : chosen)
        reported_.push_back(std::uint64_t{peers_[one.peer].serial} << (index_bits + song_bits) |
                            std::uint64_t{tag_of(number)} << index_bits | one.peer);
    const auto tickets = tickets_.issue(reported_, swarm::network_of(asker.ip), now_ms);
    text_.assign(1, '[');
    lines_.begin(song.layout, asker.location);
    for (std::size_t i = 0; i < chosen.size(); ++i) {
        Peer& peer = peers_[chosen[i].peer];
        lines_.append(text_, peer, chosen[i].have, tickets[i]);
        peer.health.hand_out();
    }
    counted_.named += chosen.size();
    text_ += ']';
    done(text_);
}

std::optional<Layout> MemoryPeers::layout(const std::string& song_id) const {
    SongKey key;
    const std::uint32_t song = parse_base32(song_id, key) ? find_song(key) : nobody;
    if (song == nobody) return {};
    return songs_[song].layout;
}

// Reports and expiry

bool MemoryPeers::report(const Report& report, const Ip& reporter, std::uint64_t now_ms) {
    const Network from = swarm::network_of(reporter);
    const auto ticket = tickets_.redeem(report.ticket, from, now_ms);
    constexpr auto serial_at = index_bits + song_bits;
    const auto said = ticket.value_or(0);
    const auto i = static_cast<std::uint32_t>(said & ((1u << index_bits) - 1));
    const auto song = static_cast<std::uint8_t>(said >> index_bits);
    if (!ticket || i >= peers_.end() ||
        (std::uint64_t{peers_[i].serial} << serial_at) >> serial_at != said >> serial_at) {
        ++counted_.reports_refused;
        return false;
    }
    const double kbps =
        report.bytes >= least_bytes && report.ms > 0
            ? 8.0 * static_cast<double>(report.bytes) / static_cast<double>(report.ms)
            : 0;
    peers_[i].health.age(seconds(now_ms));
    const float weight = has_received(from, song) ? 1 : stranger_weight;
    const bool counts = peers_[i].health.report(from, report.ok, kbps, song, weight);
    ++(counts ? counted_.reports : counted_.reports_refused);
    return counts;
}

bool MemoryPeers::expire(std::uint64_t now_ms) {
    const std::uint32_t now_s = seconds(now_ms);
    for (std::size_t work = 0; work < expiry_work;) {
        const std::uint32_t i = wheel_.take(now_s, [&](std::uint32_t p) { return peers_[p].next; });
        if (i == nobody) return false;
        Peer& peer = peers_[i];
        work += 1u + peer.songs;
        if (peer.expires_s > now_s) {
            wheel_.add(i, peer.expires_s, peer.next);
            continue;
        }
        ++counted_.expired;
        remove_peer(i);
    }
    return true;
}

PeersStats MemoryPeers::stats() const {
    PeersStats stats = counted_;
    stats.peers = peers_.size();
    stats.listed = listed_;
    stats.songs = songs_.size();
    stats.entries = links_.size();
    return stats;
}

std::vector<SwarmStats> MemoryPeers::biggest(std::size_t most) const {
    std::vector<std::uint32_t> order;
    order.reserve(songs_.size());
    for (std::uint32_t i = 0; i < songs_.end(); ++i)
        if (songs_[i].swarm.size() > 0) order.push_back(i);
    const auto shown = order.begin() + static_cast<long>(std::min(most, order.size()));
    std::ranges::partial_sort(order, shown, std::ranges::greater{},
                              [&](std::uint32_t i) { return songs_[i].swarm.size(); });
    std::vector<SwarmStats> all;
    for (auto i = order.begin(); i != shown; ++i) {
        const Song& song = songs_[*i];
        SwarmStats one{base32(song.key), song.swarm.size(), 0};
        const Inventory whole = complete(song.layout);
        song.swarm.each([&](const Member& member) { one.complete += member.have == whole; });
        all.push_back(std::move(one));
    }
    return all;
}

}  // namespace stretto::swarm

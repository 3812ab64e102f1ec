#include "redis/peers.hpp"

#include <algorithm>
#include <set>

namespace stretto::redis {
namespace {

using swarm::Asker;
using swarm::Endpoint;
using swarm::Ip;

constexpr std::uint64_t recent_ms = 30'000;
constexpr std::size_t most_recent = 200'000;
constexpr std::uint32_t prove_again_s = 30;  // after a connection that failed

std::uint64_t home_network(const Ip& ip) noexcept {
    return word(ip.bytes.data() + (ip.is_v4() ? 8 : 0));
}

}  // namespace

Peers::Peers(Client& client, Options options)
    : shared_(client, std::move(options)),
      songs_(shared_),
      places_(shared_),
      reports_(shared_, songs_) {}

// Announces

void Peers::announce(const Endpoint& at, const swarm::Announce& said, std::uint64_t,
                     const Done<Announced>& done) {
    ++counted_.announces;
    if (!is_ready()) return done({});  // the next announce may be luckier
    auto visit = std::make_shared<Visit>();
    visit->at = at;
    visit->home = home_of(at);
    visit->said = said;
    const auto key = Shared::state_key(shared_.number_of(at, visit->home));
    shared_.client().ask(
        key, {"HGETALL", key},
        life_.guard([this, visit, done](const Reply& reply) { got_state(visit, reply, done); }));
}

void Peers::got_state(const VisitPtr& visit, const Reply& reply, const Done<Announced>& done) {
    Announced result;
    const auto now_s = shared_.wall_s();
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
    places_.look(visit->at.ip,
                 life_.guard([this, visit, done](bool room, Places::Entering entering) {
                     visit->entering = std::move(entering);
                     if (room) return settle(visit, done);
                     ++counted_.crowded;
                     Announced crowded;
                     crowded.what = Announced::crowded;
                     done(crowded);
                 }));
}

/// Its place stays till it expires, and with it what others think of it.
void Peers::leave(const VisitPtr& visit) {
    std::vector<std::string> ids;
    for (const auto& key : visit->state.songs) ids.push_back(base32(key));
    visit->state.here = false;
    visit->state.songs.clear();
    visit->state.stamp = static_cast<std::uint32_t>(shared_.random());
    recent_.erase(visit->at);
    write_state(*visit, true);
    songs_.with_directories(ids, life_.guard([this, visit, ids] {
        for (const auto& id : ids) songs_.remove(id, visit->at, visit->home, visit->state.cell);
    }));
}

/// It has a place.
void Peers::settle(const VisitPtr& visit, const Done<Announced>& done) {
    std::set<std::string> ids;
    for (const auto& key : visit->state.songs) ids.insert(base32(key));
    SongKey key;
    for (const auto& [id, have] : visit->said.songs)
        if (const auto text = id.str(); is_song(text, key)) ids.insert(text);
    songs_.with_directories({ids.begin(), ids.end()},
                            life_.guard([this, visit, done] { finish(visit, done); }));
}

void Peers::finish(const VisitPtr& visit, const Done<Announced>& done) {
    auto& state = visit->state;
    const auto now_s = shared_.wall_s();
    const auto old_cell = state.cell;
    const auto old_songs = std::exchange(state.songs, {});
    if (visit->fresh) {
        state = {};
        state.health.at_s = now_s;
    }
    state.at = visit->at;
    state.here = true;
    ++state.turn;
    place(*visit);
    state.expires_s = now_s + shared_.limits().ttl_s;
    state.stamp = static_cast<std::uint32_t>(shared_.random());
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
        auto& song = songs_.of(id);
        if (!song.directory.layout) {
            // Redis may be away only now: then nobody knows the song, and nothing is looked up
            if (song.read_ms != 0) result.unknown.push_back(id);
            continue;
        }
        state.songs.push_back(key);
        if (!state.reached) continue;
        if (old_cell != state.cell && std::ranges::find(old_songs, key) != old_songs.end())
            songs_.remove(id, visit->at, visit->home, old_cell);
        write_entry(song, *visit, have);
    }
    for (const auto& gone : old_songs)
        if (const auto id = base32(gone); state.reached && !visit->said.songs.contains(id))
            songs_.remove(id, visit->at, visit->home, old_cell);
    write_state(*visit, visit->fresh || old_songs != state.songs);
    write_place(*visit, state.turn % 3 == 0 || visit->fresh);
    remember(visit);
    done(result);
}

/// Where its entries lie: who moves all the time, or says so, would divide pages everywhere. It is
/// named with the place that it announces.
void Peers::place(Visit& visit) {
    auto& state = visit.state;
    const auto now_s = shared_.wall_s();
    const auto cell = swarm::cell_of(visit.said.location);
    if (cell == state.cell || (!visit.fresh && now_s - state.moved_s < shared_.limits().ttl_s))
        return;
    state.cell = cell;
    if (visit.fresh) return;
    state.moved_s = now_s;
    const auto key = Shared::state_key(shared_.number_of(visit.at, visit.home));
    shared_.client().tell(key, {"HSET", key, "m", print_seconds(now_s)});
}

void Peers::write_state(Visit& visit, bool with_songs) {
    const auto key = Shared::state_key(shared_.number_of(visit.at, visit.home));
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
    shared_.client().tell(key, words);
    if (surplus.size() > 2) shared_.client().tell(key, surplus);
    shared_.client().tell(key, {"EXPIRE", key, shared_.ttl(1)});
}

void Peers::write_place(Visit& visit, bool renew) {
    places_.write(visit.state, visit.home, renew, std::move(visit.entering));
}

void Peers::write_entry(Song& song, const Visit& visit, const swarm::Have& have) {
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
    entry.have = swarm::inventory_of(*song.directory.layout, have);
    songs_.write(song, entry, visit.state.cell, visit.state.turn % 3 == 0);
}

void Peers::remember(const VisitPtr& visit) {
    visit->at_ms = shared_.wall_ms();
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
    auto& song = songs_.of(song_id);
    songs_.learn_layout(song, layout);
    auto& songs = visit->state.songs;
    if (std::ranges::find(songs, key) == songs.end() && songs.size() < most_state_songs) {
        songs.push_back(key);
        write_state(*visit, true);
    }
    if (visit->state.reached) write_entry(song, *visit, have);
}

void Peers::proved(const Endpoint& at, bool reached, std::uint64_t) {
    auto* visit = recall(at);
    if (!visit || visit->state.reached) return;
    auto& state = visit->state;
    if (!reached) {
        const auto key = Shared::state_key(shared_.number_of(at, visit->home));
        state.failed_until_s = shared_.wall_s() + prove_again_s;
        shared_.client().tell(key, {"DEL", key});
        shared_.client().tell(key, {"HSET", key, "f", print_seconds(state.failed_until_s)});
        shared_.client().tell(key, {"EXPIRE", key, std::to_string(prove_again_s)});
        places_.remove(at, visit->home);
        recent_.erase(at);
        return;
    }
    places_.look_among_reached(at.ip, life_.guard([this, at](bool room, Places::Entering entering) {
        auto* now = recall(at);  // it may have announced again, or left
        if (!now || now->state.reached || !now->state.here) return;
        if (!room) return refuse(*now);
        now->entering = std::move(entering);
        list_reached(*now);
    }));
}

/// As if it had not come: its networks have peers enough.
void Peers::refuse(Visit& visit) {
    ++counted_.crowded;
    const auto key = Shared::state_key(shared_.number_of(visit.at, visit.home));
    shared_.client().tell(key, {"DEL", key});
    places_.remove(visit.at, visit.home);
    recent_.erase(visit.at);
}

void Peers::list_reached(Visit& visit) {
    auto& state = visit.state;
    state.reached = true;
    state.since_s = shared_.wall_s();
    places_.changed(visit.at.ip);
    write_state(visit, false);
    write_place(visit, true);
    for (const auto& key : state.songs) {
        const auto id = base32(key);
        const auto said = visit.said.songs.find(id);
        auto& song = songs_.of(id);
        if (said != visit.said.songs.end() && song.directory.layout)
            write_entry(song, visit, said->second);
    }
}

void Peers::answer(const swarm::PeersQuery& query, const Asker& asker,
                   const Done<std::string_view>& done) {
    auto* song = songs_.find(query.song_id);
    if (!song || !song->directory.layout || !is_ready()) return done("[]");
    const auto& layout = *song->directory.layout;
    const auto bits = swarm::wanted(layout, query.kbps, query.chunk);
    if (!bits) return done("[]");
    const auto all = songs_.alive_entries(*song, asker);
    choice_.candidates.clear();
    std::uint64_t home = 0;
    std::size_t of_home = 0;
    for (std::uint32_t i = 0; i < all.size(); ++i) {
        const auto& entry = *all[i];  // in the order of addresses: those of a home side by side
        if (!choice_.is_for(query, entry)) continue;
        const auto its = home_network(entry.at.ip);
        of_home = its == home ? of_home + 1 : 1;
        home = its;
        if (of_home > shared_.limits().of_home_in_swarm) continue;
        if (entry.at.is_rtc() && entry.home != shared_.home())
            continue;  // signals reach it elsewhere
        if (swarm::may_have(entry.have, bits)) choice_.candidates.push_back({i, entry.have, 0});
    }
    const auto peer_at = [&](std::uint32_t i) -> Entry& { return *all[i]; };
    const auto any = [this] { return shared_.random(); };
    choice_.rank(query, asker, shared_.wall_s(), peer_at, any);
    choice_.choose(static_cast<std::size_t>(query.want), peer_at, any);
    std::vector<std::uint64_t> numbers;
    for (const auto& one : choice_.chosen())
        numbers.push_back(reports_.ticket_number(*all[one.peer], song->id));
    const auto tickets =
        shared_.tickets().issue(numbers, swarm::network_of(asker.ip), shared_.wall_ms());
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
    songs_.prepare(query.song_id, asker,
                   life_.guard([this, query, asker, done] { answer(query, asker, done); }));
}

void Peers::layout(const std::string& song_id, const Done<std::optional<swarm::Layout>>& done) {
    SongKey key;
    if (!is_song(song_id, key)) return done({});
    songs_.with_directories({song_id}, life_.guard([this, song_id, done] {
        const auto* song = songs_.find(song_id);
        done(song ? song->directory.layout : std::nullopt);
    }));
}

void Peers::report(const swarm::Report& report, const Ip& reporter, std::uint64_t,
                   const Done<bool>& done) {
    reports_.report(report, reporter, life_.guard([this, done](bool counts) {
        ++(counts ? counted_.reports : counted_.reports_refused);
        done(counts);
    }));
}

// Housekeeping

void Peers::expire(std::uint64_t, const Done<bool>& done) {
    const auto now = shared_.wall_ms();
    shared_.refresh();
    songs_.forget();
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
    stats.entries = songs_.entries();
    done(stats);
}

void Peers::biggest(std::size_t most, const Done<std::vector<swarm::SwarmStats>>& done) {
    std::vector<swarm::SwarmStats> all;
    songs_.each([&](const Song& song) {
        swarm::SwarmStats one{song.id, 0, 0};
        const auto whole = song.directory.layout ? swarm::complete(*song.directory.layout) : 0;
        for (const auto& [node, page] : song.pages) {
            one.peers += page.entries.size();
            for (const auto& entry : page.entries) one.complete += entry.have == whole;
        }
        if (one.peers > 0) all.push_back(std::move(one));
    });
    const auto shown = std::min(most, all.size());
    std::ranges::partial_sort(all, all.begin() + static_cast<long>(shown), std::ranges::greater{},
                              &swarm::SwarmStats::peers);
    all.resize(shown);
    done(all);
}

}  // namespace stretto::redis

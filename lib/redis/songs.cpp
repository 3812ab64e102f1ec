#include "redis/songs.hpp"

#include <algorithm>

namespace stretto::redis {
namespace {

using swarm::Asker;
using swarm::Endpoint;

constexpr std::uint64_t fresh_ms = 1000;    // copies for lists
constexpr std::uint64_t stale_ms = 60'000;  // copies while Redis is away
constexpr std::uint64_t away_pause_ms = 200, sweep_ms = 10'000;
constexpr std::size_t most_waiting = 16'384;
// a list reads few pages, and more of a song that has become small
constexpr std::size_t pages_of_list = 4, most_pages_of_list = 64;
constexpr std::size_t few_entries = 24, many_entries = 96;
constexpr unsigned rounds = 5;

/// What was announced; how often this tracker has named it stays.
void renew(Entry& kept, const Entry& entry) {
    const auto handed = kept.health.handed;
    kept = entry;
    kept.health.handed = handed;
}

}  // namespace

Song* Songs::find(const std::string& id) {
    const auto found = songs_.find(id);
    return found == songs_.end() ? nullptr : found->second.get();
}

Song& Songs::of(const std::string& id) {
    if (auto* song = find(id)) {
        uses_.use(song->use);
        song->used_ms = shared_.wall_ms();
        return *song;
    }
    auto song = std::make_unique<Song>();
    song->id = id;
    song->use = uses_.add(id);
    song->used_ms = shared_.wall_ms();
    auto& kept = *songs_.emplace(id, std::move(song)).first->second;
    forget();
    return kept;
}

/// Not the one that was just added, nor what is loading.
void Songs::forget() {
    using Fate = Uses<std::string>::Fate;
    const auto now = shared_.wall_ms();
    uses_.forget([&](const std::string& id) {
        auto& song = *songs_.at(id);
        const bool many =
            songs_.size() > shared_.options().songs || entries_ > shared_.options().entries;
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

void Songs::loaded(Song& song) {
    if (--song.loading > 0) return;
    const auto waiting = std::exchange(song.waiting, {});
    for (const auto& then : waiting) then();  // may end the song
}

void Songs::load_directory(Song& song) {
    if (std::exchange(song.directory_loading, true)) return;
    ++song.loading;
    const auto key = Pages::directory_key(song.id);
    shared_.client().ask(key, {"HGETALL", key},
                         life_.guard([this, id = song.id, key](const Reply& reply) {
                             auto& one = *songs_.at(id);
                             one.directory_loading = false;
                             if (reply.has_failed()) {
                                 one.away_ms = shared_.wall_ms();
                                 return loaded(one);
                             }
                             one.away_ms = 0;
                             take_directory(one, reply);
                             loaded(one);
                         }));
}

void Songs::take_directory(Song& song, const Reply& reply) {
    Directory fresh;
    for (std::size_t i = 0; i + 1 < reply.size(); i += 2)
        read_field(fresh, reply[i].text(), reply[i + 1].text());
    // what was one page for long needs no note
    std::vector<std::string> over;
    std::erase_if(fresh.changes, [&, since_s = shared_.recent_s()](const auto& change) {
        const bool is_over = !change.second.divided && change.second.at_s < since_s;
        if (is_over) over.push_back(print_node(change.first));
        return is_over;
    });
    shared_.remove(Pages::directory_key(song.id), std::move(over));
    const auto now_s = shared_.wall_s();
    for (auto& elder : fresh.elders) {
        elder.health.at_s = now_s;
        if (auto* last = song.find_elder(elder.at, elder.home)) {
            last->health.age(now_s);
            elder.health.handed = last->health.handed;
        }
    }
    song.directory = std::move(fresh);
    song.read_ms = shared_.wall_ms();
    pages_.choose_elders(song, {});
    pages_.tidy(song);
    forget_pages(song);
}

/// A list uses no page that was read so long ago; of a big song, somebody reads all in the end.
void Songs::forget_pages(Song& song) {
    const auto now = shared_.wall_ms();
    if (now - song.swept_ms < sweep_ms) return;
    song.swept_ms = now;
    std::erase_if(song.pages, [&](const auto& one) {
        const auto& page = one.second;
        if (page.loading || now - page.read_ms <= stale_ms ||
            shared_.wall_s() - page.renewed_s < shared_.limits().ttl_s / 4)
            return false;
        entries_ -= page.entries.size();
        return true;
    });
}

void Songs::load_page(Song& song, Node node) {
    auto& page = song.pages[node];
    if (std::exchange(page.loading, true)) return;
    ++song.loading;
    const auto key = Pages::page_key(song.id, node);
    shared_.client().ask(key, {"HGETALL", key},
                         life_.guard([this, id = song.id, node](const Reply& reply) {
                             auto& one = *songs_.at(id);
                             one.pages[node].loading = false;
                             if (reply.has_failed())
                                 one.away_ms = shared_.wall_ms();
                             else
                                 take_page(one, node, reply);
                             loaded(one);
                         }));
}

void Songs::take_page(Song& song, Node node, const Reply& reply) {
    auto& page = song.pages[node];
    const auto now_s = shared_.wall_s();
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
    page.read_ms = shared_.wall_ms();
    shared_.remove(Pages::page_key(song.id, node), std::move(dead));
    pages_.resize(song, node, page.entries.size());
    pages_.choose_elders(song, page.entries);
}

void Songs::with_directories(const std::vector<std::string>& ids,
                             const std::function<void()>& then) {
    const auto now = shared_.wall_ms();
    const auto left = std::make_shared<std::size_t>(1);
    const auto one_less = [left, then] {
        if (--*left == 0) then();
    };
    for (const auto& id : ids) {
        auto& song = of(id);
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
std::vector<Node> Songs::pages_for(const Song& song, const Asker& asker) const {
    auto [leaves, former] = song.directory.all(shared_.recent_s());
    if (leaves.size() + former.size() <= song.width) {
        leaves.insert(leaves.end(), former.begin(), former.end());
        return leaves;
    }
    const auto path = redis::path_of(swarm::cell_of(asker.location),
                                     shared_.hash()(swarm::network_of(asker.ip), 7),
                                     shared_.hash()(shared_.wall_s(), 1));
    std::vector<Node> all{song.directory.leaf(path)};
    const auto add = [&](Node node) {
        if (std::ranges::find(all, node) == all.end()) all.push_back(node);
    };
    add(leaves[shared_.hash()(shared_.wall_s(), std::hash<std::string>{}(song.id)) %
               leaves.size()]);
    leaves.insert(leaves.end(), former.begin(), former.end());
    std::vector<std::pair<double, Node>> order;
    for (const auto node : leaves)
        order.emplace_back(asker.location
                               ? swarm::degrees_to(region_of(node), *asker.location)
                               : static_cast<double>(shared_.hash()(shared_.wall_s(), node) >> 32),
                           node);
    std::ranges::sort(order);
    for (std::size_t i = 0; i < order.size() && all.size() < song.width; ++i) add(order[i].second);
    return all;
}

/// Whether lists of the song read enough pages, and not too many.
bool Songs::has_width(Song& song, const Asker& asker) const {
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

void Songs::prepare(const std::string& id, const Asker& asker, unsigned round,
                    const std::function<void()>& then) {
    auto& song = of(id);
    const auto now = shared_.wall_ms();
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

void Songs::keep(Song& song, Node node, const Entry& entry) {
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
    renew(*found, entry);
}

void Songs::write(Song& song, const Entry& entry, swarm::Cell cell, bool renews) {
    const Node node = song.directory.leaf(shared_.path_of(entry.at, entry.home, cell));
    pages_.write(song, node, entry, renews);
    keep(song, node, entry);
    if (auto* elder = song.find_elder(entry.at, entry.home)) {
        renew(*elder, entry);
        pages_.write_elder(song, entry);
    }
}

void Songs::learn_layout(Song& song, const swarm::Layout& layout) {
    if (song.directory.layout) return;
    song.directory.layout = layout;
    pages_.write_layout(song);
}

void Songs::remove(const std::string& id, const swarm::Endpoint& at, std::uint16_t home,
                   swarm::Cell cell) {
    auto& song = of(id);
    pages_.remove_elder(song, at, home);
    const auto field = print_field(at, home);
    for (const auto node :
         song.directory.pages(shared_.path_of(at, home, cell), shared_.recent_s())) {
        const auto key = Pages::page_key(id, node);
        shared_.client().tell(key, {"HDEL", key, field});
        if (const auto page = song.pages.find(node); page != song.pages.end())
            entries_ -= std::erase_if(page->second.entries, [&](const Entry& entry) {
                return entry.at == at && entry.home == home;
            });
    }
}

std::vector<Entry*> Songs::alive_entries(Song& song, const Asker& asker) {
    std::vector<Entry*> all;
    const auto now = shared_.wall_ms();
    for (const auto node : pages_for(song, asker)) {
        const auto page = song.pages.find(node);
        if (page == song.pages.end() ||
            (page->second.read_ms != 0 && now - page->second.read_ms > stale_ms))
            continue;
        for (auto& entry : page->second.entries) all.push_back(&entry);
    }
    if (now - song.read_ms <= stale_ms)
        for (auto& entry : song.directory.elders) all.push_back(&entry);
    std::ranges::sort(all, [](const Entry* a, const Entry* b) {
        if (a->at != b->at) return a->at < b->at;
        return a->home != b->home ? a->home < b->home : a->expires_s > b->expires_s;
    });
    const auto twice = std::ranges::unique(
        all, [](const Entry* a, const Entry* b) { return a->at == b->at && a->home == b->home; });
    all.erase(twice.begin(), twice.end());
    return all;
}

}  // namespace stretto::redis

#include "redis/pages.hpp"

#include <algorithm>
#include <memory>
#include <set>
#include <tuple>

namespace stretto::redis {
namespace {

constexpr std::uint64_t merge_ms = 1000;
constexpr std::size_t tidied = 4;                       // each time that a directory is read
constexpr std::size_t samples = 12, adds_a_sample = 2;  // more leave than come

}  // namespace

Entry* Song::find_elder(const swarm::Endpoint& at, std::uint16_t home) {
    const auto found = std::ranges::find_if(
        directory.elders, [&](const Entry& one) { return one.at == at && one.home == home; });
    return found == directory.elders.end() ? nullptr : &*found;
}

void Pages::choose_elders(Song& song, const std::vector<Entry>& entries) {
    auto& elders = song.directory.elders;
    const auto now_s = shared_.wall_s();
    // trackers that see the same choose the same
    const auto before = [](const Entry& a, const Entry& b) {
        return std::tie(a.serial, a.at, a.home) < std::tie(b.serial, b.at, b.home);
    };
    const auto is_alive = [&](const Entry& one) { return one.expires_s > now_s; };
    std::vector<Entry> all = elders;
    if (!song.directory.changes.empty())
        for (const auto& entry : entries) {
            if (!is_alive(entry) || song.find_elder(entry.at, entry.home)) continue;
            if (elders.size() < most_elders || before(entry, elders.back())) all.push_back(entry);
        }
    const auto known = elders.size();
    if (all.size() == known && known <= most_elders && std::ranges::is_sorted(elders, before) &&
        std::ranges::all_of(elders, is_alive) && !song.directory.changes.empty())
        return;
    std::ranges::sort(all, before);
    std::vector<std::string> gone;
    std::set<swarm::Network> networks;  // or one would have all places
    std::vector<Entry> chosen;
    for (auto& one : all) {
        const bool was = song.find_elder(one.at, one.home) != nullptr;
        const bool is = !song.directory.changes.empty() && is_alive(one) &&
                        chosen.size() < most_elders &&
                        networks.insert(swarm::network_of(one.at.ip)).second;
        if (was && !is) gone.push_back(print_elder_field(one.at, one.home));
        if (!is) continue;
        if (!was) write_elder(song, one);
        chosen.push_back(std::move(one));
    }
    elders = std::move(chosen);
    shared_.remove(directory_key(song.id), std::move(gone));
}

void Pages::write_elder(Song& song, const Entry& entry) {
    const auto key = directory_key(song.id);
    shared_.client().tell(
        key, {"HSET", key, print_elder_field(entry.at, entry.home), print_value(entry)});
}

void Pages::remove_elder(Song& song, const swarm::Endpoint& at, std::uint16_t home) {
    if (std::erase_if(song.directory.elders,
                      [&](const Entry& one) { return one.at == at && one.home == home; }) > 0)
        shared_.remove(directory_key(song.id), {print_elder_field(at, home)});
}

void Pages::change(Song& song, Node node, bool divided) {
    const Directory::Change change{divided, shared_.wall_s()};
    song.directory.changes[node] = change;
    const auto key = directory_key(song.id);
    shared_.client().tell(key, {"HSET", key, print_node(node), print_change(change)});
}

void Pages::divide(Song& song, Node node) {
    const auto& changes = song.directory.changes;
    const auto found = changes.find(node);
    if (level_of(node) >= most_level || changes.size() >= most_changes || song.read_ms == 0 ||
        (found != changes.end() &&
         (found->second.divided || found->second.at_s >= shared_.recent_s())))
        return;
    // only a leaf: a former page empties by itself
    for (Node parent = node >> 2; parent > 0; parent >>= 2) {
        const auto above = changes.find(parent);
        if (above == changes.end() || !above->second.divided) return;
    }
    change(song, node, true);
}

bool Pages::is_mergeable(const Song& song, Node parent) const {
    const auto& changes = song.directory.changes;
    const auto found = changes.find(parent);
    if (found == changes.end() || !found->second.divided ||
        found->second.at_s >= shared_.recent_s())
        return false;
    for (Node child = 0; child < 4; ++child)
        if (changes.contains(parent << 2 | child)) return false;
    return true;
}

/// Four pages with few members become one again.
void Pages::consider_merging(Song& song, Node parent) {
    if (!is_mergeable(song, parent)) return;
    struct Sum {
        std::size_t answers = 0, members = 0;
    };
    const auto sum = std::make_shared<Sum>();
    for (Node child = 0; child < 4; ++child) {
        const auto key = page_key(song.id, parent << 2 | child);
        shared_.client().tell(key, {"HLEN", key},
                              life_.guard([this, id = song.id, parent, sum](const Reply& reply) {
                                  if (reply.has_failed()) return;
                                  sum->members += static_cast<std::size_t>(reply.number());
                                  if (++sum->answers < 4 || sum->members > full_page / 2) return;
                                  if (auto* one = find_(id); one && is_mergeable(*one, parent))
                                      change(*one, parent, false);
                              }));
    }
}

void Pages::tidy(Song& song) {
    const auto& changes = song.directory.changes;
    std::vector<Node> some;
    for (const auto& [node, change] : changes)
        if (is_mergeable(song, node)) some.push_back(node);
    for (std::size_t i = 0; i < tidied && i < some.size(); ++i) {
        std::swap(some[i], some[i + shared_.random() % (some.size() - i)]);
        consider_merging(song, some[i]);
    }
}

void Pages::write(Song& song, Node node, const Entry& entry, bool renews) {
    const auto key = page_key(song.id, node);
    shared_.client().tell(key, {"HSET", key, print_field(entry.at, entry.home), print_value(entry)},
                          life_.guard([this, id = song.id, node](const Reply& reply) {
                              if (reply.number() != 1) return;
                              if (auto* one = find_(id)) added(*one, node);
                          }));
    if (renews) renew(song, node);
}

/// Keys live for three times as long as a peer, so once in that time is enough.
void Pages::renew(Song& song, Node node) {
    const auto now_s = shared_.wall_s();
    const auto is_due = [&](std::uint32_t& renewed_s) {
        return now_s - renewed_s >= shared_.limits().ttl_s && (renewed_s = now_s, true);
    };
    const auto key = page_key(song.id, node), directory = directory_key(song.id);
    if (is_due(song.pages[node].renewed_s))
        shared_.client().tell(key, {"EXPIRE", key, shared_.ttl(3)});
    if (is_due(song.renewed_s))
        shared_.client().tell(directory, {"EXPIRE", directory, shared_.ttl(4)});
}

void Pages::write_layout(const Song& song) {
    const auto key = directory_key(song.id);
    shared_.client().tell(key, {"HSETNX", key, "l", print_layout(*song.directory.layout)});
    shared_.client().tell(key, {"EXPIRE", key, shared_.ttl(4)});
}

void Pages::resize(Song& song, Node node, std::size_t entries) {
    if (entries > full_page) divide(song, node);
    const auto now = shared_.wall_ms();
    if (entries >= empty_page || node == 1 || now - song.merged_ms < merge_ms) return;
    song.merged_ms = now;
    consider_merging(song, node >> 2);
}

/// A page has a new member: dead ones leave, and it may be full.
void Pages::added(Song& song, Node node) {
    const auto key = page_key(song.id, node);
    renew(song, node);
    shared_.client().tell(key, {"HLEN", key},
                          life_.guard([this, id = song.id, node, key](const Reply& reply) {
                              // it was empty, which ends a key: this is another one
                              if (reply.number() == 1)
                                  shared_.client().tell(key, {"EXPIRE", key, shared_.ttl(3)});
                              if (reply.number() > static_cast<std::int64_t>(full_page))
                                  if (auto* one = find_(id)) divide(*one, node);
                          }));
    if (shared_.random() % adds_a_sample != 0) return;
    shared_.client().tell(key, {"HRANDFIELD", key, std::to_string(samples), "WITHVALUES"},
                          life_.guard([this, key](const Reply& reply) {
                              std::vector<std::string> dead;
                              for (std::size_t i = 0; i + 1 < reply.size(); i += 2)
                                  if (expiry_of(reply[i + 1].text()) + dead_s < shared_.wall_s())
                                      dead.emplace_back(reply[i].text());
                              shared_.remove(key, std::move(dead));
                          }));
}

}  // namespace stretto::redis

#include "web/shelf.hpp"

#include <algorithm>
#include <functional>
#include <set>

#include "song/path.hpp"

namespace stretto::web {

void Shelf::found(const std::string& id, const std::string& path, std::uint64_t bytes,
                  std::int64_t used_ms) {
    lost(id, path);
    auto& song = songs_[id];
    song.used_ms = std::max(song.used_ms, used_ms);
    song.files[path] = bytes;
    song.bytes += bytes;
    bytes_ += bytes;
    ++changes_;
}

bool Shelf::has(const std::string& id, const std::string& path) const {
    const auto song = songs_.find(id);
    return song != songs_.end() && song->second.files.contains(path);
}

void Shelf::lost(const std::string& id, const std::string& path) {
    const auto song = songs_.find(id);
    if (song == songs_.end()) return;
    const auto file = song->second.files.find(path);
    if (file == song->second.files.end()) return;
    song->second.bytes -= file->second;
    bytes_ -= file->second;
    song->second.files.erase(file);
    ++changes_;
}

std::optional<std::uint64_t> Shelf::bytes_of(const std::string& id, const std::string& path) const {
    if (!has(id, path)) return {};
    return songs_.at(id).files.at(path);
}

std::vector<std::int64_t> Shelf::chunks(const std::string& id, int kbps) const {
    std::vector<std::int64_t> all;
    const auto song = songs_.find(id);
    if (song == songs_.end()) return all;
    for (const auto& [path, bytes] : song->second.files)
        if (const auto part = song::parse_part(path); part && part->kbps == kbps && part->chunk)
            all.push_back(*part->chunk);
    std::ranges::sort(all);
    return all;
}

swarm::Songs Shelf::inventory() const {
    std::vector<const std::pair<const std::string, Song>*> newest;
    for (const auto& song : songs_) newest.push_back(&song);
    std::ranges::sort(newest, std::greater{},
                      [](const auto* song) { return song->second.used_ms; });
    swarm::Songs all;
    for (const auto* song : newest) {
        if (all.size() == swarm::most_songs) break;
        std::set<std::pair<int, std::int64_t>> here;  // their paths sort 10 before 2
        for (const auto& [path, bytes] : song->second.files)
            if (const auto part = song::parse_part(path); part && part->chunk)
                here.insert({part->kbps, *part->chunk});
        for (const auto& [kbps, chunk] : here) {
            const auto k = static_cast<int>(chunk);
            auto& ranges = all[song->first][kbps];
            if (!ranges.empty() && ranges.back().last == k - 1)
                ranges.back().last = k;
            else
                ranges.push_back({k, k});
        }
    }
    return all;
}

std::optional<std::vector<std::string>> Shelf::keep(const std::string& id, const std::string& path,
                                                    std::uint64_t bytes, std::int64_t now_ms) {
    std::vector<std::map<std::string, Song>::iterator> others;
    std::uint64_t free = limit_ - std::min(limit_, bytes_);
    for (auto song = songs_.begin(); song != songs_.end(); ++song)
        if (song->first != id) others.push_back(song);
    // a song is worth less with each hour that nobody heard it
    std::ranges::sort(others, {}, [](const auto& song) { return song->second.used_ms; });
    std::size_t going = 0;
    while (free < bytes && going < others.size()) free += others[going++]->second.bytes;
    if (free < bytes) return {};
    std::vector<std::string> gone;
    for (std::size_t i = 0; i < going; ++i) {
        for (const auto& [file, size] : others[i]->second.files)
            gone.push_back(song::song_path(others[i]->first, file));
        bytes_ -= others[i]->second.bytes;
        songs_.erase(others[i]);
    }
    found(id, path, bytes, now_ms);
    return gone;
}

}  // namespace stretto::web

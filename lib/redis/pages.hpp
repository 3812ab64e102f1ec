#pragma once
// The peers of a song in Redis: entries in pages that are divided when they are full, and become
// one again when they are nearly empty.
#include <functional>
#include <map>
#include <vector>

#include "redis/shared.hpp"
#include "redis/uses.hpp"

namespace stretto::redis {

constexpr std::size_t full_page = 128, empty_page = 24, overfull_page = 1024;

/// A copy of a page.
struct Page {
    std::uint64_t read_ms = 0;  ///< 0: never
    bool loading = false;
    std::uint32_t renewed_s = 0;  ///< when this tracker last let it live on
    std::vector<Entry> entries;
};

/// What a tracker has of a song in memory.
struct Song {
    Entry* find_elder(const swarm::Endpoint& at, std::uint16_t home);

    std::string id;
    Directory directory;
    std::uint64_t read_ms = 0, away_ms = 0, used_ms = 0, merged_ms = 0, swept_ms = 0;
    bool directory_loading = false;
    std::uint32_t renewed_s = 0;  ///< the directory
    std::map<Node, Page> pages;
    std::size_t loading = 0, width = 4;          ///< pages that a list reads
    std::vector<std::function<void()>> waiting;  ///< for all that is loading
    Uses<std::string>::Place use;
};

class Pages {
   public:
    /// @param find  the song of an id, if it is still in memory
    Pages(Shared& shared, std::function<Song*(const std::string& id)> find)
        : shared_(shared), find_(std::move(find)) {}

    static std::string directory_key(const std::string& song) { return "{" + song + "}d"; }
    static std::string page_key(const std::string& song, Node node) {
        return "{" + song + "}p" + print_node(node);
    }

    /// Writes an entry, by which its page may become full.
    /// @param renew  let the page live on too
    void write(Song& song, Node node, const Entry& entry, bool renew);
    /// Looks at some divided pages, whether they should be one again: those that no list reads too.
    void tidy(Song& song);
    /// Chooses the elders of a song anew, among those it has and these entries: see Directory.
    void choose_elders(Song& song, const std::vector<Entry>& entries);
    void write_elder(Song& song, const Entry& entry);
    void remove_elder(Song& song, const swarm::Endpoint& at, std::uint16_t home);
    /// A song that nobody has announced yet.
    void write_layout(const Song& song);
    /// Notes what the page's number of entries asks for.
    void resize(Song& song, Node node, std::size_t entries);

   private:
    void renew(Song& song, Node node);
    void added(Song& song, Node node);
    void divide(Song& song, Node node);
    bool is_mergeable(const Song& song, Node parent) const;
    void consider_merging(Song& song, Node parent);
    void change(Song& song, Node node, bool divided);

    Shared& shared_;
    std::function<Song*(const std::string&)> find_;
    net::Life life_;
};

}  // namespace stretto::redis

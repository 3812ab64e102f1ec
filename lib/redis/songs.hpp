#pragma once
// Copies of songs in a tracker's memory: a second old for lists, a minute old at most while Redis
// is away.
#include <unordered_map>

#include "redis/pages.hpp"

namespace stretto::redis {

class Songs {
   public:
    explicit Songs(Shared& shared)
        : shared_(shared), pages_(shared, [this](const std::string& id) { return find(id); }) {}

    Song* find(const std::string& id);
    Song& of(const std::string& id);
    /// Those used least recently, when there are too many or nobody needs them.
    void forget();

    /// Calls `then` when the directories are known, or Redis is away.
    void with_directories(const std::vector<std::string>& ids, const std::function<void()>& then);
    /// Calls `then` when what a list needs is in memory, or Redis is away.
    void prepare(const std::string& id, const swarm::Asker& asker,
                 const std::function<void()>& then) {
        prepare(id, asker, 0, then);
    }
    /// What is known of the pages for the asker. A peer that is moving between two pages counts
    /// once.
    std::vector<Entry*> alive_entries(Song& song, const swarm::Asker& asker);

    /// Into Redis, and into the copy too, so that whoever announces here is named here at once.
    /// @param renews  lets the keys live on
    void write(Song& song, const Entry& entry, swarm::Cell cell, bool renews);
    void remove(const std::string& id, const swarm::Endpoint& at, std::uint16_t home,
                swarm::Cell cell);
    void learn_layout(Song& song, const swarm::Layout& layout);

    std::size_t size() const noexcept { return songs_.size(); }
    std::size_t entries() const noexcept { return entries_; }
    template <class Call>
    void each(Call call) const {
        for (const auto& [id, song] : songs_) call(*song);
    }

   private:
    void load_directory(Song& song);
    void take_directory(Song& song, const Reply& reply);
    void forget_pages(Song& song);
    void load_page(Song& song, Node node);
    void take_page(Song& song, Node node, const Reply& reply);
    void loaded(Song& song);
    std::vector<Node> pages_for(const Song& song, const swarm::Asker& asker) const;
    bool has_width(Song& song, const swarm::Asker& asker) const;
    void prepare(const std::string& id, const swarm::Asker& asker, unsigned round,
                 const std::function<void()>& then);
    void keep(Song& song, Node node, const Entry& entry);

    Shared& shared_;
    Pages pages_;
    std::unordered_map<std::string, std::unique_ptr<Song>> songs_;
    Uses<std::string> uses_;
    std::size_t entries_ = 0;
    net::Life life_;
};

}  // namespace stretto::redis

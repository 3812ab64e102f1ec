#pragma once
// The peers that have chunks of one song, searchable by chunks and location.
#include <cstdint>
#include <optional>
#include <vector>

#include "swarm/endpoint.hpp"
#include "swarm/globe.hpp"
#include "swarm/inventory.hpp"

namespace stretto::swarm {

struct Member {
    Inventory have = 0;
    std::uint32_t peer = 0;
    std::uint32_t link = 0;  ///< the peer's entry for this swarm
};

/// Keeps members in lists without holes. A big swarm has a list per cell of the globe, so that a
/// search for the nearest members visits only a few.
class Swarm {
   public:
    /// The owner of the positions of members.
    class Notes {
       public:
        virtual Cell cell_of(std::uint32_t peer) const = 0;
        /// Its memory will be looked at soon.
        virtual void fetch(std::uint32_t peer) const = 0;
        virtual void fetch_link(std::uint32_t link) const = 0;
        virtual Network network_of(std::uint32_t peer) const = 0;
        virtual void moved(std::uint32_t link, std::uint32_t position) = 0;

       protected:
        ~Notes() = default;
    };

    std::size_t size() const noexcept { return size_; }

    void add(const Member& member, Notes& notes);
    /// @param peer      the member at `position` of its peer's list
    void remove(std::uint32_t peer, std::uint32_t position, Notes& notes);
    Member& at(std::uint32_t peer, std::uint32_t position, const Notes& notes) {
        return parts_[part_of(notes.cell_of(peer))].list[position];
    }

    // What at() and remove() will read, brought into the cache side by side for many swarms: each
    // call reads only what the call before it fetched.
    void fetch_parts() const noexcept { __builtin_prefetch(parts_.data()); }
    void fetch_member(Cell cell, std::uint32_t position) const noexcept {
        if (const auto* list = list_of(cell)) __builtin_prefetch(list->data() + position);
    }
    /// The last of the list, which takes the place of a member that is removed; nullptr: none.
    const Member* last(Cell cell) const noexcept {
        const auto* list = list_of(cell);
        return list && !list->empty() ? &list->back() : nullptr;
    }

    /// Append members that may_have() any of the bits `wanted` to `out`. A small swarm yields all,
    /// a big one at most `enough`, nearest cells first. From a cell with too many, `seed` selects a
    /// part. At most `of_network` come from one network, while there are others. The search ends
    /// after 2048 members; each cell takes at most half of the remaining ones.
    void pick(std::optional<Location> from, Inventory wanted, std::uint64_t seed,
              const Notes& notes, std::vector<Member>& out) const;
    bool is_big() const noexcept { return size_ > enough; }

    template <class Call>
    void each(Call call) const {
        for (const auto& part : parts_)
            for (const auto& member : part.list) call(member);
    }

    static constexpr std::size_t enough = 96, of_network = enough / 4;

   private:
    using List = std::vector<Member>;
    struct Part {
        Region region;
        List list;
    };
    std::size_t part_of(Cell cell) const noexcept;
    const List* list_of(Cell cell) const noexcept {
        const auto i = part_of(cell);
        return i < parts_.size() ? &parts_[i].list : nullptr;
    }
    void split(std::size_t part, Notes& notes);

    std::vector<Part> parts_;  // by ascending region, disjoint; without empty parts
    std::uint32_t size_ = 0;
};

}  // namespace stretto::swarm

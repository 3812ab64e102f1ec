#pragma once
// Who has chunks of one song: found by what they have and where they are.
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
    std::uint32_t link = 0;  ///< the peer's note of it
};

/// Keeps members in lists without holes. A big swarm has a list for each cell of the globe, so that
/// the nearest are found without looking at all.
class Swarm {
   public:
    /// Who keeps note of where members stand.
    class Notes {
       public:
        virtual Cell cell_of(std::uint32_t peer) const = 0;
        /// Its memory will be looked at soon.
        virtual void fetch(std::uint32_t peer) const = 0;
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

    /// Members that may_have() any of the bits `wanted`, into `out`: all of a small swarm; of a big
    /// one at most `enough`, those of the nearest cells first, and of a cell with too many a part
    /// that `seed` chooses. Of one network come at most `of_network`, while there are others.
    /// Looking ends after 2048 members; no cell takes more than half of what is left of them.
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
    void split(std::size_t part, Notes& notes);

    std::vector<Part> parts_;  // by rising region, disjoint; those without members are left out
    std::uint32_t size_ = 0;
};

}  // namespace stretto::swarm

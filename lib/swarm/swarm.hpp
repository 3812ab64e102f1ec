#pragma once
// Who has chunks of one song: found by what they have and where they are.
#include <cstdint>
#include <memory>
#include <vector>

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
        virtual void moved(std::uint32_t link, std::uint32_t position) = 0;

       protected:
        ~Notes() = default;
    };

    std::size_t size() const noexcept { return size_; }

    void add(const Member& member, Notes& notes);
    /// @param peer      the member at `position` of its peer's list
    void remove(std::uint32_t peer, std::uint32_t position, Notes& notes);
    Member& at(std::uint32_t peer, std::uint32_t position, const Notes& notes) {
        return list_of(peer, notes)[position];
    }

    /// Members that have any of the bits `wanted`, into `out`: all of a small swarm; of a big one
    /// at most `enough`, those of the nearest cells first, and of a cell with too many a part that
    /// `seed` chooses. Where few have what is wanted, looking ends after 1024 members.
    void pick(const Point& from, Inventory wanted, std::uint64_t seed,
              std::vector<Member>& out) const;
    bool is_big() const noexcept { return cells_ != nullptr; }

    template <class Call>
    void each(Call call) const {
        for (const auto& member : small_) call(member);
        if (cells_)
            for (const auto& cell : *cells_)
                for (const auto& member : cell.list) call(member);
    }

    static constexpr std::size_t enough = 96;

   private:
    using List = std::vector<Member>;
    struct CellList {
        Cell cell;
        List list;
    };
    List& list_of(std::uint32_t peer, const Notes& notes);
    List& list_of(Cell cell);
    void split(Notes& notes);

    List small_;                                    // until it is split
    std::unique_ptr<std::vector<CellList>> cells_;  // by rising cell
    std::uint32_t size_ = 0;
};

}  // namespace stretto::swarm

#include "swarm/swarm.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <span>

namespace stretto::swarm {
namespace {

constexpr std::size_t most_looks = 2048;

/// Doubling would leave a third of all that a tracker keeps empty.
void push(std::vector<Member>& list, const Member& member) {
    if (list.size() == list.capacity()) list.reserve(list.size() + list.size() / 4 + 2);
    list.push_back(member);
}

void shrink(std::vector<Member>& list) {
    if (list.capacity() < 16 || list.size() > list.capacity() / 2) return;
    std::vector<Member> smaller;
    smaller.reserve(list.size() + list.size() / 4 + 2);
    smaller.assign(list.begin(), list.end());
    list = std::move(smaller);
}

/// How many of each network were picked.
class Shares {
   public:
    /// One more of it. @return  whether it still fits
    bool add(Network network) noexcept {
        std::size_t i = network * 0x9e3779b97f4a7c15u >> 56;
        while (used_[i] && network_[i] != network) i = (i + 1) % slots;
        network_[i] = network;
        if (used_[i] >= Swarm::of_network) return false;
        ++used_[i];
        return true;
    }

   private:
    static constexpr std::size_t slots = 256;  // not above `enough` of them are used
    std::array<Network, slots> network_;
    std::array<std::uint8_t, slots> used_{};
};

struct Picking {
    const Swarm::Notes& notes;
    Inventory wanted;
    std::vector<Member>& out;
    Shares shares{};
    std::vector<Member> spare{};  // of networks that have their share

    bool enough() const noexcept { return out.size() >= Swarm::enough; }
    void take(std::span<const Member> found) {
        for (const auto& member : found) {
            if (enough()) return;
            if (shares.add(notes.network_of(member.peer)))
                out.push_back(member);
            else if (spare.size() < Swarm::enough)
                spare.push_back(member);
        }
    }
};

/// Steps through a list of n meet each member once. Where not all can be looked at the steps are
/// wide: members that came together, as those of one network may, lie together.
std::size_t step_for(std::size_t n, std::size_t looks) noexcept {
    if (n <= looks) return 1;
    std::size_t step = n * 5 / 8 | 1;  // near the golden section
    while (std::gcd(step, n) != 1) step += 2;
    return step % n;
}

/// From a place that the seed chooses, around the list once.
void pick_from(const std::vector<Member>& list, std::uint64_t seed, std::size_t looks,
               Picking& picking) {
    const std::size_t n = list.size();
    std::size_t i = n > 0 ? seed % n : 0;
    const std::size_t step = step_for(n, looks);
    std::array<Member, 32> found;  // so many at a time, since their memory comes slowly
    std::size_t count = 0;
    for (std::size_t k = 0; k < std::min(n, looks) && !picking.enough(); ++k) {
        if (may_have(list[i].have, picking.wanted)) {
            picking.notes.fetch(list[i].peer);
            found[count++] = list[i];
        }
        if (i += step; i >= n) i -= n;
        if (count == found.size()) picking.take({found.data(), std::exchange(count, 0)});
    }
    picking.take({found.data(), count});
}

}  // namespace

/// The one that has the cell, or else the place where it would come.
std::size_t Swarm::part_of(Cell cell) const noexcept {
    const auto after = std::ranges::upper_bound(parts_, cell, {},
                                                [](const Part& part) { return part.region.first; });
    const auto i = static_cast<std::size_t>(after - parts_.begin());
    return i > 0 && parts_[i - 1].region.has(cell) ? i - 1 : i;
}

void Swarm::add(const Member& member, Notes& notes) {
    const Cell cell = notes.cell_of(member.peer);
    const std::size_t i = part_of(cell);
    if (i == parts_.size() || !parts_[i].region.has(cell)) {
        // the biggest region around the cell that no other part reaches into
        Region region;
        while ((i > 0 && region.has(parts_[i - 1].region.first)) ||
               (i < parts_.size() && region.has(parts_[i].region.first)))
            region = region.quarter_of(cell);
        parts_.insert(parts_.begin() + static_cast<long>(i), Part{region, {}});
    }
    List& list = parts_[i].list;
    push(list, member);
    ++size_;
    notes.moved(member.link, static_cast<std::uint32_t>(list.size() - 1));
    if (list.size() > enough && parts_[i].region.level < Region::most_level) split(i, notes);
}

void Swarm::remove(std::uint32_t peer, std::uint32_t position, Notes& notes) {
    const std::size_t i = part_of(notes.cell_of(peer));
    List& list = parts_[i].list;
    if (position + 1 != list.size()) {
        list[position] = list.back();
        notes.moved(list[position].link, position);
    }
    list.pop_back();
    --size_;
    if (list.empty())
        parts_.erase(parts_.begin() + static_cast<long>(i));
    else
        shrink(list);
}

/// Into its quarters, and these again where all lie in one.
void Swarm::split(std::size_t i, Notes& notes) {
    const Part whole = std::move(parts_[i]);
    parts_.erase(parts_.begin() + static_cast<long>(i));
    size_ -= static_cast<std::uint32_t>(whole.list.size());
    std::vector<Part> quarters;
    for (const auto& member : whole.list) notes.fetch(member.peer), notes.fetch_link(member.link);
    for (const auto& member : whole.list) {
        const Region region = whole.region.quarter_of(notes.cell_of(member.peer));
        auto part = std::ranges::find(quarters, region.first,
                                      [](const Part& one) { return one.region.first; });
        if (part == quarters.end()) part = quarters.insert(part, Part{region, {}});
        push(part->list, member);
        notes.moved(member.link, static_cast<std::uint32_t>(part->list.size() - 1));
        ++size_;
    }
    std::ranges::sort(quarters, {}, [](const Part& one) { return one.region.first; });
    const bool again = quarters.size() == 1 && quarters[0].region.level < Region::most_level;
    parts_.insert(parts_.begin() + static_cast<long>(i), std::make_move_iterator(quarters.begin()),
                  std::make_move_iterator(quarters.end()));
    if (again) split(i, notes);
}

void Swarm::pick(std::optional<Location> from, Inventory wanted, std::uint64_t seed,
                 const Notes& notes, std::vector<Member>& out) const {
    struct Away {
        double degrees;
        const List* list;
    };
    std::vector<Away> order;
    order.reserve(parts_.size());
    for (const auto& [region, list] : parts_)
        // for a client without a location all parts are equal
        order.push_back(
            {from ? degrees_to(region, *from)
                  : static_cast<double>((region.first + seed) * 0x9e3779b97f4a7c15u >> 32),
             &list});
    const auto farther = [](const Away& a, const Away& b) { return a.degrees > b.degrees; };
    std::ranges::make_heap(order, farther);
    Picking picking{notes, wanted, out};
    std::size_t looks = most_looks;
    while (!order.empty() && !picking.enough() && looks > 0) {
        std::ranges::pop_heap(order, farther);
        const List& list = *order.back().list;
        order.pop_back();
        const std::size_t share = order.empty() ? looks : std::max(enough, looks / 2);
        pick_from(list, seed, share, picking);
        looks -= std::min({looks, share, list.size()});
    }
    const auto more = std::min(picking.spare.size(), enough - out.size());
    out.insert(out.end(), picking.spare.begin(),
               picking.spare.begin() + static_cast<std::ptrdiff_t>(more));
}

}  // namespace stretto::swarm

#include "swarm/swarm.hpp"

#include <algorithm>

namespace stretto::swarm {
namespace {

constexpr std::size_t most_looks = 1024;

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

/// From a place that the seed chooses, around the list once.
void pick_from(const std::vector<Member>& list, Inventory wanted, std::uint64_t seed,
               std::size_t& looks, std::vector<Member>& out) {
    const std::size_t n = list.size();
    std::size_t i = n > 0 ? seed % n : 0;
    for (std::size_t k = 0; k < n && looks > 0 && out.size() < Swarm::enough; ++k, --looks) {
        if (list[i].have & wanted) out.push_back(list[i]);
        if (++i == n) i = 0;
    }
}

}  // namespace

Swarm::List& Swarm::list_of(Cell cell) {
    const auto found = std::ranges::lower_bound(*cells_, cell, {}, &CellList::cell);
    if (found != cells_->end() && found->cell == cell) return found->list;
    return cells_->insert(found, CellList{cell, {}})->list;
}

Swarm::List& Swarm::list_of(std::uint32_t peer, const Notes& notes) {
    return cells_ ? list_of(notes.cell_of(peer)) : small_;
}

void Swarm::add(const Member& member, Notes& notes) {
    List& list = list_of(member.peer, notes);
    push(list, member);
    ++size_;
    notes.moved(member.link, static_cast<std::uint32_t>(list.size() - 1));
    if (!cells_ && size_ > enough) split(notes);
}

void Swarm::remove(std::uint32_t peer, std::uint32_t position, Notes& notes) {
    List& list = list_of(peer, notes);
    if (position + 1 != list.size()) {
        list[position] = list.back();
        notes.moved(list[position].link, position);
    }
    list.pop_back();
    --size_;
    shrink(list);
    if (cells_ && list.empty()) {
        const Cell cell = notes.cell_of(peer);
        cells_->erase(std::ranges::lower_bound(*cells_, cell, {}, &CellList::cell));
    }
}

void Swarm::split(Notes& notes) {
    cells_ = std::make_unique<std::vector<CellList>>();
    for (const auto& member : small_) {
        List& list = list_of(notes.cell_of(member.peer));
        push(list, member);
        notes.moved(member.link, static_cast<std::uint32_t>(list.size() - 1));
    }
    small_ = {};
}

void Swarm::pick(const Point& from, Inventory wanted, std::uint64_t seed,
                 std::vector<Member>& out) const {
    std::size_t looks = most_looks;
    if (!cells_) return pick_from(small_, wanted, seed, looks, out);
    struct Away {
        double km;
        const List* list;
    };
    std::vector<Away> order;
    order.reserve(cells_->size());
    for (const auto& [cell, list] : *cells_)
        if (!list.empty()) {
            const double km = from.km_to(middle_of(cell));
            // who asks from nowhere looks at all cells alike; who is nowhere may be near or far
            order.push_back({from.known() ? (km < 0 ? 5000 : km)
                                          : static_cast<double>((cell + seed) * 0x9e3779b9u % 4096),
                             &list});
        }
    const auto farther = [](const Away& a, const Away& b) { return a.km > b.km; };
    std::ranges::make_heap(order, farther);
    while (!order.empty() && out.size() < enough && looks > 0) {
        std::ranges::pop_heap(order, farther);
        pick_from(*order.back().list, wanted, seed, looks, out);
        order.pop_back();
    }
}

}  // namespace stretto::swarm

#include "swarm/inventory.hpp"

#include <algorithm>
#include <bit>
#include <charconv>

namespace stretto::swarm {
namespace {

constexpr int word_bits = 64;

int groups(const Layout& layout, int group) noexcept { return (layout.chunks + group - 1) / group; }

/// Bit 0 is the first group of the lowest rendition.
struct Bits {
    explicit Bits(const Layout& l) : layout(l), group(l.group()), row(groups(l, group)) {}

    Inventory bit(std::size_t rendition, int g) const noexcept {
        return Inventory{1} << (static_cast<int>(rendition) * row + g);
    }
    /// The last chunk of a group; the last group may be shorter.
    int last(int g) const noexcept { return std::min((g + 1) * group, layout.chunks) - 1; }

    const Layout& layout;
    int group, row;
};

/// Which chunks a list of ranges holds.
std::vector<bool> marked(const Ranges& ranges, int chunks) {
    std::vector<bool> held(static_cast<std::size_t>(chunks));
    for (const auto& [first, last] : ranges)
        if (first < chunks)
            std::fill(held.begin() + first, held.begin() + std::min(last + 1, chunks), true);
    return held;
}

/// Bits [first, last] of a word.
Inventory ones(int first, int last) noexcept {
    return (~Inventory{0} >> (word_bits - 1 - (last - first))) << first;
}

}  // namespace

int Layout::group() const noexcept {
    const int renditions = static_cast<int>(kbps.size());
    int group = std::max(1, (chunks * renditions + word_bits - 1) / word_bits);
    while (groups(*this, group) * renditions > word_bits) ++group;
    return group;
}

Inventory inventory_of(const Layout& layout, const Have& have) {
    const Bits bits{layout};
    Inventory word = 0;
    for (std::size_t r = 0; r < layout.kbps.size(); ++r) {
        const auto found = have.find(layout.kbps[r]);
        if (found == have.end()) continue;
        if (bits.group == 1) {
            const int row = static_cast<int>(r) * bits.row;
            for (const auto& [first, last] : found->second)
                if (first < layout.chunks)
                    word |= ones(row + first, row + std::min(last, layout.chunks - 1));
            continue;
        }
        const auto held = marked(found->second, layout.chunks);
        for (int g = 0; g < bits.row; ++g)
            if (std::all_of(held.begin() + g * bits.group, held.begin() + bits.last(g) + 1,
                            [](bool is) { return is; }))
                word |= bits.bit(r, g);
    }
    return word;
}

Have have_of(const Layout& layout, Inventory inventory) {
    const Bits bits{layout};
    Have have;
    for (std::size_t r = 0; r < layout.kbps.size(); ++r) {
        Ranges ranges;
        for (int g = 0; g < bits.row; ++g) {
            if (!(inventory & bits.bit(r, g))) continue;
            if (!ranges.empty() && ranges.back().last + 1 == g * bits.group)
                ranges.back().last = bits.last(g);
            else
                ranges.push_back({g * bits.group, bits.last(g)});
        }
        if (!ranges.empty()) have.emplace(layout.kbps[r], std::move(ranges));
    }
    return have;
}

void append_have(std::string& to, const Layout& layout, Inventory inventory) {
    const auto number = [&to](int n) {
        char digits[12];
        to.append(digits, std::to_chars(digits, digits + sizeof digits, n).ptr);
    };
    const Bits bits{layout};
    bool first = true;
    to += '{';
    for (std::size_t r = 0; r < layout.kbps.size(); ++r) {
        Inventory row = inventory >> (static_cast<int>(r) * bits.row);
        if (bits.row < word_bits) row &= (Inventory{1} << bits.row) - 1;
        if (row == 0) continue;
        to += first ? "\"" : ",\"";
        number(layout.kbps[r]);
        to += "\":[";
        first = false;
        for (int g = std::countr_zero(row); g < bits.row;) {
            const int end = g + std::countr_one(row >> g);
            to += to.ends_with('[') ? "[" : ",[";
            number(g * bits.group);
            to += ',';
            number(bits.last(end - 1));
            to += ']';
            g = end >= word_bits ? end : end + std::countr_zero(row >> end);
        }
        to += ']';
    }
    to += '}';
}

Inventory wanted(const Layout& layout, std::optional<int> kbps, std::optional<int> chunk) {
    const Bits bits{layout};
    if (chunk && *chunk >= layout.chunks) return 0;
    Inventory word = 0;
    for (std::size_t r = 0; r < layout.kbps.size(); ++r) {
        if (kbps && layout.kbps[r] != *kbps) continue;
        for (int g = 0; g < bits.row; ++g)
            if (!chunk || g == *chunk / bits.group) word |= bits.bit(r, g);
    }
    return word;
}

Inventory complete(const Layout& layout) { return wanted(layout, {}, {}); }

}  // namespace stretto::swarm

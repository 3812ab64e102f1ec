#include "peer/unfinished.hpp"

#include <algorithm>

namespace stretto::peer {

void Unfinished::add(const Key& key, int piece, std::uint32_t begin, BytesView bytes,
                     std::uint32_t whole) {
    if (piece < 0 || piece >= gather::most_told_pieces || bytes.empty()) return;
    const auto [here, fresh] = chunks_.try_emplace(key);
    if (fresh) age_.push_back(key);
    here->second.whole = whole;
    here->second.set |= gather::PieceSet{1} << piece;
    here->second.pieces[begin].assign(bytes.begin(), bytes.end());
    if (age_.size() > most_chunks) drop(Key{age_.front()});
}

void Unfinished::drop(const Key& key) {
    if (chunks_.erase(key) > 0) std::erase(age_, key);
}

void Unfinished::drop_song(const std::string& id) {
    const auto of_song = [&](const Key& key) { return std::get<0>(key) == id; };
    std::erase_if(chunks_, [&](const auto& entry) { return of_song(entry.first); });
    std::erase_if(age_, of_song);
}

Parts Unfinished::parts(const std::string& id, int kbps) const {
    Parts parts;
    for (auto at = chunks_.lower_bound({id, kbps, 0}); at != chunks_.end(); ++at) {
        const auto& [song, rate, chunk] = at->first;
        if (song != id || rate != kbps) break;
        parts[chunk] = at->second.set;
    }
    return parts;
}

std::optional<std::uint32_t> Unfinished::whole(const Key& key) const {
    const auto found = chunks_.find(key);
    if (found == chunks_.end()) return {};
    return found->second.whole;
}

std::optional<Bytes> Unfinished::read(const Key& key, std::uint64_t begin,
                                      std::uint64_t length) const {
    const auto found = chunks_.find(key);
    if (found == chunks_.end() || length == 0 || length > found->second.whole) return {};
    const auto& pieces = found->second.pieces;
    const auto end = begin + length;
    Bytes bytes;
    while (begin < end) {
        auto at = pieces.upper_bound(static_cast<std::uint32_t>(begin));
        if (at == pieces.begin()) return {};
        --at;
        const auto skip = begin - at->first;
        if (skip >= at->second.size()) return {};
        const auto n = std::min<std::uint64_t>(at->second.size() - skip, end - begin);
        append(bytes, BytesView{at->second}.subspan(skip, n));
        begin += n;
    }
    return bytes;
}

}  // namespace stretto::peer

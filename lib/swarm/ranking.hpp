#pragma once
// The choice of the peers of a response among candidates, wherever their data is kept. A peer is
// any type with the members at, also_http, health, upload_kbps, point, reached, expires_s, serial
// (lower: it has been there longer) and name().
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "swarm/globe.hpp"
#include "swarm/health.hpp"
#include "swarm/peers.hpp"
#include "swarm/tickets.hpp"

namespace stretto::swarm {

class Choice {
   public:
    struct Candidate {
        std::uint32_t peer;
        Inventory have;
        float cost;
    };
    std::vector<Candidate> candidates;  ///< to be filled by the caller

    /// Whether the client can connect to the peer in this way, and is told of it in no other: a
    /// listener that HTTP reaches may announce itself over WebRTC as well, for pages.
    static bool is_for(const PeersQuery& query, const auto& peer) noexcept {
        if (!peer.at.is_rtc()) return query.http;
        return query.rtc && !(peer.also_http && query.http);
    }

    /// Removes peers that must not be named, and makes a heap of the others with the best on top.
    /// @param peer_at  number -> peer
    /// @param random   64 random bits
    template <class PeerAt, class Random>
    void rank(const PeersQuery& query, const Asker& asker, std::uint32_t now_s, PeerAt peer_at,
              Random random) {
        const Point here{asker.location};
        const Network own = network_of(asker.ip);
        std::erase_if(candidates, [&](Candidate& candidate) {
            auto& peer = peer_at(candidate.peer);
            if (!peer.reached || peer.expires_s <= now_s || !is_for(query, peer) ||
                is_self(peer, query, asker.ip))
                return true;
            peer.health.age(now_s);
            if (peer.health.out()) return true;
            const float chance = static_cast<float>(random() >> 40) * 0x1p-24f;
            candidate.cost = cost(peer.health, peer.upload_kbps, here.chord_km_to(peer.point),
                                  network_of(peer.at.ip) == own, chance);
            return false;
        });
        std::ranges::make_heap(candidates, std::ranges::greater{}, &Candidate::cost);
    }

    /// The best; from one network at most a quarter, unless no other is left. Uses the candidates
    /// up.
    template <class PeerAt, class Random>
    void choose(std::size_t want, PeerAt peer_at, Random random) {
        const auto network_at = [&](std::uint32_t i) { return network_of(peer_at(i).at.ip); };
        counts_.clear();
        const std::size_t most = std::max<std::size_t>(1, want / 4);
        chosen_.clear();
        passed_over_.clear();
        choose_elders(want, peer_at, random);
        want -= old_.size();
        for (const auto& one : old_) counts_.push_back({network_at(one.peer), 1});
        while (!candidates.empty() && chosen_.size() < want) {
            std::ranges::pop_heap(candidates, std::ranges::greater{}, &Candidate::cost);
            const Candidate best = candidates.back();
            candidates.pop_back();
            const Network network = network_at(best.peer);
            auto count = std::ranges::find(counts_, network, &Count::network);
            if (count == counts_.end()) count = counts_.insert(count, {network, 0});
            const bool fits = ++count->n <= most;
            (fits ? chosen_ : passed_over_).push_back(best);
        }
        for (std::size_t i = 0; i < passed_over_.size() && chosen_.size() < want; ++i)
            chosen_.push_back(passed_over_[i]);
        chosen_.insert(chosen_.end(), old_.begin(), old_.end());
    }
    const std::vector<Candidate>& chosen() const noexcept { return chosen_; }

   private:
    static bool is_self(const auto& peer, const PeersQuery& query, const Ip& ip) noexcept {
        if (peer.at.ip != ip) return false;
        if (query.port || !query.peer_id.empty())
            return peer.at.port == query.port || peer.name() == query.peer_id;
        // who does not say which peer it is may be any at its address; only on one machine there
        // are many
        return !ip.is_loopback();
    }

    /// Out of the candidates, a quarter of an answer: some of those who have been there longest,
    /// one of a network. However many come at once and promise much, they have not.
    template <class PeerAt, class Random>
    void choose_elders(std::size_t want, PeerAt peer_at, Random random) {
        old_.clear();
        const std::size_t places = want / 4;
        if (places == 0 || candidates.size() <= want) return;
        const auto network_at = [&](std::uint32_t i) { return network_of(peer_at(i).at.ip); };
        const auto age_of = [&](const Candidate& one) {  // the better of those who came at once
            return std::pair{peer_at(one.peer).serial, one.cost};
        };
        const std::size_t among = std::max(2 * places, std::min(candidates.size() / 4, most_among));
        std::ranges::make_heap(candidates, std::ranges::greater{}, age_of);
        for (auto end = candidates.end(); end != candidates.begin() && old_.size() < among;) {
            std::ranges::pop_heap(candidates.begin(), end, std::ranges::greater{}, age_of);
            const Network network = network_at((--end)->peer);
            if (std::ranges::none_of(
                    old_, [&](const Candidate& one) { return network_at(one.peer) == network; }))
                old_.push_back(*end);
        }
        for (std::size_t i = 0; i < places && i < old_.size(); ++i)
            std::swap(old_[i], old_[i + random() % (old_.size() - i)]);
        old_.resize(std::min(places, old_.size()));
        std::erase_if(candidates, [&](const Candidate& one) {
            return std::ranges::count(old_, one.peer, &Candidate::peer) > 0;
        });
        std::ranges::make_heap(candidates, std::ranges::greater{}, &Candidate::cost);
    }

    /// Where there are hundreds of candidates, those who came a little later are no elders.
    static constexpr std::size_t most_among = 24;

    struct Count {
        Network network;
        std::size_t n;
    };
    std::vector<Candidate> chosen_, passed_over_, old_;
    std::vector<Count> counts_;  // of the chosen
};

/// Prints the peers of a response.
class PeerLines {
   public:
    /// @param layout  of the song; must stay until the last append()
    void begin(const Layout& layout, std::optional<Location> here) {
        layout_ = &layout;
        here_ = Point{here};
        have_.clear();  // that of another layout
    }
    void append(std::string& list, const auto& peer, Inventory have,
                const Tickets::Ticket& ticket) {
        if (have_.empty() || printed_ != have) {
            have_.clear();
            append_have(have_, *layout_, have);
            printed_ = have;
        }
        std::array<char, Endpoint::most_url_bytes> url;
        append_peer(list,
                    {peer.name(),
                     peer.at.is_rtc() ? print_rtc_url(peer.name(), url) : peer.at.print_url(url),
                     here_.km_to(peer.point),
                     peer.health.score(peer.upload_kbps),
                     std::llround(peer.upload_kbps),
                     have_,
                     {ticket.data(), ticket.size()}});
    }

   private:
    /// @param id  of 26 characters
    static std::string_view print_rtc_url(std::string_view id,
                                          std::span<char, Endpoint::most_url_bytes> to) noexcept {
        constexpr std::string_view scheme = "rtc:";
        auto* end = std::copy(scheme.begin(), scheme.end(), to.data());
        end = std::copy_n(id.begin(), std::min(id.size(), to.size() - scheme.size()), end);
        return {to.data(), end};
    }

    const Layout* layout_ = nullptr;
    Point here_;
    std::string have_;  // printed_ as JSON: most peers have a whole song, so the text is the same
    Inventory printed_ = 0;
};

}  // namespace stretto::swarm

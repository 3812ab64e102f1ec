#include "rtc/links.hpp"

#include <algorithm>
#include <random>

#include "base/digest.hpp"
#include "rtc/engine.hpp"
#include "rtc/room.hpp"

namespace stretto::rtc {
namespace {

constexpr std::uint64_t ban_ms = 600'000;
constexpr std::size_t most_banned = 4096;
constexpr std::size_t most_waiting = 64;  // requests for one link that is being opened
constexpr int no_link = 504, too_many = 503;

http::Upstream::Limits upstream_limits(std::size_t links) {
    http::Upstream::Limits limits;
    limits.connections = static_cast<long>(std::min<std::size_t>(links * Answers::most, 256));
    return limits;
}

std::string random_session() {
    std::random_device random;
    Bytes bytes;
    for (int i = 0; i < 4; ++i) append_u32(bytes, random());
    return base32(bytes);
}

}  // namespace

Links::Links(Engine& engine, const std::string& tracker, const std::string& upstream,
             LinksOptions options)
    : engine_(engine),
      loop_(engine.loop()),
      options_(std::move(options)),
      certificate_(options_.key),
      peer_id_(certificate_.peer_id()),
      upstream_(loop_, upstream, upstream_limits(options_.links)),
      provider_{upstream_, options_.token, {}},
      mail_(loop_, tracker, peer_id_,
            {[this](const swarm::Signal& signal) { on_signal(signal); },
             [this] {
                 for (const auto& peer : std::exchange(early_, {})) offer(peer);
             }}) {}

void Links::close() {
    for (auto& [peer, entry] : std::exchange(links_, {})) loop_.drop(entry.link);
}

Links::Counters Links::counters() const {
    auto all = counters_;
    for (const auto& [peer, entry] : links_)
        all.sent += entry.link->sent(), all.received += entry.link->received();
    return all;
}

bool Links::is_banned(const std::string& peer) {
    const auto found = banned_.find(peer);
    if (found == banned_.end()) return false;
    if (loop_.now_ms() < found->second) return true;
    banned_.erase(found);
    return false;
}

void Links::open(const std::string& peer, Opened opened) {
    if (peer == peer_id_) return opened(nullptr, no_link, "that is this peer itself");
    if (is_banned(peer)) return opened(nullptr, no_link, "it has broken the rules");
    auto found = links_.find(peer);
    if (found == links_.end()) {
        if (!make_room(false)) return opened(nullptr, too_many, "too many links");
        add(peer, true, random_session());
        found = links_.find(peer);
    }
    auto& entry = found->second;
    entry.wanted = true;
    if (entry.link->is_open()) return opened(entry.link, 200, "");
    if (entry.waiting.size() >= most_waiting) return opened(nullptr, too_many, "too many requests");
    entry.waiting.push_back(std::move(opened));
}

/// One more link may be made, possibly in the place of another one.
bool Links::make_room(bool for_stranger) {
    std::vector<Seat> seats;
    std::vector<const std::string*> peers;
    for (const auto& [peer, entry] : links_) {
        const auto& link = *entry.link;
        seats.push_back({entry.wanted, link.is_open(), link.is_idle(),
                         static_cast<double>(link.idle_since_ms())});
        peers.push_back(&peer);
    }
    const auto room = room_for(seats, options_.links, for_stranger);
    if (room.leaves) forget(std::string{*peers[*room.leaves]});
    return room.there;
}

/// The name is looked up when it changes, for it is mostly an address.
IceOptions Links::ice(bool offers) {
    const auto& wanted = options_.stun.empty() ? mail_.stun() : options_.stun;
    if (wanted != stun_) {
        stun_ = wanted;
        stun_address_.reset();
        const auto found = net::parse_listen(wanted);
        if (found && !found->empty()) stun_address_ = found->front();
    }
    return {offers, stun_address_, options_.addresses};
}

void Links::add(const std::string& peer, bool offers, std::string session) {
    // calls of a link that is gone find another one, or none, of this session
    const auto current = [this, peer, session] {
        const auto found = links_.find(peer);
        return found != links_.end() && found->second.session == session;
    };
    Link::Calls calls;
    calls.described = life_.guard([this, peer, current](swarm::Signal signal) {
        if (current()) described(peer, std::move(signal));
    });
    calls.open = life_.guard([this, peer, current] {
        if (current()) is_open(peer);
    });
    calls.closed = life_.guard([this, peer, current](const char* why, bool breach) {
        if (current()) on_closed(peer, why, breach);
    });
    Entry entry;
    entry.session = std::move(session);
    entry.offered = offers;
    entry.link = std::make_shared<Link>(engine_, certificate_, ice(offers), provider_, peer,
                                        std::move(calls));
    links_.insert_or_assign(peer, std::move(entry));
}

/// Our end is known: tell the other one.
void Links::described(const std::string& peer, swarm::Signal signal) {
    auto& entry = links_.at(peer);
    if (!mail_.is_ready()) {
        if (early_.size() < options_.links) early_.push_back(peer);
        return;
    }
    signal.kind = entry.offered ? swarm::Signal::Kind::offer : swarm::Signal::Kind::answer;
    signal.to = peer;
    signal.session = entry.session;
    mail_.send(std::move(signal), life_.guard([this, peer, session = entry.session](int status) {
        const auto found = links_.find(peer);
        if (status == 202 || found == links_.end() || found->second.session != session) return;
        fail(peer, no_link, status == 404 ? "it is not there" : text("the tracker says ", status));
    }));
}

/// There is a token now.
void Links::offer(const std::string& peer) {
    const auto found = links_.find(peer);
    if (found == links_.end() || found->second.link->is_open()) return;
    swarm::Signal signal;
    found->second.link->describe(signal);
    described(peer, std::move(signal));
}

void Links::is_open(const std::string& peer) {
    ++counters_.opened;
    auto& entry = links_.at(peer);
    const auto link = entry.link;
    for (const auto& opened : std::exchange(entry.waiting, {})) opened(link, 200, "");
}

void Links::forget(const std::string& peer) {
    const auto found = links_.find(peer);
    if (found == links_.end()) return;
    const auto link = found->second.link;
    counters_.sent += link->sent();
    counters_.received += link->received();
    links_.erase(found);
    link->close("it was closed");
    loop_.drop(link);
}

void Links::fail(const std::string& peer, int status, const std::string& why) {
    const auto found = links_.find(peer);
    if (found == links_.end()) return;
    ++counters_.failed;
    const auto waiting = std::move(found->second.waiting);
    forget(peer);
    for (const auto& opened : waiting) opened(nullptr, status, why);
}

void Links::on_closed(const std::string& peer, const char* why, bool breach) {
    if (breach) {
        ++counters_.breaches;
        if (banned_.size() >= most_banned) banned_.erase(banned_.begin());
        banned_[peer] = loop_.now_ms() + ban_ms;
    }
    const std::string reason = why;
    if (links_.at(peer).waiting.empty())
        forget(peer);
    else
        fail(peer, no_link, reason);
}

void Links::on_signal(const swarm::Signal& signal) {
    // its certificate must be the one that its id names; else it is somebody's who lies
    Digest fingerprint;
    if (signal.kind == swarm::Signal::Kind::offer || signal.kind == swarm::Signal::Kind::answer)
        if (!parse_hex(signal.fingerprint, fingerprint) ||
            swarm::rtc_id_of(fingerprint) != signal.from)
            return;
    if (signal.kind == swarm::Signal::Kind::offer) return on_offer(signal);
    const auto found = links_.find(signal.from);
    if (found == links_.end() || found->second.session != signal.session ||
        !found->second.offered || std::exchange(found->second.answered, true))
        return;
    if (signal.kind == swarm::Signal::Kind::no) return fail(signal.from, too_many, "it refuses");
    found->second.link->connect(signal);
}

void Links::on_offer(const swarm::Signal& signal) {
    const auto& peer = signal.from;
    if (peer == peer_id_ || is_banned(peer)) return;
    std::vector<Opened> waiting;
    const auto found = links_.find(peer);
    if (found != links_.end()) {
        auto& entry = found->second;
        if (entry.session == signal.session) return;
        // both offer at the same time: that of the lesser id counts
        if (!entry.link->is_open() && entry.offered && peer_id_ < peer) return;
        // else it has begun anew
        waiting = std::move(entry.waiting);
        forget(peer);
    }
    if (!make_room(waiting.empty())) {
        refuse(signal);
        for (const auto& opened : waiting) opened(nullptr, too_many, "too many links");
        return;
    }
    add(peer, false, signal.session);
    auto& entry = links_.at(peer);
    entry.waiting = std::move(waiting);
    entry.wanted = !entry.waiting.empty();
    entry.link->connect(signal);
}

void Links::refuse(const swarm::Signal& offer) {
    swarm::Signal no;
    no.kind = swarm::Signal::Kind::no;
    no.to = offer.from;
    no.session = offer.session;
    mail_.send(std::move(no), [](int) {});
}

}  // namespace stretto::rtc

#include "swarm/mailboxes.hpp"

#include <algorithm>
#include <charconv>

#include "base/digest.hpp"

namespace stretto::swarm {
namespace {

constexpr std::uint64_t hour_ms = 3'600'000;
constexpr std::size_t most_rates = 65'536;
constexpr std::size_t work = 200;  // boxes a turn

/// Counters share places: 12 peers to a place when all boxes are full, in half a megabyte.
constexpr std::size_t peers_a_counter = 8;

/// One that nobody can guess, so that nobody can fill another network's counters.
Hash secret_hash(Seal& seal) {
    constexpr Seal::Block of_quotas{};
    std::uint64_t seed = 0;
    seal.tags(0, {&of_quotas, 1}, {&seed, 1});
    return Hash{seed};
}

}  // namespace

Mailboxes::Mailboxes(const MailboxLimits& limits, std::unique_ptr<Seal> seal, Proved proved)
    : limits_(limits),
      seal_(std::move(seal)),
      proved_(std::move(proved)),
      quotas_(limits.of_prefix, limits.peers / peers_a_counter, secret_hash(*seal_)) {}

Mailboxes::Key Mailboxes::key_of(const std::string& id, const Ip& ip) {
    Key key{{}, ip};
    std::copy_n(id.begin(), std::min(id.size(), key.first.size()), key.first.begin());
    return key;
}

Endpoint Mailboxes::enter(const std::string& id, const Ip& ip, std::uint64_t now_ms) {
    const auto key = key_of(id, ip);
    auto box = boxes_.find(key);
    if (box == boxes_.end()) {
        if (boxes_.size() >= limits_.peers || !quotas_.has_room(ip)) return {ip, 0};
        const auto wanted = std::hash<std::string_view>{}({key.first.data(), key.first.size()});
        std::uint16_t number = 0;
        for (std::uint64_t i = 0; i < least_peer_port - 1 && number == 0; ++i) {
            const auto one = static_cast<std::uint16_t>(1 + (wanted + i) % (least_peer_port - 1));
            if (numbers_.insert({ip, one}).second) number = one;
        }
        if (number == 0) return {ip, 0};
        box = boxes_.try_emplace(key).first;
        box->second.number = number;
        quotas_.add(ip);
        due_.insert({now_ms + limits_.prove_ms, key});
    }
    box->second.entered_ms = now_ms;
    return endpoint_of(*box);
}

void Mailboxes::prove(const std::string& id, const Ip& ip, std::uint64_t now_ms) {
    const auto box = boxes_.find(key_of(id, ip));
    if (box == boxes_.end()) return;
    box->second.to_prove = true;
    if (box->second.deliver) return settle(box, true);
    due_.insert({now_ms + limits_.prove_ms, box->first});
}

void Mailboxes::settle(Boxes::iterator box, bool waits) {
    if (std::exchange(box->second.to_prove, false)) proved_(endpoint_of(*box), waits);
}

std::uint64_t Mailboxes::tag(const std::string& id, const Ip& ip, std::uint64_t hour) {
    // a block is 16 bytes: of a hash, so that an id cannot be chosen to fit another's
    Sha256 sum;
    sum.add(as_bytes(id));
    const auto digest = sum.finish();
    std::uint64_t peer = 0;
    for (std::size_t i = 0; i < 8; ++i) peer = peer << 8 | digest[i];
    const Seal::Block block{peer, network_of(ip)};
    std::uint64_t tag = 0;
    seal_->tags(hour, {&block, 1}, {&tag, 1});
    return tag;
}

std::string Mailboxes::token(const std::string& id, const Ip& ip, std::uint64_t now_ms) {
    std::array<std::uint8_t, 10>
        bytes{};  // 80 bits are 16 characters: 16 of the hour, then the tag
    const auto hour = now_ms / hour_ms, tag = this->tag(id, ip, hour);
    bytes[0] = static_cast<std::uint8_t>(hour >> 8);
    bytes[1] = static_cast<std::uint8_t>(hour);
    for (unsigned i = 0; i < 8; ++i) bytes[2 + i] = static_cast<std::uint8_t>(tag >> (56 - 8 * i));
    return base32(bytes);
}

bool Mailboxes::is_valid(std::string_view token, const std::string& id, const Ip& ip,
                         std::uint64_t now_ms) {
    std::array<std::uint8_t, 10> bytes;
    if (!parse_base32(token, bytes)) return false;
    const auto now = now_ms / hour_ms;
    const auto said = static_cast<std::uint64_t>(bytes[0]) << 8 | bytes[1];
    const auto age = (now - said) & 0xffff;
    if (age > 1 || age > now) return false;
    std::uint64_t sealed = 0;
    for (unsigned i = 0; i < 8; ++i) sealed = sealed << 8 | bytes[2 + i];
    return sealed == tag(id, ip, now - age);
}

bool Mailboxes::wait(const std::string& id, const Ip& ip, std::uint64_t now_ms,
                     std::uint64_t wait_ms, Deliver deliver) {
    const auto box = boxes_.find(key_of(id, ip));
    if (box == boxes_.end()) return false;
    auto& mine = box->second;
    const auto earlier = end_wait(box);
    mine.polled_ms = now_ms;
    settle(box, true);
    std::erase_if(mine.signals, [&](const auto& one) { return one.second <= now_ms; });
    if (mine.signals.empty() && wait_ms > 0 && !ended_) {
        mine.deliver = std::move(deliver);
        mine.until_ms = now_ms + wait_ms;
        waits_.insert({mine.until_ms, box->first});
        earlier({});
        return true;
    }
    std::string list;
    for (const auto& [signal, until] : mine.signals) list += (list.empty() ? "[" : ",") + signal;
    delivered_ += mine.signals.size();
    mine.signals = {};
    earlier({});
    deliver(list.empty() ? list : list + "]");
    return true;
}

Mailboxes::Deliver Mailboxes::end_wait(Boxes::iterator box) {
    auto deliver = std::exchange(box->second.deliver, {});
    if (!deliver) return [](const std::string&) {};
    waits_.erase({box->second.until_ms, box->first});
    return deliver;
}

void Mailboxes::gone(const std::string& id, const Ip& ip, std::uint64_t now_ms) {
    const auto box = boxes_.find(key_of(id, ip));
    if (box == boxes_.end() || !box->second.deliver) return;
    box->second.deliver = {};
    box->second.polled_ms = now_ms;
    waits_.erase({box->second.until_ms, box->first});
}

bool Mailboxes::may_offer(const Ip& from, std::uint64_t now_ms) {
    const double most = limits_.offers_a_minute, a_ms = most / 60'000;
    if (rates_.size() >= most_rates)
        std::erase_if(rates_, [&](const auto& entry) {
            return static_cast<double>(now_ms - entry.second.at_ms) * a_ms >= most;
        });
    if (rates_.size() >= most_rates) return false;
    auto& rate = rates_.try_emplace(network_of(from), Rate{most, now_ms}).first->second;
    rate.left = std::min(most, rate.left + static_cast<double>(now_ms - rate.at_ms) * a_ms);
    rate.at_ms = now_ms;
    if (rate.left < 1) return false;
    --rate.left;
    return true;
}

Mailboxes::Posted Mailboxes::post(Signal signal, const Ip& from, std::uint64_t now_ms) {
    if (signal.kind == Signal::Kind::offer && !may_offer(from, now_ms))
        return Posted::too_many_offers;
    const auto id = std::exchange(signal.to, {});
    signal.token.clear();
    auto result = Posted::nobody_waits;
    // of one id at several addresses, which happens when one moves, the right one can answer
    std::vector<Key> all;
    for (auto box = boxes_.lower_bound(key_of(id, {})); box != boxes_.end(); ++box) {
        if (!std::equal(id.begin(), id.end(), box->first.first.begin())) break;
        const auto& mine = box->second;
        if (mine.deliver || now_ms - mine.polled_ms < limits_.away_ms) all.push_back(box->first);
        if (all.size() == 4) break;
    }
    for (const auto& key : all) {
        const auto box = boxes_.find(key);
        if (box == boxes_.end()) continue;
        auto& mine = box->second;
        std::erase_if(mine.signals, [&](const auto& one) { return one.second <= now_ms; });
        if (mine.signals.size() >= limits_.signals) {
            if (result == Posted::nobody_waits) result = Posted::mailbox_full;
            continue;
        }
        result = Posted::taken;
        auto told = signal;
        pass_on(told.candidates, from, key.second);
        auto printed = print_signal(told);
        if (mine.deliver) {
            ++delivered_;
            mine.polled_ms = now_ms;
            end_wait(box)("[" + printed + "]");
        } else {
            mine.signals.emplace_back(std::move(printed), now_ms + limits_.signal_ms);
        }
    }
    return result;
}

void Mailboxes::forget(Boxes::iterator box) {
    settle(box, false);
    const auto deliver = end_wait(box);
    numbers_.erase({box->first.second, box->second.number});
    quotas_.remove(box->first.second);
    boxes_.erase(box);
    deliver({});
}

void Mailboxes::expire(std::uint64_t now_ms) {
    for (std::size_t i = 0; i < work && !waits_.empty() && waits_.begin()->first <= now_ms; ++i) {
        const auto box = boxes_.find(waits_.begin()->second);
        box->second.polled_ms = now_ms;
        end_wait(box)({});
    }
    for (std::size_t i = 0; i < work && !due_.empty() && due_.begin()->first <= now_ms; ++i) {
        const auto key = due_.begin()->second;
        due_.erase(due_.begin());
        const auto box = boxes_.find(key);
        if (box == boxes_.end()) continue;
        auto& mine = box->second;
        settle(box, mine.deliver != nullptr);
        // its number is another's only after the tracker's peers have forgotten it
        const auto end = mine.entered_ms + limits_.ttl_ms + limits_.prove_ms;
        if (now_ms >= end)
            forget(box);
        else
            due_.insert({end, key});
    }
}

void Mailboxes::end_all() {
    ended_ = true;
    while (!waits_.empty()) end_wait(boxes_.find(waits_.begin()->second))({});
}

}  // namespace stretto::swarm

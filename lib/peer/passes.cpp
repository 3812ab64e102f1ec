#include "peer/passes.hpp"

#include <algorithm>

namespace stretto::peer {

void Passes::learn(const std::optional<sign::PublicKey>& key, std::int64_t now_s) {
    answered_ = true;
    std::erase_if(keys_, [&](const Key& one) { return one.until_s <= now_s; });
    if (!key) return;
    const auto id = key->thumbprint();
    const auto known = std::ranges::find(keys_, id, &Key::id);
    if (known != keys_.end()) {
        known->until_s = now_s + key_s;
        return;
    }
    if (keys_.size() == most_keys) keys_.erase(std::ranges::min_element(keys_, {}, &Key::until_s));
    keys_.push_back({id, *key, now_s + key_s});
}

std::optional<Passes::Refusal> Passes::refuse(const Asked& asked, std::int64_t now_s,
                                              std::uint64_t now_ms) {
    if (!answered_) return Refusal{503, "the tracker has not answered yet"};
    if (keys_.empty()) return {};
    const std::string text{asked.pass};
    if (const auto known = known_.find(text); known != known_.end())
        return refuse_pass(known->second, asked, now_s);
    const auto jws = sign::parse_jws(text);
    if (!jws) return Refusal{403, text.empty() ? "no pass" : "pass: " + jws.error().why};
    const auto key = std::ranges::find(keys_, jws->key, &Key::id);
    if (key == keys_.end()) return Refusal{403, "pass: not signed by our tracker"};
    // each takes as long as to read a chunk
    const auto source = asked.rtc.empty() ? asked.client.source() : std::string{asked.rtc};
    if (!limiter_.admit(source, now_ms)) return Refusal{503, "too many new passes"};
    ++verified_;
    auto pass = sign::open_pass(*jws, key->key);
    if (const auto* refused = std::get_if<sign::Refused>(&pass))
        return Refusal{403, "pass: " + refused->why};
    const auto& opened = std::get<sign::Pass>(pass);
    auto refusal = refuse_pass(opened, asked, now_s);
    // those of others and those that are over would only fill the memory
    if (!refusal) {
        if (known_.size() >= most_known) known_.clear();
        known_.emplace(text, opened);
    }
    return refusal;
}

std::optional<Passes::Refusal> Passes::refuse_pass(const sign::Pass& pass, const Asked& asked,
                                                   std::int64_t now_s) const {
    if (const auto refused = sign::unusable(pass, {asked.client.host(), asked.rtc}, now_s))
        return Refusal{403, "pass: " + refused->why};
    if (pass.song != asked.song) return Refusal{403, "pass: for another song"};
    if (!pass.allows_kbps(asked.kbps)) return Refusal{403, "pass: for a lower bitrate"};
    return {};
}

}  // namespace stretto::peer

#include "web/passes.hpp"

#include <algorithm>

namespace stretto::web {

void Passes::learn(const std::string& point, std::int64_t now_s) {
    std::erase_if(keys_, [&](const auto& key) { return key.second <= now_s; });
    if (point.empty()) return;
    std::erase_if(keys_, [&](const auto& key) { return key.first == point; });
    if (keys_.size() == most_keys) keys_.erase(keys_.begin());
    keys_.emplace_back(point, now_s + swarm::pass_s + swarm::pass_leeway_s);
}

std::string Passes::points() const {
    std::string lines;
    for (const auto& [point, until] : keys_) lines += point + '\n';
    return lines;
}

Passes::Verdict Passes::of(const Asked& asked, std::int64_t now_s) const {
    if (keys_.empty()) return Verdict::yes;
    if (!verifies_ || asked.pass.empty()) return Verdict::no;
    const auto found = known_.find(asked.pass);
    if (found == known_.end()) return Verdict::unknown;
    const auto& pass = found->second;
    const bool in_time = now_s < pass.expires + swarm::pass_leeway_s;
    const bool of_peer = pass.rtc == asked.peer && pass.song == asked.song;
    const bool enough = pass.kbps == 0 || asked.kbps <= pass.kbps;
    return in_time && of_peer && enough ? Verdict::yes : Verdict::no;
}

void Passes::keep(const std::string& pass, std::string_view header, std::string_view claims) {
    const auto said = swarm::parse_pass(header, claims);
    if (!said) return;
    if (known_.size() >= most_known) known_.clear();
    known_.insert_or_assign(pass, *said);
}

}  // namespace stretto::web

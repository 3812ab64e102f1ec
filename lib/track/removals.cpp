#include "track/removals.hpp"

#include <array>

#include "base/note.hpp"
#include "http/place.hpp"

namespace stretto::track {
namespace {

// with 5 seconds in caches on the path, at most half a minute
constexpr std::chrono::seconds every{20}, not_yet{1};
constexpr std::array<std::uint64_t, 5> due_ms{0, 20'000, 60'000, 180'000, 600'000};

}  // namespace

Removals::Removals(net::Loop& loop, const std::vector<std::string>& servers,
                   std::function<bool()> wanted, Call call)
    : loop_(loop),
      wanted_(std::move(wanted)),
      call_(std::move(call)),
      again_(loop, [this] { ask(); }) {
    http::Upstream::Limits limits;
    limits.connections = 1;
    limits.requests = 4;
    for (const auto& url : servers)
        servers_.push_back(std::make_unique<http::Upstream>(loop, url, limits));
    again_.once(std::chrono::milliseconds{0});
}

void Removals::ask() {
    if (!wanted_()) return again_.once(not_yet);
    again_.once(every);
    http::Request request;
    request.method = "GET";
    request.target = text('/', song::removals_path);
    request.fields.add("Cache-Control", "max-age=5");
    if (!tag_.empty()) request.fields.add("If-None-Match", tag_);
    http::ask(*servers_[server_], std::move(request), {}, song::most_removals_bytes,
              life_.guard([this](const http::Whole& answer) { take(answer); }));
}

void Removals::take(const http::Whole& answer) {
    // 404: no song was removed; other failures tell nothing
    const bool none = answer.status == 404;
    if (answer.status == 304 || none || answer.ok()) {
        if (none) tag_.clear();
        if (none ? !take_log("") : answer.ok() && !take_log(as_text(answer.body))) return;
        if (answer.ok()) {
            const auto* tag = answer.fields.find("ETag");
            tag_ = tag ? *tag : "";
        }
        return tell();
    }
    if (servers_.size() < 2) return;
    server_ = (server_ + 1) % servers_.size();
    tag_.clear();
}

bool Removals::take_log(std::string_view log) {
    const auto removals = song::parse_removals(log);
    if (!removals) {
        note(text("the removal log of '", http::without_userinfo(servers_[server_]->url()),
                  "': ", removals.error().why));
        return false;
    }
    std::unordered_set<std::string> all;
    for (const auto& removal : *removals) {
        if (!all_.contains(removal.id)) recent_[removal.id] = {loop_.now_ms(), 0};
        all.insert(removal.id);
    }
    all_ = std::move(all);
    return true;
}

void Removals::tell() {
    const auto now = loop_.now_ms();
    std::vector<std::string> due;
    for (auto& [id, seen] : recent_)
        if (now - seen.first_ms >= due_ms[seen.told]) due.push_back(id), ++seen.told;
    std::erase_if(recent_, [&](const auto& one) {
        return one.second.told == due_ms.size() || !all_.contains(one.first);
    });
    call_({all_, due});
}

}  // namespace stretto::track

#include "edge/troubles.hpp"

#include <chrono>

#include "base/program.hpp"
#include "base/text.hpp"

namespace stretto::edge {
namespace {

constexpr std::uint64_t a_minute_ms = 60000;

std::uint64_t steady_ms() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

}  // namespace

Troubles::Troubles(Say say, Now now_ms) : say_(std::move(say)), now_ms_(std::move(now_ms)) {}

Troubles::Troubles() : Troubles([](const std::string& line) { note(line); }, steady_ms) {}

void Troubles::tell(std::string_view kind, const std::string& line) {
    const std::lock_guard lock{mutex_};
    auto found = kinds_.find(kind);
    if (found == kinds_.end()) found = kinds_.emplace(kind, Kind{}).first;
    auto& one = found->second;
    ++one.count;
    const auto now = now_ms_();
    if (one.told && now - one.told_ms < a_minute_ms) {
        ++one.silent;
        return;
    }
    say_(text(kind, ": ", line,
              one.silent ? text(" (and ", one.silent, " more since the last line)") : ""));
    one.told = true;
    one.told_ms = now;
    one.silent = 0;
}

std::vector<std::pair<std::string, std::uint64_t>> Troubles::numbers() const {
    const std::lock_guard lock{mutex_};
    std::vector<std::pair<std::string, std::uint64_t>> all;
    for (const auto& [kind, one] : kinds_) all.emplace_back(kind, one.count);
    return all;
}

}  // namespace stretto::edge

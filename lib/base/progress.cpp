#include "base/progress.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "base/terminal.hpp"
#include "base/text.hpp"

namespace stretto {
namespace {

void put(std::string_view s) {
    if (::write(STDERR_FILENO, s.data(), s.size()) < 0) return;
}

}  // namespace

Progress::Progress(bool enabled) : shown_(enabled && ::isatty(STDERR_FILENO)) {}

Progress::~Progress() { wipe(); }

void Progress::wipe() {
    if (std::exchange(drawn_, false) && in_foreground(STDERR_FILENO)) put("\r\x1b[K");
}

void Progress::show(double share, std::string_view what) {
    if (!shown_ || !in_foreground(STDERR_FILENO)) return;
    const auto now = std::chrono::steady_clock::now();
    if (drawn_ && now - last_ < std::chrono::milliseconds{100}) return;
    last_ = now;
    drawn_ = true;
    std::string line;
    if (share >= 0) {
        constexpr int cells = 20;
        const int full = static_cast<int>(std::clamp(share, 0.0, 1.0) * cells);
        line = text("[", std::string(static_cast<std::size_t>(full), '#'),
                    std::string(static_cast<std::size_t>(cells - full), '.'), "] ",
                    static_cast<int>(std::clamp(share, 0.0, 1.0) * 100), "% ");
    }
    line += what;
    winsize window{};
    if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 1)
        line.resize(std::min<std::size_t>(line.size(), window.ws_col - 1u));
    put(text("\r", line, "\x1b[K"));
}

std::string clock_text(double seconds) {
    const auto total = static_cast<long long>(std::max(0.0, std::round(seconds)));
    char out[48];
    if (total >= 3600)
        std::snprintf(out, sizeof out, "%lld:%02lld:%02lld", total / 3600, total / 60 % 60,
                      total % 60);
    else
        std::snprintf(out, sizeof out, "%lld:%02lld", total / 60, total % 60);
    return out;
}

std::string size_text(double bytes) {
    const char* const units[] = {"B", "kB", "MB", "GB", "TB"};
    std::size_t unit = 0;
    while (bytes >= 999.5 && unit < 4) bytes /= 1000, ++unit;
    char out[32];
    std::snprintf(out, sizeof out, unit == 0 || bytes >= 99.95 ? "%.0f %s" : "%.1f %s", bytes,
                  units[unit]);
    return out;
}

}  // namespace stretto

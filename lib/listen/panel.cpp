#include "listen/panel.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

#include "base/progress.hpp"
#include "base/terminal.hpp"
#include "base/text.hpp"

namespace stretto::listen {
namespace {

using From = PanelView::From;

const char* symbol(PanelView::State state, bool utf8) {
    switch (state) {
        case PanelView::State::starting:
        case PanelView::State::stalled:
            return utf8 ? "\u2026" : ".";
        case PanelView::State::playing:
            return utf8 ? "\u25b6" : ">";
        case PanelView::State::paused:
            return utf8 ? "\u23f8" : "=";
        case PanelView::State::no_device:
            return "!";
    }
    return "";
}

std::string bar(double share, std::size_t cells, bool utf8) {
    const auto full =
        static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * static_cast<double>(cells) + 0.5);
    std::string drawn;
    for (std::size_t i = 0; i < cells; ++i)
        drawn += i < full ? (utf8 ? "\u2588" : "#") : (utf8 ? "\u2591" : ".");
    return drawn;
}

std::string picture(const std::vector<From>& sources, std::size_t most, bool utf8) {
    std::string drawn;
    const auto n = std::min(most, sources.size());
    for (auto from = sources.end() - static_cast<std::ptrdiff_t>(n); from != sources.end(); ++from)
        drawn += *from == From::cache  ? (utf8 ? "\u2581" : "_")
                 : *from == From::peer ? (utf8 ? "\u2584" : "-")
                                       : (utf8 ? "\u2588" : "#");
    return drawn;
}

/// The parts after the title, the least important last.
std::vector<std::string> fields(const PanelView& view, bool utf8) {
    std::vector<std::string> all;
    all.push_back(text(clock_text(view.at), " / ", clock_text(view.length)));
    if (view.state == PanelView::State::no_device) all.push_back("no sound device");
    const bool silent =
        view.state == PanelView::State::starting || view.state == PanelView::State::stalled;
    if (silent && !view.waiting_for.empty()) all.push_back(text("waiting: ", view.waiting_for));
    all.push_back(text(bar(view.buffer / view.buffer_most, 10, utf8), " ",
                       static_cast<int>(view.buffer), " s"));
    if (view.kbps > 0) all.push_back(text(view.kbps, " kbit/s"));
    if (!view.sources.empty()) all.push_back(picture(view.sources, 16, utf8));
    if (view.peers > 0) all.push_back(text(view.peers, view.peers == 1 ? " peer" : " peers"));
    if (view.volume != 100) all.push_back(text("volume ", view.volume, " %"));
    return all;
}

void put(std::string_view s) {
    if (::write(STDERR_FILENO, s.data(), s.size()) < 0) return;
}

std::size_t terminal_columns() {
    winsize window{};
    return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 1 ? window.ws_col
                                                                                 : 80;
}

}  // namespace

std::string panel_line(const PanelView& view, std::size_t columns, bool utf8) {
    constexpr std::size_t least_title = 12;
    const std::string begin = text(symbol(view.state, utf8), " ");
    std::string rest;
    for (const auto& field : fields(view, utf8)) {
        const auto wider = rest + "  " + field;
        if (columns_of(begin) + least_title + columns_of(wider) > columns) break;
        rest = wider;
    }
    const auto used = columns_of(begin) + columns_of(rest);
    const auto name = view.artist.empty() ? view.title : text(view.title, " - ", view.artist);
    return fit_columns(begin + fit_columns(name, columns > used ? columns - used : 0, utf8) + rest,
                       columns, utf8);
}

Panel::Panel(bool enabled) : shown_(enabled && ::isatty(STDERR_FILENO)), utf8_(utf8_locale()) {}

Panel::~Panel() { wipe(); }

void Panel::show(const PanelView& view, bool now) {
    if (!shown_ || !in_foreground(STDERR_FILENO)) return;
    const auto time = std::chrono::steady_clock::now();
    if (!now && time - last_ < std::chrono::milliseconds{250}) return;
    last_ = time;
    // a full line would wrap, because the cursor is placed after it
    auto line = panel_line(view, terminal_columns() - 1, utf8_);
    if (line == drawn_) return;
    put(text("\r", line, "\x1b[K"));
    drawn_ = std::move(line);
}

void Panel::wipe() {
    if (!drawn_.empty() && in_foreground(STDERR_FILENO)) put("\r\x1b[K");
    drawn_.clear();
}

}  // namespace stretto::listen

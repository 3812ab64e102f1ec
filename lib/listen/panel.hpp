#pragma once
// One calm line on a terminal: what is heard, how much is in hand, and where it came from.
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace stretto::listen {

struct PanelView {
    enum class State { starting, playing, paused, stalled, no_device } state = State::starting;
    enum class From { cache, peer, edge };
    std::string title, artist;            ///< as the manifest has them: not to be trusted
    double at = 0, length = 0;            ///< s
    double buffer = 0, buffer_most = 30;  ///< s in hand, and when the bar is full
    int kbps = 0;                         ///< of what is heard; 0: not known yet
    std::vector<From> sources{};          ///< of the last chunks, the newest last
    int peers = 0;
    int volume = 100;           ///< %
    std::string waiting_for{};  ///< while nothing sounds: the last failure
};

/// The line, at most so many columns wide; the title gets what the rest leaves, and the rest gives
/// way from its end where it is narrow. The picture of sources has a column a chunk, as high as it
/// cost: own cache, peer, edge.
std::string panel_line(const PanelView& view, std::size_t columns, bool utf8);

/// Draws on standard error, if that is a terminal; else says nothing.
class Panel {
   public:
    /// @param enabled  false: say nothing (quiet)
    explicit Panel(bool enabled = true);
    ~Panel();  // wipes the line
    Panel(const Panel&) = delete;

    bool shown() const noexcept { return shown_; }
    /// Redraw if something changed, four times a second at most unless `now`.
    void show(const PanelView& view, bool now = false);
    /// Wipe the line, for somebody else's words on standard error; the next show() draws it again.
    void wipe();

   private:
    bool shown_, utf8_;
    std::string drawn_;
    std::chrono::steady_clock::time_point last_{};
};

}  // namespace stretto::listen

#pragma once
// A status line on a terminal: the song, the buffer level, and the sources of chunks.
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace stretto::listen {

struct PanelView {
    enum class State { starting, playing, paused, stalled, no_device } state = State::starting;
    enum class From { cache, peer, edge };
    std::string title, artist;            ///< from the manifest: not trusted
    double at = 0, length = 0;            ///< s
    double buffer = 0, buffer_most = 30;  ///< buffer level in s, and the level of a full bar
    int kbps = 0;                         ///< of the playback; 0: not known yet
    std::vector<From> sources{};          ///< of the last chunks, the newest last
    int peers = 0;
    int volume = 100;           ///< %
    std::string waiting_for{};  ///< during silence: the last failure
};

/// The line, at most so many columns wide. The title gets the remaining width. On a narrow terminal
/// the other parts are omitted from the end. The picture of sources has one column per chunk; its
/// height is the cost of the source: own cache, peer, edge.
std::string panel_line(const PanelView& view, std::size_t columns, bool utf8);

/// Draws on standard error, if that is a terminal; else says nothing.
class Panel {
   public:
    /// @param enabled  false: say nothing (quiet)
    explicit Panel(bool enabled = true);
    ~Panel();  // wipes the line
    Panel(const Panel&) = delete;

    bool shown() const noexcept { return shown_; }
    /// Redraw after a change, at most four times a second unless `now`.
    void show(const PanelView& view, bool now = false);
    /// Wipe the line before another message on standard error; the next show() draws it again.
    void wipe();

   private:
    bool shown_, utf8_;
    std::string drawn_;
    std::chrono::steady_clock::time_point last_{};
};

}  // namespace stretto::listen

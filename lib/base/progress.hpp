#pragma once
// A line on standard error that shows the progress of long work, if standard error is a terminal
// and this process is in its foreground.
#include <chrono>
#include <string>
#include <string_view>

namespace stretto {

class Progress {
   public:
    /// @param enabled  false: print nothing (quiet); true: print if standard error is a terminal
    explicit Progress(bool enabled = true);
    ~Progress();  // wipes the line
    Progress(const Progress&) = delete;

    bool shown() const noexcept { return shown_; }
    /// Take the line away: before something else is written to the terminal.
    void wipe();
    /// Redraw at most ten times a second, cut to the width of the terminal. @param share  0..1, or
    /// below 0 when unknown
    void show(double share, std::string_view what);

   private:
    bool shown_;
    bool drawn_ = false;
    std::chrono::steady_clock::time_point last_{};
};

/// "1:02:03" or "2:03".
std::string clock_text(double seconds);
/// "9.8 MB", "312 kB": decimal units, three digits.
std::string size_text(double bytes);

}  // namespace stretto

#pragma once
// Single key presses from a terminal. The terminal's mode is restored however the program
// ends.
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"

namespace stretto {

/// Whether `fd` is a terminal that this process may draw on. Another job may own it, after
/// `COMMAND &` or Ctrl-Z and `bg`.
bool in_foreground(int fd);

/// While this object lives, keys arrive without Enter and are not echoed. Ctrl-C and Ctrl-Z work as
/// usual. The destructor, exit(), Ctrl-Z and unhandled fatal signals restore the terminal's mode.
/// Only one object may exist at a time.
class KeyTerminal {
   public:
    /// Does nothing if `fd` is not a terminal, or if another job uses the terminal.
    explicit KeyTerminal(int fd);
    ~KeyTerminal();
    KeyTerminal(const KeyTerminal&) = delete;
    /// Whether keys can be read from it.
    explicit operator bool() const noexcept { return active_; }
    /// The same at this moment: a job that was sent to the background must not read, which would
    /// stop it. Sets the terminal to single keys again when the job is back.
    bool readable();

   private:
    bool active_ = false;
};

enum class Key { space, left, right, up, down, character };
struct Press {
    Key key;
    char character = 0;  ///< ASCII; of Key::character
    bool operator==(const Press&) const = default;
};

/// Keys from the bytes of a terminal. The sequence of an arrow key may be split between reads.
class KeyReader {
   public:
    std::vector<Press> add(std::string_view bytes);

   private:
    std::string sequence_;  // begun with ESC
};

/// Text from a stranger for one line of a terminal: without control characters and direction marks,
/// with '?' for invalid UTF-8, and cut to a number of columns; "…" marks a cut.
/// @param utf8  if false, every character beyond ASCII becomes '?'
std::string fit_columns(std::string_view text, std::size_t columns, bool utf8);
/// The width of printable UTF-8 in columns.
std::size_t columns_of(std::string_view text);
/// Whether the locale of the environment uses UTF-8.
bool utf8_locale();

}  // namespace stretto

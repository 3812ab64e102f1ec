#pragma once
// Keys from a terminal as they are pressed, and a terminal that is as before whatever ends the
// program.
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"

namespace stretto {

/// Whether `fd` is a terminal that this process may draw on: another job may have it, after
/// `COMMAND &` or Ctrl-Z and `bg`.
bool in_foreground(int fd);

/// Keys come without Enter and are not shown, while this lives. Ctrl-C and Ctrl-Z do what they
/// always do. The terminal is set back by the destructor, at exit(), by Ctrl-Z and by signals that
/// end the program and that nobody else handles. One at a time.
class KeyTerminal {
   public:
    /// Does nothing where `fd` is no terminal, or one that another job uses.
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

/// What a terminal sends as keys: sequences of arrows may be split between reads.
class KeyReader {
   public:
    std::vector<Press> add(std::string_view bytes);

   private:
    std::string sequence_;  // begun with ESC
};

/// Text from a stranger for one line of a terminal: no control characters or marks that turn the
/// direction, broken UTF-8 as '?', and no more than so many columns; "…" ends what was cut.
/// @param utf8  else all that is not ASCII becomes '?'
std::string fit_columns(std::string_view text, std::size_t columns, bool utf8);
/// Columns that printable UTF-8 takes.
std::size_t columns_of(std::string_view text);
/// Whether the locale of the environment is one of UTF-8.
bool utf8_locale();

}  // namespace stretto

#pragma once
// What a player was playing when it ended, to go on from there (`--resume`).
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "listen/remote.hpp"
#include "net/loop.hpp"

namespace stretto::listen {

struct Remembered {
    std::vector<std::string> songs;  ///< ids and names
    std::size_t number = 0;          ///< of the song that was playing
    double seconds = 0;              ///< its position
    double volume = 1;               ///< 0..1
    bool operator==(const Remembered&) const = default;
};

std::string print(const Remembered& remembered);
/// Malformed for what print() does not write: no song, what is none, numbers out of range.
Result<Remembered> parse_remembered(std::string_view text);

/// XDG_STATE_HOME, or else ~/.local/state: "stretto/queue.json" there. An Error (64) without both.
std::filesystem::path memory_file();
/// nullopt: there is no file. What is damaged is noted, and is as if it were not there.
std::optional<Remembered> recall(const std::filesystem::path& file);

/// Keeps the file up to date while a player plays.
class Memory {
   public:
    Memory(net::Loop& loop, const Remote& player, std::filesystem::path file);
    void look();
    /// @param finished  the queue was played to its end: there is nothing to go on with
    void close(bool finished);

   private:
    void save();

    const Remote& player_;
    std::filesystem::path file_;
    Remembered now_, saved_;
    int looks_ = 0;
    bool failed_ = false;
    net::Timer tick_;
};

}  // namespace stretto::listen

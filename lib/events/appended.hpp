#pragma once
// A file that grows by whole lines, each on the disk before anybody is told so, and is put away by
// size and by day.
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include "base/file.hpp"

namespace stretto::events {

class Appended {
   public:
    /// What a crash left behind the last line feed is dealt with: a whole event gets its line feed,
    /// anything else is cut off.
    /// @param path        made if need be; beside it the full ones are put: of "events.jsonl"
    ///                    "events-2026-11-27T235959.812Z.jsonl", by when their last line came (UTC)
    /// @param most_bytes  above which it is put away; more only where one append has more
    /// An Error: 74, or 75 when another program appends to it.
    Appended(std::filesystem::path path, std::uint64_t most_bytes);

    /// All of these lines are on the disk when this returns no error; with one, none of them is in
    /// the file. @param now_ms  UTC, since 1970
    std::error_code append(std::string_view lines, std::int64_t now_ms);
    /// Open the path anew, as after logrotate. An Error leaves the old file in use.
    void reopen();

    /// Bytes that were cut off or ended at the start.
    std::uint64_t healed() const noexcept { return healed_; }
    std::uint64_t put_away() const noexcept { return put_away_; }

   private:
    struct Opened {
        File file;
        std::uint64_t healed = 0;
        std::int64_t last_ms = 0;
    };
    Opened open() const;
    void use(Opened opened);
    bool cut_back();
    void put_away(std::int64_t now_ms);
    bool is_at_path() const;

    std::filesystem::path path_;
    std::uint64_t most_bytes_, healed_ = 0, put_away_ = 0;
    File file_;
    std::int64_t last_ms_ = 0;  // when its last line came
    std::int64_t sound_ = -1;   // what is behind this must be cut off; -1: nothing
};

}  // namespace stretto::events

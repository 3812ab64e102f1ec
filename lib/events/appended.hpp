#pragma once
// A file that grows by whole lines. Each line is on the disk before its writer gets a confirmation.
// The file is rotated by size and by day.
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include "base/file.hpp"

namespace stretto::events {

class Appended {
   public:
    /// Repairs the text after the last line feed of a crash: a whole event gets its line feed, any
    /// other text is cut off.
    /// @param path        created if missing; "events.jsonl" is rotated to
    ///                    "events-2026-11-27T235959.812Z.jsonl", the time of its last line (UTC)
    /// @param most_bytes  size of a rotation; larger only if one append is larger
    /// An Error: 74, or 75 if another program appends to it.
    Appended(std::filesystem::path path, std::uint64_t most_bytes);

    /// After success, all of these lines are on the disk; after an error, none of them is in
    /// the file. @param now_ms  UTC, since 1970
    std::error_code append(std::string_view lines, std::int64_t now_ms);
    /// Open the path again, as after logrotate. After an Error the old file stays in use.
    void reopen();

    /// Bytes that were cut off or completed at the start.
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

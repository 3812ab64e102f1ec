#pragma once
// Writes event lines to a file: stretto-events(5).
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/file.hpp"
#include "events/line.hpp"

namespace stretto::events {

/// A file that grows by whole lines, with any number of writers. A line that was torn by a crash or
/// a full disk is ended before the next begins, so it damages no other. After a rename of the file,
/// as for rotation, a new file is created.
class Writer : public Sink {
   public:
    /// @param path  opened to append, created if missing; "-" is standard output
    explicit Writer(const std::filesystem::path& path);
    Writer(const Writer&) = delete;
    /// Flushes; lines that cannot be written are lost silently.
    ~Writer() override;

    /// They are in the file when this is a second, by `time_ms`, after those that wait there, or
    /// 64 kB wait.
    void write(std::string_view lines, std::int64_t time_ms) override;
    /// An Error (74) loses the waiting lines; the writer stays usable.
    void flush() override;

   private:
    void follow_name();

    std::filesystem::path path_;
    File file_;
    std::string waiting_;
    std::int64_t since_ms_ = 0;  // time of the first line that waits
    bool torn_ = false;          // the file does not end in a line feed
};

}  // namespace stretto::events

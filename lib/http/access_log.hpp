#pragma once
// The access log: one line a request, in the combined log format with cache status, milliseconds,
// the player's session and the server that asked behind it.
#include <atomic>
#include <filesystem>
#include <mutex>
#include <string>

#include "base/file.hpp"
#include "http/message.hpp"
#include "net/socket.hpp"

namespace stretto::http {

/// Shared by all workers; each collects lines in a Lines of its own and passes them on in one
/// write.
class AccessLog {
   public:
    /// @param path            "-" is standard output, empty: no log
    /// @param full_addresses  else the last byte (IPv4) or all but 48 bits (IPv6) are cleared
    AccessLog(std::filesystem::path path, bool full_addresses);

    bool enabled() const noexcept { return !path_.empty(); }
    bool full_addresses() const noexcept { return full_; }
    /// Open the file anew, as after logrotate. The old one is kept when that fails.
    void reopen();
    /// Whole lines. A log that cannot be written stops nothing; its lines are counted as lost.
    void write(std::string_view lines);
    std::uint64_t lost() const noexcept { return lost_; }

   private:
    std::filesystem::path path_;
    bool full_;
    std::mutex mutex_;
    File file_;
    std::atomic<std::uint64_t> lost_{0};
};

struct LogEntry {
    /// No method: the request could not be read.
    std::string_view method, target, referer, agent, cache;
    int major = 1, minor = 1, status = 0;
    std::uint64_t bytes = 0, ms = 0;
    std::string_view session, via;
};

/// The player's session that a request belongs to: `sid` of CMCD-Session (CTA-5004), at most 64
/// bytes of it; empty: none.
std::string session_of(const Fields& request);
/// The server that a request came through last, as Via names it; empty: none.
std::string via_of(const Fields& request);

/// A worker's lines on their way to the log.
class LogLines {
   public:
    explicit LogLines(AccessLog& log) : log_(log) {}
    ~LogLines() { flush(); }
    void add(const net::Address& peer, const LogEntry& entry);
    void flush();

   private:
    AccessLog& log_;
    std::string lines_;
    std::int64_t second_ = -1;
    std::string time_;  // of second_
};

}  // namespace stretto::http

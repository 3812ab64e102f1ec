#pragma once
// Sums up the bytes in servers' access logs, and those that no player has reported.
#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string_view>
#include <tuple>
#include <vector>

#include "report/access.hpp"
#include "report/names.hpp"
#include "report/sorted.hpp"

namespace stretto::report {

/// The kind of a response. `reported`: events of its session were read. Others: from a cache,
/// through a cache, from an origin, or to another server.
enum class Told : std::uint8_t { reported, hit, miss, origin, to_server };

/// A line of a log, as often as one pass over the log contains it.
///
/// If a log is read twice, or together with a rotated copy, two passes contain the same lines.
/// These count once. If one pass contains a line twice, it stands for two responses.
struct Logged {
    std::uint64_t line = 0;     ///< 64 bits of SHA-256 over server and line
    std::uint64_t session = 0;  ///< see session_key(); 0: unknown
    std::int64_t bytes = 0;
    Name server = 0;
    std::uint32_t pass = 0, times = 1;
    Told told = Told::hit;

    auto key() const { return std::tie(server, line, pass); }
};

/// Responses of one kind to one session.
struct Sent {
    std::uint64_t session = 0;
    Name server = 0;
    Told told = Told::reported;
    std::int64_t requests = 0, bytes = 0;

    auto key() const { return std::tie(session, told, server); }
};

/// Sums of one server.
struct OfServer {
    std::int64_t requests = 0, bytes = 0;
    /// Parts of these bytes, per kind; see Told.
    std::int64_t reported = 0, hit = 0, miss = 0, origin = 0, to_servers = 0;
    std::int64_t unreported_requests = 0;

    std::int64_t unreported() const { return hit + miss + origin; }
    void add(const OfServer& other);
};

/// 64 bits of SHA-256 over the session's id; never 0.
std::uint64_t session_key(std::string_view session);

/// The operator's own servers, by their addresses. Their requests are on behalf of others, and are
/// counted in their own logs. Via in a request proves nothing, because any client can send it.
class KnownServers {
   public:
    KnownServers() = default;
    /// Read a JSON list like edges.json:
    /// [{"name": ..., "url": "http://192.0.2.7:8481", "addresses": ["192.0.2.0/28"]}]. Throws an
    /// Error (65) if it is invalid or contains no address.
    explicit KnownServers(const std::filesystem::path& path);

    /// Whether an address in a log is that of a server. A shortened address matches if the server's
    /// address, shortened in the same way, is equal.
    bool has(std::string_view address) const;

   private:
    struct Block {
        std::array<std::uint8_t, 16> bytes;
        int bits;
    };
    void add(const std::string& address, const std::string& subject);

    std::vector<Block> blocks_;
};

/// Adds up the lines of logs. Memory grows with the number of servers; lines above 20 MB are kept
/// on disk.
class ServerLogs {
   public:
    /// Add a line of a log. Logs and events may come in any order.
    /// @param to_server  the client is a known server; see KnownServers
    void add(const Access& access, std::string_view line, Name server, std::string_view name,
             bool to_server);
    void add(const Logged& logged) {
        auto one = logged;
        one.pass = pass_.number;
        lines_.add(one);
        any_ = true;
    }
    /// Events of this session were read.
    void reported(std::uint64_t session) { sessions_.add({session, 0, Told::reported, 0, 0}); }
    /// The state of one pass over a log.
    struct Pass {
        std::uint32_t number = 0;
        std::uint64_t first_line = 0;
        std::int64_t latest_ms = 0;
    };
    /// The following lines come from another file.
    void next_file() { pass_ = {.number = ++passes_}; }
    /// Files may be read alternately: save pass() of a file, and resume() it before its next line.
    const Pass& pass() const noexcept { return pass_; }
    void resume(const Pass& pass) noexcept { pass_ = pass; }
    /// See Sorted.
    void branch() { lines_.branch(), sessions_.branch(); }

    /// For partial reports: all lines, duplicates once.
    void each_line(const std::function<void(const Logged&)>& take);
    void each_reported(const std::function<void(std::uint64_t)>& take);
    std::map<Name, OfServer> sum();

   private:
    Sorted<Logged> lines_{400'000};
    Sorted<Sent> sessions_{250'000};
    std::uint32_t passes_ = 0;
    Pass pass_;
    bool any_ = false;
};

}  // namespace stretto::report

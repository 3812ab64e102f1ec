#pragma once
// What servers sent, by their logs, and how much of it no player has reported.
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

/// Of `reported` answers the events of the session were read.
enum class Told : std::uint8_t { reported, hit, miss, origin, to_server };

/// A line of a log, once for each time that a pass over the log has it.
///
/// A log that is read twice, or a rotated copy of it beside the log itself, has the same lines in
/// two passes: then they count once. The same line twice in one pass is two answers.
struct Logged {
    std::uint64_t line = 0;     ///< 64 bits of SHA-256 over server and line
    std::uint64_t session = 0;  ///< see session_key(); 0: not known
    std::int64_t bytes = 0;
    Name server = 0;
    std::uint32_t pass = 0, times = 1;
    Told told = Told::hit;

    auto key() const { return std::tie(server, line, pass); }
};

/// Answers of one kind to one session.
struct Sent {
    std::uint64_t session = 0;
    Name server = 0;
    Told told = Told::reported;
    std::int64_t requests = 0, bytes = 0;

    auto key() const { return std::tie(session, told, server); }
};

struct OfServer {
    std::int64_t requests = 0, bytes = 0;
    /// Of these bytes: to sessions whose events were read; to others, from the cache, not from
    /// it, and from an origin itself; to other servers.
    std::int64_t reported = 0, hit = 0, miss = 0, origin = 0, to_servers = 0;
    std::int64_t unreported_requests = 0;

    std::int64_t unreported() const { return hit + miss + origin; }
    void add(const OfServer& other);
};

/// 64 bits of SHA-256 over the session's id; never 0.
std::uint64_t session_key(std::string_view session);

/// Servers by their addresses, from a file: what they ask for is for others. A request's own Via is
/// no proof, as any proxy and any stranger sends it.
class KnownServers {
   public:
    KnownServers() = default;
    /// JSON: [{"name": ..., "url": "http://192.0.2.7:8481", "addresses": ["192.0.2.0/28"]}], as
    /// edges.json; an Error (65) when it is not, or says no address at all.
    explicit KnownServers(const std::filesystem::path& path);

    /// @param address  of a log's line; a shortened one is of a server when that one's would be
    bool has(std::string_view address) const;

   private:
    struct Block {
        std::array<std::uint8_t, 16> bytes;
        int bits;
    };
    void add(const std::string& address, const std::string& subject);

    std::vector<Block> blocks_;
};

/// Memory grows with servers; lines are on disk above 20 MB.
class ServerLogs {
   public:
    /// Logs and events come in any order. @param to_server  see KnownServers
    void add(const Access& access, std::string_view line, Name server, std::string_view name,
             bool to_server);
    void add(const Logged& logged) {
        auto one = logged;
        one.pass = pass_.number;
        lines_.add(one);
        any_ = true;
    }
    /// The events of this session were read.
    void reported(std::uint64_t session) { sessions_.add({session, 0, Told::reported, 0, 0}); }
    /// One pass over a log.
    struct Pass {
        std::uint32_t number = 0;
        std::uint64_t first_line = 0;
        std::int64_t latest_ms = 0;
    };
    /// Another file begins.
    void next_file() { pass_ = {.number = ++passes_}; }
    /// Of files that are read by turns: where this one is, and that it goes on.
    const Pass& pass() const noexcept { return pass_; }
    void resume(const Pass& pass) noexcept { pass_ = pass; }
    /// See Sorted.
    void branch() { lines_.branch(), sessions_.branch(); }

    /// All that was added, doubled lines once: for partial reports.
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

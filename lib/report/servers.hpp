#pragma once
// What servers sent, by their logs, and how much of it no player has reported.
#include <cstdint>
#include <functional>
#include <map>
#include <string_view>
#include <tuple>

#include "report/access.hpp"
#include "report/names.hpp"
#include "report/sorted.hpp"

namespace stretto::report {

/// `reported` is no answer: the events of that session were read.
enum class Told : std::uint8_t { reported, hit, miss, origin, to_server };

/// Answers of one kind to one session.
struct Sent {
    std::uint64_t session = 0;  ///< see session_key(); 0: not known
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

/// Memory grows with servers; sessions are on disk above 10 MB.
class ServerLogs {
   public:
    /// Logs and events come in any order.
    void add(const Access& access, Name server);
    void add(const Sent& sent);
    /// The events of this session were read.
    void reported(std::uint64_t session) { sessions_.add({session, 0, Told::reported, 0, 0}); }

    /// All that was added, alike ones added up: for partial reports.
    void each(const std::function<void(const Sent&)>& take);
    std::map<Name, OfServer> sum();

   private:
    void each_session(const std::function<void(const Sent&)>& take);

    Sorted<Sent> sessions_{250'000};
    std::map<std::pair<Name, Told>, Sent> unknown_;  // without a session
    bool any_ = false;
};

}  // namespace stretto::report

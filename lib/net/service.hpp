#pragma once
// The service manager that started this process, such as systemd: the sockets that it passes
// (sd_listen_fds(3)), and the messages that it expects (sd_notify(3)). Both are a few environment
// variables and datagrams. libsystemd would add five more libraries to each server for them.
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.hpp"
#include "net/socket.hpp"

namespace stretto::net {

/// A listening socket that the service manager opened. It stays open there while we restart.
struct PassedSocket {
    std::string name;  ///< FileDescriptorName= of the socket unit; "unknown" without names
    File socket;       ///< non-blocking, close-on-exec
};

/// LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES as they are in the environment; nullptr: missing.
struct PassedVariables {
    const char *pid = nullptr, *count = nullptr, *names = nullptr;
};
/// The names of the sockets for the process `pid`, in order; none if they are for another process.
/// Malformed if the variables contradict each other.
Result<std::vector<std::string>> parse_passed(const PassedVariables& variables, long pid);

/// The sockets of this process. Call it once, before other descriptors are opened: it removes the
/// variables. An Error (64) if a descriptor is no listening stream socket.
std::vector<PassedSocket> take_passed_sockets();

/// An Error (64) for a Unix socket where addresses of clients are needed.
void refuse_unix(int fd, const std::string& name);

/// The same socket `count` times, for as many workers. They share its queue.
std::vector<File> share(File socket, unsigned count);

/// Does nothing if the manager expects no messages. A lost message ends nothing.
class ServiceManager {
   public:
    /// Of NOTIFY_SOCKET, WATCHDOG_PID and WATCHDOG_USEC, which it removes.
    ServiceManager();

    void ready(std::string_view status) const;
    /// Before ready().
    void reloading() const;
    void stopping(std::string_view status) const;
    void alive() const;
    /// alive() is expected in shorter intervals than this; nullopt: never.
    std::optional<std::chrono::milliseconds> watchdog() const noexcept { return watchdog_; }

   private:
    void send(std::string_view message, int flags) const;

    File socket_;
    std::optional<std::chrono::milliseconds> watchdog_;
};

}  // namespace stretto::net

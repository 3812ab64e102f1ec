#pragma once
// A server on one loop, from its sockets to its end: how the tracker and the Subsonic gateway run.
#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "http/certificates.hpp"
#include "http/server.hpp"
#include "http/status.hpp"
#include "net/loop.hpp"
#include "net/reloads.hpp"
#include "net/service.hpp"

namespace stretto::http {

/// Takes the sockets that the service manager has passed, so it is made before other descriptors
/// are opened.
class Daemon {
   public:
    Daemon() : passed_(net::take_passed_sockets()) {}

    /// What SIGHUP reloads.
    net::Reloads& reloads() { return reloads_; }

    /// Open the addresses, or take the passed sockets in their place, and print each address.
    /// @param certificates  nullptr: without TLS
    /// @param each          called with each address before it is printed
    void listen(Server& server, const std::vector<std::string>& addresses,
                const Certificates* certificates,
                const std::function<void(const net::Address&)>& each = {});

    /// Until SIGTERM or SIGINT; then responses under way have `grace` to finish, or until a second
    /// signal.
    /// @param doing   what the service manager shows: "tracking"
    /// @param on_end  called at the first signal, before the server drains
    void run(net::Loop& loop, Server& server, Status& status, std::string_view doing,
             std::chrono::seconds grace, const std::function<void()>& on_end = {});

   private:
    net::ServiceManager manager_;
    std::vector<net::PassedSocket> passed_;
    net::Reloads reloads_;
};

/// Connections that clients may open.
/// @param most         so many at most
/// @param descriptors  that the process may have
/// @param own          of them for connections to other servers, logs and the like
std::size_t client_connections(std::size_t most, std::size_t descriptors, std::size_t own);

}  // namespace stretto::http

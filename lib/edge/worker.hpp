#pragma once
// The threads of a server, each with a loop, a server and a site. They start and drain together.
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "edge/site.hpp"

namespace stretto::edge {

/// The objects of one thread.
struct Worker {
    net::Loop loop;
    std::unique_ptr<Backend> backend;
    std::unique_ptr<Site> site;
    std::unique_ptr<http::Server> server;
    std::thread thread;
};

class Workers {
   public:
    /// Makes the backend of a worker on its loop.
    using MakeBackend = std::function<std::unique_ptr<Backend>(net::Loop&)>;

    Workers(unsigned count, const MakeBackend& make, SiteShared& site, http::Status& status,
            const http::Limits& limits, http::Shared& shared);
    ~Workers();

    std::size_t size() const noexcept { return workers_.size(); }
    /// The loop of run(), for objects without a thread of their own.
    net::Loop& main() noexcept { return main_; }
    /// Worker i takes over sockets[i]. Call this before run().
    void listen(std::vector<File> sockets, const http::Certificates* certificates);

    /// Run until SIGTERM or SIGINT, which call `stopping`. Then responses in progress have `grace`
    /// to finish; a second signal ends at once. SIGHUP calls `reload`. Rethrows exceptions of
    /// workers.
    void run(std::chrono::seconds grace, const std::function<void()>& reload,
             const std::function<void()>& stopping);
    /// Calls back on the main loop after each worker's loop has responded; never if one hangs or
    /// has ended.
    void ask_all(const std::function<void()>& answered);

   private:
    void start();
    void drain();
    void stop_all();

    std::vector<std::unique_ptr<Worker>> workers_;
    http::Status& status_;
    net::Loop main_;
    std::size_t running_ = 0;
    bool draining_ = false;
    std::exception_ptr failure_;
};

}  // namespace stretto::edge

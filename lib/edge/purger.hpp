#pragma once
// Executes a purge at an edge, and forwards it to others.
#include <condition_variable>
#include <functional>
#include <memory>
#include <thread>

#include "edge/flights.hpp"
#include "edge/purge.hpp"

namespace stretto::edge {

/// Used on one loop. A hard purge takes effect at once; a separate thread removes the files.
class Purger {
   public:
    /// @param others  admin listeners of edges that get each purge: http://HOST:PORT or unix:PATH
    Purger(net::Loop& loop, EdgeShared& shared, Flights& flights,
           const std::vector<std::string>& others);
    ~Purger();

    /// @param done  called at once or later: 200, 404 for an unknown name, 502 if not all others
    ///              confirmed, 500 if it holds here but could not be saved; with a line for each
    ///              failure
    void purge(const Purge& purge, std::function<void(int status, const std::string& why)> done);

   private:
    struct Asked;
    std::optional<std::string> id_of(const std::string& name);
    std::string purge_here(Purge& purge);
    void save(Asked& asked);
    void pass_on(const std::shared_ptr<Asked>& asked);
    void sweep();  // runs on the thread

    EdgeShared& shared_;
    Flights& flights_;
    std::vector<std::unique_ptr<http::Upstream>> others_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool stop_ = false;  // guarded by mutex_
    std::thread sweeper_;
};

}  // namespace stretto::edge

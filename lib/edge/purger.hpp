#pragma once
// Carries out a purge at an edge, and passes it on to others.
#include <condition_variable>
#include <functional>
#include <memory>
#include <thread>

#include "edge/flights.hpp"
#include "edge/purge.hpp"

namespace stretto::edge {

/// Used on one loop. What is gone for good at once for those who ask is taken off the disk by a
/// thread of its own.
class Purger {
   public:
    /// @param others  admin listeners of edges that are told too: http://HOST:PORT or unix:PATH
    Purger(net::Loop& loop, EdgeShared& shared, Flights& flights,
           const std::vector<std::string>& others);
    ~Purger();

    /// @param done  called at once or later: 200, 404 for a name that is not known here, 502 when
    ///              not all others could be told; with a line for each that failed
    void purge(const Purge& purge, std::function<void(int status, const std::string& why)> done);

   private:
    struct Asked;
    std::optional<std::string> id_of(const std::string& name);
    std::string purge_here(Purge& purge);
    void pass_on(const std::shared_ptr<Asked>& asked);
    void sweep();  // the thread's

    net::Loop& loop_;
    EdgeShared& shared_;
    Flights& flights_;
    std::vector<std::unique_ptr<http::Upstream>> others_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool stop_ = false;  // guarded by mutex_
    std::thread sweeper_;
};

}  // namespace stretto::edge

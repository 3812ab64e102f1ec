#pragma once
// Requests /healthz from each edge at intervals.
#include <map>
#include <memory>

#include "http/upstream.hpp"
#include "swarm/edges.hpp"

namespace stretto::track {

class EdgeProber {
   public:
    /// An edge that does not respond within `period` counts as failing, and is asked again.
    EdgeProber(net::Loop& loop, swarm::Edges& edges, std::chrono::milliseconds period);

    /// After edges.replace().
    void renew();

   private:
    struct Probe {
        std::unique_ptr<http::Upstream> edge;
        std::unique_ptr<http::Fetch> fetch;
        int status = 0;
    };
    void ask_all();
    void ask(const std::string& url, Probe& probe);
    void ask_failing();
    bool is_healthy(const std::string& url) const;

    net::Loop& loop_;
    swarm::Edges& edges_;
    std::chrono::milliseconds period_;
    std::map<std::string, Probe> probes_;  // by URL
    net::Timer timer_, soon_;
};

}  // namespace stretto::track

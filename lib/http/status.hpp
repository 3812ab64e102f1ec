#pragma once
// The state of a server: /healthz, /metrics (Prometheus text format 0.0.4), /stats.json.
#include <functional>
#include <string>
#include <vector>

#include "http/server.hpp"

namespace stretto::http {

struct Metric {
    std::string name;  ///< without the prefix "stretto_"; counters end in _total
    std::string help;
    double value = 0;
    std::string labels;       ///< "tier=\"disk\"", or empty
    std::string family = {};  ///< of a part of a histogram: its name
};

class Status {
   public:
    /// @param name  of this server, for people
    Status(std::string name, std::string role, const Shared& shared);

    /// More metrics, called for each request.
    void add(std::function<void(std::vector<Metric>&)> source) {
        sources_.push_back(std::move(source));
    }
    /// JSON that /stats.json shows under `key` beside the metrics, called for each request.
    void add(std::string key, std::function<std::string()> json) {
        parts_.emplace_back(std::move(key), std::move(json));
    }
    /// Called for each health request: the reason of a degradation, or nothing.
    void add_trouble(std::function<std::string()> why) { troubles_.push_back(std::move(why)); }
    /// The server shuts down and is not ready any more.
    void draining() noexcept { draining_ = true; }

    /// @param reasons  list the reasons of a degradation
    void health(const Reply& reply, bool reasons = true) const;
    void metrics(const Reply& reply) const;
    void stats(const Reply& reply) const;

   private:
    std::vector<Metric> collect() const;

    std::string name_, role_;
    const Shared& shared_;
    std::vector<std::function<void(std::vector<Metric>&)>> sources_;
    std::vector<std::pair<std::string, std::function<std::string()>>> parts_;
    std::vector<std::function<std::string()>> troubles_;
    std::atomic<bool> draining_{false};
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

}  // namespace stretto::http

#pragma once
// Which recordings to play over, from where on, and how fast they are taken to be.
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "sim/link.hpp"

namespace stretto::sim {

struct Scenario {
    std::string file;  ///< within the folder
    int offset_s = 0;
    double multiplier = 1;
    double rtt_s = 0.05;
    std::string kind;  ///< of network, as "3g"; songs of a kind are summed up together

    bool operator==(const Scenario&) const = default;
};

/// Lines of file, offset_s, multiplier, rtt_ms and perhaps kind with tabs between, under a line
/// that says so.
Result<std::vector<Scenario>> parse_scenarios(std::string_view text);

/// The recordings of a folder, each read once.
class Recordings {
   public:
    explicit Recordings(std::filesystem::path folder) : folder_(std::move(folder)) {}

    /// All of them, in the order of their names, each from its beginning as it is.
    std::vector<Scenario> all();
    /// An Error (65, 66) when it cannot be had.
    const Trace& trace(const std::string& file);
    /// @param least_kbps  what the link carries at any time, whatever was recorded
    Link link(const Scenario& scenario, double least_kbps = 0) {
        return {trace(scenario.file).kbps, scenario.offset_s, scenario.multiplier, scenario.rtt_s,
                least_kbps};
    }

   private:
    std::filesystem::path folder_;
    std::map<std::string, Trace> read_;
};

}  // namespace stretto::sim

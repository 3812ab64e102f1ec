#pragma once
// The recordings to use, each with a start offset and a rate multiplier.
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "sim/link.hpp"

namespace stretto::sim {

struct Scenario {
    std::string file;  ///< path within the folder
    int offset_s = 0;
    double multiplier = 1;
    double rtt_s = 0.05;
    std::string kind;  ///< kind of network, such as "3g"; results are also summed per kind

    bool operator==(const Scenario&) const = default;
};

/// Parse lines with the columns file, offset_s, multiplier, rtt_ms and optionally kind, separated
/// by tabs. The first line names the columns.
Result<std::vector<Scenario>> parse_scenarios(std::string_view text);

/// The recordings of a folder, each read once.
class Recordings {
   public:
    explicit Recordings(std::filesystem::path folder) : folder_(std::move(folder)) {}

    /// All recordings in the order of their names, each from its start and unchanged.
    std::vector<Scenario> all();
    /// Throws an Error (65, 66) if the recording is missing or invalid.
    const Trace& trace(const std::string& file);
    /// @param least_kbps  lowest rate of the link in any second
    Link link(const Scenario& scenario, double least_kbps = 0) {
        return {trace(scenario.file).kbps, scenario.offset_s, scenario.multiplier, scenario.rtt_s,
                least_kbps};
    }

   private:
    std::filesystem::path folder_;
    std::map<std::string, Trace> read_;
};

}  // namespace stretto::sim

#include "report/published.hpp"

namespace stretto::report {
namespace {

Cell percentile(const Sketch& sketch, double p) {
    const auto ms = sketch.percentile(p);
    return ms < 0 ? Cell{} : Cell{ms};
}
Cell if_any(double number, bool any) { return any ? Cell{number} : Cell{}; }

}  // namespace

Table published_table(const Experience& e, const Traffic& t) {
    const auto share = [&](std::int64_t bytes) {
        return if_any(ratio(bytes, t.all_bytes()) * 100, t.all_bytes() > 0);
    };
    return {
        "published",
        "Beside Spotify in 2010 (Kreitz and Niemela, IEEE P2P)",
        {{"measure", "measure"},
         {"spotify_2010", "Spotify", Kind::number},
         {"here", "here", Kind::number}},
        {{std::string{"startup, half below, ms"}, 265.0, percentile(e.startup, 0.5)},
         {std::string{"startup, three quarters below, ms"}, Cell{}, percentile(e.startup, 0.75)},
         {std::string{"startup, nine tenths below, ms"}, Cell{}, percentile(e.startup, 0.9)},
         {std::string{"sessions with a stall, %"}, 1.0,
          if_any(e.share_with_stall() * 100, e.started > 0)},
         {std::string{"bytes from servers, %"}, 8.8, share(t.edge_bytes())},
         {std::string{"bytes from peers, %"}, 35.8, share(t.of(Source::peer))},
         {std::string{"bytes from the own cache, %"}, 55.4, share(t.of(Source::cache))}}};
}

}  // namespace stretto::report

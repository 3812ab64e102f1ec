#pragma once
// Writes the events of a simulated play, as stretto-play does; see stretto-events(5).
#include <string>

#include "events/writer.hpp"
#include "sim/player.hpp"

namespace stretto::sim {

class Journal {
   public:
    struct Play {
        std::string session, listener, place, song;
        std::int64_t began_ms = 0;  ///< UTC, the clock's 0
    };
    Journal(events::Writer& writer, const abr::Shape& song, const Play& play);

    /// An observer for play(). The journal must outlive it.
    const Watch& watch() const { return watch_; }
    /// Write the end of the play. Throws an Error (74) if writing fails.
    void end(const Outcome& outcome);

   private:
    std::int64_t at(double now) const;
    void sounds(double now, const Playout& playout);
    void fetched(const Fetched& fetched);
    void second(double now, const Playout& playout);

    const abr::Shape& song_;
    std::int64_t began_ms_;
    events::Session session_;
    Watch watch_;
    double told_ = 0, stalled_at_ = 0;
    bool stalled_ = false;
    int kbps_ = 0;
};

}  // namespace stretto::sim

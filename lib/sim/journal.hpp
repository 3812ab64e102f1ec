#pragma once
// A simulated play as the events that stretto-play writes: stretto-events(5).
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

    /// To be given to play(); this must outlive it.
    const Watch& watch() const { return watch_; }
    /// How it ended. An Error (74) when it cannot be written.
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

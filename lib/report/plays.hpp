#pragma once
// Who heard what and when, a record a session: sorted by listener, in memory as long as it is
// little, then in runs on disk.
#include <cstdint>
#include <functional>
#include <tuple>
#include <vector>

#include "base/file.hpp"
#include "report/names.hpp"

namespace stretto::report {

struct Heard {
    std::uint64_t listener = 0;
    std::int64_t first_ms = 0;
    std::uint32_t heard_ms = 0;  ///< no session is longer than 49 days
    Name song = 0;
    std::uint8_t short_song = 0;  ///< a play though below 30 s, for all of the song was heard
    std::uint8_t skipped = 0;

    auto key() const { return std::tie(listener, first_ms, song, heard_ms, short_song, skipped); }
};

/// Takes any number of records in 16 MB; a file under TMPDIR holds the rest.
class Plays {
   public:
    explicit Plays(std::size_t in_memory = 500'000) : most_(in_memory) {}
    void add(const Heard& heard);
    /// All records by listener, time, song. As often as wanted.
    void each(const std::function<void(const Heard&)>& take);

   private:
    void spill();

    std::size_t most_;
    std::vector<Heard> waiting_;
    File spool_;
    std::vector<std::uint64_t> runs_;  // where each ends, in records
};

}  // namespace stretto::report

#pragma once
// The lines of a file, parsed on all processors before they are taken, in the file's order, by one.
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "events/reader.hpp"

namespace stretto::report {

/// A line without its line feed and the carriage return before it.
struct ParsedLine {
    std::string_view text;
    bool whole = true;  ///< false: too long to be read, `text` is its beginning
    /// What it is, if it begins as an event does. Its texts live as long as `take` runs.
    std::optional<events::Line> kind;
    events::Event event{};
};
using TakeParsed = std::function<void(const ParsedLine& line)>;

/// Parsing an event costs twice what adding it to a report does, so that a second processor nearly
/// doubles the speed. Holds at most 2 blocks of lines a processor, about 1 MB each.
///
/// @param take     called by the calling thread alone
/// @param threads  besides the calling one; fewer for what fits into a block
/// @return         see Input::broken()
std::string each_parsed(const std::string& name, const TakeParsed& take, unsigned threads);

/// Threads that help where this program may run: 0 to 3, for then taking is what takes the time.
unsigned helping_threads();

}  // namespace stretto::report

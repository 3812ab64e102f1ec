#pragma once
// Reads the lines of a file: several threads parse them, and one takes them in the file's order.
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "events/reader.hpp"

namespace stretto::report {

/// A line without its line feed and the carriage return before it.
struct ParsedLine {
    std::string_view text;
    bool whole = true;  ///< false: the line is too long, and `text` is its beginning
    /// The parsed event, if the line begins like one. Its texts are valid while `take` runs.
    std::optional<events::Line> kind;
    events::Event event{};
};
using TakeParsed = std::function<void(const ParsedLine& line)>;

/// Pass each line of a file to `take`, parsed. To parse an event takes twice as long as to add it
/// to a report, so a second processor nearly doubles the speed. Holds at most 2 blocks of lines per
/// processor, about 1 MB each.
///
/// @param take     called by the calling thread only
/// @param threads  number of additional threads; fewer are used if the file fits into few blocks
/// @return         see Input::broken()
std::string each_parsed(const std::string& name, const TakeParsed& take, unsigned threads);

/// Number of additional threads for the processors of this program: 0 to 3. With more, the thread
/// that takes lines is the limit.
unsigned helping_threads();

}  // namespace stretto::report

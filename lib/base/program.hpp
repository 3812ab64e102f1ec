#pragma once
// The frame of every tool: options, one-line messages for failures, an exit status that scripts can
// act on.
#include <functional>
#include <string_view>

#include "base/note.hpp"
#include "base/options.hpp"

namespace stretto {

/// Call this after a write to standard output failed. A reader that closes early, such as head(1),
/// is not a failure. Then the program ends as if by SIGPIPE, which servers must ignore.
void end_if_nobody_reads();

/// Parse the options, run `body`, flush standard output, and report failures.
///
/// Exit statuses are those of sysexits.h: what `body` returned; 64 for wrong usage; the status of
/// an Error; 70 for any other exception; 74 if standard output could not be written, even if only
/// with the help text. --help and --version are added here.
/// @param examples  shown at the end of --help, one command a line
int program(Arguments& app, int argc, char** argv, std::string_view examples,
            const std::function<int()>& body);

}  // namespace stretto

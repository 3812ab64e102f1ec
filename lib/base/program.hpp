#pragma once
// What every tool does around its own work: options, one-line failures, an exit status that scripts
// can act on.
#include <functional>
#include <string_view>

#include "base/note.hpp"
#include "base/options.hpp"

namespace stretto {

/// After a write to standard output failed: a reader that has had enough, such as head(1), is no
/// failure to tell of, so end as programs do that leave SIGPIPE alone, which servers cannot.
void end_if_nobody_reads();

/// Parse the options, run `body`, flush standard output, and tell failures.
///
/// Exit statuses are those of sysexits.h: what `body` returned; 64 for wrong usage; the status of
/// an Error; 70 for anything else thrown; 74 when standard output could not be written, were it
/// only the help text. --help and --version are added here.
/// @param examples  shown at the end of --help, one command a line
int program(Arguments& app, int argc, char** argv, std::string_view examples,
            const std::function<int()>& body);

}  // namespace stretto

#pragma once
// What every tool does around its own work: options, one-line failures, an exit status that scripts
// can act on.
#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <string_view>

namespace stretto {

/// The command that runs now, "stretto-fetch": what failures and notes begin with.
std::string_view tool_name();

/// One line on standard error, "stretto-fetch: <what>"; control bytes in it are escaped, so no
/// input can drive a terminal.
void note(std::string_view what);

/// Printable: control bytes and invalid UTF-8 as \xHH, the rest as it is.
std::string printable(std::string_view text);

/// The variable of the environment that stands for an option: `cache-size` with "STRETTO_SERVE_" is
/// STRETTO_SERVE_CACHE_SIZE.
std::string variable_of(std::string_view prefix, std::string_view option);

/// An Error (64) for a variable that begins with the prefix and stands for no option of the app:
/// misspelt, it would be a setting that silently does nothing.
void refuse_unknown_variables(const CLI::App& app, std::string_view prefix);

/// Parse the options, run `body`, flush standard output, and tell failures.
///
/// Exit statuses are those of sysexits.h: what `body` returned; 64 for wrong usage; the status of
/// an Error; 70 for anything else thrown; 74 when standard output could not be written, were it
/// only the help text. --help and --version are added here.
/// @param examples  shown at the end of --help, one command a line
int program(CLI::App& app, int argc, char** argv, std::string_view examples,
            const std::function<int()>& body);

}  // namespace stretto

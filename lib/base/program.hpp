#pragma once
// What every tool does around its own work: options, one-line failures, an exit status that scripts
// can act on.
#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace stretto {

/// The command that runs now, "stretto-fetch": what failures and notes begin with.
std::string_view tool_name();

/// One line on standard error, "stretto-fetch: <what>"; control bytes in it are escaped, so no
/// input can drive a terminal.
void note(std::string_view what);

/// Printable: control bytes and invalid UTF-8 as \xHH, the rest as it is.
std::string printable(std::string_view text);

/// Options that are variables of the environment too: `--cache-size` with the prefix
/// "STRETTO_SERVE_" is STRETTO_SERVE_CACHE_SIZE.
class Settings {
   public:
    Settings(CLI::App& app, std::string prefix) : app_(app), prefix_(std::move(prefix)) {}

    template <class T>
    CLI::Option* add(const std::string& name, T& value, const std::string& help) const {
        return app_.add_option("--" + name, value, help)->envname(variable(name));
    }
    CLI::Option* add_flag(const std::string& name, bool& value, const std::string& help) const {
        return app_.add_flag("--" + name, value, help)->envname(variable(name));
    }
    /// An argument without dashes; in the environment by its name.
    CLI::Option* add_argument(const std::string& name, std::string& value,
                              const std::string& help) const {
        return app_.add_option(name, value, help)->envname(variable(name));
    }

    /// An Error (64) for a variable that begins with the prefix and stands for no option of the
    /// app: misspelt, it would be a setting that silently does nothing.
    void refuse_unknown() const;

   private:
    std::string variable(std::string_view option) const;

    CLI::App& app_;
    std::string prefix_;
};

/// What the operator of any server of ours may set.
struct ServerOptions {
    std::vector<std::string> listen;  ///< "host:port"
    std::string name = "stretto", log;
    double rate_limit = 0;  ///< requests a second from one address; 0: any number
    std::size_t max_connections = 10'000;
    int grace = 30;  ///< seconds
    bool full_addresses = false;
};

/// --listen, --name, --rate-limit, --max-connections, --grace, --access-log, --log-addresses
void add_server_options(const Settings& settings, ServerOptions& options);

/// After a write to standard output failed: a reader that has had enough, such as head(1), is no
/// failure to tell of, so end as programs do that leave SIGPIPE alone, which servers cannot.
void end_if_nobody_reads();

/// Parse the options, run `body`, flush standard output, and tell failures.
///
/// Exit statuses are those of sysexits.h: what `body` returned; 64 for wrong usage; the status of
/// an Error; 70 for anything else thrown; 74 when standard output could not be written, were it
/// only the help text. --help and --version are added here.
/// @param examples  shown at the end of --help, one command a line
int program(CLI::App& app, int argc, char** argv, std::string_view examples,
            const std::function<int()>& body);

}  // namespace stretto

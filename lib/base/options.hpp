#pragma once
// A tool's options, declared without CLI11's headers: these take longer to compile than most tools.
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace stretto {

/// One option or argument, created by Arguments. Every member function returns the option.
class Option {
   public:
    explicit Option(CLI::Option* option) : option_(option) {}

    /// The placeholder for the value in --help.
    Option* type_name(const std::string& name);
    /// The environment variable that is read if the option is missing.
    Option* envname(const std::string& name);
    Option* required();
    /// Show the current value of the variable in --help.
    Option* capture_default_str();
    /// A list may be one argument with this character between its values.
    Option* delimiter(char between);
    /// A list also takes the arguments after its option; by default each value needs the option.
    Option* allow_extra_args(bool allowed);
    /// A list takes exactly `count` values.
    Option* expected(int count);
    /// Only together with `other`.
    Option* needs(Option* other);
    /// Not together with `other`.
    Option* excludes(Option* other);

    /// Numbers from `least` to `most`.
    Option* range(double least, double most);
    Option* at_least(double least);
    /// Bytes: 500k, 64M, 10G (powers of 1000), 64Ki (of 1024).
    Option* bytes();
    Option* one_of(std::initializer_list<const char*> values);
    /// `wrong` returns why a value is refused, or nothing.
    Option* check(std::function<std::string(const std::string& value)> wrong);

   private:
    friend class Settings;
    CLI::Option* option_;
};

/// The options of a tool. Variables that they are bound to must live until program() returns.
class Arguments {
   public:
    explicit Arguments(const std::string& description);
    ~Arguments();

    /// @tparam T  std::string, std::filesystem::path, int, unsigned, long, unsigned long, double,
    /// optionals of numbers, or a
    ///            vector of strings, ints or doubles
    template <class T>
    Option* add_option(const std::string& name, T& value, const std::string& help);
    Option* add_flag(const std::string& name, bool& value, const std::string& help);

    /// The heading in --help of all later options.
    void group(const std::string& name);

    /// Options named `prefix` + NAME in the environment may also stand in a file of settings
    /// (`--config`). `--print-config` prints the result of file, environment and command line.
    void configurable(const std::string& prefix);
    /// For program(), before it parses the arguments: the settings of the file that `--config`
    /// among `words`, or the environment, names become variables, where these are not set.
    /// @throws Error (66, 78)
    void use_config(const std::vector<std::string>& words);
    /// After it has parsed them: whether --print-config was given.
    bool asks_for_config() const { return prints_config_; }
    /// TOML: each setting with its help; commented out: those without a value.
    std::string config() const;

    /// The number of occurrences on the command line.
    std::size_t count(const std::string& name) const;

    CLI::App& parser() { return *app_; }

   private:
    Option* keep(CLI::Option* option);

    CLI::Option* of_setting(std::string_view name) const;

    std::unique_ptr<CLI::App> app_;
    std::vector<std::unique_ptr<Option>> options_;
    std::string prefix_, config_;
    bool prints_config_ = false;
};

/// Options that are also environment variables: `--cache-size` with the prefix
/// "STRETTO_SERVE_" is STRETTO_SERVE_CACHE_SIZE.
class Settings {
   public:
    Settings(Arguments& app, std::string prefix) : app_(app), prefix_(std::move(prefix)) {}

    template <class T>
    Option* add(const std::string& name, T& value, const std::string& help) const {
        return app_.add_option("--" + name, value, help)->envname(variable(name));
    }
    Option* add_flag(const std::string& name, bool& value, const std::string& help) const {
        return app_.add_flag("--" + name, value, help)->envname(variable(name));
    }
    void group(const std::string& name) const { app_.group(name); }
    /// Adds --config and --print-config.
    void add_config() const { app_.configurable(prefix_); }
    /// An argument without dashes; in the environment by its name.
    Option* add_argument(const std::string& name, std::string& value,
                         const std::string& help) const {
        return app_.add_option(name, value, help)->envname(variable(name));
    }

    /// An Error (64) for a variable that begins with the prefix and belongs to no option of the
    /// app. A misspelt variable would otherwise be ignored silently.
    void refuse_unknown() const;

   private:
    std::string variable(std::string_view option) const;

    Arguments& app_;
    std::string prefix_;
};

/// Options of every server of ours.
struct ServerOptions {
    std::vector<std::string> listen;  ///< "host:port"
    std::string name = "stretto", log;
    double rate_limit = 0;  ///< requests per second from one address; 0: no limit
    std::size_t max_connections = 10'000;
    int grace = 30;  ///< seconds
    bool full_addresses = false;
    std::vector<std::string> proxies;                     ///< trusted to name the client
    std::vector<std::string> tls_certificates, tls_keys;  ///< files
    std::string tls_self_signed;                          ///< file
    std::string client_authority;                         ///< file; empty: any client
    std::string upstream_certificate, upstream_key;       ///< files, shown to upstream servers
    std::vector<std::string> allowed;                     ///< networks; empty: all
    std::string token_keys;                               ///< file; empty: no access tokens
    std::vector<std::string> token_exempt;                ///< networks that need none
};

/// --listen, --tls-cert, --tls-key, --tls-self-signed, --client-ca, --client-cert, --client-key,
/// --allow, --token-keys, --token-exempt, --trust-proxy, --name, --rate-limit,
/// --max-connections, --grace, --access-log,
/// --log-addresses
/// @param tokens  whether it may demand access tokens
void add_server_options(const Settings& settings, ServerOptions& options, bool tokens = true);

/// The files that these options name for writing; "-" is none.
std::vector<std::filesystem::path> files_written(const ServerOptions& options);

}  // namespace stretto

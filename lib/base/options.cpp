#include "base/options.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>

#include "base/config.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/suggest.hpp"

namespace stretto {
namespace {

template <class Number>
bool parse_number(const std::string& s, Number& to) {
    const char* begin = s.data() + (s.starts_with('+') ? 1 : 0);
    const auto [end, code] = std::from_chars(begin, s.data() + s.size(), to);
    return code == std::errc{} && end == s.data() + s.size();
}

/// How a string becomes a value and is shown again, and what --help calls its kind.
template <class T>
struct Kind {
    static constexpr bool many = false;
    static constexpr const char* name = "N";
    static bool parse(const std::string& s, T& to) { return parse_number(s, to); }
    static std::string print(const T& value) { return text(value); }
};
template <>
struct Kind<std::string> {
    static constexpr bool many = false;
    static constexpr const char* name = "TEXT";
    static bool parse(const std::string& s, std::string& to) { return to = s, true; }
    static std::string print(const std::string& value) { return value; }
};
template <>
struct Kind<std::filesystem::path> : Kind<std::string> {
    static bool parse(const std::string& s, std::filesystem::path& to) { return to = s, true; }
    static std::string print(const std::filesystem::path& value) { return value.string(); }
};
template <class T>
struct Kind<std::optional<T>> : Kind<T> {
    static bool parse(const std::string& s, std::optional<T>& to) {
        return Kind<T>::parse(s, to.emplace());
    }
    static std::string print(const std::optional<T>& v) { return v ? Kind<T>::print(*v) : ""; }
};
template <class T>
struct Kind<std::vector<T>> {
    static constexpr bool many = true;
    static constexpr const char* name = Kind<T>::name;
    static bool parse(const std::vector<std::string>& all, std::vector<T>& to) {
        std::vector<T> values(all.size());
        for (std::size_t i = 0; i < all.size(); ++i)
            if (!Kind<T>::parse(all[i], values[i])) return false;
        to = std::move(values);
        return true;
    }
    static std::string print(const std::vector<T>& values) {
        std::string out;
        for (const auto& value : values) out += (out.empty() ? "" : ",") + Kind<T>::print(value);
        return out;
    }
};

/// "cache-size" as part of a variable: "CACHE_SIZE"; and back.
std::string variable_of(std::string_view option) {
    std::string name;
    for (const char c : option) name += c == '-' ? '_' : static_cast<char>(std::toupper(c));
    return name;
}
std::string name_of_variable(std::string_view variable) {
    std::string name;
    for (const char c : variable) name += c == '_' ? '-' : static_cast<char>(std::tolower(c));
    return name;
}

std::optional<double> number_of(const std::string& s) {
    double value = 0;
    return parse_number(s, value) ? std::optional{value} : std::nullopt;
}

}  // namespace

Option* Option::type_name(const std::string& name) {
    option_->type_name(name);
    return this;
}
Option* Option::envname(const std::string& name) {
    option_->envname(name);
    return this;
}
Option* Option::required() {
    option_->required();
    return this;
}
Option* Option::capture_default_str() {
    option_->capture_default_str();
    return this;
}
Option* Option::delimiter(char between) {
    option_->delimiter(between);
    return this;
}
Option* Option::allow_extra_args(bool allowed) {
    option_->allow_extra_args(allowed);
    return this;
}
Option* Option::expected(int count) {
    option_->expected(count);
    option_->allow_extra_args();
    return this;
}
Option* Option::needs(Option* other) {
    option_->needs(other->option_);
    return this;
}
Option* Option::excludes(Option* other) {
    option_->excludes(other->option_);
    return this;
}

Option* Option::range(double least, double most) {
    return check([least, most](const std::string& value) {
        const auto number = number_of(value);
        return number && *number >= least && *number <= most
                   ? std::string{}
                   : text("'", value, "' is not from ", Kind<double>::print(least), " to ",
                          Kind<double>::print(most));
    });
}
Option* Option::at_least(double least) {
    return check([least](const std::string& value) {
        const auto number = number_of(value);
        return number && *number >= least
                   ? std::string{}
                   : text("'", value, "' is not a number of at least ", least);
    });
}
Option* Option::bytes() {
    CLI::AsSizeValue size{true};
    size.description("");
    option_->transform(size);
    option_->type_name("BYTES");
    return this;
}
Option* Option::one_of(std::initializer_list<const char*> values) {
    std::vector<std::string> all{values.begin(), values.end()};
    return check([all](const std::string& value) {
        std::string known;
        for (const auto& one : all) {
            if (one == value) return std::string{};
            known += (known.empty() ? "" : ", ") + one;
        }
        return text("'", value, "' is not one of ", known);
    });
}
Option* Option::check(std::function<std::string(const std::string& value)> wrong) {
    option_->check(CLI::Validator{std::move(wrong), ""});
    return this;
}

Arguments::Arguments(const std::string& description)
    : app_(std::make_unique<CLI::App>(description)) {}
Arguments::~Arguments() = default;

Option* Arguments::keep(CLI::Option* option) {
    return options_.emplace_back(std::make_unique<Option>(option)).get();
}

template <class T>
Option* Arguments::add_option(const std::string& name, T& value, const std::string& help) {
    const auto parse = [&value](const CLI::results_t& given) {
        if constexpr (Kind<T>::many)
            return Kind<T>::parse(given, value);
        else
            return Kind<T>::parse(given.at(0), value);
    };
    auto* option = app_->add_option(name, CLI::callback_t{parse}, help, false,
                                    [&value] { return Kind<T>::print(value); });
    option->type_name(Kind<T>::name);
    option->type_size(1);
    option->expected(Kind<T>::many ? CLI::detail::expected_max_vector_size : 1);
    option->allow_extra_args(Kind<T>::many && option->get_positional());
    option->run_callback_for_default();
    return keep(option);
}
template Option* Arguments::add_option(const std::string&, std::string&, const std::string&);
template Option* Arguments::add_option(const std::string&, std::filesystem::path&,
                                       const std::string&);
template Option* Arguments::add_option(const std::string&, int&, const std::string&);
template Option* Arguments::add_option(const std::string&, unsigned&, const std::string&);
template Option* Arguments::add_option(const std::string&, long&, const std::string&);
template Option* Arguments::add_option(const std::string&, unsigned long&, const std::string&);
template Option* Arguments::add_option(const std::string&, double&, const std::string&);
template Option* Arguments::add_option(const std::string&, std::optional<unsigned long>&,
                                       const std::string&);
template Option* Arguments::add_option(const std::string&, std::optional<double>&,
                                       const std::string&);
template Option* Arguments::add_option(const std::string&, std::vector<std::string>&,
                                       const std::string&);
template Option* Arguments::add_option(const std::string&, std::vector<int>&, const std::string&);

Option* Arguments::add_flag(const std::string& name, bool& value, const std::string& help) {
    return keep(app_->add_flag(name, value, help));
}

void Arguments::group(const std::string& name) { app_->option_defaults()->group(name); }

std::size_t Arguments::count(const std::string& name) const { return app_->count(name); }

void Arguments::configurable(const std::string& prefix) {
    prefix_ = prefix;
    add_option("--config", config_,
               "Read settings from this TOML file; variables and options override it")
        ->type_name("FILE")
        ->envname(prefix + "CONFIG");
    add_flag("--print-config", prints_config_,
             "Print the settings of file, environment and command line as TOML, and end");
}

CLI::Option* Arguments::of_setting(std::string_view name) const {
    const auto variable = prefix_ + variable_of(name);
    for (auto* option : app_->get_options())
        if (option->get_envname() == variable && name != "config") return option;
    return nullptr;
}

void Arguments::use_config(const std::vector<std::string>& words) {
    if (prefix_.empty()) return;
    const char* set = std::getenv((prefix_ + "CONFIG").c_str());
    std::string file = set ? set : "";
    const auto end = std::ranges::find(words, "--");
    for (auto word = words.begin(); word != end; ++word) {
        if (word->starts_with("--config=")) file = word->substr(9);
        if (*word == "--config" && word + 1 != end) file = *(word + 1);
        // a template for somebody who has not decided yet
        if (*word == "--print-config")
            for (auto* option : app_->get_options()) option->required(false);
    }
    if (file.empty()) return;

    constexpr std::size_t most_bytes = 1u << 20;
    std::vector<std::string> known;
    for (const auto* option : app_->get_options())
        if (option->get_envname().starts_with(prefix_))
            known.push_back(name_of_variable(option->get_envname().substr(prefix_.size())));
    for (const auto& setting : parse_config(as_text(read_file(file, most_bytes)), file)) {
        const auto* option = of_setting(setting.name);
        if (!option) {
            const auto meant = nearest_word(setting.name, known);
            throw Error{EX_CONFIG, text("'", file, "', line ", setting.line, ": unknown setting '",
                                        setting.name, "'", meant.empty() ? "" : "; did you mean '",
                                        meant, meant.empty() ? "" : "'?")};
        }
        std::string all;
        for (const auto& value : setting.values) {
            if (option->get_delimiter() != '\0' &&
                value.find(option->get_delimiter()) != value.npos)
                throw Error{EX_CONFIG,
                            text("'", file, "', line ", setting.line, ": a value of '",
                                 setting.name, "' contains '", option->get_delimiter(), "'")};
            all += (all.empty() ? "" : ",") + value;
        }
        if (setting.values.size() > 1 && option->get_delimiter() == '\0')
            throw Error{EX_CONFIG, text("'", file, "', line ", setting.line, ": '", setting.name,
                                        "' takes one value")};
        if (!setting.values.empty()) ::setenv(option->get_envname().c_str(), all.c_str(), 0);
    }
}

std::string Arguments::config() const {
    std::string out;
    for (const auto* option : app_->get_options()) {
        if (!option->get_envname().starts_with(prefix_) || option == of_setting("config")) continue;
        const auto name = name_of_variable(option->get_envname().substr(prefix_.size()));
        if (name == "config") continue;
        const bool list = option->get_delimiter() != '\0';
        auto values = option->count() ? option->reduced_results() : CLI::results_t{};
        if (values.empty() && !option->get_default_str().empty())
            values = list ? CLI::detail::split(option->get_default_str(), option->get_delimiter())
                          : CLI::results_t{option->get_default_str()};
        std::string value;
        for (const auto& one : values) value += (value.empty() ? "" : ", ") + toml_value(one);
        if (list) value = "[" + value + "]";
        if (option->get_items_expected_max() == 0)
            value = values.empty() || values[0] == "false" ? "false" : "true";
        out += text(out.empty() ? "" : "\n", "# ", option->get_description(), "\n",
                    value.empty() || value == "[]" ? "# " : "", name, " = ",
                    value.empty() ? "\"\"" : value, "\n");
    }
    return out;
}

std::string Settings::variable(std::string_view option) const {
    return prefix_ + variable_of(option);
}

void Settings::refuse_unknown() const {
    std::set<std::string> known;
    for (const auto* option : app_.parser().get_options()) known.insert(option->get_envname());
    for (char** entry = environ; *entry; ++entry) {
        const std::string name = std::string{*entry}.substr(0, std::string{*entry}.find('='));
        if (name.starts_with(prefix_) && !known.contains(name))
            throw Error{EX_USAGE, text("unknown variable ", name, " in the environment")};
        // an empty variable is as good as none; none of these lets everybody in
        for (const auto* closing : {"TOKEN_KEYS", "CLIENT_CA", "ALLOW", "ALLOW_SONGS"})
            if (name == prefix_ + closing && std::string{*entry} == name + "=")
                throw Error{EX_USAGE, text("the variable ", name, " is empty")};
    }
}

std::vector<std::filesystem::path> files_written(const ServerOptions& o) {
    std::vector<std::filesystem::path> files;
    for (const auto& file : {o.log, o.tls_self_signed})
        if (!file.empty() && file != "-") files.emplace_back(file);
    return files;
}

void add_server_options(const Settings& settings, ServerOptions& o, bool tokens) {
    settings.group("Server");
    settings.add_config();
    settings
        .add("listen", o.listen,
             "Address to listen on, may be repeated; port 0 is any free port; http://HOST:PORT is "
             "without TLS")
        ->type_name("HOST:PORT")
        ->delimiter(',')
        ->allow_extra_args(false)  // what follows may be an argument
        ->capture_default_str();
    settings
        .add("tls-cert", o.tls_certificates,
             "Speak TLS with the certificate in this PEM file, may be repeated; SIGHUP reads the "
             "file again")
        ->type_name("FILE")
        ->delimiter(',')
        ->allow_extra_args(false);
    settings
        .add("tls-key", o.tls_keys,
             "Key of the certificate, in the same order (in the certificate's file)")
        ->type_name("FILE")
        ->delimiter(',')
        ->allow_extra_args(false);
    settings
        .add("tls-self-signed", o.tls_self_signed,
             "Speak TLS with a new certificate for this machine, and write it to this file so that "
             "clients can trust it")
        ->type_name("FILE");
    settings
        .add("client-ca", o.client_authority,
             "Accept only TLS clients with a certificate of an authority in this PEM file")
        ->type_name("FILE");
    settings
        .add("client-cert", o.upstream_certificate,
             "Send the certificate in this PEM file to https:// servers that ask for one")
        ->type_name("FILE");
    settings.add("client-key", o.upstream_key, "Key of --client-cert (in the certificate's file)")
        ->type_name("FILE");
    settings
        .add("allow", o.allowed,
             "Answer only clients in this network, may be repeated; by default all")
        ->type_name("CIDR")
        ->delimiter(',')
        ->allow_extra_args(false);
    if (tokens) {
        settings
            .add("token-keys", o.token_keys,
                 "Require access tokens for songs, signed with a key of this JWK Set; SIGHUP reads "
                 "the "
                 "file again")
            ->type_name("FILE");
        settings
            .add("token-exempt", o.token_exempt,
                 "Clients in this network, such as edges, need no token; may be repeated")
            ->type_name("CIDR")
            ->delimiter(',')
            ->allow_extra_args(false);
    }
    settings
        .add("trust-proxy", o.proxies,
             "Trust proxies in this network to name the client (Forwarded, X-Forwarded-For, PROXY "
             "protocol), may be repeated")
        ->type_name("CIDR")
        ->delimiter(',')
        ->allow_extra_args(false);
    settings.add("name", o.name, "Name of this server, in statistics and Cache-Status")
        ->check([](const std::string& name) { return name.empty() ? "the name is empty" : ""; })
        ->capture_default_str();
    settings.add("rate-limit", o.rate_limit, "Requests per second from one address; 0 is no limit")
        ->at_least(0)
        ->capture_default_str();
    settings.add("max-connections", o.max_connections, "Maximum number of connections")
        ->at_least(1)
        ->capture_default_str();
    settings.add("grace", o.grace, "Time limit for open responses after SIGTERM")
        ->range(0, 3600)
        ->type_name("SECONDS")
        ->capture_default_str();
    settings.add("access-log", o.log, "Write a line for each request; - is standard output")
        ->type_name("FILE");
    settings.add_flag("log-addresses", o.full_addresses,
                      "Write whole addresses instead of shortened ones");
}

}  // namespace stretto

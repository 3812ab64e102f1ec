#include "base/program.hpp"

#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <set>
#include <sstream>

#include "base/error.hpp"
#include "base/file.hpp"

#ifndef STRETTO_VERSION
#define STRETTO_VERSION "0"
#endif

namespace stretto {
namespace {

std::string name_of_tool = "stretto";

/// A standard descriptor that is closed would become the number of the next file opened, and our
/// output its content. Opened the wrong way round, so that using it still fails as on a closed one.
void keep_standard_descriptors() {
    for (int fd = 0; fd <= 2; ++fd)
        if (::fcntl(fd, F_GETFD) < 0 && errno == EBADF)
            ::open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
}

/// glibc gives freed blocks of 128 kB and more back to the system at once, and takes new ones page
/// by page: a third of the time of a tool that makes and frees a chunk after the other.
void keep_freed_memory() {
    ::mallopt(M_MMAP_THRESHOLD, 4 << 20);
    ::mallopt(M_TRIM_THRESHOLD, 8 << 20);
    ::mallopt(M_TOP_PAD, 1 << 20);
}

int flush_output(int status) {
    errno = 0;
    std::cout.flush();
    if (std::cout.good()) return status;
    note(text("cannot write to standard output: ",
              std::generic_category().message(errno ? errno : EIO)));
    return EX_IOERR;
}

/// The length of the well-formed UTF-8 character at the head of `s` (RFC 3629), or 0.
std::size_t utf8_length(std::string_view s) {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
    const unsigned char lead = at(0);
    const std::size_t n = lead < 0x80                   ? 1
                          : lead >= 0xc2 && lead < 0xe0 ? 2
                          : lead >= 0xe0 && lead < 0xf0 ? 3
                          : lead >= 0xf0 && lead < 0xf5 ? 4
                                                        : 0;
    if (n == 0 || s.size() < n) return 0;
    for (std::size_t i = 1; i < n; ++i)
        if ((at(i) & 0xc0) != 0x80) return 0;
    if (n == 3 && ((lead == 0xe0 && at(1) < 0xa0) || (lead == 0xed && at(1) >= 0xa0))) return 0;
    if (n == 4 && ((lead == 0xf0 && at(1) < 0x90) || (lead == 0xf4 && at(1) >= 0x90))) return 0;
    return n;
}

}  // namespace

std::string_view tool_name() { return name_of_tool; }

std::string printable(std::string_view text) {
    constexpr char digits[] = "0123456789abcdef";
    std::string out;
    while (!text.empty()) {
        const std::size_t n = utf8_length(text);
        const auto c = static_cast<unsigned char>(text[0]);
        const bool c1 = n == 2 && c == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0;
        if (n == 0 || c < 0x20 || c == 0x7f || c1) {
            out += "\\x";
            out += digits[c >> 4];
            out += digits[c & 15];
            text.remove_prefix(1);
        } else {
            out += text.substr(0, n);
            text.remove_prefix(n);
        }
    }
    return out;
}

void note(std::string_view what) {
    const auto line = text(name_of_tool, ": ", printable(what), "\n");
    if (::write(STDERR_FILENO, line.data(), line.size()) < 0) return;  // nobody left to tell
}

std::string Settings::variable(std::string_view option) const {
    std::string name{prefix_};
    for (const char c : option) name += c == '-' ? '_' : static_cast<char>(std::toupper(c));
    return name;
}

void Settings::refuse_unknown() const {
    std::set<std::string> known;
    for (const auto* option : app_.get_options()) known.insert(option->get_envname());
    for (char** entry = environ; *entry; ++entry) {
        const std::string name = std::string{*entry}.substr(0, std::string{*entry}.find('='));
        if (name.starts_with(prefix_) && !known.contains(name))
            throw Error{EX_USAGE, text("unknown variable ", name, " in the environment")};
    }
}

void add_server_options(const Settings& settings, ServerOptions& o) {
    settings
        .add("listen", o.listen,
             "Address and port to listen on, as often as needed; port 0: any free one")
        ->type_name("HOST:PORT")
        ->delimiter(',')
        ->allow_extra_args(false)  // what follows may be an argument
        ->capture_default_str();
    settings.add("name", o.name, "This server's name, for people and in Cache-Status")
        ->check([](const std::string& name) { return name.empty() ? "a name is not empty" : ""; })
        ->capture_default_str();
    settings.add("rate-limit", o.rate_limit, "Requests a second from one address, 0: any number")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    settings.add("max-connections", o.max_connections, "Connections at a time")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    settings.add("grace", o.grace, "Seconds for answers under way when told to end")
        ->check(CLI::Range(0, 3600))
        ->capture_default_str();
    settings.add("access-log", o.log, "A line for each request; - is standard output")
        ->type_name("FILE");
    settings.add_flag("log-addresses", o.full_addresses,
                      "Write whole addresses into the access log");
}

void end_if_nobody_reads() {
    pollfd output{STDOUT_FILENO, 0, 0};
    if (::poll(&output, 1, 0) != 1 || !(output.revents & POLLERR)) return;
    std::signal(SIGPIPE, SIG_DFL);
    std::raise(SIGPIPE);
}

int program(CLI::App& app, int argc, char** argv, std::string_view examples,
            const std::function<int()>& body) {
    name_of_tool = std::filesystem::path{argv[0]}.filename().string();
    keep_standard_descriptors();
    keep_freed_memory();
    std::ios::sync_with_stdio(false);
    app.name(name_of_tool);
    app.get_formatter()->column_width(34);
    app.set_version_flag("--version", text(name_of_tool, " ", STRETTO_VERSION));
    app.footer(text("Examples:\n", examples, "\nSee ", name_of_tool, "(1)."));
    try {
        try {
            app.parse(argc, argv);
        } catch (const CLI::ParseError& e) {
            if (e.get_exit_code() == 0) {  // --help, --version
                std::ostringstream out;    // std::cout would not tell why it failed
                app.exit(e, out, std::cerr);
                write_all(STDOUT_FILENO, as_bytes(out.str()), "standard output");
                return 0;
            }
            note(text(e.what(), " (see ", name_of_tool, " --help)"));
            return EX_USAGE;
        }
        return flush_output(body());
    } catch (const Error& e) {
        note(e.what());
        flush_output(0);
        return e.exit();
    } catch (const std::filesystem::filesystem_error& e) {
        note(text("cannot use '", e.path1().string(), "': ", e.code().message()));
        return EX_IOERR;
    } catch (const std::exception& e) {
        note(text("internal error: ", e.what()));
        return EX_SOFTWARE;
    }
}

}  // namespace stretto

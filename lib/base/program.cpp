#include "base/program.hpp"

#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <sstream>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/help.hpp"
#include "base/suggest.hpp"

#ifndef STRETTO_VERSION
#define STRETTO_VERSION "0"
#endif

namespace stretto {
namespace {

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

/// What people of other programs call an option of ours.
constexpr std::pair<const char*, const char*> synonyms[] = {
    {"address", "listen"}, {"bind", "listen"},     {"bitrate", "bitrates"}, {"host", "listen"},
    {"kbps", "bitrate"},   {"origin", "edge"},     {"out", "output"},       {"outfile", "output"},
    {"port", "listen"},    {"quality", "bitrate"}, {"server", "edge"},      {"silent", "quiet"},
    {"source", "store"},   {"url", "edge"},
};

/// "--listen HOST:PORT", for "--port"; empty: nothing is near.
std::string option_meant(const CLI::App& app, std::string given) {
    given.erase(0, std::min(given.find_first_not_of('-'), given.size()));
    given.erase(std::min(given.find('='), given.size()));
    if (given.empty()) return {};
    std::vector<std::string> known;
    for (const auto* option : app.get_options())
        known.insert(known.end(), option->get_lnames().begin(), option->get_lnames().end());
    auto meant = nearest_word(given, known);
    for (const auto& [theirs, ours] : synonyms)
        if (meant.empty() && given == theirs && std::ranges::find(known, ours) != known.end())
            meant = ours;
    if (meant.empty()) return {};
    const auto* option = app.get_option("--" + meant);
    return text("--", meant, option->get_items_expected_max() > 0 ? " " : "",
                option->get_items_expected_max() > 0 ? option->get_type_name() : "");
}

/// What was not expected on the command line, and what may have been meant.
std::string unexpected(const CLI::App& app) {
    const auto left = app.remaining();
    for (const auto& word : left) {
        if (word.size() < 2 || word[0] != '-' || word == "--") continue;
        const auto meant = option_meant(app, word);
        return text("unknown option '", word.substr(0, word.find('=')), "'",
                    meant.empty() ? "" : "; did you mean ", meant, meant.empty() ? "" : "?");
    }
    return text("unexpected argument '", left.empty() ? "" : left[0], "'");
}

/// The arguments, last first as CLI11 takes them. For it "--name=" would take the argument that
/// follows; here its value is empty.
std::vector<std::string> arguments_of(const CLI::App& app, int argc, char** argv) {
    std::vector<std::string> words;
    bool options = true;
    for (int i = 1; i < argc; ++i) {
        std::string word = argv[i];
        options = options && word != "--";
        const auto* option = options && word.starts_with("--") && word.ends_with('=')
                                 ? app.get_option_no_throw(word.substr(0, word.size() - 1))
                                 : nullptr;
        if (!option || option->get_items_expected_max() == 0) {
            words.push_back(word);
            continue;
        }
        word.pop_back();
        words.insert(words.end(), {word, ""});
    }
    std::ranges::reverse(words);
    return words;
}

/// @throws CLI::ParseError, CLI::Success for --help and --version; Error (64) for what is unknown,
///         which is told before what is missing
void parse(CLI::App& app, const std::vector<std::string>& words) {
    try {
        try {
            app.parse(std::vector{words});
        } catch (const CLI::RequiredError&) {
            for (auto* option : app.get_options()) option->required(false);
            app.parse(std::vector{words});
            throw;
        }
    } catch (const CLI::ExtrasError&) {
        throw Error{EX_USAGE, text(unexpected(app), " (see ", tool_name(), " --help)")};
    }
}

}  // namespace

void end_if_nobody_reads() {
    pollfd output{STDOUT_FILENO, 0, 0};
    if (::poll(&output, 1, 0) != 1 || !(output.revents & POLLERR)) return;
    std::signal(SIGPIPE, SIG_DFL);
    std::raise(SIGPIPE);
}

int program(Arguments& arguments, int argc, char** argv, std::string_view examples,
            const std::function<int()>& body) {
    auto& app = arguments.parser();
    set_tool_name(std::filesystem::path{argv[0]}.filename().string());
    const std::string name_of_tool{tool_name()};
    keep_standard_descriptors();
    keep_freed_memory();
    std::ios::sync_with_stdio(false);
    app.name(name_of_tool);
    app.formatter(help_formatter());
    app.option_defaults()->group("Other");
    app.set_help_flag("-h,--help", "Print this help");
    app.set_version_flag("--version", text(name_of_tool, " ", STRETTO_VERSION),
                         "Print the version");
    app.footer(text("Examples:\n", examples, "\nSee ", name_of_tool, "(1)."));
    try {
        try {
            arguments.use_config({argv + 1, argv + argc});
            parse(app, arguments_of(app, argc, argv));
            if (arguments.asks_for_config()) {
                write_all(STDOUT_FILENO, as_bytes(arguments.config()), "standard output");
                return 0;
            }
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

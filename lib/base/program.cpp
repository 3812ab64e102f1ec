#include "base/program.hpp"

#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <sstream>

#include "base/error.hpp"
#include "base/file.hpp"

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

}  // namespace

void end_if_nobody_reads() {
    pollfd output{STDOUT_FILENO, 0, 0};
    if (::poll(&output, 1, 0) != 1 || !(output.revents & POLLERR)) return;
    std::signal(SIGPIPE, SIG_DFL);
    std::raise(SIGPIPE);
}

int program(CLI::App& app, int argc, char** argv, std::string_view examples,
            const std::function<int()>& body) {
    set_tool_name(std::filesystem::path{argv[0]}.filename().string());
    const std::string name_of_tool{tool_name()};
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

int program(Arguments& app, int argc, char** argv, std::string_view examples,
            const std::function<int()>& body) {
    return program(app.parser(), argc, argv, examples, body);
}

}  // namespace stretto

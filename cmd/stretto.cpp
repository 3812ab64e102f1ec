// stretto: run stretto-TOOL, or list the tools. See stretto(1).
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <iostream>

#include "base/error.hpp"
#include "base/program.hpp"
#include "song/id.hpp"

using namespace stretto;
namespace fs = std::filesystem;

namespace {

constexpr std::pair<const char*, const char*> tools[] = {
    {"encode", "any audio file to one Ogg stream with a Vorbis stream per bitrate, at -14 LUFS"},
    {"chunk", "Ogg Vorbis to a bundle of chunks that each play on their own"},
    {"publish", "a bundle into a store, checked, all or nothing; lists, verifies, removes"},
    {"fetch", "a song from a store or server as one verified Ogg file"},
    {"serve", "a store over HTTP, or another server through a cache: origin and edge"},
    {"track", "who has which chunk, how near and how well, and which edges are near and healthy"},
    {"play", "songs to the ears, from cache and edges, whatever the network does"},
    {"simulate", "songs over recorded networks on a virtual clock, policies compared"},
    {"report", "what players saw, summed up: plays and royalties, startup and stalls, bytes, cost"},
};

void list() {
    std::cout << "Stream music: small programs that work in a pipe. `stretto TOOL ...` runs "
                 "stretto-TOOL.\n\n";
    for (const auto& [name, what] : tools)
        std::cout << "  " << name << std::string(10 - std::string_view{name}.size(), ' ') << what
                  << '\n';
    std::cout << "\n`stretto TOOL --help` tells a tool's options, `man stretto.7` the whole.\n";
}

[[noreturn]] void run(int argc, char** argv) {
    const std::string tool = argv[1];
    if (!song::is_name(tool))
        throw Error{EX_USAGE, text("no tool is called '", tool, "' (see stretto --help)")};
    const std::string name = "stretto-" + tool;
    std::vector<char*> arguments{const_cast<char*>(name.c_str())};
    for (int i = 2; i <= argc; ++i) arguments.push_back(i < argc ? argv[i] : nullptr);
    std::error_code none;
    // a build or an unusual PREFIX finds its own tools first
    const auto beside = fs::read_symlink("/proc/self/exe", none).parent_path() / name;
    ::execv(beside.c_str(), arguments.data());
    ::execvp(name.c_str(), arguments.data());
    if (errno == ENOENT)
        throw Error{EX_USAGE, text("no tool is called '", tool, "' (see stretto --help)")};
    throw system_error("run", name);
}

}  // namespace

int main(int argc, char** argv) {
    Arguments app{"Stream music with small programs: run stretto-TOOL, or list the tools."};
    std::string unused;
    app.add_option("TOOL", unused,
                   "encode, chunk, publish, fetch, serve, track, play, simulate, report; what "
                   "follows is the tool's");
    const bool ours = argc > 1 && argv[1][0] == '-';
    return program(app, ours ? argc : 1, argv,
                   "  stretto fetch --store store frontiers -o frontiers.ogg", [&] {
                       if (argc > 1 && !ours) run(argc, argv);
                       list();
                       return 0;
                   });
}

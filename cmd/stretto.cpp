// stretto: run stretto-TOOL, or list the tools. See stretto(1).
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <iostream>

#include "base/error.hpp"
#include "base/program.hpp"
#include "base/suggest.hpp"
#include "song/id.hpp"

using namespace stretto;
namespace fs = std::filesystem;

namespace {

constexpr std::pair<const char*, const char*> tools[] = {
    {"encode", "encode an audio file at several bitrates, with normalized loudness"},
    {"chunk", "cut Ogg Vorbis into chunks that each play alone"},
    {"publish", "put a song into a store; list, verify and remove songs"},
    {"fetch", "fetch a song as one verified Ogg Vorbis file"},
    {"serve", "serve a store over HTTP, or cache another server: origin and edge"},
    {"track", "tell listeners which peers and edges are near and have a song"},
    {"rtc", "exchange songs with WebRTC peers, such as browsers"},
    {"subsonic", "serve songs to apps that speak the OpenSubsonic API"},
    {"play", "play songs from the cache, peers and edges"},
    {"simulate", "compare bitrate rules over recorded networks, on a virtual clock"},
    {"sign", "make URLs with access tokens, and the keys for them"},
    {"report", "summarize the events of players: plays, royalties, stalls, costs"},
};

void list() {
    std::cout << "Small programs that stream music. `stretto TOOL ...` runs stretto-TOOL.\n\n";
    for (const auto& [name, what] : tools)
        std::cout << "  " << name << std::string(12 - std::string_view{name}.size(), ' ') << what
                  << '\n';
    std::cout << "\n`stretto help TOOL` shows a tool's options, `man stretto.7` gives a tour.\n";
}

Error unknown(const std::string& tool) {
    std::vector<std::string> known{"help"};
    for (const auto& [name, what] : tools) known.emplace_back(name);
    const auto meant = nearest_word(tool, known);
    return Error{EX_USAGE,
                 text("no tool is called '", tool, "'", meant.empty() ? "" : "; did you mean ",
                      meant, meant.empty() ? "" : "?", " (see stretto --help)")};
}

/// The tool that takes the place of this program. @param words  its name, then its arguments
[[noreturn]] void run(const std::vector<std::string>& words) {
    if (!song::is_name(words[0])) throw unknown(words[0]);
    const std::string name = "stretto-" + words[0];
    std::vector<char*> arguments{const_cast<char*>(name.c_str())};
    for (std::size_t i = 1; i < words.size(); ++i)
        arguments.push_back(const_cast<char*>(words[i].c_str()));
    arguments.push_back(nullptr);
    std::error_code none;
    // a build or an unusual PREFIX finds its own tools first
    const auto beside = fs::read_symlink("/proc/self/exe", none).parent_path() / name;
    ::execv(beside.c_str(), arguments.data());
    ::execvp(name.c_str(), arguments.data());
    if (errno == ENOENT && std::ranges::find(tools, words[0], [](const auto& tool) {
                               return tool.first;
                           }) != std::end(tools))
        throw Error{EX_UNAVAILABLE, text(name, " is not installed")};
    if (errno == ENOENT) throw unknown(words[0]);
    throw system_error("run", name);
}

}  // namespace

int main(int argc, char** argv) {
    Arguments app{"Run one of the tools, or list them."};
    std::string unused;
    app.add_option(
        "TOOL", unused,
        "encode, chunk, publish, fetch, serve, track, rtc, subsonic, play, simulate, sign, report, "
        "or help TOOL; the tool gets the arguments that follow");
    std::vector<std::string> words{argv + 1, argv + argc};
    const bool ours = words.empty() || words[0].starts_with('-');
    return program(app, ours ? argc : 1, argv,
                   "  stretto help fetch\n"
                   "  stretto fetch --store store frontiers -o frontiers.ogg",
                   [&] {
                       if (!ours && words[0] == "help") {
                           words.erase(words.begin());
                           words.resize(std::min<std::size_t>(words.size(), 1));
                           if (!words.empty()) words.emplace_back("--help");
                       }
                       if (!ours && !words.empty()) run(words);
                       list();
                       return 0;
                   });
}

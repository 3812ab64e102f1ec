// stretto-chunk: cut Ogg Vorbis into chunks that each play alone. See stretto-chunk(1).
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>

#include "base/draft.hpp"
#include "base/program.hpp"
#include "base/progress.hpp"
#include "publish/bundle.hpp"
#include "publish/cut.hpp"
#include "publish/explain.hpp"

using namespace stretto;

namespace {

constexpr std::string_view examples =
    "  stretto-encode song.flac | stretto-chunk | stretto-publish store\n"
    "  stretto-chunk -o song low.ogg high.ogg\n"
    "  stretto-chunk --explain song/96/chunk_0.ogg";

ogg::PageReader reader_of(int fd, const std::string& subject) {
    return ogg::PageReader{
        [fd, subject](std::span<std::uint8_t> into) { return read_some(fd, into, subject); }};
}

/// Only a file can be read twice: once for the bitrate that its header may not tell.
int average_of(int fd, const std::string& subject, std::uint32_t serial) {
    std::int64_t at = 0;
    struct stat info;
    if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) return 0;
    return publish::average_kbps(ogg::PageReader{[&](std::span<std::uint8_t> into) {
                                     const auto n = read_at(fd, into, at, subject);
                                     at += static_cast<std::int64_t>(n);
                                     return n;
                                 }},
                                 serial);
}

void tell(const std::string& path, BytesView bytes) {
    note(text("cut ", path, ", ", bytes.size(), " bytes"));
}

/// A chunk of another song would look like one of this song's.
void check_empty(const std::filesystem::path& folder) {
    std::error_code failed;
    const std::filesystem::directory_iterator first{folder, failed};
    if (!failed && first != std::filesystem::directory_iterator{})
        throw Error{EX_CANTCREAT, text("cannot write to '", folder.string(),
                                       "': the folder is not empty, and chunks of another song "
                                       "in it would be mixed with this song's")};
}

void write_folder(const std::filesystem::path& folder, publish::Cutter& cutter, bool verbose) {
    cutter.run([&](const std::string& path, BytesView bytes) {
        if (verbose) tell(path, bytes);
        make_folders((folder / path).parent_path());
        Draft file{folder / path};
        file.write(bytes);
        file.commit();
    });
}

void write_tar(publish::Cutter& cutter, bool verbose) {
    if (::isatty(STDOUT_FILENO))
        throw Error{
            EX_USAGE,
            "standard output is a terminal: pipe the bundle into stretto-publish, or use -o DIR"};
    publish::BundleWriter bundle{STDOUT_FILENO, "standard output"};
    cutter.run([&](const std::string& path, BytesView bytes) {
        if (verbose) tell(path, bytes);
        bundle.add(path, bytes);
    });
    bundle.finish();
}

}  // namespace

int main(int argc, char** argv) {
    double seconds = 10;
    std::string folder, explain;
    std::vector<std::string> files;
    bool verbose = false;

    Arguments app{
        "Cut Ogg Vorbis, without encoding it again, into chunks that each play alone. "
        "Writes a bundle (tar)."};
    app.group("Options");
    app.add_option("-d,--duration", seconds, "Length of a chunk, seconds of audio")
        ->range(0.5, 60.0)
        ->type_name("SECONDS")
        ->capture_default_str();
    app.add_option("-o,--output", folder, "Write the files to this folder instead of a tar stream")
        ->type_name("DIR");
    app.add_option("--explain", explain,
                   "Print the packets, pages and trimmed samples of a chunk, or of all chunks in a "
                   "folder")
        ->type_name("FILE|DIR");
    app.add_flag("-v,--verbose", verbose, "Report each chunk and all skipped input");
    app.add_option("FILE", files,
                   "Ogg Vorbis, one file for each rendition; standard input if none or -");

    return program(app, argc, argv, examples, [&] {
        if (!explain.empty()) {
            publish::explain(explain, std::cout);
            return 0;
        }
        if (files.empty()) files = {"-"};
        if (!folder.empty()) check_empty(folder);
        publish::Cutter cutter{seconds};
        std::vector<File> open;
        for (const auto& name : files) {
            const std::string subject = name == "-" ? "standard input" : name;
            open.push_back(open_input(name));
            const int fd = open.back().fd();
            cutter.add_input(reader_of(fd, subject), subject, [fd, subject](std::uint32_t serial) {
                return average_of(fd, subject, serial);
            });
        }
        if (folder.empty())
            write_tar(cutter, verbose);
        else
            write_folder(folder, cutter, verbose);
        if (verbose)
            for (const auto& what : cutter.ignored()) note("passed over " + what);
        return 0;
    });
}

// stretto-fetch: a song as one verified Ogg Vorbis file. See stretto-fetch(1).
#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <optional>

#include "base/draft.hpp"
#include "base/program.hpp"
#include "base/progress.hpp"
#include "ogg/join.hpp"
#include "song/id.hpp"
#include "song/index.hpp"
#include "stream/source.hpp"

using namespace stretto;
namespace fs = std::filesystem;

namespace {

constexpr std::string_view examples =
    "  stretto-fetch --store store frontiers -o frontiers.ogg\n"
    "  stretto-fetch --store http://127.0.0.1:8480 -b 96 frontiers | ogg123 -\n"
    "  stretto-fetch --store store --raw chunks frontiers";

/// Chunks that an earlier, interrupted run left, and those that this one adds.
class Kept {
   public:
    explicit Kept(fs::path folder) : folder_(std::move(folder)) {}

    /// The bytes at `path`, if they are there and right.
    std::optional<Bytes> find(const std::string& path, const Digest& digest) const {
        if (folder_.empty() || !fs::exists(folder_ / path)) return {};
        auto bytes = read_file(folder_ / path, song::most_chunk_bytes);
        if (sha256(bytes) != digest) return {};
        return bytes;
    }
    void keep(const std::string& path, BytesView bytes) const {
        if (folder_.empty()) return;
        const fs::path target = folder_ / path;
        fs::create_directories(target.parent_path());
        // no draft: a torn file has the wrong hash, and is fetched again
        const File file{::open(target.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)};
        if (!file) throw system_error("write", target.string());
        write_all(file.fd(), bytes, target.string());
    }
    void forget() const {
        if (!folder_.empty()) fs::remove_all(folder_);
    }

   private:
    fs::path folder_;
};

class Fetch {
   public:
    Fetch(stream::Source& source, song::Manifest manifest, int kbps, bool verbose)
        : source_(source),
          manifest_(std::move(manifest)),
          rendition_(manifest_.best(kbps)),
          verbose_(verbose) {}

    /// Every chunk, checked, in order.
    template <class Take>
    void chunks(const Kept& kept, Take take) {
        Progress progress;
        const auto& rows = rendition_.chunks;
        for (std::size_t k = 0; k < rows.size(); ++k) {
            const auto path = song::chunk_path(rendition_.kbps, static_cast<std::int64_t>(k));
            auto bytes = kept.find(path, rows[k].sha256);
            if (verbose_) note(text(path, bytes ? "\tkept\t" : "\tfetched\t", rows[k].bytes));
            if (!bytes) {
                bytes = get(path, static_cast<std::size_t>(rows[k].bytes), rows[k].sha256);
                kept.keep(path, *bytes);
            }
            progress.show(static_cast<double>(k + 1) / static_cast<double>(rows.size()),
                          text(printable(title()), ", ", rendition_.kbps, " kbit/s"));
            take(std::move(*bytes), k + 1 == rows.size());
        }
    }

    /// One continuous file, chunk by chunk, into `write`.
    template <class Write>
    void continuous(const Kept& kept, Write write) {
        ogg::Joiner joiner{static_cast<std::uint32_t>(rendition_.kbps),
                           song::comments_of_tags(manifest_.tags)};
        ogg::ChunkReader reader;
        chunks(kept, [&](const Bytes& chunk, bool last) {
            const auto facts = must(reader.read(chunk), source_.name());
            Bytes pages;
            joiner.add(pages, chunk, facts, reader.headers(), last);
            write(pages);
        });
    }

    void raw(const Kept& kept) {
        chunks(kept, [](const Bytes&, bool) {});
        const auto path = song::index_path(rendition_.kbps);
        kept.keep(path, get(path, song::most_index_bytes, rendition_.index_sha256));
        kept.keep("manifest.json", as_bytes(song::print_manifest(manifest_)));
    }

   private:
    Bytes get(const std::string& path, std::size_t most, const Digest& digest) {
        return stream::get_checked(source_, "songs/" + manifest_.id + "/" + path, most, digest);
    }
    std::string title() const {
        auto t = song::first_tag(manifest_.tags, "TITLE");
        return t.empty() ? manifest_.id : t;
    }

    stream::Source& source_;
    song::Manifest manifest_;
    const song::Rendition& rendition_;
    bool verbose_;
};

}  // namespace

int main(int argc, char** argv) {
    std::string store, song, output = "-", raw;
    int kbps = 320;
    bool verbose = false;

    CLI::App app{
        "Fetch a song as one Ogg Vorbis file: the manifest checked against the id, each chunk "
        "against its hash."};
    app.add_option("--store", store, "A store's directory, or http://server")
        ->envname("STRETTO_STORE")
        ->required();
    app.add_option("-b,--bitrate", kbps, "The highest bitrate to take, kbit/s")
        ->check(CLI::Range(1, 65535))
        ->capture_default_str();
    app.add_option("-o,--output", output, "The file to write; - is standard output")
        ->capture_default_str();
    app.add_option("--raw", raw,
                   "Keep the chunks, the index and the manifest in this folder, and write no file")
        ->type_name("DIR");
    app.add_flag("-v,--verbose", verbose, "Tell where each chunk came from");
    app.add_option("SONG", song, "A song's id, or its name")->required();

    return program(app, argc, argv, examples, [&] {
        song::check_song(song);
        const bool to_stdout = raw.empty() && output == "-";
        if (to_stdout && ::isatty(STDOUT_FILENO))
            throw Error{EX_USAGE, "standard output is a terminal: use -o FILE"};
        const auto source = stream::open_source(store);
        Fetch fetch{*source, stream::get_manifest(*source, song), kbps, verbose};
        if (!raw.empty()) {
            fetch.raw(Kept{raw});
        } else if (to_stdout) {
            fetch.continuous(Kept{{}}, [](const Bytes& pages) {
                write_all(STDOUT_FILENO, pages, "standard output");
            });
        } else {
            const Kept kept{output + ".part"};  // what makes the next run resume
            Draft file{output};
            fetch.continuous(kept, [&](const Bytes& pages) { file.write(pages); });
            file.commit();
            kept.forget();
        }
        return 0;
    });
}

#include "publish/explain.hpp"

#include <algorithm>
#include <iomanip>
#include <ostream>

#include "base/file.hpp"
#include "ogg/chunk.hpp"
#include "song/manifest.hpp"

namespace stretto::publish {
namespace {

int packets_on(const ogg::Page& page) {
    return static_cast<int>(
        std::ranges::count_if(page.lacing(), [](auto lace) { return lace < 255; }));
}

void explain_chunk(const std::filesystem::path& path, std::ostream& out) {
    const Bytes bytes = read_file(path, song::most_chunk_bytes);
    ogg::ChunkReader reader;
    const auto facts = must(reader.read(bytes), path.string());
    const auto& format = reader.headers().format;
    const auto seconds = [&](std::int64_t samples) {
        return static_cast<double>(samples) / format.rate;
    };
    out << path.string() << ": " << bytes.size() << " bytes, " << format.rate << " Hz, "
        << format.channels << (format.channels == 1 ? " channel" : " channels") << ", blocks "
        << format.short_block << "/" << format.long_block << "\n  samples   " << facts.samples
        << " (" << std::fixed << std::setprecision(3) << seconds(facts.samples) << " s)"
        << "\n  trim      " << facts.trim
        << " samples come out before the first, where a decoder ignores the start trim"
        << "\n  overhang  " << facts.overhang
        << " samples of the last packet belong to the next chunk"
        << "\n  headers   " << facts.header_bytes << " bytes"
        << "\n  body      " << facts.body_bytes << " bytes, " << facts.body_pages
        << " pages in the continuous file"
        << "\n    page    offset   bytes packets   granule  starts at\n";
    const auto starts = ogg::pieces(facts, bytes.size(), format.rate);
    ogg::PageReader pages{bytes};
    for (auto next = pages.next(); next && *next; next = pages.next()) {
        const ogg::Page& page = **next;
        out << std::setw(8) << page.number() << std::setw(10) << page.offset << std::setw(8)
            << page.size() << std::setw(8) << packets_on(page) << std::setw(10) << page.granule();
        for (const auto& start : facts.pages)
            if (start.offset == page.offset && page.number() > 0)
                out << std::setw(11) << start.first_sample;
        if (page.number() == 0) out << "  identification";
        if (page.number() == 1) out << "  comment, setup";
        if (page.number() == 2) out << "  primes the decoder, and the first packet heard";
        if (std::ranges::find(starts, page.offset, &ogg::Piece::offset) != starts.end())
            out << "  piece";
        if (page.eos()) out << "  end";
        out << '\n';
    }
}

}  // namespace

void explain(const std::filesystem::path& path, std::ostream& out) {
    if (!std::filesystem::is_directory(path)) return explain_chunk(path, out);
    std::vector<std::filesystem::path> chunks;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path))
        if (entry.path().extension() == ".ogg") chunks.push_back(entry.path());
    if (chunks.empty()) throw Error{EX_NOINPUT, text("no chunk in '", path.string(), "'")};
    std::ranges::sort(chunks, {}, [](const auto& p) {  // chunk_10 after chunk_9
        const auto name = p.filename().string();
        return std::tuple{p.parent_path(), name.size(), name};
    });
    for (const auto& chunk : chunks) explain_chunk(chunk, out);
}

}  // namespace stretto::publish

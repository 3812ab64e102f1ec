#include "publish/cut.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "publish/cover.hpp"

namespace stretto::publish {
namespace {

std::string codec_name(BytesView packet) {
    const auto begins = [&](std::string_view magic) { return as_text(packet).starts_with(magic); };
    if (begins("OpusHead")) return "Opus";
    if (begins("\x80theora")) return "Theora";
    if (begins("\x7f"
               "FLAC"))
        return "FLAC";
    if (begins("Speex   ")) return "Speex";
    if (begins("fishead")) return "Skeleton";
    return "an unknown codec";
}

std::string comment(const std::vector<std::string>& comments, std::string_view key) {
    for (const auto& c : comments)
        if (c.size() > key.size() && c.starts_with(key) && c[key.size()] == '=')
            return c.substr(key.size() + 1);
    return {};
}

int whole_number(std::string_view s) {
    int n = 0;
    const auto [end, failed] = std::from_chars(s.data(), s.data() + s.size(), n);
    return failed == std::errc{} && end == s.data() + s.size() ? n : 0;
}

}  // namespace

struct Cutter::Track {
    Track(std::uint32_t serial, std::string from) : stream(serial), subject(std::move(from)) {}
    ogg::VorbisStream stream;
    std::string subject;
    int kbps = 0;
    std::vector<ogg::Packet> early;  // packets before all renditions are known
    std::optional<ogg::Splitter> splitter;
    std::optional<ogg::Chunk> chunk;  // cut, and waiting for the other renditions'

    std::int64_t reach() const {
        return splitter ? splitter->reach() : early.empty() ? 0 : early.back().end;
    }
};

struct Cutter::Input {
    Input(ogg::PageReader r, std::string s, Average a)
        : reader(std::move(r)), subject(std::move(s)), average(std::move(a)) {
        reader.pass_over_id3();
    }
    ogg::PageReader reader;
    std::string subject;
    Average average;
    std::vector<std::unique_ptr<Track>> tracks;
    bool begun = false;  // all BOS pages seen
    bool ended = false;

    Error wrong(const std::string& why) const { return bad_data(subject, why); }
    bool headers_known() const {
        return begun && !tracks.empty() &&
               std::ranges::all_of(tracks, [](const auto& t) { return t->stream.headers(); });
    }
    bool finished() const {
        return !tracks.empty() && std::ranges::all_of(tracks, [](const auto& t) {
            return t->stream.samples().has_value();
        });
    }
    bool sounds() const {
        return std::ranges::any_of(tracks,
                                   [](const auto& t) { return t->splitter || !t->early.empty(); });
    }
    std::int64_t reach() const {
        std::int64_t least = INT64_MAX;
        for (const auto& t : tracks)
            if (!t->stream.samples()) least = std::min(least, t->reach());
        return least;
    }
};

Cutter::Cutter(double seconds) : seconds_(seconds) {}
Cutter::~Cutter() = default;

void Cutter::add_input(ogg::PageReader reader, std::string subject, Average average) {
    inputs_.push_back(
        std::make_unique<Input>(std::move(reader), std::move(subject), std::move(average)));
}

/// A first page of a stream. They stand in front of all others, but some programs write one late.
void Cutter::begin_stream(Input& input, const ogg::Page& page) {
    if (input.finished())
        throw input.wrong(
            text("a second song begins at byte ", page.offset,
                 " (a chained stream): split it, or re-encode it with stretto-encode"));
    if (!vorbis::is_vorbis(page.body)) {
        ignored_.push_back(text(codec_name(page.body), " in '", input.subject, "'"));
        return;
    }
    if (input.sounds() || !tracks_.empty())
        throw input.wrong(text("a Vorbis stream begins late, at byte ", page.offset,
                               ": give its streams as separate files"));
    for (const auto& t : input.tracks)
        if (t->stream.serial() == page.serial())
            throw input.wrong("two streams with one serial number");
    if (input.tracks.size() == song::most_renditions) throw input.wrong("too many streams in it");
    input.tracks.push_back(std::make_unique<Track>(page.serial(), input.subject));
}

void Cutter::read_page(Input& input) {
    auto next = input.reader.next();
    if (!next && input.finished()) {  // tags of other formats, or junk
        ignored_.push_back(text("data after the end of '", input.subject, "'"));
        input.ended = true;
        return;
    }
    if (!next) throw input.wrong(next.error().why);
    if (!*next) {
        input.ended = true;
        for (const auto& t : input.tracks)
            if (!t->stream.samples()) throw input.wrong("cut short: no end-of-stream page");
        if (input.tracks.empty())
            throw input.wrong(ignored_.empty() ? "no Vorbis stream in it"
                                               : "no Vorbis stream in it, but " + ignored_.back());
        return;
    }
    const ogg::Page& page = **next;
    if (page.bos())
        begin_stream(input, page);
    else
        input.begun = true;
    for (const auto& track : input.tracks) {
        if (track->stream.serial() != page.serial()) continue;
        if (auto ok = track->stream.add(page); !ok) throw input.wrong(ok.error().why);
        for (auto& packet : track->stream.take())
            if (track->splitter)
                track->splitter->add(std::move(packet));
            else
                track->early.push_back(std::move(packet));
        if (track->splitter && track->stream.samples())
            track->splitter->finish(*track->stream.samples());
        break;
    }
}

void Cutter::name(Track& track, const Input& input) {
    const auto comments =
        must(vorbis::parse_comments(track.stream.headers()->comment), input.subject);
    track.kbps = whole_number(comment(comments, "STRETTO_KBPS"));
    if (track.kbps <= 0) track.kbps = (track.stream.headers()->format.nominal_bps + 500) / 1000;
    if (track.kbps <= 0 && input.average) track.kbps = input.average(track.stream.serial());
    if (track.kbps <= 0 || track.kbps > 65535)
        throw input.wrong(
            "its header has no bitrate, and a pipe cannot be read twice; give it as a "
            "file");
}

void Cutter::open_tracks() {
    for (const auto& input : inputs_)
        for (const auto& track : input->tracks) {
            name(*track, *input);
            tracks_.push_back(track.get());
        }
    std::ranges::stable_sort(tracks_, {}, &Track::kbps);
    for (std::size_t i = 1; i < tracks_.size(); ++i)
        if (tracks_[i]->kbps == tracks_[i - 1]->kbps)
            throw Error{EX_DATAERR,
                        text("'", tracks_[i - 1]->subject, "' and '", tracks_[i]->subject,
                             "' both hold a stream of ", tracks_[i]->kbps, " kbit/s")};
    chunk_samples_ = std::llround(seconds_ * tracks_[0]->stream.headers()->format.rate);
    for (auto* track : tracks_) {
        track->splitter.emplace(chunk_samples_, track->kbps);
        for (auto& packet : track->early) track->splitter->add(std::move(packet));
        track->early.clear();
        if (track->stream.samples()) track->splitter->finish(*track->stream.samples());
    }
}

void Cutter::emit(const Sink& sink) {
    for (;;) {
        for (auto* track : tracks_) {
            if (track->chunk || track->splitter->done()) continue;
            auto chunk = track->splitter->next(*track->stream.headers());
            if (!chunk) throw bad_data(track->subject, chunk.error().why);
            track->chunk = std::move(*chunk);
        }
        // a rendition that ended early is told by the manifest's check; here it only must not hold
        // up the others
        const bool ready =
            std::ranges::all_of(tracks_, [](auto* t) { return t->chunk || t->splitter->done(); }) &&
            std::ranges::any_of(tracks_, [](auto* t) { return t->chunk.has_value(); });
        if (!ready) return;
        for (auto* track : tracks_) {
            if (!track->chunk) continue;
            const auto number = track->splitter->index() - 1;
            auto ok = song_.add(track->kbps, track->chunk->bytes, track->chunk->facts,
                                track->stream.headers()->format);
            if (!ok) throw bad_data(track->subject, ok.error().why);
            sink(song::chunk_path(track->kbps, number), track->chunk->bytes);
            track->chunk.reset();
        }
    }
}

/// Of the first rendition that has one.
std::vector<CoverFile> Cutter::find_covers() {
    for (const auto* track : tracks_) try {
            if (const auto picture = cover_in_comments(track->stream.headers()->comment))
                return cover_files(*picture, track->subject);
        } catch (const Error& e) {
            ignored_.push_back(text("the cover (", e.what(), ")"));
        }
    return {};
}

song::Manifest Cutter::run(const Sink& sink) {
    for (const auto& input : inputs_)
        while (!input->headers_known() && !input->ended) read_page(*input);
    open_tracks();
    for (;;) {
        emit(sink);
        Input* behind = nullptr;
        for (const auto& input : inputs_)
            if (!input->ended && (!behind || input->reach() < behind->reach()))
                behind = input.get();
        if (!behind) break;
        read_page(*behind);
        const auto [low, high] =
            std::ranges::minmax(tracks_, {}, [](auto* t) { return t->reach(); });
        if (high->reach() - low->reach() > 4 * chunk_samples_ && !low->stream.samples())
            throw bad_data(low->subject,
                           "its streams are not interleaved; give them as separate files");
    }
    for (auto* track : tracks_) sink(song::index_path(track->kbps), song_.index(track->kbps));
    const auto covers = find_covers();
    for (const auto& file : covers) sink(song::cover_path(hex(file.cover.sha256)), file.jpeg);
    const auto comments =
        must(vorbis::parse_comments(tracks_[0]->stream.headers()->comment), tracks_[0]->subject);
    std::optional<song::Loudness> loudness;
    if (const auto json = comment(comments, "STRETTO_LOUDNESS"); !json.empty())
        if (auto parsed = song::parse_loudness(json)) loudness = *parsed;
    auto manifest = must(song_.manifest(chunk_samples_, song::tags_of_comments(comments), loudness),
                         tracks_[0]->subject);
    for (const auto& file : covers) manifest.covers.push_back(file.cover);
    sink(std::string{song::manifest_file}, as_bytes(song::print_manifest(manifest)));
    return manifest;
}

int average_kbps(ogg::PageReader reader, std::uint32_t serial) {
    std::int64_t bytes = 0, samples = 0;
    int rate = 0;
    reader.pass_over_id3();
    for (;;) {
        auto page = reader.next();
        if (!page || !*page) break;
        if ((*page)->serial() != serial) continue;
        if ((*page)->bos() && vorbis::is_vorbis((*page)->body))
            if (auto format = vorbis::parse_identification((*page)->body)) rate = format->rate;
        bytes += static_cast<std::int64_t>((*page)->size());
        samples = std::max(samples, (*page)->granule());
    }
    if (rate == 0 || samples <= 0) return 0;
    return static_cast<int>(
        std::llround(static_cast<double>(bytes) * 8 * rate / static_cast<double>(samples) / 1000));
}

}  // namespace stretto::publish

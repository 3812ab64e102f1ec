#include "publish/encode.hpp"

#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <future>
#include <map>
#include <mutex>
#include <thread>

#include "audio/picture.hpp"
#include "audio/vorbis.hpp"
#include "ogg/merge.hpp"
#include "ogg/page.hpp"
#include "publish/cover.hpp"
#include "publish/tags.hpp"

namespace stretto::publish {
namespace {

/// The input as a regular file.
File seekable(int fd, const std::string& subject) {
    struct stat info;
    if (::fstat(fd, &info) != 0) throw system_error("read", subject);
    if (S_ISREG(info.st_mode)) return File{::dup(fd)};
    File spool = open_spool();
    Bytes block(1 << 20);
    while (const auto n = read_some(fd, block, subject))
        write_all(spool.fd(), BytesView{block}.first(n), "temporary file");
    return spool;
}

/// Whether an Ogg stream is audio, by its first packet.
bool sounds(BytesView packet) {
    for (const std::string_view magic : {"\x01vorbis", "OpusHead",
                                         "\x7f"
                                         "FLAC",
                                         "Speex   "})
        if (as_text(packet).starts_with(magic)) return true;
    return false;
}

/// FFmpeg takes an Ogg file that lost pages, or its end, for a shorter one; the pages tell.
/// @return what is wrong, or nothing; what is only worth a note goes into `notes`
std::string ogg_damage(int fd, const std::string& subject, std::vector<std::string>& notes) {
    struct Stream {
        std::uint32_t next = 0;
        bool headers = true, ended = false;
    };
    std::int64_t at = 0;
    ogg::PageReader reader{[&](std::span<std::uint8_t> into) {
        const auto n = read_at(fd, into, at, subject);
        at += static_cast<std::int64_t>(n);
        return n;
    }};
    reader.pass_over_id3();
    std::map<std::uint32_t, Stream> streams;
    const auto ended = [&] {
        return !streams.empty() &&
               std::ranges::all_of(streams, [](const auto& s) { return s.second.ended; });
    };
    for (;;) {
        const auto next = reader.next();
        if (!next && ended()) {
            notes.push_back("skipped data after the end that is not Ogg");
            return {};
        }
        if (!next) return next.error().why;
        if (!*next) break;
        const ogg::Page& page = **next;
        if (page.bos() && sounds(page.body)) streams[page.serial()] = {page.number(), true, false};
        const auto found = streams.find(page.serial());
        if (found == streams.end()) continue;
        Stream& stream = found->second;
        // a cut between the headers and the audio is not a loss
        if (page.number() != stream.next && !(stream.headers && page.number() > stream.next))
            return text("page ", stream.next, " is missing at byte ", page.offset);
        stream.headers = stream.headers && page.granule() <= 0;
        stream.next = page.number() + 1;
        stream.ended = page.eos();
    }
    return ended() ? "" : "cut short: no end-of-stream page";
}

double thread_cpu_seconds() {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// Measures on a thread of its own, a block behind the decoder.
class MeterBeside {
   public:
    explicit MeterBeside(audio::Meter& meter) : meter_(meter) {}
    ~MeterBeside() {
        if (running_.valid()) running_.wait();
    }
    void add(std::span<const float> samples) {
        gathering_.insert(gathering_.end(), samples.begin(), samples.end());
        if (gathering_.size() >= 1 << 18) pass_on();
    }
    void finish() {
        pass_on();
        running_.get();
    }

   private:
    void pass_on() {
        if (running_.valid()) running_.get();
        measuring_.swap(gathering_);
        gathering_.clear();
        running_ = std::async(std::launch::async, [this] { meter_.add(measuring_); });
    }
    audio::Meter& meter_;
    std::vector<float> gathering_, measuring_;
    std::future<void> running_;
};

/// One rendition under way.
struct Voice {
    Voice(int rate, int channels, int step)
        : kbps(step),
          encoder(rate, channels, step),
          packer(static_cast<std::uint32_t>(step)),
          half_second(rate / 2) {}

    int kbps;
    audio::VorbisEncoder encoder;
    ogg::Packer packer;
    std::int64_t half_second;
    std::int64_t position = 0;  // frames taken from the spool
    std::int64_t page_from = 0, page_to = 0;
    std::int64_t bytes = 0;
    bool busy = false, done = false;
    double cpu_seconds = 0;
    struct Page {
        Bytes bytes;
        std::int64_t granule;
    };
    std::vector<Page> pages;  // of the step under way

    void flush() {
        Bytes out;
        if (packer.flush(out) == 0) return;
        bytes += static_cast<std::int64_t>(out.size());
        pages.push_back({std::move(out), page_to});
        page_from = page_to;
    }
    void take(BytesView packet, std::int64_t granule, bool last) {
        if (!packer.empty() && (granule - page_from > half_second || !packer.fits(packet.size())))
            flush();
        packer.add(packet, granule, last);
        page_to = granule;
        if (last) flush();
    }
};

class Encoder {
   public:
    Encoder(const Recording& recording, const Encoding& encoding,
            const std::function<void(BytesView)>& write)
        : pcm_(recording.pcm),
          rate_(recording.rate),
          gain_(static_cast<float>(std::pow(10.0, encoding.gain_db / 20))),
          merge_(encoding.kbps.size()),
          write_(write) {
        for (int kbps : encoding.kbps)
            voices_.push_back(std::make_unique<Voice>(rate_, pcm_.channels(), kbps));
        write_headers(recording, encoding);
    }

    void run(unsigned threads, const Report& report) {
        std::vector<std::jthread> workers;
        const auto end = [this] {
            const std::lock_guard lock{mutex_};
            stop_ = true;
            changed_.notify_all();
        };
        for (unsigned i = 0; i < std::max(1U, threads); ++i)
            workers.emplace_back([this] { work(); });
        try {
            write_pages(report);
        } catch (...) {
            end();
            throw;
        }
    }

    Encoded result() const {
        Encoded encoded;
        for (const auto& voice : voices_) {
            encoded.bytes.push_back(voice->bytes);
            encoded.vorbis_cpu_seconds += voice->cpu_seconds;
        }
        return encoded;
    }

   private:
    void write_headers(const Recording& recording, const Encoding& encoding) {
        Bytes first, rest;
        for (auto& voice : voices_) {
            auto comments = recording.tags;
            comments.push_back(text("STRETTO_KBPS=", voice->kbps));
            comments.push_back("STRETTO_LOUDNESS=" + song::print_loudness(encoding.loudness));
            // the renditions are one song: one picture is enough
            if (voice == voices_.front() && !recording.cover.empty())
                comments.push_back(picture_comment(recording.cover));
            const auto headers = voice->encoder.headers(comments);
            voice->packer.add(headers[0], 0);
            voice->packer.flush(first);
            voice->packer.add(headers[1], 0);
            voice->packer.add(headers[2], 0);
            voice->packer.flush(rest);
        }
        write_(first);
        write_(rest);
    }

    /// The voice furthest behind without a thread; nullptr: wait, or all is done.
    Voice* pick(std::size_t& index) {
        Voice* chosen = nullptr;
        for (std::size_t i = 0; i < voices_.size(); ++i) {
            Voice& v = *voices_[i];
            if (v.busy || v.done || merge_.waiting(i) > most_waiting ||
                (chosen && chosen->position <= v.position))
                continue;
            chosen = &v;
            index = i;
        }
        return chosen;
    }

    void work() noexcept {
        std::vector<float> samples(static_cast<std::size_t>(rate_ * pcm_.channels()));
        std::unique_lock lock{mutex_};
        while (!stop_) {
            std::size_t index = 0;
            Voice* voice = pick(index);
            if (!voice) {
                if (std::ranges::all_of(voices_, [](const auto& v) { return v->done; })) return;
                changed_.wait(lock);
                continue;
            }
            voice->busy = true;
            lock.unlock();
            std::int64_t frames = 0;
            try {
                frames = step(*voice, samples);
            } catch (...) {
                lock.lock();
                failure_ = std::current_exception();
                stop_ = true;
                changed_.notify_all();
                return;
            }
            lock.lock();
            voice->position += frames;
            voice->done = voice->position >= pcm_.frames();
            for (auto& page : voice->pages) merge_.add(index, std::move(page.bytes), page.granule);
            voice->pages.clear();
            voice->busy = false;
            if (voice->done) merge_.end(index);
            changed_.notify_all();
        }
    }

    /// Encode a second more. What others look at meanwhile stays as it is.
    /// @return frames taken
    std::int64_t step(Voice& voice, std::vector<float>& samples) {
        const auto read = pcm_.read(voice.position, samples);
        const auto take = [&](BytesView packet, std::int64_t granule, bool last) {
            voice.take(packet, granule, last);
        };
        const double before = thread_cpu_seconds();
        voice.encoder.add(read, gain_, take);
        const auto frames = static_cast<std::int64_t>(read.size()) / pcm_.channels();
        if (voice.position + frames >= pcm_.frames()) voice.encoder.finish(take);
        voice.cpu_seconds += thread_cpu_seconds() - before;
        return frames;
    }

    void write_pages(const Report& report) {
        std::unique_lock lock{mutex_};
        for (;;) {
            Bytes ready;
            while (auto page = merge_.next()) append(ready, *page);
            if (failure_) std::rethrow_exception(failure_);
            if (ready.empty()) {
                if (merge_.done()) return;
                changed_.wait(lock);
                continue;
            }
            std::int64_t position = 0;
            for (const auto& v : voices_) position += v->position;
            changed_.notify_all();
            lock.unlock();
            write_(ready);
            const double frames =
                static_cast<double>(position) / static_cast<double>(voices_.size());
            report(frames / static_cast<double>(std::max<std::int64_t>(1, pcm_.frames())),
                   frames / rate_);
            lock.lock();
        }
    }

    static constexpr std::size_t most_waiting =
        40;  // pages, 20 s: as far as a rendition may run ahead

    const audio::PcmSpool& pcm_;
    int rate_;
    float gain_;
    std::vector<std::unique_ptr<Voice>> voices_;
    ogg::Merge merge_;
    const std::function<void(BytesView)>& write_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::exception_ptr failure_;
    bool stop_ = false;
};

std::vector<std::string> tags_in(int fd, const audio::Decoder& decoder, const std::string& subject,
                                 std::vector<std::string>& left_out) {
    struct stat info;
    if (::fstat(fd, &info) != 0) throw system_error("read", subject);
    const audio::ReadAt read = [&](std::uint64_t at, std::size_t n) {
        Bytes bytes(n);
        bytes.resize(read_at(fd, bytes, static_cast<std::int64_t>(at), subject));
        return bytes;
    };
    return comments_of(read_tags(read, static_cast<std::uint64_t>(info.st_size), decoder.format()),
                       decoder.tags(), left_out);
}

/// The part of an input that is one song.
struct Part {
    std::int64_t begin = 0, end = INT64_MAX;  // samples, at the rate of the output
    std::vector<std::pair<std::string, std::string>> tags;
};

const std::string& sheet_name(const std::string& subject, const Source& options) {
    return options.cue.empty() ? subject : options.cue;
}

/// Takes the sheet out of the tags, where it is one of them.
std::string take_sheet(std::vector<std::string>& tags) {
    constexpr std::string_view key = "CUESHEET=";
    std::string inside;
    std::erase_if(tags, [&](const std::string& tag) {
        const bool is_sheet = tag.starts_with(key);
        if (is_sheet && inside.empty()) inside = tag.substr(key.size());
        return is_sheet;
    });
    return inside;
}

std::optional<CueSheet> parse_sheet(const std::string& inside, const std::string& subject,
                                    const Source& options) {
    auto sheet = inside;
    if (!options.cue.empty())
        sheet = as_text(read_file(options.cue, std::size_t{1} << 20));
    else if (inside.empty())
        return {};
    return must(parse_cue(sheet), sheet_name(subject, options));
}

CueSheet need_sheet(const std::string& inside, const std::string& subject, const Source& options) {
    auto sheet = parse_sheet(inside, subject, options);
    if (!sheet) throw bad_data(subject, "no cue sheet in it (--cue gives one)");
    return std::move(*sheet);
}

Part part_of(const CueSheet& sheet, int number, const std::string& subject, const Source& options) {
    const auto& from = sheet_name(subject, options);
    const auto* track = sheet.track(number);
    if (!track)
        throw bad_data(from, text("no track ", number, " in it, there are ",
                                  sheet.tracks.front().number, " to ", sheet.tracks.back().number));
    if (std::ranges::count(sheet.tracks_in(subject), track) == 0)
        throw bad_data(from, text("track ", track->number, " is in '", track->file, "'"));
    const auto samples = [&](std::int64_t frames) { return (frames * options.rate + 37) / 75; };
    Part part{samples(track->begin), INT64_MAX, track->tags};
    if (const auto end = sheet.end_of(*track)) part.end = samples(*end);
    return part;
}

/// Those of the track in place of those of the whole.
void retag(std::vector<std::string>& tags, const Part& part) {
    for (const auto& [key, value] : part.tags) {
        std::erase_if(tags, [&](const auto& t) { return t.starts_with(key + "="); });
        tags.push_back(text(key, "=", value));
    }
    const auto key = [](const std::string& tag) { return tag.substr(0, tag.find('=')); };
    std::ranges::stable_sort(tags, {}, key);  // several values of a key keep their order
}

/// The picture to publish with an input, as JPEG. What cannot be decoded is left out, and said,
/// unless it was asked for.
Bytes cover_for(const audio::Decoder& decoder, const std::string& subject, const Source& options,
                std::vector<std::string>& damage) {
    if (options.no_cover) return {};
    if (!options.cover.empty())
        return cover_from(read_file(options.cover, audio::most_picture_bytes), options.cover);
    try {
        if (const auto inside = decoder.cover(); !inside.empty())
            return cover_from(inside, text("cover of ", subject));
        if (!options.spare_cover.empty())
            return cover_from(read_file(options.spare_cover, audio::most_picture_bytes),
                              options.spare_cover);
    } catch (const Error& e) {
        damage.emplace_back(e.what());
    }
    return {};
}

/// An input that is decoded once, part after part.
class Reading {
   public:
    Reading(int fd, std::string subject, const Source& options, bool keep_pcm)
        : subject_(std::move(subject)),
          options_(options),
          keep_pcm_(keep_pcm),
          file_(seekable(fd, subject_)),
          decoder_(file_.fd(), subject_, options) {
        if (keep_pcm) cover_ = cover_for(decoder_, subject_, options, no_cover_);
        tags_ = tags_in(file_.fd(), decoder_, subject_, left_out_);
        sheet_ = take_sheet(tags_);
    }

    /// As text, from inside.
    const std::string& sheet() const noexcept { return sheet_; }

    /// Parts rise.
    Recording read(const Part& part, const Report& report) {
        Recording recording{subject_,
                            decoder_.format(),
                            decoder_.source_rate(),
                            decoder_.source_channels(),
                            options_.rate,
                            audio::PcmSpool{decoder_.channels(), keep_pcm_},
                            audio::Meter{decoder_.channels(), options_.rate, !options_.single_mono},
                            tags_,
                            no_cover_,
                            left_out_,
                            cover_};
        retag(recording.tags, part);
        MeterBeside meter{recording.meter};
        const double expected = decoder_.expected_seconds();
        for (;;) {
            const auto samples = inside(part);
            meter.add(samples);
            if (keep_pcm_ && !samples.empty()) recording.pcm.add(samples);
            if (end() >= part.end) break;
            at_ = end();
            block_.clear();
            if (!decoder_.next(block_)) break;
            const double seconds = static_cast<double>(end()) / options_.rate;
            report(expected > 0 ? seconds / expected : -1, seconds);
        }
        meter.finish();
        if (end() <= part.begin) throw bad_data(subject_, "it ends before that track begins");
        const auto& damage = decoder_.damage();
        recording.damage.insert(recording.damage.end(), damage.begin() + told_, damage.end());
        told_ = static_cast<std::ptrdiff_t>(damage.size());
        recording.notes.insert(recording.notes.end(), decoder_.notes().begin(),
                               decoder_.notes().end());
        return recording;
    }

    /// What only the pages of an Ogg file tell. Throws an Error (65), unless told to keep going.
    void check_pages(std::vector<std::string>& damage, std::vector<std::string>& notes) const {
        if (decoder_.format() != "ogg") return;
        const auto why = ogg_damage(file_.fd(), subject_, notes);
        if (why.empty()) return;
        if (!options_.keep_going) throw bad_data(subject_, why);
        damage.push_back(why);
    }

   private:
    std::int64_t end() const {
        return at_ + static_cast<std::int64_t>(block_.size()) / decoder_.channels();
    }
    std::span<const float> inside(const Part& part) const {
        const auto first = std::clamp(part.begin, at_, end()), last = std::min(part.end, end());
        const auto channels = decoder_.channels();
        if (first >= last) return {};
        return std::span{block_}.subspan(static_cast<std::size_t>((first - at_) * channels),
                                         static_cast<std::size_t>((last - first) * channels));
    }

    std::string subject_;
    const Source& options_;
    bool keep_pcm_;
    File file_;
    audio::Decoder decoder_;
    std::vector<std::string> no_cover_, left_out_, tags_;
    std::string sheet_;
    Bytes cover_;
    std::vector<float> block_;  // decoded last
    std::int64_t at_ = 0;       // its first frame
    std::ptrdiff_t told_ = 0;   // of the decoder's damage
};

}  // namespace

std::optional<CueSheet> probe_sheet(int fd, const std::string& subject, const Source& options) {
    const audio::Decoder decoder{fd, subject, options};
    std::vector<std::string> left_out;
    auto tags = tags_in(fd, decoder, subject, left_out);
    return parse_sheet(take_sheet(tags), subject, options);
}

std::vector<std::string> probe(int fd, const std::string& subject, const Source& options) {
    const audio::Decoder decoder{fd, subject, options};
    std::vector<std::string> left_out;
    auto tags = tags_in(fd, decoder, subject, left_out);
    const auto inside = take_sheet(tags);
    if (options.cue_track != 0)
        retag(tags,
              part_of(need_sheet(inside, subject, options), options.cue_track, subject, options));
    return tags;
}

Recording record(int fd, const std::string& subject, const Source& options, bool keep_pcm,
                 const Report& report) {
    Reading reading{fd, subject, options, keep_pcm};
    Part part;
    if (options.cue_track != 0)
        part = part_of(need_sheet(reading.sheet(), subject, options), options.cue_track, subject,
                       options);
    auto recording = reading.read(part, report);
    reading.check_pages(recording.damage, recording.notes);
    return recording;
}

void record_tracks(int fd, const std::string& subject, const Source& options,
                   const std::vector<int>& tracks, bool keep_pcm,
                   const std::function<void(int, Recording)>& done) {
    Reading reading{fd, subject, options, keep_pcm};
    const auto sheet = need_sheet(reading.sheet(), subject, options);
    std::vector<std::string> damage, notes;
    reading.check_pages(damage, notes);
    for (const int number : tracks) {
        auto recording =
            reading.read(part_of(sheet, number, subject, options), [](double, double) {});
        recording.damage.insert(recording.damage.end(), damage.begin(), damage.end());
        recording.notes.insert(recording.notes.end(), notes.begin(), notes.end());
        done(number, std::move(recording));
    }
}

Encoded encode(const Recording& recording, const Encoding& encoding,
               const std::function<void(BytesView)>& write, const Report& report) {
    Encoder encoder{recording, encoding, write};
    encoder.run(encoding.threads, report);
    return encoder.result();
}

}  // namespace stretto::publish

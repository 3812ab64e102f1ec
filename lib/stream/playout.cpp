#include "stream/playout.hpp"

#include <algorithm>
#include <cassert>

namespace stretto::stream {

using What = Playout::Event::What;

Playout::Playout(Open open, Options options) : open_(std::move(open)), options_(options) {}

// --- songs and their parts ---

Playout::SongId Playout::add_song(const audio::Format& format, std::int64_t samples,
                                  std::int64_t start) {
    assert(0 <= start && start < samples);
    if (!sink_) {
        sink_ = open_(format);
        sink_->set_volume(volume_);
        if (paused_) sink_->pause(true);
    }
    songs_.push_back({++last_id_, format, samples, start, {}});
    if (state_ == State::idle) {
        state_ = State::starting;
        go(last_id_, start);
    }
    return last_id_;
}

Playout::PartId Playout::begin_part(SongId id, std::int64_t chunk_at, const audio::Part& part,
                                    BytesView headers) {
    assert(part.from < part.to);
    if (auto* song = find(id))
        song->pieces.push_back(
            std::make_unique<Piece>(Piece{++last_id_, chunk_at, PartBytes{part, headers}}));
    else
        ++last_id_;
    bound_bytes();
    return last_id_;
}

Result<bool> Playout::feed(PartId part, BytesView bytes) {
    Piece* piece = nullptr;
    return owner(part, &piece) ? piece->bytes.add(bytes) : Result<bool>{true};
}

Result<bool> Playout::end_part(PartId part) const {
    Piece* piece = nullptr;
    if (!const_cast<Playout*>(this)->owner(part, &piece)) return true;
    const auto missing = piece->bytes.part().to - piece->bytes.reach();
    if (missing > 0) return Malformed{text("it ends ", missing, " samples early")};
    return true;
}

void Playout::drop_part(PartId part) {
    Piece* piece = nullptr;
    auto* song = owner(part, &piece);
    if (!song) return;
    std::erase_if(song->pieces, [&](const auto& p) { return p->id == part; });
    if (cursor_.part == part) cursor_.part = 0;
}

std::int64_t Playout::reach(PartId part) const {
    Piece* piece = nullptr;
    return const_cast<Playout*>(this)->owner(part, &piece) ? piece->reach() : 0;
}

Playout::Song* Playout::find(SongId id) {
    const auto found = std::ranges::find(songs_, id, &Song::id);
    return found == songs_.end() ? nullptr : &*found;
}
const Playout::Song* Playout::find(SongId id) const { return const_cast<Playout*>(this)->find(id); }
const Playout::Song* Playout::after(SongId id) const {
    const auto found = std::ranges::upper_bound(songs_, id, {}, &Song::id);
    return found == songs_.end() ? nullptr : &*found;
}

Playout::Song* Playout::owner(PartId part, Piece** piece) {
    for (auto& song : songs_)
        for (auto& p : song.pieces)
            if (p->id == part) {
                *piece = p.get();
                return &song;
            }
    return nullptr;
}

/// Which part gives the sample: of those that have it, the one begun last.
const Playout::Piece* Playout::piece_at(const Song& song, std::int64_t at) const {
    for (auto p = song.pieces.rbegin(); p != song.pieces.rend(); ++p)
        if ((*p)->begin() <= at && at < (*p)->reach()) return p->get();
    return nullptr;
}

/// Up to where it gives them: its end, or where a part begun later has more.
std::int64_t Playout::until(const Song& song, const Piece& piece, std::int64_t at) const {
    std::int64_t end = piece.reach();
    for (const auto& p : song.pieces)
        if (p->id > piece.id && p->begin() > at && p->reach() > p->begin())
            end = std::min(end, p->begin());
    return end;
}

std::int64_t Playout::contiguous(const Song& song, std::int64_t at) const {
    while (const auto* piece = piece_at(song, at)) at = until(song, *piece, at);
    return std::min(at, song.samples);
}

/// A part that lies behind what is heard goes first, the oldest of them.
void Playout::bound_bytes() {
    std::size_t bytes = 0;
    for (const auto& song : songs_)
        for (const auto& piece : song.pieces) bytes += piece->bytes.size();
    const auto now = position();
    auto* song = find(now.song);
    while (song && bytes > options_.most_bytes) {
        const auto old = std::ranges::find_if(song->pieces, [&](const auto& p) {
            return p->id != cursor_.part && p->chunk_at + p->bytes.part().to <= now.sample;
        });
        if (old == song->pieces.end()) return;
        bytes -= (*old)->bytes.size();
        song->pieces.erase(old);
    }
}

// --- decoding ---

void Playout::go(SongId id, std::int64_t at) {
    const auto* song = find(id);
    if (cursor_.song != id || !decoder_) decoder_.emplace(song->format.rate, song->format.channels);
    converter_.emplace(song->format, sink_->format());
    cursor_ = {id, at};
}

Result<bool> Playout::enter(const Piece& piece) {
    const auto at = cursor_.at - piece.chunk_at;
    const auto entry = piece.bytes.entry(at);
    cursor_.part = piece.id;
    cursor_.page = entry.page;
    cursor_.offset = entry.offset;
    audio::Part part = piece.bytes.part();
    part.from = at;
    if (entry.page != 0) part.first.reset();  // it speaks of the first page
    if (!entry.from_begin) return decoder_->begin(part, piece.bytes.headers());
    decoder_->begin(part);
    return true;
}

/// Decode the next page that gives samples into block_; false: its bytes are not there.
bool Playout::next_page(Song& song, std::vector<Event>& events) {
    for (;;) {
        const auto* piece = piece_at(song, cursor_.at);
        if (!piece) return false;
        Result<bool> entered{true};
        if (piece->id != cursor_.part) entered = enter(*piece);
        decoded_.clear();
        Result<std::size_t> got{std::size_t{0}};
        if (entered) {
            assert(cursor_.page < piece->bytes.pages().size());
            const auto end = piece->bytes.pages()[cursor_.page].end;
            got = decoder_->add(piece->bytes.bytes().subspan(cursor_.offset, end - cursor_.offset),
                                decoded_);
            cursor_.offset = end;
            ++cursor_.page;
        }
        if (!entered || !got) {
            const auto id = piece->id;
            events.push_back(
                {What::bad, song.id, id, entered ? got.error().why : entered.error().why});
            drop_part(id);
            continue;
        }
        auto frames = static_cast<std::int64_t>(*got);
        if (frames == 0) continue;
        if (const auto most = until(song, *piece, cursor_.at) - cursor_.at; frames > most) {
            frames = most;
            decoded_.resize(static_cast<std::size_t>(frames * song.format.channels));
        }
        converter_->add(decoded_, block_);
        cursor_.at += frames;
        return true;
    }
}

/// More samples to write; false: there are none now.
bool Playout::refill(std::vector<Event>& events) {
    while (block_given_ == block_.size()) {
        auto* song = find(cursor_.song);
        if (!song) return false;
        block_.clear();
        block_given_ = 0;
        if (block_song_ != song->id || jumped_) block_sample_ = cursor_.at;
        block_song_ = song->id;
        if (cursor_.at < song->samples) {
            if (!next_page(*song, events)) return false;
        } else if (!cursor_.flushed) {
            converter_->finish(block_);
            cursor_.flushed = true;
        } else if (const auto* next = after(song->id)) {
            go(next->id, next->start);
        } else {
            return false;
        }
    }
    return true;
}

std::size_t Playout::block_frames() const {
    return (block_.size() - block_given_) / static_cast<std::size_t>(sink_->format().channels);
}

/// Whether the output has what it takes; false: there is nothing more to give.
bool Playout::fill(std::vector<Event>& events) {
    // 2 s: an output without a pace takes a whole song, and others wait for their turn
    auto budget = static_cast<std::size_t>(2 * sink_->format().rate);
    for (std::size_t room; budget > 0 && (room = sink_->room()) > 0;) {
        if (!refill(events)) return false;
        const auto frames = std::min({room, block_frames(), budget});
        const bool begins = marks_.empty() || marks_.back().song != block_song_;
        if (jumped_ || begins)
            marks_.push_back({sink_->written(), block_song_, block_sample_, begins});
        jumped_ = false;
        const auto samples = frames * static_cast<std::size_t>(sink_->format().channels);
        sink_->write(std::span{block_}.subspan(block_given_, samples));
        block_given_ += samples;
        budget -= frames;
    }
    return true;
}

// --- what is heard ---

std::vector<Playout::Event> Playout::tick() {
    std::vector<Event> events;
    if (!sink_) return events;
    account(events);
    if (enough()) {
        if (state_ == State::stalled) events.push_back({What::resumed, cursor_.song});
        state_ = State::playing;
    }
    if (state_ != State::playing) return events;
    const bool filled = fill(events);
    account(events);
    if (!filled && !paused_ && sink_->played() == sink_->written()) run_dry(events);
    return events;
}

/// Whether it may begin, or go on.
bool Playout::enough() const {
    if (paused_ || (state_ != State::starting && state_ != State::stalled)) return false;
    const auto* song = find(cursor_.song);
    if (contiguous(*song, cursor_.at) == song->samples) return true;
    return ahead() >= (state_ == State::stalled ? options_.resume_seconds : options_.start_seconds);
}

/// All that there was is heard.
void Playout::run_dry(std::vector<Event>& events) {
    const auto* song = find(cursor_.song);
    if (cursor_.at < song->samples) {
        state_ = State::stalled;
        events.push_back({What::stalled, song->id});
        return;
    }
    events.push_back({What::finished, song->id});
    events.push_back({What::idle});
    clear();
}

/// Count what was heard since the last call, and tell which songs began and ended.
void Playout::account(std::vector<Event>& events) {
    const auto played = sink_->played();
    while (!marks_.empty()) {
        auto& mark = marks_.front();
        if (mark.begins && played >= mark.frame) {
            events.push_back({What::begun, mark.song});
            mark.begins = false;
        }
        const bool left = marks_.size() > 1 && played >= marks_[1].frame;
        const auto end = left ? marks_[1].frame : played;
        if (auto* song = find(mark.song); song && end > accounted_)
            song->heard += (end - accounted_) * song->format.rate / sink_->format().rate;
        accounted_ = std::max(accounted_, end);
        if (!left) return;
        const auto before = mark.song;
        marks_.pop_front();
        if (marks_.front().song == before) continue;
        if (find(before)) events.push_back({What::finished, before});
        forget_before(marks_.front().song);
    }
}

void Playout::forget_before(SongId song) {
    while (!songs_.empty() && songs_.front().id < song) songs_.pop_front();
}

Playout::Position Playout::position() const {
    if (songs_.empty()) return {};
    const auto& first = songs_.front();
    if (state_ == State::starting || marks_.empty() || marks_.front().song != first.id)
        return {first.id, cursor_.song == first.id ? cursor_.at : first.start};
    const auto& mark = marks_.front();
    const auto frames = std::max(accounted_, mark.frame) - mark.frame;
    const auto sample = mark.sample + frames * first.format.rate / sink_->format().rate;
    return {first.id, std::min(sample, first.samples)};
}

std::int64_t Playout::heard(SongId id) const {
    const auto* song = find(id);
    return song ? song->heard : 0;
}

double Playout::seconds_from_cursor() const {
    double seconds = 0;
    std::int64_t at = cursor_.at;
    for (const auto* song = find(cursor_.song); song; song = after(song->id)) {
        if (song->id != cursor_.song) at = song->start;
        const auto end = contiguous(*song, at);
        seconds += static_cast<double>(end - at) / song->format.rate;
        if (end < song->samples) break;
    }
    return seconds;
}

double Playout::ahead() const {
    if (!sink_ || songs_.empty()) return 0;
    const auto unheard = sink_->written() - accounted_ + static_cast<std::int64_t>(block_frames());
    return static_cast<double>(unheard) / sink_->format().rate + seconds_from_cursor();
}

std::int64_t Playout::missing(SongId id) const {
    const auto* song = find(id);
    if (!song) return 0;
    return contiguous(*song, id == cursor_.song  ? cursor_.at
                             : id < cursor_.song ? song->samples
                                                 : song->start);
}

// --- what the listener does ---

void Playout::drop_unheard() {
    block_.clear();
    block_given_ = 0;
    jumped_ = true;
    if (!sink_) return;
    sink_->drop();
    while (!marks_.empty() && marks_.back().frame >= sink_->written() && !marks_.back().begins)
        marks_.pop_back();
    while (marks_.size() > 1 && marks_.back().frame >= sink_->written()) marks_.pop_back();
}

void Playout::seek(std::int64_t sample) {
    if (songs_.empty()) return;
    auto& song = songs_.front();
    drop_unheard();
    while (!marks_.empty() && marks_.back().song != song.id) marks_.pop_back();
    go(song.id, std::clamp<std::int64_t>(sample, 0, song.samples));
    state_ = State::starting;
}

bool Playout::skip() {
    if (songs_.size() < 2) return false;
    drop_unheard();
    songs_.pop_front();
    marks_.clear();
    accounted_ = sink_->written();
    go(songs_.front().id, songs_.front().start);
    state_ = State::starting;
    return true;
}

void Playout::clear() {
    drop_unheard();
    songs_.clear();
    marks_.clear();
    if (sink_) accounted_ = sink_->written();
    cursor_ = {};
    state_ = State::idle;
}

void Playout::pause(bool paused) {
    paused_ = paused;
    if (sink_) sink_->pause(paused);
}

void Playout::set_volume(double volume) {
    volume_ = volume;
    if (sink_) sink_->set_volume(volume);
}

void Playout::close() {
    if (sink_) sink_->close();
}

}  // namespace stretto::stream

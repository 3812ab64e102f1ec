#include "sim/player.hpp"

#include <cmath>
#include <optional>

#include "play/session.hpp"
#include "sim/pages.hpp"

namespace stretto::sim {
namespace {

using play::Session;

constexpr int rate = 44'100;
constexpr double never = std::numeric_limits<double>::infinity();
constexpr double tick_s = 0.02;          // listen::Player looks no more often
constexpr double index_row_bytes = 24;   // of a piece, see stretto-chunk(5)
constexpr double longest_pause_s = 2;    // between tries, as listen::Download
constexpr double out_of_favour_s = 0.5;  // an edge that failed, twice as long each time,
constexpr int most_doublings = 5;        // as listen::Edges

play::Session::Options options_of(const PlayerSettings& settings, const abr::Shape& song) {
    Session::Options o;
    o.start_s = settings.rules.sound_s;
    o.resume_s = settings.rules.resume_s;
    o.most_s = settings.buffer_s;
    o.lead_s = settings.lead_s;
    o.settled_s = settings.lead_until_s;
    o.highest = static_cast<int>(song.renditions.size()) - 1;
    return o;
}

/// What is known of a song before its indexes are.
abr::Shape without_pieces(const abr::Shape& song) {
    abr::Shape known;
    known.chunk_s = song.chunk_s;
    for (const auto& r : song.renditions) {
        auto& to = known.renditions.emplace_back(abr::Shape::Rendition{r.kbps, r.header_bytes, {}});
        to.chunks.reserve(r.chunks.size());
        for (const auto& chunk : r.chunks) to.chunks.push_back({chunk.bytes, {}});
    }
    return known;
}

/// Which edge to ask, as listen::Edges has it.
class Favour {
   public:
    explicit Favour(int edges) : edges_(static_cast<std::size_t>(edges)) {}
    int current(double now) const {
        const auto ready =
            std::ranges::find_if(edges_, [&](const Edge& edge) { return edge.not_before <= now; });
        const auto first =
            ready != edges_.end() ? ready : std::ranges::min_element(edges_, {}, &Edge::not_before);
        return static_cast<int>(first - edges_.begin());
    }
    void worked(int edge) { edges_[static_cast<std::size_t>(edge)].failures = 0; }
    void failed(int number, double now, bool silent) {
        auto& edge = edges_[static_cast<std::size_t>(number)];
        ++edge.failures;
        const int doublings = silent ? most_doublings : std::min(edge.failures - 1, most_doublings);
        edge.not_before = now + out_of_favour_s * (1 << doublings);
    }

   private:
    struct Edge {
        int failures = 0;
        double not_before = 0;
    };
    std::vector<Edge> edges_;
};

class Player {
   public:
    Player(const abr::Shape& song, const Link& link, abr::Policy& policy,
           const PlayerSettings& settings, const Watch* watch, const Kill* kill)
        : song_(song),
          settings_(settings),
          watch_(watch),
          kill_(kill),
          known_(without_pieces(song)),
          session_(known_, rate, policy, options_of(settings, song)),
          wire_(link, {settings.connect_rtts, settings.burst_bytes}, settings.edges),
          favour_(settings.edges),
          playout_(length_of(song)),
          headers_(song.renditions.size()),
          indexed_(song.renditions.size()) {}

    Outcome run() {
        session_.elsewhere(settings_.edges > 1);
        start();
        while (!over()) step();
        return outcome();
    }

   private:
    /// A want on its way here; `early` while it is not known what it is a part of.
    struct Coming {
        int number;  ///< of the wire
        int edge;
        double asked;
        Session::Want want;
        Pages pages;
        double heard_from = 0;  ///< s of the song, from where on it is heard
        double audio = 0;       ///< s of the song, up to where it can be
        double first = -1;
        double told = 0;  ///< bytes that the session knows of
        double paged = 0, useful = 0;
        bool early = false;
    };
    /// From there on a rendition is heard.
    struct Heard {
        double from;
        int rendition;
    };

    bool over() const { return playout_.ended() || now_ >= settings_.give_up_s; }
    const abr::Shape::Rendition& rendition(int r) const {
        return song_.renditions[static_cast<std::size_t>(r)];
    }
    double begin_of(int chunk) const {
        return static_cast<double>(session_.begin_of(chunk)) / rate;
    }
    Session::Heard heard() const {
        Session::Heard h;
        h.position = h.settled = std::llround(playout_.playhead() * rate);
        h.heard_s = playout_.playhead();
        h.playing = playout_.playing();
        h.started = playout_.started();
        return h;
    }
    int ask_wire(int edge, double bytes) { return wire_.ask(edge, settings_.head_bytes + bytes); }

    // ---- to begin with

    void start() {
        const int edge = favour_.current(now_);
        if (manifest_ < 0) manifest_ = ask_wire(manifest_edge_ = edge, settings_.manifest_bytes);
        if (!coming_) ask_first_chunk(edge);
    }

    void ask_first_chunk(int edge) {
        int r = 0;
        while (r + 1 < static_cast<int>(song_.renditions.size()) &&
               rendition(r + 1).kbps <= settings_.first_kbps)
            ++r;
        Session::Want want;
        want.rendition = r;
        want.stop = rendition(r).chunks.front().bytes;
        fetch(want, 0, edge);
        coming_->early = true;
    }

    void on_manifest() {
        wire_.drop(manifest_);
        manifest_ = -1;
        found_ = true;
        failures_ = 0;
        if (watch_ && watch_->found) watch_->found(now_);
        if (coming_) {
            coming_->early = false;
            session_.adopt(coming_->want.rendition, coming_->asked, coming_->first);
            coming_->want = *session_.under_way();
            heard_.push_back({0, coming_->want.rendition});
            last_rendition_ = coming_->want.rendition;
        }
        act();
    }

    // ---- requests

    void fetch(const Session::Want& want, double heard_from, int edge) {
        const auto& pieces =
            rendition(want.rendition).chunks[static_cast<std::size_t>(want.chunk)].pieces;
        const auto piece = std::ranges::find(pieces, want.begin, &abr::Shape::Piece::offset);
        coming_.emplace(Coming{ask_wire(edge, want.stop - want.begin), edge, now_, want,
                               Pages{rendition(want.rendition), want.chunk,
                                     song_.chunk_s[static_cast<std::size_t>(want.chunk)],
                                     static_cast<int>(piece - pieces.begin())},
                               heard_from, heard_from});
        coming_->paged = want.begin;
        wire_.mark(coming_->number, settings_.head_bytes + 1);
        ++out_.requests;
    }

    void order(const Session::Orders& orders) {
        const auto& want = *orders.want;
        if (last_rendition_ >= 0 && last_rendition_ != want.rendition && watch_ && watch_->switched)
            watch_->switched(now_, rendition(last_rendition_).kbps, rendition(want.rendition).kbps,
                             orders.why);
        last_rendition_ = want.rendition;
        const double from = static_cast<double>(orders.part->from) / rate;
        const int edge = favour_.current(now_);
        if (want.begin > 0 && !headers_[static_cast<std::size_t>(want.rendition)])
            header_fetch_ = ask_wire(edge, rendition(want.rendition).header_bytes);
        fetch(want, from, edge);
        if (from < playout_.audio()) playout_.drop(from);
        while (!heard_.empty() && heard_.back().from >= from - 1e-9) heard_.pop_back();
        heard_.push_back({from, want.rendition});
    }

    /// The end of a request, whatever it was.
    void finish(bool whole) {
        auto& c = *coming_;
        const double bytes = std::max(0.0, wire_.got(c.number) - settings_.head_bytes);
        if (bytes > 0 && watch_ && watch_->fetched)
            watch_->fetched({c.asked, c.first < 0 ? now_ : c.first, now_, c.want.chunk,
                             c.want.rendition, c.edge, bytes, std::max(0.0, c.audio - c.heard_from),
                             whole});
        out_.wasted += std::max(0.0, bytes - c.useful);
        wire_.drop(c.number);
        if (header_fetch_ >= 0) wire_.drop(std::exchange(header_fetch_, -1));
        coming_.reset();
    }

    void fail() {
        const bool early = coming_->early;
        const int edge = coming_->edge;
        if (!early) session_.failed(coming_->want.number);
        finish(false);
        if (early) return;
        favour_.failed(edge, now_, dead_silent());
        retry_soon();
    }

    bool dead_silent() const { return killed_ && kill_->silent; }

    void retry_soon() {
        const double pause = failures_ == 0 && settings_.edges > 1
                                 ? 0
                                 : std::min(longest_pause_s, 0.1 * (1 << std::min(failures_, 6)));
        ++failures_;
        not_before_ = now_ + pause;
        act_at_ = not_before_ + 0.001;
    }

    void act() {
        acted_ = now_;
        if (!found_) {
            act_at_ = manifest_ < 0 ? std::max(not_before_ + 0.001, now_) : never;
            if (manifest_ < 0 && now_ >= not_before_) start();
            return;
        }
        while (now_ >= not_before_) {
            pass_on();
            const auto orders = session_.act(now_, heard());
            ++out_.decisions;
            if (orders.cancel && coming_) {
                const int edge = coming_->edge;
                finish(false);
                if (orders.silent) {
                    favour_.failed(edge, now_, true);
                    if (failures_++ == 0) continue;  // long enough was waited
                    retry_soon();
                }
            }
            if (orders.want) order(orders);
            break;
        }
        next_index();
        act_at_ = session_.complete() && index_ < 0
                      ? never
                      : std::max(now_ + std::max(session_.pause(), tick_s), not_before_);
    }

    // ---- what comes

    /// Bytes that came since, to the session; audio by pages.
    void pass_on() {
        if (!coming_ || coming_->early) return;
        auto& c = *coming_;
        if (c.want.begin > 0 && !headers_[static_cast<std::size_t>(c.want.rendition)]) return;
        const double got = wire_.got(c.number) - settings_.head_bytes;
        if (got < 1) return;
        if (c.first < 0) c.first = now_;
        const double at = c.want.begin + got + 1e-6;
        while (!c.pages.done() && c.pages.end() <= at) page(c);
        const auto fresh = static_cast<std::uint32_t>(got - c.told);
        c.told += fresh;
        session_.came(c.want.number, fresh, std::llround(c.audio * rate), now_, true);
        failures_ = 0;
        wire_.mark(c.number,
                   settings_.head_bytes + (c.pages.done() ? c.want.stop - c.want.begin
                                                          : c.pages.end() - c.want.begin));
    }

    void page(Coming& c) {
        const double audio = begin_of(c.want.chunk) + c.pages.audio();
        const double end = c.pages.end();
        c.pages.next();
        if (audio > c.audio) {
            c.useful += end - c.paged;
            c.audio = audio;
            playout_.come(now_, audio, 0, settings_.rules);
        }
        c.paged = end;
    }

    void on_chunk() {
        auto& c = *coming_;
        const auto r = static_cast<std::size_t>(c.want.rendition);
        if (c.want.begin > 0 && !headers_[r]) return;
        pass_on();
        favour_.worked(c.edge);
        session_.ended(c.want.number);
        if (c.want.begin == 0) headers_[r] = true;
        finish(true);
        act();
    }

    /// One after the other, once a second is in hand.
    void next_index() {
        if (index_ >= 0 || session_.complete() || now_ < not_before_) return;
        const auto wanted = session_.index_wanted(indexed_, heard());
        if (!wanted) return;
        indexing_ = static_cast<std::size_t>(*wanted);
        double pieces = 0;
        for (const auto& chunk : song_.renditions[indexing_].chunks)
            pieces += static_cast<double>(chunk.pieces.size());
        index_ = ask_wire(favour_.current(now_), pieces * index_row_bytes);
    }

    void on_index(bool came) {
        wire_.drop(std::exchange(index_, -1));
        indexed_[indexing_] = true;  // one try: playing goes on without
        if (came) {
            const auto& from = song_.renditions[indexing_].chunks;
            auto& to = known_.renditions[indexing_].chunks;
            for (std::size_t k = 0; k < from.size(); ++k) to[k].pieces = from[k].pieces;
        }
        next_index();
    }

    // ---- time

    void step() {
        double to = std::min({act_at_, wire_.next(), settings_.give_up_s});
        if (kill_ && !killed_) to = std::min(to, kill_->at_s);
        // the sound ends, or stops
        if (playout_.playing()) to = std::min(to, now_ + playout_.buffer() + 1e-9);
        const bool was_playing = playout_.playing();
        now_ = std::max(now_, to);
        playout_.advance(now_);
        wire_.advance(now_);
        if (kill_ && !killed_ && now_ >= kill_->at_s) {
            killed_ = true;
            wire_.kill(favour_.current(now_), kill_->silent);
        }
        const bool stalled = was_playing && !playout_.playing() && !playout_.ended();
        if (stalled) tell_sound();
        look_at_wire();
        if (stalled || now_ >= act_at_) act();
        if (!was_playing || stalled)
            if (playout_.playing()) tell_sound();
        if (watch_ && watch_->second) watch_->second(now_, playout_);
    }
    void tell_sound() const {
        if (watch_ && watch_->sounds) watch_->sounds(now_, playout_);
    }

    void look_at_wire() {
        using State = Wire::State;
        if (manifest_ >= 0 && wire_.state(manifest_) == State::ended) on_manifest();
        if (manifest_ >= 0 && wire_.state(manifest_) == State::failed) {
            wire_.drop(std::exchange(manifest_, -1));
            favour_.failed(manifest_edge_, now_, dead_silent());
            retry_soon();
        }
        if (header_fetch_ >= 0 && wire_.state(header_fetch_) == State::ended) {
            headers_[static_cast<std::size_t>(coming_->want.rendition)] = true;
            wire_.drop(std::exchange(header_fetch_, -1));
        }
        if (index_ >= 0 && wire_.state(index_) != State::coming)
            on_index(wire_.state(index_) == State::ended);
        if (!coming_) return;
        if (wire_.state(coming_->number) == State::failed ||
            (header_fetch_ >= 0 && wire_.state(header_fetch_) == State::failed))
            return fail();
        if (coming_->early) {
            if (coming_->first < 0 && wire_.got(coming_->number) > settings_.head_bytes)
                coming_->first = now_;
            return;
        }
        if (wire_.state(coming_->number) == State::ended) return on_chunk();
        pass_on();
    }

    // ---- what came of it

    Outcome outcome() {
        playout_.advance(now_);
        if (coming_) finish(false);
        out_.bytes = wire_.carried();
        out_.score = playout_.score();
        add_quality();
        if (out_.score.start_s <= 0) out_.score.start_s = now_;
        out_.q = out_.score.of(length_of(song_));
        out_.sound_s = playout_.sound_at() < 0 ? now_ : playout_.sound_at();
        out_.heard_s = playout_.playhead();
        out_.ended_s = playout_.now();
        return out_;
    }

    /// Of what is in hand, by where each rendition begins and ends.
    void add_quality() {
        int before = -1;
        for (std::size_t i = 0; i < heard_.size(); ++i) {
            const double to = std::min(
                playout_.audio(), i + 1 < heard_.size() ? heard_[i + 1].from : playout_.audio());
            const double seconds = to - heard_[i].from;
            if (seconds <= 1e-9) continue;
            const int kbps = rendition(heard_[i].rendition).kbps;
            out_.score.quality_s += abr::utility(kbps) * seconds;
            out_.kbps += kbps * seconds / playout_.audio();
            if (before >= 0 && before != kbps) {
                ++out_.switches;
                out_.score.changes += std::abs(abr::utility(kbps) - abr::utility(before));
            }
            before = kbps;
        }
    }

    const abr::Shape& song_;
    const PlayerSettings& settings_;
    const Watch* watch_;
    const Kill* kill_;
    abr::Shape known_;
    Session session_;
    Wire wire_;
    Favour favour_;
    Playout playout_;
    std::vector<bool> headers_, indexed_;
    std::vector<Heard> heard_;
    std::optional<Coming> coming_;
    int manifest_ = -1, manifest_edge_ = 0, header_fetch_ = -1, index_ = -1;  // of the wire
    std::size_t indexing_ = 0;
    Outcome out_;
    double now_ = 0, act_at_ = never, acted_ = 0, not_before_ = 0;
    int failures_ = 0, last_rendition_ = -1;
    bool found_ = false, killed_ = false;
};

}  // namespace

double length_of(const abr::Shape& song) {
    double seconds = 0;
    for (const double s : song.chunk_s) seconds += s;
    return seconds;
}

Outcome play(const abr::Shape& song, const Link& link, abr::Policy& policy,
             const PlayerSettings& settings, const Watch* watch, const Kill* kill) {
    return Player{song, link, policy, settings, watch, kill}.run();
}

}  // namespace stretto::sim

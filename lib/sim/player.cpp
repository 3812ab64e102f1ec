#include "sim/player.hpp"

#include <cmath>
#include <limits>
#include <optional>

#include "gather/headers.hpp"
#include "gather/listening.hpp"
#include "sim/pages.hpp"

namespace stretto::sim {
namespace {

using gather::Ask;

constexpr int rate = 44'100;
constexpr double never = std::numeric_limits<double>::infinity();
constexpr double index_row_bytes = 24;  // of a piece, see stretto-chunk(5)

gather::Conductor::Options options_of(const PlayerSettings& settings) {
    gather::Conductor::Options o;
    o.first_kbps = settings.first_kbps;
    o.retry = settings.retry;
    o.retry.patience_s = never;  // a song is over when settings.give_up_s have passed
    return o;
}

gather::Listening::Wish wish_of(const PlayerSettings& settings) {
    gather::Listening::Wish wish;
    wish.session.start_s = settings.rules.sound_s;
    wish.session.resume_s = settings.rules.resume_s;
    wish.session.most_s = settings.buffer_s;
    wish.session.lead_s = settings.lead_s;
    wish.session.settled_s = settings.lead_until_s;
    return wish;
}

/// What the manifest tells.
gather::Found found_of(const abr::Shape& song) {
    gather::Found found;
    found.rate = rate;
    found.shape.chunk_s = song.chunk_s;
    for (const auto& r : song.renditions) {
        auto& to =
            found.shape.renditions.emplace_back(abr::Shape::Rendition{r.kbps, r.header_bytes, {}});
        to.chunks.reserve(r.chunks.size());
        for (const auto& chunk : r.chunks) to.chunks.push_back({chunk.bytes, {}});
    }
    return found;
}

/// Carries out on a Wire what gather::Listening asks for, and hears what comes.
class Player {
   public:
    Player(const abr::Shape& song, const Link& link, abr::Policy& policy,
           const PlayerSettings& settings, const Watch* watch, const Kill* kill)
        : song_(song),
          settings_(settings),
          watch_(watch),
          kill_(kill),
          listening_(edges_, options_of(settings), policy, wish_of(settings)),
          wire_(link, {settings.connect_rtts, settings.burst_bytes}, settings.edges),
          playout_(length_of(song)) {
        for (int i = 0; i < settings.edges; ++i) edges_.add_trusted("", "");
    }

    Outcome run() {
        listening_.start(0, {});
        act();
        while (!over()) step();
        return outcome();
    }

   private:
    /// A request on its way here.
    struct Flight {
        int number;  ///< of the wire
        Ask ask;
        std::uint32_t told = 0;  ///< bytes that the conductor knows of
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
    play::Session::Heard heard() const {
        play::Session::Heard h;
        h.position = h.settled = std::llround(playout_.playhead() * rate);
        h.heard_s = playout_.playhead();
        h.playing = playout_.playing();
        h.started = playout_.started();
        return h;
    }

    // ---- steps

    void act() {
        look_at_bytes();
        listening_.act(now_, heard());
        ++out_.decisions;
        carry_out();
        act_at_ = listening_.due(now_);
    }

    void carry_out() {
        for (auto steps = listening_.take(); !steps.empty(); steps = listening_.take())
            for (const auto& step : steps)
                std::visit([this](const auto& what) { carry_out(what); }, step);
    }
    void carry_out(const Ask& ask) {
        const double bytes = bytes_of(ask);
        flights_.push_back({wire_.ask(ask.source, settings_.head_bytes + bytes), ask});
        if (ask.what != Ask::What::part && ask.what != Ask::What::first) return;
        // the first bytes that the rules hear of: with them the measuring of a rate begins
        const std::uint32_t first = ask.makes_headers ? gather::serial_bytes : 1;
        wire_.mark(flights_.back().number, settings_.head_bytes + first);
        ++out_.requests;
    }
    void carry_out(const gather::Cancel& cancel) {
        const auto found = std::ranges::find_if(
            flights_, [&](const Flight& f) { return f.ask.number == cancel.number; });
        if (found == flights_.end()) return;
        wire_.drop(found->number);
        flights_.erase(found);
    }
    void carry_out(const gather::Begin& begin) {
        const double from = static_cast<double>(begin.part.from) / rate;
        if (from < playout_.audio()) playout_.drop(from);
        while (!heard_.empty() && heard_.back().from >= from - 1e-9) heard_.pop_back();
        heard_.push_back({from, begin.part.rendition});
        pages_.reset();
        useful_ = 0;
    }
    /// Audio comes by pages.
    void carry_out(const gather::Pass& pass) {
        const auto& chunk = rendition(pass.rendition).chunks[static_cast<std::size_t>(pass.chunk)];
        if (!pages_) {
            const auto piece =
                std::ranges::find(chunk.pieces, pass.begin, &abr::Shape::Piece::offset);
            pages_.emplace(rendition(pass.rendition), pass.chunk,
                           song_.chunk_s[static_cast<std::size_t>(pass.chunk)],
                           static_cast<int>(piece - chunk.pieces.begin()));
            const auto flight = std::ranges::find_if(
                flights_, [&](const Flight& fl) { return fl.ask.begin + fl.told == pass.stop; });
            paged_ = flight == flights_.end() ? pass.begin : flight->ask.begin;
        }
        const double begin = static_cast<double>(listening_.session().begin_of(pass.chunk)) / rate;
        double audio = static_cast<double>(listening_.session().have()) / rate;
        while (!pages_->done() && pages_->end() <= pass.stop + 1e-6) {
            audio = begin + pages_->audio();
            const double end = pages_->end();
            pages_->next();
            if (audio > playout_.audio()) {
                useful_ += end - paged_;
                auto rules = settings_.rules;
                rules.sound_s = listening_.session().start_s();
                playout_.come(now_, audio, 0, rules);
            }
            paged_ = end;
        }
        listening_.decoded(pass, std::llround(audio * rate), now_);
        const auto flight = std::ranges::find_if(
            flights_, [&](const Flight& f) { return f.ask.begin + f.told == pass.stop; });
        if (flight != flights_.end() && !pages_->done())
            wire_.mark(flight->number,
                       settings_.head_bytes + std::ceil(pages_->end()) - flight->ask.begin);
    }
    void carry_out(const gather::Check& check) {
        listening_.checked(check.rendition, check.chunk, true, now_);
    }
    void carry_out(const gather::Came& came) {
        if (came.ask.what != Ask::What::part && came.ask.what != Ask::What::first) return;
        const auto bytes = static_cast<double>(came.bytes);
        out_.wasted += std::max(0.0, bytes - std::exchange(useful_, 0));
        if (!watch_ || !watch_->fetched) return;
        watch_->fetched({came.asked, came.first < 0 ? now_ : came.first, now_, came.ask.chunk,
                         came.ask.rendition, came.ask.source, bytes,
                         static_cast<double>(came.used) / rate, came.whole});
    }
    void carry_out(const gather::Switched& switched) {
        if (watch_ && watch_->switched)
            watch_->switched(now_, rendition(switched.from).kbps, rendition(switched.to).kbps,
                             switched.why);
    }
    // nothing is cached, nothing is reported, and no source is at fault
    void carry_out(const gather::Forget&) {}
    void carry_out(const gather::Deliver&) {}
    void carry_out(const gather::Tell&) {}
    void carry_out(const gather::Reject&) {}
    void carry_out(const gather::End&) {}

    double bytes_of(const Ask& ask) const {
        if (ask.what == Ask::What::manifest) return settings_.manifest_of(song_);
        if (ask.what == Ask::What::index) {
            double pieces = 0;
            for (const auto& chunk : rendition(ask.rendition).chunks)
                pieces += static_cast<double>(chunk.pieces.size());
            return pieces * index_row_bytes;
        }
        if (ask.what != Ask::What::first) return ask.stop - ask.begin;
        int r = 0;
        while (r + 1 < static_cast<int>(song_.renditions.size()) &&
               rendition(r + 1).kbps <= ask.kbps)
            ++r;
        return rendition(r).chunks.front().bytes;
    }

    // ---- what comes

    void look_at_bytes() {
        for (std::size_t i = 0; i < flights_.size(); ++i) {
            auto& f = flights_[i];
            const auto got = static_cast<std::uint32_t>(
                std::max(0.0, wire_.got(f.number) - settings_.head_bytes + 1e-6));
            if (got <= f.told) continue;
            const auto fresh = got - std::exchange(f.told, got);
            listening_.received(f.ask.number, fresh, now_);
            carry_out();  // which may drop it
            i = std::min(i, flights_.size());
        }
    }

    /// @return whether something has ended, which asks for a decision
    bool look_at_ends() {
        bool any = false;
        for (std::size_t i = 0; i < flights_.size();) {
            const auto f = flights_[i];
            const auto state = wire_.state(f.number);
            if (state == Wire::State::coming) {
                ++i;
                continue;
            }
            any = true;
            wire_.drop(f.number);
            flights_.erase(flights_.begin() + static_cast<std::ptrdiff_t>(i));
            state == Wire::State::ended ? ended(f) : failed(f);
            carry_out();
            i = 0;
        }
        return any;
    }
    void ended(const Flight& f) {
        if (f.ask.what == Ask::What::manifest) {
            listening_.found(f.ask.number, found_of(song_), now_);
            if (watch_ && watch_->found) watch_->found(now_);
        } else if (f.ask.what == Ask::What::index) {
            gather::Pieces pieces;
            for (const auto& chunk : rendition(f.ask.rendition).chunks)
                pieces.push_back(chunk.pieces);
            listening_.index_said(f.ask.number, std::move(pieces), now_);
        } else {
            listening_.ended(f.ask.number, now_);
        }
    }
    void failed(const Flight& f) {
        const bool silent = killed_ && kill_->silent;
        listening_.failed(f.ask.number,
                          {silent ? gather::Fault::stalled : gather::Fault::broken, "gone"}, now_);
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
            wire_.kill(*edges_.current(now_), kill_->silent);
        }
        const bool stalled = was_playing && !playout_.playing() && !playout_.ended();
        if (stalled) tell_sound();
        look_at_bytes();
        if (look_at_ends() || stalled || now_ >= act_at_) act();
        if (!was_playing || stalled)
            if (playout_.playing()) tell_sound();
        if (watch_ && watch_->second) watch_->second(now_, playout_);
    }
    void tell_sound() const {
        if (watch_ && watch_->sounds) watch_->sounds(now_, playout_);
    }

    // ---- what came of it

    Outcome outcome() {
        playout_.advance(now_);
        for (const auto& f : flights_)
            if (f.ask.what == Ask::What::part || f.ask.what == Ask::What::first)
                out_.wasted += std::max(0.0, f.told - std::exchange(useful_, 0));
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
    gather::Edges edges_;
    gather::Listening listening_;
    Wire wire_;
    Playout playout_;
    std::vector<Flight> flights_;
    std::vector<Heard> heard_;
    std::optional<Pages> pages_;     // of the part that comes
    double paged_ = 0, useful_ = 0;  // bytes of it: up to the last page, and heard
    Outcome out_;
    double now_ = 0, act_at_ = 0;
    bool killed_ = false;
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

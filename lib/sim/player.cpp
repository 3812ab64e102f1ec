#include "sim/player.hpp"

#include <algorithm>
#include <optional>

#include "abr/shape.hpp"
#include "sim/pages.hpp"

namespace stretto::sim {
namespace {

constexpr double tell_every_s = 0.5;  // how often a policy hears of bytes

class Player {
   public:
    Player(const abr::Shape& song, const Link& link, abr::Policy& policy,
           const PlayerSettings& settings, const Watch* watch)
        : song_(song),
          link_(link),
          policy_(policy),
          settings_(settings),
          watch_(watch),
          playout_(length_of(song)),
          headers_known_(song.renditions.size(), false) {
        state_.shape = &song;
        state_.stall_resume = settings.rules.resume_s;
        state_.highest = static_cast<int>(song.renditions.size()) - 1;
        for (const auto& r : song.renditions) utilities_.push_back(abr::utility(r.kbps));
    }

    Outcome run() {
        tick_ = decide_at_ = 0;
        while (!over()) {
            if (now_ >= tick_) tell();
            if (state_.chunk < song_.chunks() && (ended_ || now_ >= decide_at_)) decide();
            step();
        }
        return outcome();
    }

   private:
    struct Request {
        int rendition;
        double asked, first;  ///< s: asked for, and the first byte
        double base;          ///< what the link had carried by then
        double before;        ///< bytes that come first: manifest, headers
        double begin;         ///< byte of the chunk
        double told;          ///< bytes that the policy was told of
        double told_until;
        double audio_before;  ///< s of the song that were there
        Pages pages;
        double page_at;  ///< s when the next page is there
        double useful;   ///< bytes that brought something to hear, and what stands before them
        double paged;    ///< bytes of the chunk up to the last page

        double wire(const Link& link, double now) const {
            return now <= first ? 0 : link.carried(now) - base;
        }
    };

    bool over() const { return playout_.ended() || now_ >= settings_.give_up_s; }
    const abr::Shape::Chunk& chunk(int rendition) const {
        return song_.renditions[static_cast<std::size_t>(rendition)]
            .chunks[static_cast<std::size_t>(state_.chunk)];
    }
    double chunk_length() const { return song_.chunk_s[static_cast<std::size_t>(state_.chunk)]; }

    void ask(int rendition, int piece) {
        const double wait = link_.rtt() * (out_.requests ? 1 : 1 + settings_.connect_rtts);
        const auto& r = song_.renditions[static_cast<std::size_t>(rendition)];
        auto known = headers_known_.begin() + rendition;
        double before = out_.requests ? 0 : settings_.manifest_bytes;
        if (piece > 0 && !*known) before += r.header_bytes;
        if (piece > 0) *known = true;
        const double first = now_ + wait;
        request_.emplace(Request{
            rendition, now_, first, link_.carried(first), before,
            static_cast<double>(chunk(rendition).pieces[static_cast<std::size_t>(piece)].offset), 0,
            first, playout_.audio(), Pages{r, state_.chunk, chunk_length(), piece}, 0, before,
            static_cast<double>(chunk(rendition).pieces[static_cast<std::size_t>(piece)].offset)});
        due();
        ++out_.requests;
    }
    /// When the next page will be there.
    void due() {
        auto& r = *request_;
        r.page_at = link_.when(r.base + r.before + r.pages.end() - r.begin);
    }

    /// The policy hears what came since it last heard of any.
    void tell() {
        if (request_ && now_ > request_->told_until) {
            auto& r = *request_;
            if (r.told_until <= r.first) policy_.latency(r.first - r.asked);
            const double wire = r.wire(link_, now_);
            policy_.sample({r.told_until, now_, static_cast<std::uint32_t>(wire - r.told)});
            r.told += static_cast<std::uint32_t>(wire - r.told);
            r.told_until = now_;
        }
        tick_ = now_ + std::min(tell_every_s, policy_.interval());
    }

    void fill_state() {
        playout_.advance(now_);
        state_.now = now_;
        state_.buffer = playout_.buffer();
        state_.most = most();
        state_.playing = playout_.playing();
        state_.started = playout_.started();
        state_.under_way = nullptr;
        if (!request_) return;
        const auto& r = *request_;
        under_way_.rendition = r.rendition;
        under_way_.begin = static_cast<std::uint32_t>(r.begin);
        under_way_.stop = chunk(r.rendition).bytes;
        under_way_.got = static_cast<std::uint32_t>(std::max(0.0, r.wire(link_, now_) - r.before));
        under_way_.audio_s = playout_.audio() - chunk_began_;
        under_way_.asked = r.asked;
        state_.under_way = &under_way_;
    }
    double most() const {
        return playout_.playhead() < settings_.lead_until_s
                   ? std::min(settings_.lead_s, settings_.buffer_s)
                   : settings_.buffer_s;
    }

    void decide() {
        using Do = abr::Decision::Do;
        ended_ = false;
        fill_state();
        const auto decision = policy_.decide(state_);
        ++out_.decisions;
        // an interval may change with every decision
        decide_at_ = now_ + policy_.interval();
        tick_ = std::min(tick_, now_ + std::min(tell_every_s, policy_.interval()));
        if (!request_) {
            if (decision.what == Do::take && state_.buffer <= state_.most) {
                ask(decision.rendition, 0);
                state_.last = decision.rendition;
            }
            return;
        }
        if (decision.what == Do::splice) {
            const int piece =
                abr::joining_piece(song_, decision.rendition, state_.chunk, under_way_.audio_s);
            break_off();
            ask(decision.rendition, std::max(piece, 0));
        } else if (decision.what == Do::abandon) {
            // what was heard of the chunk or can be is kept until the other reaches it
            break_off();
            ask(decision.rendition, 0);
        } else {
            return;
        }
        state_.last = decision.rendition;
    }

    void break_off() {
        tell();
        finish(false);
        request_.reset();
    }
    void finish(bool whole) {
        const auto& r = *request_;
        const double bytes =
            whole ? r.before + chunk(r.rendition).bytes - r.begin : r.wire(link_, now_);
        out_.bytes += bytes;
        out_.wasted += std::max(0.0, bytes - r.useful);
        if (watch_ && watch_->fetched)
            watch_->fetched({r.asked, r.first, now_, state_.chunk, r.rendition, bytes,
                             playout_.audio() - r.audio_before, whole});
    }

    /// To what happens next.
    void step() {
        double to = std::min(tick_, settings_.give_up_s);
        if (state_.chunk < song_.chunks()) to = std::min(to, decide_at_);
        if (!request_ && playout_.playing()) {
            // the buffer has room again, or the song ends
            const double room = now_ + playout_.buffer() - most();
            if (room > now_ && state_.chunk < song_.chunks()) {
                if (room <= to) ended_ = true, to = room + 1e-9;
            }
            if (state_.chunk >= song_.chunks()) to = now_ + playout_.buffer();
        }
        if (request_ && request_->page_at <= to) {
            now_ = std::max(now_, request_->page_at);
            page();
        } else {
            now_ = std::max(now_, to);
            playout_.advance(now_);
        }
        if (watch_ && watch_->second) watch_->second(now_, playout_);
    }

    void page() {
        auto& r = *request_;
        const double audio = chunk_began_ + r.pages.audio();
        if (audio > playout_.audio()) {
            r.useful += r.pages.end() - r.paged;
            const double added = audio - playout_.audio();
            kbps_s_ += added * song_.renditions[static_cast<std::size_t>(r.rendition)].kbps;
            if (heard_ >= 0 && heard_ != r.rendition) ++out_.switches;
            heard_ = r.rendition;
        }
        playout_.come(now_, audio, utilities_[static_cast<std::size_t>(r.rendition)],
                      settings_.rules);
        r.paged = r.pages.end();
        r.pages.next();
        if (!r.pages.done()) {
            due();
            return;
        }
        tell();
        finish(true);
        headers_known_[static_cast<std::size_t>(r.rendition)] = true;
        request_.reset();
        chunk_began_ += chunk_length();
        ++state_.chunk;
        ended_ = true;
    }
    Outcome outcome() {
        if (request_) finish(false);
        playout_.advance(now_);
        out_.score = playout_.score();
        if (out_.score.start_s <= 0) out_.score.start_s = now_;
        out_.q = out_.score.of(length_of(song_));
        out_.sound_s = playout_.sound_at() < 0 ? now_ : playout_.sound_at();
        out_.kbps = playout_.audio() > 0 ? kbps_s_ / playout_.audio() : 0;
        out_.heard_s = playout_.playhead();
        out_.ended_s = playout_.now();
        return out_;
    }

    const abr::Shape& song_;
    const Link& link_;
    abr::Policy& policy_;
    const PlayerSettings& settings_;
    const Watch* watch_;
    Playout playout_;
    std::vector<bool> headers_known_;
    std::vector<double> utilities_;
    abr::State state_;
    abr::UnderWay under_way_;
    std::optional<Request> request_;
    Outcome out_;
    double now_ = 0, tick_ = 0, decide_at_ = 0, chunk_began_ = 0;
    double kbps_s_ = 0;
    int heard_ = -1;
    bool ended_ = true;  ///< a request has ended, or room has come
};

}  // namespace

double length_of(const abr::Shape& song) {
    double seconds = 0;
    for (const double s : song.chunk_s) seconds += s;
    return seconds;
}

Outcome play(const abr::Shape& song, const Link& link, abr::Policy& policy,
             const PlayerSettings& settings, const Watch* watch) {
    return Player{song, link, policy, settings, watch}.run();
}

}  // namespace stretto::sim

#pragma once
// A conductor driven by made-up events: what it asks for is noted, and answered by the test.
#include <algorithm>
#include <deque>
#include <vector>

#include "gather/fetching.hpp"
#include "gather/listening.hpp"

namespace stretto::gather::tests {

constexpr int rate = 48'000, chunk_s = 10;
constexpr std::uint32_t header_bytes = 4000;

inline std::uint32_t chunk_bytes(int kbps) { return static_cast<std::uint32_t>(kbps * 125 * 10); }

inline Found song(int chunks, std::vector<int> kbps = {96, 160, 320}) {
    Found found;
    found.rate = rate;
    found.shape.chunk_s.assign(static_cast<std::size_t>(chunks), chunk_s);
    for (const int k : kbps) {
        auto& r = found.shape.renditions.emplace_back();
        r.kbps = k;
        r.header_bytes = header_bytes;
        r.chunks.assign(static_cast<std::size_t>(chunks), {chunk_bytes(k), {}});
    }
    return found;
}

/// Ten pieces a chunk, of a second each.
inline Pieces pieces(int chunks, int kbps) {
    Pieces all(static_cast<std::size_t>(chunks));
    for (auto& chunk : all)
        for (std::uint32_t i = 0; i < 10; ++i)
            chunk.push_back({chunk_bytes(kbps) / 10 * i, static_cast<double>(i)});
    return all;
}

/// Carries steps out by noting them, and lets a clock run.
template <class Rules>
class Driven {
   public:
    explicit Driven(Rules& rules) : rules_(rules) {}

    double now = 0;
    play::Session::Heard heard;
    std::vector<Ask> asks;  ///< under way, in order
    std::vector<Came> came;
    std::vector<Deliver> delivered;
    std::vector<Check> checks;
    std::vector<Pass> passed;
    std::vector<Switched> switched;
    std::vector<Reject> rejected;
    std::vector<swarm::Report> told;  ///< for the tracker
    int cancelled = 0;
    double start_s = -1;  ///< the level at which sound starts, when the first bytes are decoded
    std::optional<End> end;
    int asked = 0;  ///< in all, polls and peers aside

    void step() {
        for (auto steps = rules_.take(); !steps.empty(); steps = rules_.take())
            for (const auto& one : steps) std::visit([this](const auto& what) { note(what); }, one);
    }
    void act() {
        rules_.act(now, heard);
        step();
    }
    /// Time passes, and the conductor is called whenever it wants to be.
    void run(double seconds) {
        const double to = now + seconds;
        act();
        while (!end) {
            const double due = rules_.due(now);
            if (due > to) break;
            now = std::max(due, now + 0.001);
            act();
        }
        now = to;
    }
    /// The first request of a kind that is under way; number -1: there is none.
    Ask find(Ask::What what, Ask::From from = Ask::From::edge) const {
        const auto found = std::ranges::find_if(
            asks, [&](const Ask& ask) { return ask.what == what && ask.from == from; });
        Ask none;
        none.number = -1;
        return found == asks.end() ? none : *found;
    }
    void gone(int number) {
        std::erase_if(asks, [&](const Ask& ask) { return ask.number == number; });
    }
    void fail(const Ask& ask, Fault fault, const std::string& why = "why") {
        gone(ask.number);
        rules_.failed(ask.number, {fault, why}, now);
        step();
    }
    void found(const Ask& ask, Found song) {
        gone(ask.number);
        rules_.found(ask.number, std::move(song), now);
        step();
    }
    /// All of it comes, its pieces right.
    void bring(const Ask& ask) {
        bytes(ask, ask.stop - ask.begin);
        finish(ask);
    }
    void bytes(const Ask& ask, std::uint32_t n) {
        rules_.received(ask.number, n, now);
        step();
    }
    void finish(const Ask& ask) {
        for (int i = ask.first_piece; i < ask.end_piece; ++i) {
            rules_.piece(ask.number, now);
            step();
        }
        gone(ask.number);
        rules_.ended(ask.number, now);
        step();
    }
    bool right = true;  ///< what Check is answered

   private:
    void note(const Ask& ask) {
        asks.push_back(ask);
        asked += ask.what != Ask::What::poll && ask.what != Ask::What::peers;
    }
    void note(const Cancel& cancel) {
        gone(cancel.number);
        ++cancelled;
    }
    void note(const Begin&) {}
    void note(const Pass& pass) {
        if constexpr (requires { rules_.session(); }) {
            const auto& session = rules_.session();
            if (start_s < 0) start_s = session.start_s();
            const auto& want = *session.under_way();
            rules_.decoded(pass, session.audio_of(want, pass.stop - want.begin), now);
            passed.push_back(pass);
        }
    }
    void note(const Check& check) {
        checks.push_back(check);
        rules_.checked(check.rendition, check.chunk, right, now);
    }
    void note(const Forget&) {}
    void note(const Deliver& deliver) { delivered.push_back(deliver); }
    void note(const Tell& one) { told.push_back(one.report); }
    void note(const Came& one) { came.push_back(one); }
    void note(const Switched& one) { switched.push_back(one); }
    void note(const Reject& one) { rejected.push_back(one); }
    void note(const End& one) { end = one; }

    Rules& rules_;
};

}  // namespace stretto::gather::tests

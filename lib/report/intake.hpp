#pragma once
// Collects events into sessions. Counts skipped lines, and passes each session on once.
#include <functional>
#include <string>
#include <unordered_map>

#include "report/away.hpp"
#include "report/remembered.hpp"
#include "report/session.hpp"

namespace stretto::report {

struct Counts {
    std::int64_t files = 0, bytes = 0, lines = 0, events = 0, torn = 0, foreign = 0, doubled = 0,
                 requests = 0,  ///< lines of access logs
        given = 0,              ///< bytes of uploads that were reported after their session's end
        via = 0;                ///< requests with Via that did not come from a known server
    void add(const Counts& other);
    /// Number of skipped lines.
    std::int64_t skipped() const { return torn + foreign + doubled; }
};

/// Collects the events of sessions, in any order. Of more open sessions than the limit, those that
/// had no line for the longest time wait in a file: strangers can send sessions of one line as
/// quickly as they like, and nobody else's session may end early for that.
class Intake {
   public:
    using Take = std::function<void(const std::string& id, Session&)>;
    /// What is kept in memory; the rest is in files.
    struct Limits {
        std::size_t open = 100'000;        ///< sessions
        std::size_t remembered = 262'144;  ///< keys of each kind
    };
    /// @param take  called once per session: when all of its lines were read, or at the end of the
    ///              input
    Intake(Dictionary& names, std::string salt, Take take, const Limits& limits);
    Intake(Dictionary& names, std::string salt, Take take)
        : Intake(names, std::move(salt), std::move(take), Limits{}) {}

    void add(const events::Event& event);
    /// The input has ended: pass on all open sessions.
    void finish();
    Counts& counts() noexcept { return counts_; }

   private:
    struct Hash : std::hash<std::string_view> {
        using is_transparent = void;
    };
    using Map = std::unordered_map<std::string, OpenSession, Hash, std::equal_to<>>;

    OpenSession* find(const events::Event& event);
    bool add_given(const events::Event& event);
    void put_away_oldest();

    Dictionary& names_;
    std::string salt_;
    Take take_;
    Limits limits_;
    Map open_;
    Map::iterator last_;  // lines of a session often follow each other
    Away away_;
    Remembered ended_;  // complete sessions, with the number of their last line
    Remembered given_;  // uploads after the end, by session and number
    std::uint64_t now_ = 0;
    Counts counts_;
};

}  // namespace stretto::report

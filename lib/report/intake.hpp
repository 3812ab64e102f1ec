#pragma once
// Collects events into sessions. Counts skipped lines, and passes each session on once.
#include <deque>
#include <functional>
#include <string>
#include <unordered_map>

#include "report/session.hpp"

namespace stretto::report {

/// The numbers (`seq`) of the lines that were read from a session. Remembers the last 16,384
/// numbers below the highest.
class Seen {
   public:
    /// @return  false if the line was read before, or if its number is too low to know
    bool add(std::int64_t seq);
    /// Whether every number from 0 to `last`, inclusive, was read.
    bool all_to(std::int64_t last) const noexcept;

   private:
    std::int64_t base_ = 0, count_ = 0;  // all below base_, a multiple of 64, count as seen
    bool complete_ = true;               // nothing below base_ was given up
    std::vector<std::uint64_t> words_;
};

/// A map of keys to numbers that holds at least the last 262,144 keys, and at most twice as many.
class Remembered {
   public:
    void add(std::uint64_t key, std::int64_t number = 0);
    bool has(std::uint64_t key) const { return young_.contains(key) || old_.contains(key); }
    /// @param key  has(key) is true
    std::int64_t number(std::uint64_t key) const {
        const auto found = young_.find(key);
        return found != young_.end() ? found->second : old_.at(key);
    }
    static constexpr std::size_t generation = 262'144;

   private:
    std::unordered_map<std::uint64_t, std::int64_t> young_, old_;
};

struct Counts {
    std::int64_t files = 0, bytes = 0, lines = 0, events = 0, torn = 0, foreign = 0, doubled = 0,
                 late = 0,
                 requests = 0,  ///< lines of access logs
        given = 0,              ///< bytes of uploads that were reported after their session's end
        via = 0;                ///< requests with Via that did not come from a known server
    void add(const Counts& other);
    /// Number of skipped lines.
    std::int64_t skipped() const { return torn + foreign + doubled + late; }
};

/// Collects the events of sessions, in any order.
class Intake {
   public:
    using Take = std::function<void(const std::string& id, Session&)>;
    /// @param take  called once per session: when all of its lines were read, when too many
    ///              sessions are open, or at the end of the input
    Intake(Dictionary& names, std::string salt, Take take,
           std::size_t most_open = default_most_open);

    void add(const events::Event& event);
    /// The input has ended: pass on all open sessions.
    void finish();
    Counts& counts() noexcept { return counts_; }

    static constexpr std::size_t default_most_open = 100'000;

   private:
    struct Open {
        Session session;
        Seen seen;
        std::uint64_t raw_listener = 0, touched = 0;
    };
    struct Hash : std::hash<std::string_view> {
        using is_transparent = void;
    };
    using Map = std::unordered_map<std::string, Open, Hash, std::equal_to<>>;

    Open* find(const events::Event& event);
    bool add_given(const events::Event& event);
    void close_oldest();

    Dictionary& names_;
    std::string salt_;
    Take take_;
    std::size_t most_open_;
    Map open_;
    Map::iterator last_;  // lines of a session often follow each other
    Remembered ended_;    // complete sessions, with the number of their last line
    Remembered given_up_;
    Remembered given_;  // uploads after the end, by session and number
    std::uint64_t now_ = 0;
    Counts counts_;
};

}  // namespace stretto::report

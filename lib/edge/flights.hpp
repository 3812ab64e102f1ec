#pragma once
// Fetches under way that others may wait for: one for each path, however many ask.
#include <atomic>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "edge/fill.hpp"

namespace stretto::edge {

/// What is shared of a fetch: at first nothing is known, then the entry that it fills.
class Flight {
   public:
    /// nullptr: the answer was not for others; go and ask alone.
    using Told = std::function<void(std::shared_ptr<const Outcome>)>;

    /// Wait for the head of the answer; called back on `loop`. @return the outcome, when it is
    /// known already: then `told` is not called
    std::shared_ptr<const Outcome> wait(net::Loop& loop, Told told);
    void tell(std::shared_ptr<const Outcome> outcome);
    /// Whether somebody has joined since this was last asked.
    bool joined() { return joined_.exchange(false); }
    /// How to end the fetch, from any thread.
    void on_unwanted(std::function<void()> cancel);

   private:
    friend class Flights;
    std::atomic<bool> joined_ = false;
    std::mutex mutex_;
    bool known_ = false;
    std::shared_ptr<const Outcome> outcome_;
    std::vector<std::pair<net::Loop*, Told>> waiting_;
    std::function<void()> cancel_;
    std::size_t present_ = 0;  // who joined and has not left; the Flights' mutex guards it
};

/// Shared by all workers.
class Flights {
   public:
    /// The fetch under way for a key; or a new one, and then the caller is the one who flies it.
    std::pair<std::shared_ptr<Flight>, bool> join(const std::string& key);
    /// Who comes from now on is not to wait for those under way (RFC 9111 4.4).
    void forget(const std::string& target);
    void forget_all();
    /// One of those who joined does not want it any more. When nobody does, and the head of its
    /// answer has not come, the fetch is ended.
    void leave(const std::string& key, const std::shared_ptr<Flight>& flight);
    void landed(const std::string& key, const std::shared_ptr<Flight>& flight);

    /// What became of the last fetch that failed.
    struct Failure {
        std::chrono::steady_clock::time_point asked{};  ///< upstream
        int status = 502;
        std::string why;
    };
    void note_failed(const std::string& key, Failure failure);
    /// That of one which asked upstream after `since`; else nullopt.
    std::optional<Failure> failed_since(const std::string& key,
                                        std::chrono::steady_clock::time_point since);

    /// Answers of this path were not for others lately: do not make them wait for each other.
    void note_unshared(const std::string& key, std::uint64_t now_ms);
    /// They are again.
    void note_shared(const std::string& key);
    bool is_unshared(const std::string& key, std::uint64_t now_ms);

   private:
    static constexpr std::size_t most_unshared = 4096, most_failures = 4096;
    static constexpr std::uint64_t unshared_ms = 10000;
    std::mutex mutex_;
    std::unordered_map<std::string, std::shared_ptr<Flight>> flights_;
    std::unordered_map<std::string, std::uint64_t> unshared_;
    std::unordered_map<std::string, Failure> failures_;
};

}  // namespace stretto::edge

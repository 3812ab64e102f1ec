#pragma once
// Open fetches that other requests may join: one per path, however many requests there are.
#include <atomic>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "edge/fill.hpp"

namespace stretto::edge {

/// The shared state of a fetch: first unknown, then the entry that it fills.
class Flight {
   public:
    /// nullptr: the response is not shareable; send an own request.
    using Told = std::function<void(std::shared_ptr<const Outcome>)>;

    /// Wait for the head of the response; calls `told` on `loop`. @return the outcome if it is
    /// already known; then `told` is not called
    std::shared_ptr<const Outcome> wait(net::Loop& loop, Told told);
    void tell(std::shared_ptr<const Outcome> outcome);
    /// Whether a request has joined since the last call.
    bool joined() { return joined_.exchange(false); }
    /// Ends the fetch; callable from any thread.
    void on_unwanted(std::function<void()> cancel);

   private:
    friend class Flights;
    std::atomic<bool> joined_ = false;
    std::mutex mutex_;
    bool known_ = false;
    std::shared_ptr<const Outcome> outcome_;
    std::vector<std::pair<net::Loop*, Told>> waiting_;
    std::function<void()> cancel_;
    std::size_t present_ =
        0;  // requests that joined and have not left; guarded by the Flights' mutex
};

/// Shared by all workers.
class Flights {
   public:
    /// The open fetch for a key, or a new one, which the caller must then execute.
    std::pair<std::shared_ptr<Flight>, bool> join(const std::string& key);
    /// Requests from now on must not join the open fetches (RFC 9111 4.4).
    void forget(const std::string& target);
    void forget_all();
    /// A joined request leaves. If it was the last one and the head has not arrived, the fetch
    /// ends.
    void leave(const std::string& key, const std::shared_ptr<Flight>& flight);
    void landed(const std::string& key, const std::shared_ptr<Flight>& flight);

    /// The result of the last failed fetch.
    struct Failure {
        std::chrono::steady_clock::time_point asked{};  ///< time of the upstream request
        int status = 502;
        std::string why;
    };
    void note_failed(const std::string& key, Failure failure);
    /// The failure, if its upstream request was sent after `since`; otherwise nullopt.
    std::optional<Failure> failed_since(const std::string& key,
                                        std::chrono::steady_clock::time_point since);

    /// Recent responses of this path were not shareable: do not let requests join.
    void note_unshared(const std::string& key, std::uint64_t now_ms);
    /// They are shareable again.
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

#pragma once
// Fetches one response from upstream into the cache, for all waiting requests.
#include <atomic>
#include <chrono>

#include "edge/behind.hpp"
#include "edge/cache.hpp"
#include "edge/check.hpp"
#include "edge/pipe.hpp"
#include "http/histogram.hpp"

namespace stretto::edge {

/// Counted by all workers.
struct EdgeCounters {
    std::atomic<std::uint64_t> hits{0}, misses{0}, collapsed{0}, stale{0}, validated{0},
        upstream_requests{0}, upstream_failures{0}, upstream_bytes{0}, resumed{0}, damaged{0};
    http::Histogram upstream_first_byte;
};

/// "8f3a01c2d4e5f607"
std::string random_name();

/// What an edge's workers share.
struct EdgeShared {
    Cache& cache;
    Manifests& manifests;
    EdgeCounters& counters;
    Troubles& troubles;
    std::string name;  ///< the name in Via and Cache-Status
    /// Identifies this instance in the Via of requests, because names need not be unique. A request
    /// that returns to this edge is recognized by it.
    std::string instance = random_name();
    bool ignore_reload = false;             ///< ignore no-cache and max-age of requests
    std::atomic<bool> songs_asked = false;  ///< a song was requested since the start
};

/// The result of an upstream request.
struct Outcome {
    /// A shareable response: new, validated, or stale because upstream failed.
    std::shared_ptr<Entry> entry;
    bool storable = false;   ///< requests that may reuse it without validation may get it
    bool stored = false;     ///< it is stored, or being stored
    bool validated = false;  ///< a 304 has validated the stored response
    bool stale = false;      ///< upstream failed, and this is the stored response
    std::optional<int> fwd_status;
    /// Fields, as text, for the first client only (private="...").
    std::string own_fields;
    /// Or a response for the first client only.
    std::shared_ptr<Pipe> pipe;
    http::Response head;
    /// Or no response.
    int error = 0;  ///< 502, 503, 504
    std::string why;
    std::chrono::steady_clock::time_point asked{};  ///< time of the upstream request

    /// A result that holds only the upstream's failure.
    bool failed() const;
    /// Upstream refused this request for its fields or its sender; another may succeed.
    bool refused() const;
};

/// Fetches and stores. If upstream breaks off, it requests the rest (Range and If-Range, RFC 9110
/// 14.2), and readers do not notice if that succeeds. It keeps itself alive until it has ended.
class Fill : public std::enable_shared_from_this<Fill> {
   public:
    struct Job {
        std::string key;        ///< path and query
        Route route;            ///< the requested object
        http::Request request;  ///< the client's, end-to-end fields only
        Bytes body;
        std::shared_ptr<Entry> stored;  ///< to be validated; may be nullptr
        /// A response that may not be stored is for one client; otherwise it is for all waiting
        /// ones.
        bool alone = false;
        /// Request the whole object instead of the client's range or condition, because
        /// verification needs it. Always true if other clients wait too.
        bool whole = false;
        /// Whether a new request has joined since the last call; may be empty.
        std::function<bool()> wanted;
        /// Called for each 1xx before the response (RFC 9110 15.2); may be empty.
        std::function<void(const http::Response&)> interim;
        bool internal = false;  ///< our own request: a response that may not be stored is kept
                                ///< until it is read
    };
    /// The end of a transfer: complete, incomplete, or storable but not verified.
    enum class End { done, broken, damaged };
    /// @param head_done  called once, when the response is known
    /// @param all_done   called once at the end; may be empty
    /// @return           for cancel()
    static std::weak_ptr<Fill> start(net::Loop& loop, Behind& behind, EdgeShared& shared,
                                     Objects& objects, Job job,
                                     std::function<void(Outcome)> head_done,
                                     std::function<void(End)> all_done);
    /// End now, because no request waits any more; `head_done` is not called. Does nothing if the
    /// head has arrived.
    void cancel();

   private:
    Fill(net::Loop& loop, Behind& behind, EdgeShared& shared, Objects& objects, Job job,
         std::function<void(Outcome)> head_done, std::function<void(End)> all_done);

    http::Request first_request() const;
    void ask(const http::Request& request);
    void ask_again();
    bool go_to_next();
    void note_answer(const http::Response& response);
    void note_failure(const http::Failure& failure);
    bool asks_once_more(const http::Failure& failure);
    http::Upstream& upstream() const;
    void on_interim(http::Response response);
    void on_head(http::Response&& response);
    void take_head(http::Response&& response);
    void on_refusal();
    void on_resumed_head(http::Response&& response);
    bool begin_entry(const http::Response& response, bool store);
    void begin_without_room(http::Response&& response);
    void begin_pipe(http::Response&& response);
    void answer_validated(const http::Response& response);
    bool answer_stale(bool disconnected, std::optional<int> status);
    bool on_data(BytesView bytes);
    void on_end(const http::Failure* failure);
    bool resume();
    void tell(Outcome outcome);
    void finish();
    void verdict(Check::Verdict verdict);
    void give_up(End end);
    void settle(End end);

    net::Loop& loop_;
    Behind& behind_;
    EdgeShared& shared_;
    Objects& objects_;
    Job job_;
    std::function<void(Outcome)> head_done_;
    std::function<void(End)> all_done_;
    Cache::Moment moment_;        // of the start
    std::shared_ptr<Fill> self_;  // until the end

    std::unique_ptr<http::Fetch> fetch_;
    http::Time requested_{};
    std::chrono::steady_clock::time_point asked_{};
    std::shared_ptr<Entry> entry_;
    std::shared_ptr<Pipe> pipe_;
    std::unique_ptr<Check> check_;
    bool store_ = false, discard_ = false, restarted_ = false;
    /// A response of another dialect from 400 on, until its body tells why.
    struct Refused {
        http::Response head;
        Bytes body;
    };
    std::optional<Refused> refused_;
    std::unique_ptr<net::Timer> pause_;
    int attempts_ = 0;
    std::vector<std::size_t> servers_;  // the servers to try, in this order
    std::size_t server_ = 0;            // index of the current one in servers_
    std::uint64_t skip_ = 0;            // bytes of a resumed response that have arrived before
};

}  // namespace stretto::edge

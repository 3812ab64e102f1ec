#pragma once
// One response from upstream into the cache, for all who wait for it.
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
    std::string name;  ///< in Via and Cache-Status
    /// Names may be shared: this is in the Via of requests, so that one of ours that comes back is
    /// known.
    std::string instance = random_name();
    bool ignore_reload = false;  ///< no-cache and max-age of requests count for nothing
};

/// What came of asking upstream.
struct Outcome {
    /// An answer that others may have too: new, validated, or stale because upstream failed.
    std::shared_ptr<Entry> entry;
    bool storable = false;   ///< whoever may reuse it without validation may have it
    bool stored = false;     ///< and it is (being) stored
    bool validated = false;  ///< a 304 has renewed what was stored
    bool stale = false;      ///< upstream failed, and this is what there is
    std::optional<int> fwd_status;
    /// Fields, printed, that are for the one who asked and nobody else (private="...").
    std::string own_fields;
    /// Or an answer for the one who asked alone.
    std::shared_ptr<Pipe> pipe;
    http::Response head;
    /// Or none.
    int error = 0;  ///< 502, 503, 504
    std::string why;
    std::chrono::steady_clock::time_point asked{};  ///< when upstream was asked for this

    /// Nothing but what is wrong with upstream.
    bool failed() const;
};

/// Fetches, stores, and goes on after upstream has broken off (Range and If-Range, RFC 9110 14.2),
/// so that readers notice nothing where the rest can be had. Keeps itself alive until it has ended.
class Fill : public std::enable_shared_from_this<Fill> {
   public:
    struct Job {
        std::string key;        ///< path and query
        Route route;            ///< what they ask for
        http::Request request;  ///< the client's, end-to-end fields only
        Bytes body;
        std::shared_ptr<Entry> stored;  ///< to be validated; may be nullptr
        /// The answer is for one client, if it may not be stored: else for all who wait.
        bool alone = false;
        /// Ask for all of it, whatever range or condition the client has: an object that can be
        /// proven is proven whole. For those that are not alone it is always so.
        bool whole = false;
        /// Whether somebody new has come to wait for it since this was last asked; may be empty.
        std::function<bool()> wanted;
        /// Told of each 1xx before the answer (RFC 9110 15.2); may be empty.
        std::function<void(const http::Response&)> interim;
        bool internal = false;  ///< asked by ourselves: an answer that may not be stored is kept
                                ///< until it is read
    };
    /// How it ended: as was told with the head, or the entry broke off, or it was to be stored and
    /// was not what it should be.
    enum class End { done, broken, damaged };
    /// @param head_done  called once, when it is known what can be answered
    /// @param all_done   called once, when nothing more will come; may be empty
    /// @return           for cancel()
    static std::weak_ptr<Fill> start(net::Loop& loop, Behind& behind, EdgeShared& shared,
                                     Objects& objects, Job job,
                                     std::function<void(Outcome)> head_done,
                                     std::function<void(End)> all_done);
    /// Nobody wants it any more: it ends now, and `head_done` is not called, unless the head has
    /// come.
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
    std::uint64_t moment_;        // when it began, as invalidations go
    std::shared_ptr<Fill> self_;  // until all is done

    std::unique_ptr<http::Fetch> fetch_;
    http::Time requested_{};
    std::chrono::steady_clock::time_point asked_{};
    std::shared_ptr<Entry> entry_;
    std::shared_ptr<Pipe> pipe_;
    std::unique_ptr<Check> check_;
    bool store_ = false, discard_ = false, restarted_ = false;
    int attempts_ = 0;
    std::vector<std::size_t> servers_;  // that may be asked, in this order
    std::size_t server_ = 0;            // place of the one asked, in servers_
    std::uint64_t skip_ = 0;            // bytes of a second answer that are here already
};

}  // namespace stretto::edge

#pragma once
// POST /events: checks players' events, stores them on the disk, and responds after that.
#include <atomic>

#include "events/batch.hpp"
#include "events/journal.hpp"
#include "http/status.hpp"

namespace stretto::edge {

/// Shared by all workers.
class EventIntake {
   public:
    struct Options {
        std::filesystem::path path;
        std::uint64_t most_file_bytes = 256'000'000;
        std::size_t most_waiting_bytes = 16'000'000;
        double rate = 100;  ///< requests per second and address; 0: no limit
        bool full_addresses = false;
    };
    /// Throws the Errors of events::Journal.
    explicit EventIntake(const Options& options);

    /// The query `sent_ms` is the time of the request by the client's clock; stretto-report
    /// corrects clocks with it. Responds at once, or on the reply's loop after the events are on
    /// the disk:
    /// - 202: all stored
    /// - 400: a line is not an event; nothing is stored
    /// - 413: too many; 415: the body is compressed
    /// - 429: too much from one address, or too much waits for the disk
    /// - 507: the disk is full; 503: it fails
    /// @param reader    of this thread
    /// @param token_id  of the access token that let the request in; empty: it had none, or one
    ///                  without an id
    void take(events::Reader& reader, http::Incoming&& incoming, std::string_view token_id,
              const http::Reply& reply);

    void reopen() { journal_.reopen(); }
    /// Store all waiting events. No response is sent after this.
    void close() { journal_.close(); }
    void add_metrics(std::vector<http::Metric>& metrics) const;

   private:
    void store(events::Batch batch, const http::Reply& reply);
    void come_back(const http::Reply& reply, std::atomic<std::uint64_t>& counter,
                   std::string_view why);

    bool full_addresses_;
    http::Limiter limiter_;
    std::atomic<std::uint64_t> malformed_{0}, limited_{0}, full_{0};
    events::Journal journal_;
};

}  // namespace stretto::edge

#pragma once
// POST /events: what players saw, checked, stored on the disk, and only then answered.
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
        double rate = 100;  ///< requests a second from one address; 0: any number
        bool full_addresses = false;
    };
    /// Errors of events::Journal.
    explicit EventIntake(const Options& options);

    /// The query `sent_ms` is when the client sent it, by its clock, for what stretto-report makes
    /// of times. Replies now or, on the reply's loop, when the disk has them: 202; 400 and none
    /// stored when a line is no event, 413 for too many, 415 for a coded body, 429 when too much
    /// comes from one address or waits for the disk, 507 when that is full, 503 when it fails.
    /// @param reader  of this thread
    void take(events::Reader& reader, http::Incoming&& incoming, const http::Reply& reply);

    void reopen() { journal_.reopen(); }
    /// What waits is stored; nobody is answered after this.
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

#include "edge/event_intake.hpp"

#include <charconv>

#include "base/clock.hpp"
#include "base/note.hpp"

namespace stretto::edge {
namespace {

using events::Journal;

Journal::Options journal_options(const EventIntake::Options& o) {
    return {o.path, o.most_file_bytes, o.most_waiting_bytes, utc_ms,
            [](const std::string& what) { note(what); }};
}

/// When the client sent the post, by its own clock: "/events?sent_ms=1764000000000".
std::optional<std::int64_t> sent_ms(const http::Request& request) {
    const auto target = http::parse_target(request.target);
    const auto value = target ? http::query_value(target->query, "sent_ms") : std::nullopt;
    std::int64_t number = -1;
    if (!value) return {};
    const char* end = value->data() + value->size();
    const auto [stop, code] = std::from_chars(value->data(), end, number);
    const bool fine =
        code == std::errc{} && stop == end && number >= 0 && number <= events::most_time_ms;
    return fine ? std::optional{number} : std::nullopt;
}

/// Pages of other origins may read when to come back.
constexpr const char* again = "Retry-After: 1\r\nAccess-Control-Expose-Headers: Retry-After\r\n";

void answer(const http::Reply& reply, Journal::Stored stored) {
    if (stored == Journal::Stored::no_room) return reply.send(507, "the disk is full", again);
    if (stored == Journal::Stored::no) return reply.send(503, "the disk failed", again);
    http::Outgoing out;
    out.status = 202;
    out.fields = "Access-Control-Allow-Origin: *\r\nCache-Control: no-store\r\n";
    reply.send(std::move(out));
}

}  // namespace

EventIntake::EventIntake(const Options& options)
    : full_addresses_(options.full_addresses),
      limiter_(options.rate),
      journal_(journal_options(options)) {}

void EventIntake::take(events::Reader& reader, http::Incoming&& incoming, std::string_view token_id,
                       const http::Reply& reply) {
    if (!limiter_.admit(incoming.peer.source(), reply.loop().now_ms()))
        return come_back(reply, limited_, "too many events from your address");
    if (journal_.full()) return come_back(reply, full_, "too many events wait for the disk");
    const auto coding = incoming.request.fields.joined("Content-Encoding");
    if (coding && !http::same_token(*coding, "identity"))
        return reply.send(415, "send events as they are", "Accept-Encoding: identity\r\n");
    const auto address = full_addresses_ ? incoming.peer.host() : incoming.peer.network();
    auto batch = events::take_batch(reader, std::move(incoming.body),
                                    {utc_ms(), sent_ms(incoming.request), address, token_id});
    if (batch && !batch->too_many && batch->count > 0) return store(std::move(*batch), reply);
    malformed_.fetch_add(1, std::memory_order_relaxed);
    if (!batch) return reply.send(400, batch.error().why);
    if (batch->too_many)
        return reply.send(413, text("more than ", events::most_batch_lines, " lines"));
    reply.send(400, "no events");
}

void EventIntake::store(events::Batch batch, const http::Reply& reply) {
    // the reply goes back to its own thread, and no copy of it stays with the journal's
    auto done = [reply = std::make_shared<http::Reply>(reply)](Journal::Stored stored) mutable {
        auto& loop = reply->loop();
        loop.post([reply = std::move(reply), stored] { answer(*reply, stored); });
    };
    if (!journal_.append(std::move(batch.lines), batch.count, std::move(done)))
        come_back(reply, full_, "too many events wait for the disk");
}

void EventIntake::come_back(const http::Reply& reply, std::atomic<std::uint64_t>& counter,
                            std::string_view why) {
    counter.fetch_add(1, std::memory_order_relaxed);
    reply.send(429, why, again);
}

void EventIntake::add_metrics(std::vector<http::Metric>& metrics) const {
    const auto n = journal_.numbers();
    const auto add = [&](std::string name, std::string help, std::uint64_t value,
                         std::string labels = "") {
        metrics.push_back(
            {std::move(name), std::move(help), static_cast<double>(value), std::move(labels)});
    };
    add("events_total", "Events of players that are on the disk.", n.events);
    add("events_bytes_total", "Their bytes.", n.bytes);
    add("events_commits_total", "Flushes of events to the disk.", n.commits);
    add("events_failed_commits_total", "Of more, those that it did not.", n.failed);
    add("events_files_total", "Files of events that were put away.", n.files);
    add("events_waiting_bytes", "Bytes of events that wait for the disk.", n.waiting_bytes);
    const auto refused = [&](const char* why, const std::atomic<std::uint64_t>& number) {
        add("events_refused_total", "Requests with events that were refused.", number,
            text("why=\"", why, "\""));
    };
    refused("malformed", malformed_);
    refused("rate", limited_);
    refused("queue", full_);
}

}  // namespace stretto::edge

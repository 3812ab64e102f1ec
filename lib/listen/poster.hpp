#pragma once
// Events to a server that takes them (POST /events of stretto-serve): a second after they happened,
// again and again while it does not answer, and never in the way of the sound.
#include <functional>
#include <memory>
#include <string>

#include "events/outbox.hpp"
#include "events/writer.hpp"
#include "http/ask.hpp"

namespace stretto::listen {

/// Whether events go to a server rather than to a file.
bool is_url(std::string_view events);

class Poster : public events::Sink {
   public:
    /// @param url  "http://host:port", where /events is meant, or with a path; https too
    /// @param say  told once when events are lost, and why
    Poster(net::Loop& loop, const std::string& url, std::function<void(const std::string&)> say);

    void write(std::string_view lines, std::int64_t time_ms) override;
    /// They go now, not in a second.
    void flush() override;
    /// No more lines: `done` is called when all are taken, at the latest after five seconds; at
    /// once when it is asked for again.
    void finish(std::function<void()> done);

   private:
    void schedule(std::int64_t least_ms);
    void post();
    void take(const http::Whole& answer);
    void tell_of_loss(const std::string& why);
    void over();

    net::Loop& loop_;
    std::string base_, target_;
    std::function<void(const std::string&)> say_;
    events::Outbox outbox_;
    http::Upstream upstream_;
    net::Timer next_, late_;
    std::function<void()> done_;
    std::string why_;  // the last post was not taken
    bool finishing_ = false, told_ = false;
};

}  // namespace stretto::listen

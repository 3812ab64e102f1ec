#pragma once
// Posts events to a server that accepts them (POST /events of stretto-serve): a second after they
// happened, again while the server does not respond, and without delaying the sound.
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
    /// @param url  "http://host:port" (with the default path /events), or with a path; also https
    /// @param say  called once if events are lost, with the reason
    /// @param token  asked for what to show to the server; empty: nothing
    Poster(net::Loop& loop, const std::string& url, std::function<void(const std::string&)> say,
           std::function<std::string()> token = {});

    void write(std::string_view lines, std::int64_t time_ms) override;
    /// Post the waiting lines now.
    void flush() override;
    /// No more lines: `done` is called after the server accepted all, or after five seconds, or at
    /// a second call.
    void finish(std::function<void()> done);

   private:
    void schedule(std::int64_t least_ms);
    void post();
    void take(const http::Whole& answer);
    void tell_of_loss(const std::string& why);
    void over();

    net::Loop& loop_;
    std::string base_, target_;
    std::function<std::string()> token_;
    std::function<void(const std::string&)> say_;
    events::Outbox outbox_;
    http::Upstream upstream_;
    net::Timer next_, late_;
    std::function<void()> done_;
    std::string why_;  // the reason why the last post failed
    bool finishing_ = false, told_ = false;
};

}  // namespace stretto::listen

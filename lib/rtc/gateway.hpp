#pragma once
// The HTTP server of stretto-rtc for programs on this machine: it serves songs of WebRTC peers, and
// forwards announces with this peer's id.
#include "http/status.hpp"
#include "rtc/links.hpp"

namespace stretto::rtc {

class Gateway : public http::Handler {
   public:
    Gateway(net::Loop& loop, Links& links, http::Status& status);

    void handle(http::Incoming&& incoming, http::Reply reply) override;

   private:
    void announce(const http::Incoming& incoming, const http::Reply& reply);
    void pass_on(const http::Incoming& incoming, std::string_view path, const http::Reply& reply);

    net::Loop& loop_;
    Links& links_;
    http::Status& status_;
};

}  // namespace stretto::rtc

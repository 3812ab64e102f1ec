#pragma once
// What a server notes of a request and its response, for its log and its counters.
#include <chrono>
#include <memory>
#include <string>

#include "net/socket.hpp"

namespace stretto::http {

struct Exchange {
    struct Logged {
        std::string method, target, referer, agent, session, via;
    };
    std::unique_ptr<Logged> logged;        ///< where there is a log
    std::unique_ptr<net::Address> client;  ///< where a proxy names it
    int status = 0;
    std::string_view cache;
    std::uint64_t body_sent = 0, began_ms = 0;
    std::chrono::steady_clock::time_point asked{};  ///< when the request was whole
};

}  // namespace stretto::http

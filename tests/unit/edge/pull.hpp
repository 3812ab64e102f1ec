#pragma once
// For tests: a body read to its end as a connection would, waiting on its loop. Checks nothing
// itself, as Boost.Test is for one thread.
#include <memory>

#include "base/file.hpp"
#include "http/body.hpp"
#include "net/loop.hpp"

namespace stretto::edge {

inline Bytes bytes_of(const http::Slice& slice) {
    if (slice.fd < 0) return {slice.bytes.begin(), slice.bytes.end()};
    Bytes bytes(slice.length);
    bytes.resize(read_at(slice.fd, bytes, static_cast<std::int64_t>(slice.offset), "a slice"));
    return bytes;
}

class Pull {
   public:
    Pull(net::Loop& loop, std::unique_ptr<http::Body> body) : loop_(loop), body_(std::move(body)) {}

    /// What there is now; `wait` when more may come.
    http::Body::State step() {
        for (;;) {
            http::Slice slice;
            state = body_->next(slice, [this, alive = std::weak_ptr{alive_}] {
                if (alive.expired()) return;  // as with a connection that has gone
                woken = true;
                if (step() != http::Body::State::wait) loop_.stop();
            });
            if (state != http::Body::State::ready) return state;
            if (slice.size() == 0) return state = http::Body::State::broken;  // nothing is no slice
            append(got, bytes_of(slice));
        }
    }
    /// Until it has ended or is broken.
    http::Body::State run() {
        if (step() == http::Body::State::wait) loop_.run();
        return state;
    }

    Bytes got;
    bool woken = false;
    http::Body::State state = http::Body::State::wait;

   private:
    net::Loop& loop_;
    std::unique_ptr<http::Body> body_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace stretto::edge

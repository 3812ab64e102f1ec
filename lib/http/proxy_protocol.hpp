#pragma once
// The client's address that a TCP proxy sends before the client's bytes (HAProxy's PROXY protocol,
// versions 1 and 2).
#include <optional>

#include "base/bytes.hpp"
#include "net/socket.hpp"

namespace stretto::http {

struct ProxyPreface {
    enum Step {
        absent,     ///< these bytes begin with something else
        need_more,  ///< they may still become one
        bad,        ///< they cannot be read, so nobody knows whose the connection is
        whole
    };
    Step step = absent;
    std::size_t size = 0;  ///< bytes of it, once whole
    /// nullopt: the proxy speaks for itself (LOCAL), or does not know (UNKNOWN, UNSPEC, no TCP).
    std::optional<net::Address> client = {};
};

/// The bytes at the beginning of a connection from a proxy. A preface is at most 16 kB.
ProxyPreface read_proxy_preface(BytesView bytes);

}  // namespace stretto::http

#pragma once
// The only HTTP client: concurrent requests to a server through libcurl on one loop, with streamed
// bodies. http/ask has whole responses, http/blocking is for programs without a loop.
//
// The rules for all outgoing requests of our programs:
//  - `http://user:password@host` sends `Authorization: Basic`, and Host without the userinfo.
//  - Certificates are checked against the file of trust_certificates(), else CURL_CA_BUNDLE or
//    SSL_CERT_FILE, else the system's.
//  - Proxies of the environment (http_proxy, https_proxy, ALL_PROXY, no_proxy, as curl reads them)
//    and redirections are for servers that the user named, never for peers and edges that a tracker
//    named: there `allow` judges every address, and a proxy or redirection would evade it.
//  - After a failed connection the host's name is resolved again, and no older connection is used.
#include <functional>
#include <limits>
#include <memory>
#include <string>

#include "base/bytes.hpp"
#include "http/failure.hpp"
#include "http/message.hpp"
#include "net/loop.hpp"
#include "net/socket.hpp"

namespace stretto::http {

/// Called on the loop's thread, until one of `end` or the fetch's destruction. Each of them may
/// destroy the fetch, or the upstream; an owner that may go first gives them guarded (net::Life).
struct FetchCalls {
    /// The final response's status and fields.
    std::function<void(Response&&)> head;
    /// @return false: stop reading until resume()
    std::function<bool(BytesView)> data;
    /// nullptr: the response is whole.
    std::function<void(const Failure*)> end;
    /// 1xx; may be empty.
    std::function<void(const Response&)> interim;
    /// Bytes of a body; more is a Failure (too_long), as soon as it is known.
    std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
};

class Upstream;

/// An open request. Its destruction cancels it, at any time, also in its own callbacks; no callback
/// follows.
class Fetch {
   public:
    ~Fetch();
    /// After `data` returned false: continue reading at the loop's next turn.
    void resume();

   private:
    friend class Upstream;
    struct Transfer;
    explicit Fetch(std::shared_ptr<Transfer> transfer) : transfer_(std::move(transfer)) {}
    std::shared_ptr<Transfer> transfer_;
};

class Upstream {
   public:
    struct Limits {
        long connections = 64;        ///< open at a time; more requests wait
        std::size_t requests = 4096;  ///< under way and waiting
        std::chrono::milliseconds connect{3000};
        std::chrono::milliseconds stall{10000};  ///< without a byte, before the response or within
        /// Of a body, over rate_window, while it is read; 0: any. Within the first the head is
        /// here.
        std::uint64_t least_bytes_per_s = 0;
        std::chrono::milliseconds rate_window{15000};
        /// Asked before each connection, whatever name led to it; empty: all may be connected to.
        std::function<bool(const net::Address&)> allow;
        std::string unix_socket;        ///< connect to this, whatever the base says; empty: no
        bool proxy = false;             ///< the environment's
        bool follow_redirects = false;  ///< of GET and HEAD, five at most
        bool decode = false;            ///< ask for compressed bodies, and give them uncompressed
        /// With TLS, if the server speaks it: one connection for all requests, which wait until it
        /// is agreed on. Not for who makes a transfer pause: libcurl would keep up to 32 MB of it.
        bool http2 = false;
    };
    /// @param base  "http://user:password@host:port" and perhaps a path before every target; what
    /// is
    ///              no such URL makes every fetch fail
    Upstream(net::Loop& loop, std::string_view base, const Limits& limits);
    ~Upstream();

    /// Connection-level fields are the library's business; what `request.fields` holds is sent as
    /// it is. Never calls back before it has returned.
    std::unique_ptr<Fetch> fetch(const Request& request, Bytes body, FetchCalls calls);

    /// "host:port" of the base, without userinfo.
    const std::string& authority() const noexcept;
    /// The base without userinfo: for messages, events and logs.
    const std::string& url() const noexcept;

   private:
    friend class Fetch;
    struct Multi;
    std::unique_ptr<Multi> multi_;
};

/// For all requests of the program from now on: certificates are checked against those in a PEM
/// file (`--cacert`). An Error (66) when it cannot be read. Call it before there are threads.
void trust_certificates(const std::string& file);

/// The same: show a certificate to servers that ask for one (`--client-cert`, `--client-key`). An
/// Error: 66 when a file cannot be read, 64 for a key alone.
/// @param certificate  PEM file; empty: none
/// @param key          PEM file; empty: in the same file
void show_certificate(const std::string& certificate, const std::string& key);

/// Whether a response is a web page where data was asked for: what a network answers for everybody
/// until its user has logged in or paid (RFC 8952 1; 511, RFC 6585 6).
bool is_captive_portal(int status, const Fields& fields);

}  // namespace stretto::http

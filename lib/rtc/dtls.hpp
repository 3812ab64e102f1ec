#pragma once
// The owner of OpenSSL's DTLS, over datagrams that the caller transports.
#include <functional>
#include <memory>

#include "rtc/certificate.hpp"

struct ssl_st;
struct bio_st;
extern "C" void SSL_free(ssl_st*);

namespace stretto::rtc {

class Dtls {
   public:
    struct Calls {
        std::function<void(BytesView datagram)> datagram;  ///< to be sent
        std::function<void()> open;  ///< the handshake is done, and the certificate is the one
        std::function<void(BytesView bytes)> bytes;  ///< of one record
        /// The connection has ended; no further call follows. Do not destroy it in this callback.
        std::function<void(const char* why)> closed;
    };
    /// @param begins       this side begins the handshake, like a TLS client
    /// @param fingerprint  of the certificate that the remote peer must have
    Dtls(const Certificate& certificate, bool begins, const Digest& fingerprint, Calls calls);
    /// Sends close_notify.
    ~Dtls();
    Dtls(const Dtls&) = delete;
    Dtls& operator=(const Dtls&) = delete;

    void start() { handshake(); }
    void receive(BytesView datagram);
    /// Send one record of at most 1163 bytes. Precondition: the connection is open.
    void send(BytesView bytes);
    /// Repeat lost handshake messages. Call this several times a second during the handshake.
    void tick();
    bool is_open() const noexcept { return open_; }

    /// Whether a datagram is DTLS (RFC 7983).
    static bool is_dtls(BytesView datagram) noexcept;

   private:
    void handshake();
    void read();
    void close(const char* why);

    Calls calls_;
    Digest fingerprint_;
    std::unique_ptr<ssl_st, Freed<SSL_free>> ssl_;
    bio_st* in_ = nullptr;  // owned by ssl_
    bool open_ = false, closed_ = false;
};

}  // namespace stretto::rtc

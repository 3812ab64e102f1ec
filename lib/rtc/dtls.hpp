#pragma once
// DTLS over datagrams that somebody else carries: OpenSSL's owner.
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
        /// Nothing follows. Do not destroy this in here.
        std::function<void(const char* why)> closed;
    };
    /// @param begins       the handshake, as TLS's client does
    /// @param fingerprint  of the certificate that the other end must have
    Dtls(const Certificate& certificate, bool begins, const Digest& fingerprint, Calls calls);
    /// Says goodbye.
    ~Dtls();
    Dtls(const Dtls&) = delete;
    Dtls& operator=(const Dtls&) = delete;

    void start() { handshake(); }
    void receive(BytesView datagram);
    /// One record, of at most 1163 bytes; only when open.
    void send(BytesView bytes);
    /// During the handshake, several times a second: repeats what is lost.
    void tick();
    bool is_open() const noexcept { return open_; }

    /// RFC 7983: whether a datagram is DTLS.
    static bool is_dtls(BytesView datagram) noexcept;

   private:
    void handshake();
    void read();
    void close(const char* why);

    Calls calls_;
    Digest fingerprint_;
    std::unique_ptr<ssl_st, Freed<SSL_free>> ssl_;
    bio_st* in_ = nullptr;  // ssl_'s
    bool open_ = false, closed_ = false;
};

}  // namespace stretto::rtc

#include "rtc/dtls.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/error.hpp"

namespace stretto::rtc {
namespace {

constexpr int most_datagram_bytes = 1200;
constexpr int ip_and_udp_bytes = 28;
constexpr std::size_t dtls_head_bytes = 13;
constexpr unsigned first_repeat_us = 100'000, longest_repeat_us = 3'200'000;

using Send = std::function<void(BytesView)>;

/// A sink for OpenSSL: each write is a datagram.
BIO_METHOD* datagrams() {
    static BIO_METHOD* const method = [] {
        auto* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagrams");
        if (!made) throw Error{EX_SOFTWARE, "BIO_meth_new failed"};
        BIO_meth_set_create(made, [](BIO* bio) { return BIO_set_init(bio, 1), 1; });
        BIO_meth_set_ctrl(
            made, [](BIO*, int command, long, void*) -> long { return command == BIO_CTRL_FLUSH; });
        BIO_meth_set_write(made, [](BIO* bio, const char* bytes, int size) {
            (*static_cast<Send*>(BIO_get_data(bio)))(
                as_bytes({bytes, static_cast<std::size_t>(size)}));
            return size;  // DTLS and SCTP repeat what is lost
        });
        return made;
    }();
    return method;
}

}  // namespace

Dtls::Dtls(const Certificate& certificate, bool begins, const Digest& fingerprint, Calls calls)
    : calls_(std::move(calls)),
      fingerprint_(fingerprint),
      ssl_(SSL_new(certificate.context())),
      in_(BIO_new(BIO_s_mem())) {
    auto* out = BIO_new(datagrams());
    if (!ssl_ || !in_ || !out) throw Error{EX_SOFTWARE, "OpenSSL has no memory"};
    BIO_set_mem_eof_return(in_, -1);
    BIO_set_data(out, &calls_.datagram);
    SSL_set_bio(ssl_.get(), in_, out);
    SSL_set_mtu(ssl_.get(), most_datagram_bytes);
    DTLS_set_link_mtu(ssl_.get(), most_datagram_bytes + ip_and_udp_bytes);
    // its own begins with a second
    DTLS_set_timer_cb(ssl_.get(), [](SSL*, unsigned last_us) {
        return last_us == 0 ? first_repeat_us : std::min(2 * last_us, longest_repeat_us);
    });
    if (begins)
        SSL_set_connect_state(ssl_.get());
    else
        SSL_set_accept_state(ssl_.get());
}

Dtls::~Dtls() {
    closed_ = true;
    if (open_) SSL_shutdown(ssl_.get());
}

bool Dtls::is_dtls(BytesView datagram) noexcept {
    return datagram.size() >= dtls_head_bytes && datagram[0] >= 20 && datagram[0] <= 63;
}

void Dtls::handshake() {
    if (closed_ || open_) return;
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    if (result != 1) {
        if (SSL_get_error(ssl_.get(), result) != SSL_ERROR_WANT_READ) close("no DTLS handshake");
        return;
    }
    const std::unique_ptr<X509, Freed<X509_free>> shown{SSL_get1_peer_certificate(ssl_.get())};
    if (!shown || fingerprint_of(shown.get()) != fingerprint_)
        return close("another certificate than announced");
    open_ = true;
    calls_.open();
}

void Dtls::receive(BytesView datagram) {
    if (closed_ || !is_dtls(datagram)) return;
    BIO_write(in_, datagram.data(), static_cast<int>(datagram.size()));
    handshake();
    if (open_) read();
}

void Dtls::read() {
    std::array<std::uint8_t, 4096> bytes;
    int n = 0;
    ERR_clear_error();
    while (!closed_ && (n = SSL_read(ssl_.get(), bytes.data(), bytes.size())) > 0)
        calls_.bytes({bytes.data(), static_cast<std::size_t>(n)});
    if (!closed_ && SSL_get_error(ssl_.get(), n) == SSL_ERROR_ZERO_RETURN)
        close("the other end has left");
}

void Dtls::send(BytesView bytes) {
    if (!open_ || closed_) return;
    ERR_clear_error();
    SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
}

void Dtls::tick() {
    if (open_ || closed_) return;
    ERR_clear_error();
    if (DTLSv1_handle_timeout(ssl_.get()) < 0) close("no DTLS handshake in time");
}

void Dtls::close(const char* why) {
    if (std::exchange(closed_, true)) return;
    calls_.closed(why);
}

}  // namespace stretto::rtc

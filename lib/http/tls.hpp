#pragma once
// The server's side of one TLS connection: bytes in and out, no socket (OpenSSL).
#include <memory>
#include <span>

#include "base/bytes.hpp"
#include "http/certificates.hpp"
#include "http/openssl.hpp"

namespace stretto::http {

class TlsStream {
   public:
    /// Throws an Error if there is no memory for it.
    explicit TlsStream(std::shared_ptr<const TlsContexts> contexts);
    TlsStream(TlsStream&&) = delete;

    enum class Read {
        more,   ///< all is taken; more may come
        ended,  ///< the client has said that it sends no more
        failed  ///< no TLS, or none that is accepted: the connection is to be closed
    };
    struct Opened {
        Read state = Read::more;
        std::size_t size = 0;  ///< of what was written to `plain`
    };
    /// Decrypt what the client has sent. Responses of the protocol itself (its handshake, alerts)
    /// are appended to `out`.
    /// @param sealed  up to most_sealed bytes
    /// @param plain   at least most_plain bytes
    Opened open(BytesView sealed, std::span<std::uint8_t> plain, Bytes& out);
    static constexpr std::size_t most_sealed = 65536;
    /// With a record that began before them.
    static constexpr std::size_t most_plain = most_sealed + 3 * 16384;

    /// Append `plain`, encrypted, to `out`. Only after the handshake. @return false: it failed
    bool seal(BytesView plain, Bytes& out);
    /// Append "this is all" (close_notify) to `out`.
    void end(Bytes& out);

    bool ready() const noexcept { return ready_; }  ///< the handshake is done
    bool ended() const noexcept { return ended_; }  ///< the client sends no more
    bool resumed() const noexcept;                  ///< the session of an earlier connection
    bool http2() const noexcept;                    ///< it was agreed on (ALPN)

   private:
    friend struct TlsBio;

    std::shared_ptr<const TlsContexts> contexts_;
    Ssl ssl_;
    BytesView in_;          // what is left of `sealed`, within open()
    Bytes* out_ = nullptr;  // within each call
    bool ready_ = false, ended_ = false, failed_ = false;
};

}  // namespace stretto::http

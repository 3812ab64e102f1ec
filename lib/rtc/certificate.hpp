#pragma once
// The key and certificate of this peer, and the id that the certificate proves.
#include <memory>
#include <string>

#include "base/digest.hpp"
#include "base/own.hpp"

struct ssl_ctx_st;
struct x509_st;
extern "C" void SSL_CTX_free(ssl_ctx_st*);

namespace stretto::rtc {

/// The id of a WebRTC peer: the first 130 bits of the SHA-256 of its certificate, as 26 characters
/// of Crockford base32. The DTLS handshake proves it.
std::string peer_id_of(const Digest& fingerprint);

/// SHA-256 of a certificate in DER.
Digest fingerprint_of(const x509_st* certificate);

/// A new key (P-256) and a self-signed certificate. Both exist as long as this object.
class Certificate {
   public:
    Certificate();

    const Digest& fingerprint() const noexcept { return fingerprint_; }
    std::string peer_id() const { return peer_id_of(fingerprint_); }
    /// A DTLS 1.2 context with this certificate; the remote peer must send one too.
    ssl_ctx_st* context() const noexcept { return context_.get(); }

   private:
    std::unique_ptr<ssl_ctx_st, Freed<SSL_CTX_free>> context_;
    Digest fingerprint_{};
};

}  // namespace stretto::rtc

#pragma once
// The key and certificate of this peer, and the id that the certificate proves.
#include <memory>
#include <string>

#include "base/digest.hpp"
#include "base/own.hpp"
#include "swarm/signal.hpp"

struct ssl_ctx_st;
struct x509_st;
extern "C" void SSL_CTX_free(ssl_ctx_st*);

namespace stretto::rtc {

/// SHA-256 of a certificate in DER.
Digest fingerprint_of(const x509_st* certificate);

/// A key (P-256) and a self-signed certificate.
class Certificate {
   public:
    /// @param file  PEM with both, which is made if it is not there or has nearly expired; empty: a
    ///              new key, for as long as this lives. Error if it cannot be read or written.
    explicit Certificate(const std::string& file = {});

    const Digest& fingerprint() const noexcept { return fingerprint_; }
    std::string peer_id() const { return swarm::rtc_id_of(fingerprint_); }
    /// A DTLS 1.2 context with this certificate; the remote peer must send one too.
    ssl_ctx_st* context() const noexcept { return context_.get(); }

   private:
    std::unique_ptr<ssl_ctx_st, Freed<SSL_CTX_free>> context_;
    Digest fingerprint_{};
};

}  // namespace stretto::rtc

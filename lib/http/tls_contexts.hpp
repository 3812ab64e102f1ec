#pragma once
// The contexts of OpenSSL that Certificates makes and TlsStream uses.
#include <map>
#include <memory>
#include <vector>

#include "base/digest.hpp"
#include "http/certificates.hpp"
#include "http/openssl.hpp"

namespace stretto::http {

/// One version of the certificates. It outlives the connections that began with it.
class TlsContexts {
   public:
    /// @param client_authority  file; empty: clients need no certificate
    TlsContexts(std::shared_ptr<TicketKeys> tickets, const std::string& client_authority);

    /// Each Error names its file.
    void add(const Certificates::Pair& pair);
    void add(X509* certificate, EVP_PKEY* key);

    /// For a new connection; nullptr if there is no memory.
    SSL* make() const;
    std::int64_t expires() const noexcept { return expires_; }

   private:
    static int choose(SSL* ssl, int* alert, void*) noexcept;
    static int ticket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                      EVP_MAC_CTX* mac, int sealing) noexcept;
    SslContext make_context() const;
    void keep(SslContext context);
    SSL_CTX* named(std::string_view name) const;

    std::shared_ptr<TicketKeys> tickets_;
    Digest session_context_;
    std::unique_ptr<X509_STORE, Freed<X509_STORE_free>> authorities_;
    std::vector<Certificate> authority_certificates_;
    std::vector<SslContext> all_;  // the first is for clients that ask for no name that we know
    std::map<std::string, SSL_CTX*, std::less<>> by_name_;  // lower case; "*.example.org" too
    std::map<std::vector<std::string>, SSL_CTX*> by_names_;
    std::int64_t expires_ = INT64_MAX;
};

}  // namespace stretto::http

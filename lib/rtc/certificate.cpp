#include "rtc/certificate.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "base/error.hpp"

namespace stretto::rtc {
namespace {

using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using X509Owner = std::unique_ptr<X509, Freed<X509_free>>;

constexpr long day_s = 86400;

void check(bool done, const char* what) {
    if (!done)
        throw Error{EX_SOFTWARE, text(what, ": ", ERR_reason_error_string(ERR_peek_last_error()))};
}

X509Owner self_signed(EVP_PKEY* key) {
    X509Owner x{X509_new()};
    check(x != nullptr, "X509_new");
    X509_set_version(x.get(), 2);  // v3
    ASN1_INTEGER_set(X509_get_serialNumber(x.get()), 1);
    // clocks of strangers are wrong by hours
    X509_gmtime_adj(X509_getm_notBefore(x.get()), -day_s);
    X509_gmtime_adj(X509_getm_notAfter(x.get()), 365 * day_s);
    auto* name = X509_get_subject_name(x.get());
    check(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                     reinterpret_cast<const unsigned char*>("webrtc"), -1, -1, 0),
          "X509_NAME_add_entry_by_txt");
    check(X509_set_issuer_name(x.get(), name), "X509_set_issuer_name");
    check(X509_set_pubkey(x.get(), key), "X509_set_pubkey");
    check(X509_sign(x.get(), key, EVP_sha256()), "X509_sign");
    return x;
}

}  // namespace

Digest fingerprint_of(const X509* certificate) {
    Digest digest{};
    unsigned size = 0;
    check(X509_digest(certificate, EVP_sha256(), digest.data(), &size) && size == digest.size(),
          "X509_digest");
    return digest;
}

Certificate::Certificate() : context_(SSL_CTX_new(DTLS_method())) {
    check(context_ != nullptr, "SSL_CTX_new");
    const Key key{EVP_EC_gen("P-256")};
    check(key != nullptr, "EVP_EC_gen");
    const auto x = self_signed(key.get());
    fingerprint_ = fingerprint_of(x.get());
    auto* context = context_.get();
    check(SSL_CTX_set_min_proto_version(context, DTLS1_2_VERSION), "DTLS 1.2");
    check(SSL_CTX_use_certificate(context, x.get()), "SSL_CTX_use_certificate");
    check(SSL_CTX_use_PrivateKey(context, key.get()), "SSL_CTX_use_PrivateKey");
    // its fingerprint is compared after the handshake; nobody signs these certificates
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                       [](int, X509_STORE_CTX*) { return 1; });
    check(SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20"), "ciphers");
    SSL_CTX_set_options(context, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_read_ahead(context, 1);  // a whole datagram at a time
}

}  // namespace stretto::rtc

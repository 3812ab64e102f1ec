#include "rtc/certificate.hpp"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>

#include "base/error.hpp"
#include "base/file.hpp"

namespace stretto::rtc {
namespace {

using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using X509Owner = std::unique_ptr<X509, Freed<X509_free>>;
using BioOwner = std::unique_ptr<BIO, Freed<BIO_free_all>>;

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

std::string pem_of(EVP_PKEY& key, X509& x) {
    const BioOwner out{BIO_new(BIO_s_mem())};
    check(PEM_write_bio_PrivateKey(out.get(), &key, nullptr, nullptr, 0, nullptr, nullptr),
          "PEM_write_bio_PrivateKey");
    check(PEM_write_bio_X509(out.get(), &x), "PEM_write_bio_X509");
    char* bytes = nullptr;
    const auto size = BIO_get_mem_data(out.get(), &bytes);
    return {bytes, static_cast<std::size_t>(size)};
}

/// For nobody else to read.
void write(const std::string& file, EVP_PKEY& key, X509& x) {
    const auto pem = pem_of(key, x);
    const auto fresh = file + ".new";
    ::unlink(fresh.c_str());
    const File out{::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
    const bool written = out.fd() >= 0 && ::write(out.fd(), pem.data(), pem.size()) ==
                                              static_cast<ssize_t>(pem.size());
    if (!written || ::fsync(out.fd()) != 0 || ::rename(fresh.c_str(), file.c_str()) != 0)
        throw Error{EX_CANTCREAT, text("cannot write '", file, "': ", std::strerror(errno))};
}

/// Nothing: it is not there, or will not do for another month.
std::pair<Key, X509Owner> read(const std::string& file) {
    if (file.empty() || ::access(file.c_str(), F_OK) != 0) return {};
    const BioOwner in{BIO_new_file(file.c_str(), "r")};
    if (!in) throw Error{EX_NOINPUT, text("cannot read '", file, "': ", std::strerror(errno))};
    Key key{PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr)};
    X509Owner x{PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr)};
    if (!key || !x || X509_check_private_key(x.get(), key.get()) != 1)
        throw Error{EX_DATAERR, text("'", file, "' is not a key and its certificate")};
    std::time_t soon = std::time(nullptr) + 30 * day_s;
    if (X509_cmp_time(X509_get0_notAfter(x.get()), &soon) <= 0) return {};
    return {std::move(key), std::move(x)};
}

}  // namespace

Digest fingerprint_of(const X509* certificate) {
    Digest digest{};
    unsigned size = 0;
    check(X509_digest(certificate, EVP_sha256(), digest.data(), &size) && size == digest.size(),
          "X509_digest");
    return digest;
}

Certificate::Certificate(const std::string& file) : context_(SSL_CTX_new(DTLS_method())) {
    check(context_ != nullptr, "SSL_CTX_new");
    auto [key, x] = read(file);
    if (!x) {
        key.reset(EVP_EC_gen("P-256"));
        check(key != nullptr, "EVP_EC_gen");
        x = self_signed(key.get());
        if (!file.empty()) write(file, *key, *x);
    }
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

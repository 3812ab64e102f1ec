#pragma once
// OpenSSL's objects and errors, for the files that use its TLS.
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <memory>

#include "base/error.hpp"
#include "base/own.hpp"

namespace stretto::http {

using SslContext = std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>>;
using Ssl = std::unique_ptr<SSL, Freed<SSL_free>>;
using Bio = std::unique_ptr<BIO, Freed<BIO_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using GeneralNames = std::unique_ptr<GENERAL_NAMES, Freed<GENERAL_NAMES_free>>;

/// Why the last call failed, in OpenSSL's words; clears its queue of errors.
inline std::string why_openssl_failed() {
    const auto code = ERR_peek_last_error();
    const char* reason = ERR_reason_error_string(code);
    ERR_clear_error();
    return reason ? reason : "unknown error";
}

/// For calls that return 1, and fail only for lack of memory or by a bug of ours.
inline void check_openssl(bool done, const char* what) {
    if (!done) throw Error{EX_SOFTWARE, text(what, ": ", why_openssl_failed())};
}

}  // namespace stretto::http

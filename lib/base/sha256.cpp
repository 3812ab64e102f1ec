// SHA-256 by OpenSSL; in WebAssembly, where there is no OpenSSL, by PlainSha256.
#include "base/digest.hpp"

#ifdef __wasm__

#include "base/sha256_plain.hpp"

namespace stretto {
namespace {

PlainSha256& plain(void* state) { return *static_cast<PlainSha256*>(state); }

}  // namespace

void Sha256::Drop::operator()(void* state) const noexcept { delete &plain(state); }
Sha256::Sha256() : state_(new PlainSha256) {}
void Sha256::add(BytesView bytes) { plain(state_.get()).add(bytes); }
Digest Sha256::finish() { return plain(state_.get()).finish(); }

}  // namespace stretto

#else

#include <openssl/evp.h>

#include "base/error.hpp"

namespace stretto {
namespace {

EVP_MD_CTX* context(void* state) { return static_cast<EVP_MD_CTX*>(state); }

void check(int code, const char* what) {
    if (code != 1) throw Error{EX_SOFTWARE, text(what, " failed")};
}

}  // namespace

void Sha256::Drop::operator()(void* state) const noexcept { EVP_MD_CTX_free(context(state)); }

Sha256::Sha256() : state_(EVP_MD_CTX_new()) {
    check(state_ != nullptr, "EVP_MD_CTX_new");
    check(EVP_DigestInit_ex(context(state_.get()), EVP_sha256(), nullptr), "EVP_DigestInit_ex");
}

void Sha256::add(BytesView bytes) {
    check(EVP_DigestUpdate(context(state_.get()), bytes.data(), bytes.size()), "EVP_DigestUpdate");
}

Digest Sha256::finish() {
    Digest digest;
    check(EVP_DigestFinal_ex(context(state_.get()), digest.data(), nullptr), "EVP_DigestFinal_ex");
    return digest;
}

}  // namespace stretto

#endif

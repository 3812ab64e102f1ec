#include "sign/key.hpp"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include <algorithm>

#include "base/digest.hpp"
#include "base/json_value.hpp"
#include "base/note.hpp"
#include "base/own.hpp"
#include "sign/base64url.hpp"

namespace stretto::sign {
namespace {

using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Freed<ECDSA_SIG_free>>;
using Number = std::unique_ptr<BIGNUM, Freed<BN_free>>;
using Bio = std::unique_ptr<BIO, Freed<BIO_free>>;

constexpr std::size_t half = 32;  // of a signature, and of a point
constexpr const char* curve = "prime256v1";

/// For calls that fail only for lack of memory, or by a bug of ours.
void check(bool done, const char* what) {
    if (done) return;
    const char* reason = ERR_reason_error_string(ERR_peek_last_error());
    const std::string why = text(what, ": ", reason ? reason : "unknown error");
    ERR_clear_error();
    throw Error{EX_SOFTWARE, why};
}

EVP_PKEY* of(const SharedKey& key) { return static_cast<EVP_PKEY*>(key.get()); }

SharedKey own(EVP_PKEY* key) {
    return {key, [](void* p) { EVP_PKEY_free(static_cast<EVP_PKEY*>(p)); }};
}

bool is_p256(EVP_PKEY* key) {
    char name[64] = "";
    std::size_t length = 0;
    const bool known = EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
                       EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, name,
                                                      sizeof name, &length) == 1;
    return known && std::string_view{name, length} == curve;
}

/// r and s to the DER that OpenSSL reads.
Bytes der_of(BytesView raw) {
    Signature signature{ECDSA_SIG_new()};
    Number r{BN_bin2bn(raw.data(), half, nullptr)}, s{BN_bin2bn(raw.data() + half, half, nullptr)};
    check(signature && r && s, "BN_bin2bn");
    check(ECDSA_SIG_set0(signature.get(), r.release(), s.release()) == 1, "ECDSA_SIG_set0");
    const int length = i2d_ECDSA_SIG(signature.get(), nullptr);
    check(length > 0, "i2d_ECDSA_SIG");
    Bytes der(static_cast<std::size_t>(length));
    auto* to = der.data();
    i2d_ECDSA_SIG(signature.get(), &to);
    return der;
}

Bytes coordinate(const SharedKey& key, const char* which) {
    BIGNUM* number = nullptr;
    check(EVP_PKEY_get_bn_param(of(key), which, &number) == 1, "EVP_PKEY_get_bn_param");
    const Number owned{number};
    Bytes out(half);
    check(BN_bn2binpad(number, out.data(), half) == static_cast<int>(half), "BN_bn2binpad");
    return out;
}

/// A password would be asked for at the terminal.
int no_password(char*, int, int, void*) { return -1; }

}  // namespace

Result<PublicKey> PublicKey::of_point(BytesView x, BytesView y) {
    if (x.size() != half || y.size() != half) return Malformed{"a coordinate is not of 32 bytes"};
    Bytes point{4};  // SEC 1 2.3.3: not compressed
    append(point, x);
    append(point, y);
    using Builder = std::unique_ptr<OSSL_PARAM_BLD, Freed<OSSL_PARAM_BLD_free>>;
    using Params = std::unique_ptr<OSSL_PARAM, Freed<OSSL_PARAM_free>>;
    const Builder builder{OSSL_PARAM_BLD_new()};
    check(builder != nullptr, "OSSL_PARAM_BLD_new");
    check(OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve, 0) &&
              OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                               point.size()),
          "OSSL_PARAM_BLD_push");
    const Params params{OSSL_PARAM_BLD_to_param(builder.get())};
    const KeyContext context{EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr)};
    check(params && context && EVP_PKEY_fromdata_init(context.get()) == 1,
          "EVP_PKEY_fromdata_init");
    EVP_PKEY* key = nullptr;
    const bool good =
        EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) == 1;
    auto owned = own(key);
    if (good) {
        const KeyContext checking{EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr)};
        if (checking && EVP_PKEY_public_check(checking.get()) == 1)
            return PublicKey{std::move(owned)};
    }
    ERR_clear_error();
    return Malformed{"the point is not on the curve P-256"};
}

Result<PublicKey> PublicKey::parse_point(std::string_view text) {
    const auto point = text.size() > 3 * half ? std::nullopt : parse_base64url(text);
    if (!point || point->size() != 2 * half) return Malformed{"not a point of P-256"};
    return of_point(BytesView{*point}.first(half), BytesView{*point}.last(half));
}

std::string PublicKey::print_point() const {
    auto point = x();
    append(point, y());
    return base64url(point);
}

bool PublicKey::verifies(std::string_view text, BytesView signature) const {
    if (signature.size() != 2 * half) return false;
    const auto der = der_of(signature);
    const DigestContext context{EVP_MD_CTX_new()};
    check(context &&
              EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, of(key_)) == 1,
          "EVP_DigestVerifyInit");
    const bool good =
        EVP_DigestVerify(context.get(), der.data(), der.size(),
                         reinterpret_cast<const std::uint8_t*>(text.data()), text.size()) == 1;
    if (!good) ERR_clear_error();
    return good;
}

Bytes PublicKey::x() const { return coordinate(key_, OSSL_PKEY_PARAM_EC_PUB_X); }
Bytes PublicKey::y() const { return coordinate(key_, OSSL_PKEY_PARAM_EC_PUB_Y); }

std::string PublicKey::thumbprint() const {
    const auto canonical = text(R"({"crv":"P-256","kty":"EC","x":")", base64url(x()), R"(","y":")",
                                base64url(y()), R"("})");
    return base64url(sha256(as_bytes(canonical)));
}

PrivateKey PrivateKey::generate() {
    EVP_PKEY* key = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
    check(key != nullptr, "EVP_PKEY_Q_keygen");
    return PrivateKey{own(key)};
}

Result<PrivateKey> PrivateKey::parse_pem(std::string_view pem) {
    const Bio bio{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
    check(bio != nullptr, "BIO_new_mem_buf");
    auto key = own(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
    ERR_clear_error();
    if (!key) return Malformed{"not a private key in PEM, without a password"};
    if (!is_p256(of(key))) return Malformed{"not a key of the curve P-256, which ES256 needs"};
    return PrivateKey{std::move(key)};
}

std::string PrivateKey::print_pem() const {
    const Bio bio{BIO_new(BIO_s_mem())};
    check(bio && PEM_write_bio_PKCS8PrivateKey(bio.get(), of(key_), nullptr, nullptr, 0, nullptr,
                                               nullptr) == 1,
          "PEM_write_bio_PKCS8PrivateKey");
    char* data = nullptr;
    const long length = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<std::size_t>(length)};
}

Bytes PrivateKey::sign(std::string_view text) const {
    const DigestContext context{EVP_MD_CTX_new()};
    check(
        context && EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, of(key_)) == 1,
        "EVP_DigestSignInit");
    const auto* data = reinterpret_cast<const std::uint8_t*>(text.data());
    std::uint8_t der[128];
    std::size_t length = sizeof der;
    check(EVP_DigestSign(context.get(), der, &length, data, text.size()) == 1, "EVP_DigestSign");
    const std::uint8_t* at = der;
    const Signature signature{d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(length))};
    check(signature != nullptr, "d2i_ECDSA_SIG");
    Bytes raw(2 * half);
    check(BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), raw.data(), half) > 0 &&
              BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), raw.data() + half, half) > 0,
          "BN_bn2binpad");
    return raw;
}

// ---- sets

const PublicKey* KeySet::find(std::string_view id) const noexcept {
    const auto found = std::ranges::find(keys, id, &Entry::id);
    return found == keys.end() ? nullptr : &found->key;
}

namespace {

/// The text of a member; empty if there is none.
std::string_view member(const Json& object, std::string_view name) {
    const auto* value = object.find(name);
    return value && value->is_string() ? std::string_view{value->string()} : std::string_view{};
}

bool is_for_es256(const Json& key) {
    if (member(key, "kty") != "EC" || member(key, "crv") != "P-256") return false;
    if (key.contains("alg") && member(key, "alg") != "ES256") return false;
    return !key.contains("use") || member(key, "use") == "sig";
}

Result<KeySet::Entry> entry_of(const Json& key) {
    const std::string id{member(key, "kid")};
    if (id.empty() || id.size() > 256) return Malformed{"a key has no 'kid' of 1 to 256 bytes"};
    if (key.contains("d")) return Malformed{text("the key '", printable(id), "' is private")};
    const auto x = parse_base64url(member(key, "x")), y = parse_base64url(member(key, "y"));
    if (!x || !y) return Malformed{text("the key '", printable(id), "' has no 'x' and 'y'")};
    auto point = PublicKey::of_point(*x, *y);
    if (!point) return Malformed{text("the key '", printable(id), "': ", point.error().why)};
    return KeySet::Entry{id, std::move(*point)};
}

}  // namespace

Result<KeySet> parse_keys(std::string_view json) {
    if (json.size() > KeySet::most_bytes) return Malformed{"a key set of more than 64 kB"};
    const auto parsed = Json::parse(json);
    if (!parsed) return parsed.error();
    const auto* list = parsed->find("keys");
    if (!list || !list->is_array()) return Malformed{"not a key set: no list 'keys'"};
    KeySet set;
    for (const auto& key : list->items()) {
        if (!key.is_object()) return Malformed{"a key is not an object"};
        if (!is_for_es256(key)) continue;
        if (set.keys.size() == KeySet::most_keys) return Malformed{"more than 64 keys"};
        auto entry = entry_of(key);
        if (!entry) return entry.error();
        if (set.find(entry->id))
            return Malformed{text("two keys are called '", printable(entry->id), "'")};
        set.keys.push_back(std::move(*entry));
    }
    if (set.keys.empty()) return Malformed{"no key for ES256 (kty EC, crv P-256)"};
    return set;
}

std::string print_keys(const KeySet& keys) {
    auto list = Json::array();
    for (const auto& [id, key] : keys.keys)
        list.push_back({{"kty", "EC"},
                        {"crv", "P-256"},
                        {"alg", "ES256"},
                        {"use", "sig"},
                        {"kid", id},
                        {"x", base64url(key.x())},
                        {"y", base64url(key.y())}});
    return Json{{"keys", std::move(list)}}.dump();
}

}  // namespace stretto::sign

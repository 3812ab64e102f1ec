#pragma once
// Keys of ES256 (ECDSA with P-256 and SHA-256, RFC 7518 3.4), by OpenSSL. No other algorithm has a
// type here, so none can be mistaken for it.
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"

namespace stretto::sign {

/// OpenSSL's EVP_PKEY. Copies share it; it never changes.
using SharedKey = std::shared_ptr<void>;

/// Verifies signatures.
class PublicKey {
   public:
    /// The point (x, y), 32 bytes each. Malformed if it is not on the curve.
    static Result<PublicKey> of_point(BytesView x, BytesView y);

    /// What print_point() printed.
    static Result<PublicKey> parse_point(std::string_view text);
    /// Both coordinates, in base64url.
    std::string print_point() const;

    /// @param signature  r and s, 32 bytes each
    bool verifies(std::string_view text, BytesView signature) const;
    /// The coordinates, 32 bytes each.
    Bytes x() const;
    Bytes y() const;
    /// RFC 7638: the hash of the key, which we use as its id.
    std::string thumbprint() const;

   private:
    friend class PrivateKey;
    explicit PublicKey(SharedKey key) : key_(std::move(key)) {}
    SharedKey key_;
};

/// Makes signatures.
class PrivateKey {
   public:
    static PrivateKey generate();
    /// PKCS #8 or SEC 1, without a password.
    static Result<PrivateKey> parse_pem(std::string_view pem);
    std::string print_pem() const;  ///< PKCS #8

    PublicKey public_key() const { return PublicKey{key_}; }
    /// r and s, 32 bytes each.
    Bytes sign(std::string_view text) const;

   private:
    explicit PrivateKey(SharedKey key) : key_(std::move(key)) {}
    SharedKey key_;
};

/// Public keys with their ids: a JWK Set (RFC 7517).
struct KeySet {
    static constexpr std::size_t most_bytes = 65536, most_keys = 64;
    struct Entry {
        std::string id;
        PublicKey key;
    };
    std::vector<Entry> keys;

    /// nullptr: none has this id.
    const PublicKey* find(std::string_view id) const noexcept;
};

/// Keys of other types, curves, algorithms or uses are left out, since sets have these too; a key
/// for ES256 that is damaged, has no `kid` or another's, or is private, is Malformed, as is a set
/// without any key for ES256.
Result<KeySet> parse_keys(std::string_view json);
std::string print_keys(const KeySet& keys);

}  // namespace stretto::sign

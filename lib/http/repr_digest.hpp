#pragma once
// What proves a whole representation (RFC 9530).
#include <optional>
#include <string>

#include "base/digest.hpp"
#include "http/message.hpp"

namespace stretto::http {

/// The sha-256 of Repr-Digest; nullopt when there is none. That of a representation with a weak
/// ETag does not count: a proxy that compresses on the way weakens the tag and leaves the digest as
/// it was.
std::optional<Digest> repr_digest(const Fields& fields);
std::string print_repr_digest(const Digest& digest);

}  // namespace stretto::http

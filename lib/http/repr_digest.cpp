#include "http/repr_digest.hpp"

#include <algorithm>

#include "http/structured.hpp"

namespace stretto::http {

std::optional<Digest> repr_digest(const Fields& fields) {
    const auto text = fields.joined("Repr-Digest");
    const auto* etag = fields.find("ETag");
    if (!text || (etag && etag->starts_with("W/"))) return {};
    const auto members = parse_dictionary(*text);
    if (!members) return {};
    const auto found = std::ranges::find(*members, "sha-256", &DictionaryMember::key);
    if (found == members->end()) return {};
    const auto* bytes = std::get_if<Bytes>(&found->value);
    Digest digest;
    if (!bytes || bytes->size() != digest.size()) return {};
    std::ranges::copy(*bytes, digest.begin());
    return digest;
}

std::string print_repr_digest(const Digest& digest) { return "sha-256=:" + base64(digest) + ":"; }

}  // namespace stretto::http

#pragma once
// The URIs that a token is for: the claim `cdniuc` of RFC 9246.
#include <initializer_list>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace stretto::sign {

/// Safe to use from several threads.
class Scope {
   public:
    static constexpr std::size_t most_bytes = 2048;      ///< of the claim
    static constexpr std::size_t most_uri_bytes = 2048;  ///< longer ones are never in a scope
    static constexpr std::size_t most_cost = 2500;       ///< characters, with all repetitions
    static constexpr std::size_t most_depth = 3;         ///< of repetitions in one another
    static constexpr std::size_t most_levels = 50;       ///< of parentheses
    /// Bytes of a URI times the cost of the expression: 30 MB and 25 ms at most, while it is
    /// matched. Longer URIs are not in the scope.
    static constexpr std::size_t most_steps = 1u << 19;

    /// `regex:` with a POSIX extended regular expression that has to match the whole URI, or
    /// `hash:` with the SHA-256 of one URI (RFC 6920 5: "sha-256;base64url"). Malformed for other
    /// containers, back-references, and
    /// expressions that take more time and memory than a server has: see most_cost.
    static Result<Scope> parse(std::string_view container);

    /// The container of all that is below these songs, at any server, and of their streams.
    /// @param songs  ids and names, at least one
    static std::string of_songs(const std::vector<std::string>& songs);
    /// The container of one URI.
    static std::string of_uri(std::string_view uri);

    /// @param authority  "host:port" of the request
    /// @param target     "/path?query" without the token. The scheme that the client used is not
    ///                   known behind a proxy that ends TLS, so that both of http are tried.
    ///                   Objects of songs have no query: an expression never sees theirs, which
    ///                   would let ".*/96/index" hold "/songs/ID/320/chunk_0.ogg?/96/index".
    bool holds(std::string_view authority, std::string_view target) const;

    /// The whole song, of our own form.
    bool holds_song(std::string_view song) const;

    /// About how many bytes this scope takes.
    std::size_t cost() const noexcept;

   private:
    bool matches_one(std::initializer_list<std::string> uris) const;

    std::vector<std::string> songs_;  // of our own form, which needs no expression
    std::string expression_;          // of the whole URI
    std::size_t expression_cost_ = 0;
    std::string hash_;
};

}  // namespace stretto::sign

#pragma once
// Who may ask: keys, of which only hashes are kept, and a limit on wrong ones.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/digest.hpp"
#include "base/error.hpp"

namespace stretto::subsonic {

/// A listener who was let in.
struct Listener {
    std::string name;  ///< of the file of keys
    std::string id;    ///< in events: the same for all keys of a name, and not to be guessed
};

/// Keys are random and 128 bits long, so that a plain hash protects them.
class Keys {
   public:
    /// A line each: "NAME SHA256", the hash in hexadecimal; blank lines and those that begin with #
    /// are ignored, but for the first "# salt TEXT": of it and the name a listener's id is made, so
    /// that it stays when keys come and go. Without it, it is made of the first key of the name.
    /// Malformed names the first wrong line.
    static Result<Keys> parse(std::string_view text);

    /// The name that a key belongs to; nullptr: it is no key.
    const Listener* find(std::string_view key) const;
    std::size_t size() const noexcept { return listeners_.size(); }

    /// A new key, of 16 random bytes.
    static std::string print_key(BytesView random);
    /// The first line of a new file. @param random  16 bytes
    static std::string print_salt(BytesView random);
    /// Its line.
    static std::string print_line(std::string_view name, std::string_view key);
    /// 1 to 64 visible ASCII characters, not a # first.
    static bool is_name(std::string_view name);

   private:
    std::map<Digest, Listener> listeners_;
};

/// Counts wrong keys of each source of requests, in bounded memory. Pure: the clock is an argument.
class WrongKeys {
   public:
    /// @param most  in a minute
    explicit WrongKeys(unsigned most) : most_(most) {}

    /// Whether a source has shown too many; then its keys are not looked at.
    bool too_many(const std::string& source, std::uint64_t now_ms) const;
    void add(const std::string& source, std::uint64_t now_ms);

   private:
    static constexpr std::size_t most_sources = 65536;
    static constexpr std::uint64_t window_ms = 60'000;
    struct Count {
        unsigned wrong = 0;
        std::uint64_t since_ms = 0;
    };

    unsigned most_;
    std::unordered_map<std::string, Count> sources_;
};

}  // namespace stretto::subsonic

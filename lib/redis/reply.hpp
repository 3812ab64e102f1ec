#pragma once
// What a Redis server answers: a view, valid during the call that gets it.
#include <cstddef>
#include <cstdint>
#include <string_view>

struct redisReply;
struct redisReader;

namespace stretto::redis {

class Reply {
   public:
    Reply() = default;  ///< there was no answer in time
    explicit Reply(const redisReply* raw) noexcept : raw_(raw) {}

    /// No server answered: the connection broke, or time ran out.
    bool is_away() const noexcept { return !raw_; }
    /// No answer, or an error.
    bool has_failed() const noexcept;
    bool is_nothing() const noexcept;
    /// What it says of an error; empty for anything else.
    std::string_view error() const noexcept;
    /// A string or a status; empty for anything else.
    std::string_view text() const noexcept;
    /// An integer; 0 for anything else.
    std::int64_t number() const noexcept;
    /// The number of items of a list; 0 for anything else.
    std::size_t size() const noexcept;
    /// An item of a list; beyond its end, a Reply that is_away().
    Reply operator[](std::size_t i) const noexcept;

   private:
    const redisReply* raw_ = nullptr;
};

/// hiredis allocates as many items as a server announces: a few bytes could take all memory. Makes
/// longer lists an error of the protocol.
constexpr std::size_t most_items = 65536;
void bound_lists(redisReader& reader) noexcept;

}  // namespace stretto::redis

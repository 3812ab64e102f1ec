#pragma once
// The commands of a control socket, a line of JSON each, as mpv's --input-ipc-server has them. Pure
// but for the player.
#include <map>
#include <string>
#include <string_view>

#include "base/json_value.hpp"
#include "listen/remote.hpp"

namespace stretto::listen {

/// One client's: it remembers what the client observes.
class Commands {
   public:
    static constexpr std::size_t most_line = 64u << 10;
    static constexpr std::size_t most_observed = 100;

    explicit Commands(Remote& player) : player_(player) {}

    /// @param line  `{"command": ["seek", 10], "request_id": 1}`, or mpv's text form `seek 10`
    /// @return      the answer, with its line feed; empty for a blank line and the text form
    std::string answer(std::string_view line);
    /// Lines for what has changed of what is observed.
    std::string changes();

   private:
    struct Observed {
        std::string property;
        std::string last{};  // JSON; empty: not told yet
    };
    /// The `data` of a success. @throws Wrong
    Json carry_out(const std::vector<Json>& words);
    Json property(const std::string& name) const;
    void set(const std::string& name, const Json& value);
    void seek(const std::vector<Json>& words);
    void load(const std::vector<Json>& words);

    Remote& player_;
    std::map<std::int64_t, Observed> observed_;
};

}  // namespace stretto::listen

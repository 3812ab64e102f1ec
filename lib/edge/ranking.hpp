#pragma once
// Selects one of several upstream servers for a path. Pure: the clock is an argument.
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace stretto::edge {

/// Servers and their health, shared by all workers. A failed server comes last during a pause,
/// which doubles with each failure from 1 s to 30 s. After the pause one request tries it.
class Ranking {
   public:
    enum class By {
        order,  ///< the first healthy server
        hash    ///< a fixed server per path, and another one only while it is down
    };
    /// @param servers  their names, at least one
    Ranking(std::vector<std::string> servers, By by);

    std::size_t size() const noexcept { return servers_.size(); }
    const std::string& name(std::size_t server) const { return servers_[server]; }

    /// All servers, in the order in which to try them.
    std::vector<std::size_t> order(std::string_view path, std::uint64_t now_ms);
    /// The server did not send a complete response.
    void failed(std::size_t server, std::uint64_t now_ms);
    void answered(std::size_t server);
    bool is_up(std::size_t server) const;

   private:
    struct Health {
        unsigned failures = 0;       // in a row
        std::uint64_t again_ms = 0;  // when to try it again
        bool trying = false;
    };
    static std::uint64_t pause_ms(unsigned failures);

    std::vector<std::string> servers_;
    By by_;
    mutable std::mutex mutex_;
    std::vector<Health> health_;
};

}  // namespace stretto::edge

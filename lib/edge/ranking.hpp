#pragma once
// Which of several servers behind an edge is asked for a path. Pure: the clock is an argument.
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace stretto::edge {

/// Servers with their health, shared by all workers. One that failed is asked last until a pause is
/// over, which doubles with each failure from 1 s to 30 s; then one request tries it.
class Ranking {
   public:
    enum class By {
        order,  ///< the first that works
        hash    ///< each path has a server of its own, and another one only while that is down
    };
    /// @param servers  at least one; what names them
    Ranking(std::vector<std::string> servers, By by);

    std::size_t size() const noexcept { return servers_.size(); }
    const std::string& name(std::size_t server) const { return servers_[server]; }

    /// Every server, the one to ask first at the front.
    std::vector<std::size_t> order(std::string_view path, std::uint64_t now_ms);
    /// It gave no whole answer.
    void failed(std::size_t server, std::uint64_t now_ms);
    void answered(std::size_t server);
    bool is_up(std::size_t server) const;

   private:
    struct Health {
        unsigned failures = 0;       // in a row
        std::uint64_t again_ms = 0;  // when it may be tried
        bool trying = false;
    };
    static std::uint64_t pause_ms(unsigned failures);

    std::vector<std::string> servers_;
    By by_;
    mutable std::mutex mutex_;
    std::vector<Health> health_;
};

}  // namespace stretto::edge

#pragma once
// A listener's access token: from a file, the environment, or a URL that gives new ones.
#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "http/ask.hpp"
#include "net/loop.hpp"
#include "sign/token.hpp"

namespace stretto::listen {

class TokenSource {
   public:
    /// At most one of them is set. None: no token.
    struct Options {
        std::string text;
        std::filesystem::path file;            ///< read again when it changes
        std::string url;                       ///< asked again before the token expires
        std::chrono::seconds least_pause{30};  ///< between two questions to it
    };
    /// Throws an Error if there is to be a token and it cannot be had.
    /// @param say  called when the URL gives no new one
    TokenSource(net::Loop& loop, Options options, std::function<void(const std::string&)> say);

    /// Empty: none.
    const std::string& token();
    /// The highest bitrate that it is for; 0: no limit.
    int most_kbps();
    /// `jti`, for events; empty: none.
    std::string id();

   private:
    void take(std::string text, const std::string& from);
    void read_file_again();
    void schedule();
    void ask();

    net::Loop& loop_;
    Options options_;
    std::function<void(const std::string&)> say_;
    std::string token_;
    std::optional<sign::Glance> glance_;
    std::filesystem::file_time_type written_{};
    std::optional<std::uint64_t> looked_ms_;
    std::optional<http::Upstream> upstream_;
    std::string target_;
    net::Timer next_;
    bool told_ = false;
};

}  // namespace stretto::listen

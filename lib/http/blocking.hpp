#pragma once
// Requests one after the other on kept connections, for programs without a loop.
#include "http/ask.hpp"

namespace stretto::http {

class Blocking {
   public:
    /// @param base  of a server that the user named: the environment's proxies are used, and
    ///              redirections followed
    explicit Blocking(std::string_view base);
    /// @param most  bytes; a longer body is no answer
    Whole get(const std::string& target, std::size_t most);
    /// The base without userinfo.
    const std::string& url() const noexcept { return upstream_.url(); }

   private:
    net::Loop loop_;
    Upstream upstream_;
};

}  // namespace stretto::http

#pragma once
// Requests one after the other on kept connections, for programs without a loop.
#include <filesystem>

#include "http/ask.hpp"

namespace stretto::http {

class Blocking {
   public:
    /// @param base  of a server that the user named: the environment's proxies are used, and
    ///              redirections followed
    explicit Blocking(std::string_view base);
    Blocking(std::string_view base, const Upstream::Limits& limits);
    /// @param socket  a path of the file system where the server listens
    static Blocking at(const std::filesystem::path& socket);
    /// @param most  bytes; a longer body is no answer
    Whole get(const std::string& target, std::size_t most);
    Whole ask(Request request, Bytes body, std::size_t most);
    /// The base without userinfo.
    const std::string& url() const noexcept { return upstream_.url(); }

   private:
    net::Loop loop_;
    Upstream upstream_;
};

}  // namespace stretto::http

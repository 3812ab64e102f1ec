#pragma once
// A store's directory on this machine, as the server that everything else knows how to ask: an
// origin on the loop of who asks, at a free port of the loopback interface.
#include <filesystem>
#include <memory>
#include <string>

#include "net/loop.hpp"

namespace stretto::listen {

class LocalStore {
   public:
    /// An Error (66) when there is no store.
    LocalStore(net::Loop& loop, const std::filesystem::path& directory);
    ~LocalStore();

    /// "http://127.0.0.1:40123"
    const std::string& url() const noexcept { return url_; }

   private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
    std::string url_;
};

}  // namespace stretto::listen

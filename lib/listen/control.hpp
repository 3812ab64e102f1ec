#pragma once
// A socket through which other programs control a player (`--control`).
#include <list>
#include <memory>
#include <string>

#include "base/file.hpp"
#include "listen/commands.hpp"
#include "net/loop.hpp"

namespace stretto::listen {

class Control {
   public:
    static constexpr std::size_t most_clients = 16;

    /// @param path  of a Unix socket, which only its owner can use; it is removed at the end. An
    /// Error (64, 69) if another program listens there.
    Control(net::Loop& loop, Remote& player, const std::string& path);
    ~Control();

   private:
    struct Client;
    void accept();
    void tick();
    void drop(Client& client);

    net::Loop& loop_;
    Remote& player_;
    std::string path_;
    File socket_;
    std::unique_ptr<net::Poll> poll_;
    std::list<std::unique_ptr<Client>> clients_;
    std::uint64_t plays_ = 0;
    net::Timer tick_;
};

}  // namespace stretto::listen

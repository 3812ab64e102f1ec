#pragma once
// A Redis Cluster, or a single server, for many commands at a time: each goes to the server that
// has its key, and again to another when slots move or a server fails.
#include <deque>
#include <map>
#include <set>
#include <vector>

#include "redis/connection.hpp"

namespace stretto::redis {

class Client {
   public:
    struct Limits {
        std::size_t commands = 65536;    ///< without an answer, all together
        std::size_t bytes = 32u << 20;   ///< of these
        std::uint64_t ask_ms = 1000;     ///< until a question counts as unanswered
        std::uint64_t tell_ms = 10'000;  ///< until a statement is given up
        std::uint64_t least_pause_ms = 50, most_pause_ms = 1000;  ///< between tries
        Connection::Times times = {};
    };
    struct Counters {
        std::uint64_t commands = 0, moved = 0, retried = 0, failed = 0, refused = 0,
                      connections = 0, broken = 0;
    };
    using Done = Connection::Done;

    /// @param seeds  numeric addresses, at least one
    Client(net::Loop& loop, std::vector<Server> seeds, Login login, const Limits& limits);
    ~Client();

    /// A question: sent at once. Called back once, with a Reply that is_away() at the latest after
    /// Limits::ask_ms, and soon when the server is known to have failed. Never called back within
    /// this call, nor after the end of the Client.
    /// @param key  the key that decides which server is asked
    void ask(std::string_view key, std::initializer_list<std::string_view> words, Done done);
    void ask(std::string_view key, const std::vector<std::string>& words, Done done);
    /// A statement: waits about a millisecond for others, and longer for a server that has failed.
    void tell(std::string_view key, std::initializer_list<std::string_view> words, Done done = {});
    void tell(std::string_view key, const std::vector<std::string>& words, Done done = {});

    /// Commands without an answer.
    std::size_t pending() const noexcept { return pending_; }
    /// Servers that have slots, and those of them that answer.
    std::size_t servers() const;
    std::size_t servers_well() const;
    /// Why the last connection ended.
    const std::string& trouble() const noexcept { return trouble_; }
    const Counters& counters() const noexcept { return counters_; }

   private:
    static constexpr std::uint16_t nobody = 0xffff;
    static constexpr unsigned most_redirects = 5;

    struct Command {
        std::string bytes;
        Slot slot = 0;
        bool urgent = false;
        bool asking = false;        ///< the next server has it only for those who say ASKING
        std::uint16_t to = nobody;  ///< not the server of its slot
        std::uint64_t until_ms = 0, pause_ms = 0;
        unsigned redirects = 0, downs = 0;
        Done done;
    };
    using Owned = std::unique_ptr<Command>;
    struct Node {
        Server at;
        std::unique_ptr<Connection> connection;
        bool failed = false;  ///< since it last answered
        std::uint64_t not_before_ms = 0, pause_ms = 0;
    };

    void take(std::string_view key, std::string bytes, bool urgent, Done done);
    void dispatch(Owned command);
    bool may_reach(const Node& node) const;
    void send(Node& node, Owned command);
    void answered(Owned command, const std::string& from, const Reply& reply);
    bool redirect(Owned& command, const std::string& from, std::string_view error);
    void wait(Owned command);
    void finish(Owned command, const Reply& reply);
    void fail(Owned command);
    std::uint16_t node_of(const Server& at);
    Connection& connect(Node& node);
    void over(const Server& at, const std::string& why);
    void refresh();
    void got_slots(const Server& from, const Reply& reply);
    void send_waiting();
    void tick();

    net::Loop& loop_;
    std::vector<Server> seeds_;
    Login login_;
    Limits limits_;
    std::vector<std::uint16_t> owners_;            // of slots
    std::deque<Node> nodes_;                       // they stay: their number is bounded
    std::multimap<std::uint64_t, Owned> waiting_;  // by when they are tried again
    std::size_t pending_ = 0, bytes_ = 0;
    bool known_ = false, refreshing_ = false, stale_ = true;
    std::uint64_t refresh_at_ms_ = 0, down_until_ms_ = 0;
    std::size_t next_seed_ = 0;
    std::string trouble_;
    Counters counters_;
    net::Timer tick_;
    net::Life life_;
};

}  // namespace stretto::redis

#include "redis/client.hpp"

#include <algorithm>

namespace stretto::redis {
namespace {

constexpr std::chrono::milliseconds tick{20};
constexpr std::uint64_t refresh_pause_ms = 250;  // between questions for the slots
constexpr std::uint64_t down_pause_ms = 200;     // between questions to a cluster that is down
constexpr unsigned most_down = 3;                // tries of a question there
constexpr std::size_t most_nodes = most_servers;

}  // namespace

Client::Client(net::Loop& loop, std::vector<Server> seeds, Login login, const Limits& limits)
    : loop_(loop),
      seeds_(std::move(seeds)),
      login_(std::move(login)),
      limits_(limits),
      owners_(slots, nobody),
      tick_(loop, [this] { this->tick(); }) {
    tick_.every(redis::tick);
    refresh();
}

Client::~Client() = default;

void Client::ask(std::string_view key, std::initializer_list<std::string_view> words, Done done) {
    take(key, print_command(words), true, std::move(done));
}
void Client::ask(std::string_view key, const std::vector<std::string>& words, Done done) {
    take(key, print_command(words), true, std::move(done));
}
void Client::tell(std::string_view key, std::initializer_list<std::string_view> words, Done done) {
    take(key, print_command(words), false, std::move(done));
}
void Client::tell(std::string_view key, const std::vector<std::string>& words, Done done) {
    take(key, print_command(words), false, std::move(done));
}

void Client::take(std::string_view key, std::string bytes, bool urgent, Done done) {
    ++counters_.commands;
    if (pending_ >= limits_.commands || bytes_ + bytes.size() > limits_.bytes) {
        ++counters_.refused;
        if (done) loop_.post(life_.guard([done = std::move(done)] { done({}); }));
        return;
    }
    ++pending_;
    bytes_ += bytes.size();
    auto command = std::make_unique<Command>();
    command->bytes = std::move(bytes);
    command->slot = slot_of(key);
    command->urgent = urgent;
    command->until_ms = loop_.now_ms() + (urgent ? limits_.ask_ms : limits_.tell_ms);
    command->pause_ms = limits_.least_pause_ms;
    command->done = std::move(done);
    if (urgent && loop_.now_ms() < down_until_ms_) return fail(std::move(command));
    dispatch(std::move(command));
}

/// A server that has failed gets questions again only when it has answered a greeting.
bool Client::may_reach(const Node& node) const {
    return !node.failed || (node.connection && node.connection->is_ready());
}

void Client::dispatch(Owned command) {
    const auto owner = command->to != nobody ? command->to : owners_[command->slot];
    if (owner == nobody) {
        stale_ = true;
        return wait(std::move(command));
    }
    Node& node = nodes_[owner];
    if (!may_reach(node)) {
        command->to = nobody;
        command->asking = false;
        // whoever asks has something better to do than to wait for a server that has failed
        if (command->urgent) return fail(std::move(command));
        return wait(std::move(command));
    }
    send(node, std::move(command));
}

void Client::send(Node& node, Owned command) {
    auto& connection = connect(node);
    if (command->asking) connection.send(print_command({"ASKING"}), command->urgent, {});
    auto* raw = command.release();  // its callback owns it
    const auto answer = [this, from = node.at.host](const std::shared_ptr<Owned>& one,
                                                    const Reply& reply) {
        if (*one) answered(std::move(*one), from, reply);
    };
    const auto owned = std::make_shared<Owned>(raw);
    connection.send(raw->bytes, raw->urgent,
                    [answer, owned](const Reply& reply) { answer(owned, reply); });
}

void Client::answered(Owned command, const std::string& from, const Reply& reply) {
    if (reply.is_away()) return wait(std::move(command));
    const auto error = reply.error();
    if (error.empty()) return finish(std::move(command), reply);
    if (redirect(command, from, error)) return;
    if (!passes(error)) return finish(std::move(command), reply);
    const bool down = error.starts_with("CLUSTERDOWN");
    stale_ = stale_ || down || error.starts_with("READONLY");
    if (down && command->urgent && ++command->downs == most_down) {
        down_until_ms_ = loop_.now_ms() + down_pause_ms;
        return fail(std::move(command));
    }
    wait(std::move(command));
}

/// @return  false: it is no redirect, or one too many; the command is still the caller's
bool Client::redirect(Owned& command, const std::string& from, std::string_view error) {
    const auto where = parse_redirect(error, from);
    if (!where || ++command->redirects % most_redirects == 0) return false;
    const auto to = node_of(where->to);
    if (to == nobody) return false;
    ++counters_.moved;
    command->asking = where->ask;
    command->to = where->ask ? to : nobody;
    if (!where->ask) {
        owners_[where->slot] = to;
        stale_ = true;
    }
    dispatch(std::move(command));
    return true;
}

void Client::wait(Owned command) {
    const auto now = loop_.now_ms();
    command->to = nobody;
    command->asking = false;
    if (now + command->pause_ms >= command->until_ms) return fail(std::move(command));
    ++counters_.retried;
    const auto due = now + command->pause_ms;
    command->pause_ms = std::min(2 * command->pause_ms, limits_.most_pause_ms);
    waiting_.emplace(due, std::move(command));
}

void Client::finish(Owned command, const Reply& reply) {
    --pending_;
    bytes_ -= command->bytes.size();
    if (command->done) command->done(reply);
}

void Client::fail(Owned command) {
    ++counters_.failed;
    loop_.post(life_.guard([this, one = std::make_shared<Owned>(std::move(command))] {
        finish(std::move(*one), {});
    }));
}

std::uint16_t Client::node_of(const Server& at) {
    const auto found = std::ranges::find(nodes_, at, &Node::at);
    if (found != nodes_.end()) return static_cast<std::uint16_t>(found - nodes_.begin());
    if (nodes_.size() < most_nodes) {
        nodes_.push_back({at, {}, false, 0, limits_.least_pause_ms});
        return static_cast<std::uint16_t>(nodes_.size() - 1);
    }
    // a place of one that has no slots, is not used and not a seed
    for (std::uint16_t i = 0; i < nodes_.size(); ++i)
        if (!nodes_[i].connection && std::ranges::find(owners_, i) == owners_.end()) {
            nodes_[i] = {at, {}, false, 0, limits_.least_pause_ms};
            return i;
        }
    return nobody;
}

Connection& Client::connect(Node& node) {
    if (node.connection && !node.connection->is_over()) return *node.connection;
    if (node.connection) loop_.drop(std::move(node.connection));
    ++counters_.connections;
    const Server at = node.at;
    node.connection = std::make_unique<Connection>(
        loop_, at, login_, limits_.times, life_.guard([this, at] {
            auto& one = nodes_[node_of(at)];
            one.failed = false;
            one.pause_ms = limits_.least_pause_ms;
        }),
        life_.guard([this, at](const std::string& why) { over(at, why); }));
    return *node.connection;
}

void Client::over(const Server& at, const std::string& why) {
    ++counters_.broken;
    trouble_ = text("'", at.print(), "': ", why);
    const auto i = node_of(at);
    if (i == nobody) return;
    Node& node = nodes_[i];
    node.failed = true;
    node.not_before_ms = loop_.now_ms() + node.pause_ms;
    node.pause_ms = std::min(2 * node.pause_ms, limits_.most_pause_ms);
    if (node.connection) loop_.drop(std::move(node.connection));
    stale_ = true;
}

// Slots

/// Ask a server for the slots of all: those that are known and well first, then the seeds.
void Client::refresh() {
    refreshing_ = true;
    refresh_at_ms_ = loop_.now_ms() + refresh_pause_ms;
    std::vector<std::uint16_t> order;
    for (std::uint16_t i = 0; i < nodes_.size(); ++i)
        if (nodes_[i].connection && nodes_[i].connection->is_ready()) order.push_back(i);
    std::vector<std::uint16_t> others;
    for (const auto& seed : seeds_)
        if (const auto i = node_of(seed); i != nobody) others.push_back(i);
    for (std::uint16_t i = 0; i < nodes_.size(); ++i) others.push_back(i);
    std::erase_if(others, [&](std::uint16_t i) {
        return nodes_[i].failed && loop_.now_ms() < nodes_[i].not_before_ms;
    });
    if (order.empty()) order = std::move(others);
    if (order.empty()) {
        refreshing_ = false;
        return;
    }
    Node& node = nodes_[order[next_seed_++ % order.size()]];
    connect(node).send(print_command({"CLUSTER", "SLOTS"}), true,
                       [this, from = node.at](const Reply& reply) { got_slots(from, reply); });
}

void Client::got_slots(const Server& from, const Reply& reply) {
    refreshing_ = false;
    if (reply.is_away()) return;
    if (reply.error().find("cluster support disabled") != std::string_view::npos) {
        owners_.assign(slots, node_of(from));
        stale_ = false;
        if (!std::exchange(known_, true)) send_waiting();
        return;
    }
    const auto ranges = parse_slots(reply, from.host);
    if (!ranges) {
        trouble_ =
            text("'", from.print(),
                 "': ", reply.error().empty() ? ranges.error().why : std::string{reply.error()});
        return;
    }
    owners_.assign(slots, nobody);
    for (const auto& range : *ranges) {
        const auto owner = node_of(range.master);
        for (unsigned slot = range.first; slot <= range.last; ++slot) owners_[slot] = owner;
        for (const auto& replica : range.replicas) node_of(replica);  // to ask when others fail
    }
    if (!std::exchange(known_, true)) send_waiting();
    stale_ = false;
}

/// What came before the slots were known.
void Client::send_waiting() {
    auto all = std::exchange(waiting_, {});
    for (auto& [due, command] : all) dispatch(std::move(command));
}

void Client::tick() {
    const auto now = loop_.now_ms();
    std::vector<Owned> due;
    while (!waiting_.empty() && waiting_.begin()->first <= now) {
        due.push_back(std::move(waiting_.begin()->second));
        waiting_.erase(waiting_.begin());
    }
    for (auto& command : due) dispatch(std::move(command));
    bool failed = false;
    for (std::uint16_t i = 0; i < nodes_.size(); ++i) {
        Node& node = nodes_[i];
        if (!node.failed || std::ranges::find(owners_, i) == owners_.end()) continue;
        failed = true;
        // greet it, so that it can be well again
        if (!node.connection && now >= node.not_before_ms) connect(node);
    }
    if ((stale_ || failed || !known_) && !refreshing_ && now >= refresh_at_ms_) refresh();
}

std::size_t Client::servers() const {
    const std::set<std::uint16_t> all{owners_.begin(), owners_.end()};
    return all.size() - all.count(nobody);
}

std::size_t Client::servers_well() const {
    const std::set<std::uint16_t> all{owners_.begin(), owners_.end()};
    return static_cast<std::size_t>(std::ranges::count_if(all, [&](std::uint16_t i) {
        return i != nobody && nodes_[i].connection && nodes_[i].connection->is_ready();
    }));
}

}  // namespace stretto::redis

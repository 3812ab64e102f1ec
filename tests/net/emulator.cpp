// A network of hosts for tests, all joined by one ideal switch: rate, queue, loss and delay of each
// host's own link. The kernel need not have netem.
//
//   emulator PREFIX HOSTS [SEED]
//
// HOSTS has a line for each host:
//   NAME ADDRESS UP_KBPS DOWN_KBPS DELAY_MS LOSS_PERMILLE [QUEUE_MS [QUEUE_KB]]
// with addresses in the networks for documentation (192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24),
// which are taken for public and lead nowhere else. The network namespace PREFIX-NAME is there
// already (ip netns add); it gets a TUN device with that address. A packet from A to B goes through
// A's uplink, waits for both delays, then goes through B's downlink. Each link is served at the
// rate of the moment, byte by byte, so a rate that changes changes what waits already. A packet is
// lost by chance at either link, and where more than QUEUE_MS (100) at the rate of the moment and
// more than QUEUE_KB (0) wait before it. A cellular network holds tens of kB for a phone, also
// while nothing reaches it: without QUEUE_KB a link of rate 0 drops what comes.
//
// Prints "ready". Then on standard input: such a line changes the host of that name (its address
// stays; rate 0: nothing passes), `bytes` prints a line "FROM TO BYTES" for each pair, counting
// what arrived, and a line "." behind them. The end of the input, SIGTERM or SIGINT end it.
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <deque>
#include <fstream>
#include <iostream>
#include <memory>
#include <queue>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <unordered_map>
#include <vector>

namespace {

using Nanos = std::int64_t;
constexpr Nanos ms = 1'000'000;
constexpr Nanos coarse = ms / 4;    // packets due within this go together
constexpr int packets_a_turn = 64;  // of one host, before others get theirs
constexpr std::size_t most_packet_bytes = 2048;

Nanos now() {
    return std::chrono::nanoseconds{std::chrono::steady_clock::now().time_since_epoch()}.count();
}

int must(int code, const std::string& what) {
    if (code < 0) throw std::system_error(errno, std::generic_category(), what);
    return code;
}

struct Packet {
    Nanos at = 0;
    std::uint64_t number = 0;  // those of one time keep their order
    int from = 0, to = 0;
    std::vector<unsigned char> bytes;
};
using Packets = std::deque<std::unique_ptr<Packet>>;

/// One direction of a link: what waits leaves one after the other.
struct Lane {
    std::int64_t kbps = 0;
    Nanos most = 100 * ms;       // that may wait, at this rate
    std::size_t most_bytes = 0;  // that may wait at any rate
    Packets waiting;
    std::size_t bytes = 0;  // of them
    double sent = 0;        // bytes of the first
    Nanos since = 0;        // they were

    Lane() = default;
    Lane(Lane&&) = default;  // or a vector of hosts would copy what waits

    /// @return false: the queue is full
    bool take(std::unique_ptr<Packet>& packet, Nanos at) {
        const auto limit = std::max(most_bytes, static_cast<std::size_t>(most / ms * kbps / 8));
        if (limit == 0 || bytes > limit) return false;
        if (waiting.empty()) {
            since = at;
            sent = 0;
        }
        bytes += packet->bytes.size();
        waiting.push_back(std::move(packet));
        return true;
    }

    /// When the first is through. @return -1: not until the rate changes
    Nanos next() const {
        if (waiting.empty() || kbps <= 0) return -1;
        const double left = static_cast<double>(waiting.front()->bytes.size()) - sent;
        return since + static_cast<Nanos>(left * 8 * ms / static_cast<double>(kbps));
    }

    /// Calls through(packet, when) for what is through by then.
    template <typename Through>
    void serve(Nanos at, Through through) {
        for (Nanos when = next(); when >= 0 && when <= at; when = next()) {
            auto packet = std::move(waiting.front());
            waiting.pop_front();
            bytes -= packet->bytes.size();
            since = when;
            sent = 0;
            through(std::move(packet), when);
        }
        if (at > since) {
            sent += static_cast<double>(kbps) * static_cast<double>(at - since) / 8 / ms;
            since = at;
        }
    }
};

struct Host {
    std::string name;
    std::string address;
    Nanos delay = 0;
    int loss_permille = 0;
    int fd = -1;
    Lane up, down;
};

Host parse(const std::string& line) {
    std::istringstream in{line};
    Host host;
    double delay_ms = 0, queue_ms = 100;
    std::size_t queue_kb = 0;
    if (!(in >> host.name >> host.address >> host.up.kbps >> host.down.kbps >> delay_ms >>
          host.loss_permille))
        throw std::runtime_error("not a host: " + line);
    if (in >> queue_ms) in >> queue_kb;
    host.delay = static_cast<Nanos>(delay_ms * ms);
    for (auto* lane : {&host.up, &host.down}) {
        lane->most = static_cast<Nanos>(queue_ms * ms);
        lane->most_bytes = queue_kb * 1000;
    }
    return host;
}

struct Descriptor {
    int fd;
    ~Descriptor() { ::close(fd); }
};

/// A TUN device in a namespace, with its address, and the loopback device up.
int open_tun(const std::string& space, const std::string& address) {
    const Descriptor target{must(::open(("/run/netns/" + space).c_str(), O_RDONLY | O_CLOEXEC),
                                 "open namespace " + space)};
    must(::setns(target.fd, CLONE_NEWNET), "setns " + space);
    const int fd = must(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC), "/dev/net/tun");
    ifreq request{};
    std::strcpy(request.ifr_name, "net0");
    request.ifr_flags = IFF_TUN | IFF_NO_PI;
    must(::ioctl(fd, TUNSETIFF, &request), "TUNSETIFF");
    const Descriptor socket{must(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket")};
    const auto set_address = [&](unsigned long what, const char* value) {
        sockaddr_in in{};
        in.sin_family = AF_INET;
        if (::inet_pton(AF_INET, value, &in.sin_addr) != 1)
            throw std::runtime_error(std::string{"not an address: "} + value);
        std::memcpy(&request.ifr_addr, &in, sizeof in);
        must(::ioctl(socket.fd, what, &request), value);
    };
    set_address(SIOCSIFADDR, address.c_str());
    set_address(SIOCSIFNETMASK, "128.0.0.0");  // all three networks are behind it
    // the emulator drops, not the device in front of it
    request.ifr_qlen = 4000;
    must(::ioctl(socket.fd, SIOCSIFTXQLEN, &request), "SIOCSIFTXQLEN");
    for (const auto* name : {"lo", "net0"}) {
        std::strcpy(request.ifr_name, name);
        request.ifr_flags = IFF_UP | IFF_RUNNING;
        must(::ioctl(socket.fd, SIOCSIFFLAGS, &request), "SIOCSIFFLAGS");
    }
    return fd;
}

struct Later {
    bool operator()(const std::unique_ptr<Packet>& a, const std::unique_ptr<Packet>& b) const {
        return a->at != b->at ? a->at > b->at : a->number > b->number;
    }
};

class Network {
   public:
    Network(std::vector<Host> hosts, std::uint32_t seed)
        : hosts_(std::move(hosts)),
          bytes_(hosts_.size(), std::vector<std::uint64_t>(hosts_.size())),
          chance_(seed) {
        for (std::size_t i = 0; i < hosts_.size(); ++i) {
            std::uint32_t address = 0;
            ::inet_pton(AF_INET, hosts_[i].address.c_str(), &address);
            to_[address] = static_cast<int>(i);
        }
    }

    const std::vector<Host>& hosts() const { return hosts_; }

    void change(const Host& wanted, Nanos at) {
        for (auto& host : hosts_)
            if (host.name == wanted.name) {
                serve(host, at);  // so far at the old rates
                for (const auto lane : {&Host::up, &Host::down}) {
                    (host.*lane).kbps = (wanted.*lane).kbps;
                    (host.*lane).most = (wanted.*lane).most;
                    (host.*lane).most_bytes = (wanted.*lane).most_bytes;
                }
                host.delay = wanted.delay;
                host.loss_permille = wanted.loss_permille;
                return;
            }
        std::cerr << "emulator: no host is called " << wanted.name << '\n';
    }

    void print_bytes(std::ostream& out) const {
        for (std::size_t a = 0; a < hosts_.size(); ++a)
            for (std::size_t b = 0; b < hosts_.size(); ++b)
                if (bytes_[a][b] > 0)
                    out << hosts_[a].name << ' ' << hosts_[b].name << ' ' << bytes_[a][b] << '\n';
        out << '.' << std::endl;
    }

    /// What a host has sent meanwhile.
    void read(int from, Nanos at) {
        std::array<unsigned char, most_packet_bytes> buffer;
        for (int i = 0; i < packets_a_turn; ++i) {
            const auto n =
                ::read(hosts_[static_cast<std::size_t>(from)].fd, buffer.data(), buffer.size());
            if (n <= 0) return;
            if (n >= 20 && buffer[0] >> 4 == 4)
                send(from, buffer.data(), static_cast<std::size_t>(n), at);
        }
    }

    /// What is due by now. @return when the next is; -1: nothing is
    Nanos deliver(Nanos at) {
        at += coarse;
        for (auto& host : hosts_) serve(host, at);
        while (!due_.empty() && due_.top()->at <= at) {
            auto packet = std::move(const_cast<std::unique_ptr<Packet>&>(due_.top()));
            due_.pop();
            auto& host = hosts_[static_cast<std::size_t>(packet->to)];
            if (lost(host) || !host.down.take(packet, packet->at))
                spare_.push_back(std::move(packet));
            else
                serve(host, at);
        }
        Nanos next = due_.empty() ? -1 : due_.top()->at;
        for (const auto& host : hosts_)
            for (const auto* lane : {&host.up, &host.down})
                if (const auto when = lane->next(); when >= 0 && (next < 0 || when < next))
                    next = when;
        return next;
    }

   private:
    bool lost(const Host& host) {
        return host.loss_permille > 0 && static_cast<int>(chance_() % 1000) < host.loss_permille;
    }

    void send(int from, const unsigned char* bytes, std::size_t n, Nanos at) {
        auto& host = hosts_[static_cast<std::size_t>(from)];
        std::uint32_t address = 0;
        std::memcpy(&address, bytes + 16, sizeof address);
        const auto found = to_.find(address);
        if (found == to_.end() || lost(host)) return;
        auto packet = spare();
        packet->from = from;
        packet->to = found->second;
        packet->bytes.assign(bytes, bytes + n);
        if (!host.up.take(packet, at)) spare_.push_back(std::move(packet));
    }

    void serve(Host& host, Nanos at) {
        host.up.serve(at, [&](std::unique_ptr<Packet> packet, Nanos when) {
            const auto delay = hosts_[static_cast<std::size_t>(packet->to)].delay;
            add(std::move(packet), when + host.delay + delay);
        });
        host.down.serve(at, [&](std::unique_ptr<Packet> packet, Nanos) {
            // a host that cannot take it has lost it
            if (::write(host.fd, packet->bytes.data(), packet->bytes.size()) > 0)
                bytes_[static_cast<std::size_t>(packet->from)]
                      [static_cast<std::size_t>(packet->to)] += packet->bytes.size();
            spare_.push_back(std::move(packet));
        });
    }

    std::unique_ptr<Packet> spare() {
        if (spare_.empty()) return std::make_unique<Packet>();
        auto packet = std::move(spare_.back());
        spare_.pop_back();
        return packet;
    }

    void add(std::unique_ptr<Packet> packet, Nanos at) {
        packet->at = at;
        packet->number = next_++;
        due_.push(std::move(packet));
    }

    std::vector<Host> hosts_;
    std::unordered_map<std::uint32_t, int> to_;      // by address, as in packets
    std::vector<std::vector<std::uint64_t>> bytes_;  // [from][to]
    std::priority_queue<std::unique_ptr<Packet>, std::vector<std::unique_ptr<Packet>>, Later> due_;
    std::vector<std::unique_ptr<Packet>> spare_;
    std::uint64_t next_ = 0;
    std::mt19937 chance_;
};

volatile std::sig_atomic_t ended = 0;

/// Lines of standard input. @return false: there are no more
bool commands(Network& network, std::string& rest) {
    std::array<char, 4096> buffer;
    const auto n = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (n <= 0) return n < 0 && (errno == EINTR || errno == EAGAIN);
    rest.append(buffer.data(), static_cast<std::size_t>(n));
    for (auto end = rest.find('\n'); end != std::string::npos; end = rest.find('\n')) {
        const auto line = rest.substr(0, end);
        rest.erase(0, end + 1);
        if (line == "bytes")
            network.print_bytes(std::cout);
        else if (!line.empty())
            network.change(parse(line), now());
    }
    return true;
}

void run(Network& network) {
    std::vector<pollfd> polled;
    for (const auto& host : network.hosts()) polled.push_back({host.fd, POLLIN, 0});
    polled.push_back({STDIN_FILENO, POLLIN, 0});
    std::string rest;
    while (!ended) {
        const Nanos next = network.deliver(now());
        // never shorter: a turn for every packet would cost more than the packets do
        const Nanos wait = next < 0 ? 1000 * ms : std::max(coarse, next - now());
        const timespec timeout{wait / (1000 * ms), wait % (1000 * ms)};
        if (::ppoll(polled.data(), polled.size(), &timeout, nullptr) <= 0) continue;
        const Nanos at = now();
        for (std::size_t i = 0; i + 1 < polled.size(); ++i)
            if (polled[i].revents) network.read(static_cast<int>(i), at);
        if (polled.back().revents && !commands(network, rest)) return;
    }
}

std::vector<Host> read_hosts(const std::string& file) {
    std::ifstream in{file};
    if (!in) throw std::runtime_error("cannot read " + file);
    std::vector<Host> hosts;
    for (std::string line; std::getline(in, line);)
        if (!line.empty() && line[0] != '#') hosts.push_back(parse(line));
    return hosts;
}

}  // namespace

int main(int argc, char** argv) try {
    if (argc < 3) throw std::runtime_error("usage: emulator PREFIX HOSTS [SEED]");
    auto hosts = read_hosts(argv[2]);
    for (auto& host : hosts)
        host.fd = open_tun(std::string{argv[1]} + "-" + host.name, host.address);
    const auto seed = argc > 3 ? std::stoul(argv[3]) : 1;
    Network network{std::move(hosts), static_cast<std::uint32_t>(seed)};
    struct sigaction action {};
    action.sa_handler = [](int) { ended = 1; };
    ::sigaction(SIGTERM, &action, nullptr);
    ::sigaction(SIGINT, &action, nullptr);
    std::cout << "ready" << std::endl;
    run(network);
} catch (const std::exception& error) {
    std::cerr << "emulator: " << error.what() << '\n';
    return 1;
}

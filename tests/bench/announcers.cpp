// Peers for announces.sh: a million of them with ten songs each, every one in an IPv6 network of
// its own.
//   announcers songs IDS COUNT            announces that name every song, from COUNT networks
//   announcers new IDS FROM TO            first announces of these peers
//   announcers mixed IDS PEERS COUNT SEED as a tracker gets them: one in 15 of a new peer, and half
//                                         of the others name a song that they did not have
//   announcers hashes HASHES PEERS COUNT SEED   announces to opentracker
//   announcers accept PORT                connect-backs
//   announcers fill PORT HASHES PEERS     opentracker, over UDP (BEP 15)
// Requests come as lines of JSON strings, for load.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/file.hpp"

using namespace stretto;

namespace {

constexpr int songs_a_peer = 10, port = 8500;

std::vector<std::string> lines_of(const char* path) {
    std::ifstream file{path};
    std::vector<std::string> all;
    for (std::string line; std::getline(file, line);) all.push_back(line);
    return all;
}

/// The songs of a peer.
std::vector<std::size_t> songs_of(unsigned peer, std::size_t songs) {
    std::minstd_rand random{peer * 2654435761u + 1};
    random.discard(3);
    std::vector<std::size_t> all;
    for (int i = 0; i < songs_a_peer; ++i) all.push_back(random() % songs);
    return all;
}

void announce(unsigned peer, const std::vector<std::size_t>& songs,
              const std::vector<std::string>& ids, bool close) {
    std::string body, head;
    char text[256];
    std::snprintf(text, sizeof text,
                  R"({"peer_id":"peer%u","port":%d,"location":"%d.5,%d.5","upload_kbps":5000,)"
                  R"("songs":{)",
                  peer, port, static_cast<int>(peer % 120) - 50,
                  static_cast<int>(peer * 7 % 359) - 179);
    body = text;
    for (std::size_t i = 0; i < songs.size(); ++i)
        body += (i ? ",\"" : "\"") + ids[songs[i]] + R"(":{"160":[[0,20]],"320":[[0,9]]})";
    body += "}}";
    std::snprintf(text, sizeof text,
                  "POST /announce HTTP/1.1\\r\\nHost: tracker\\r\\nContent-Type: application/json"
                  "\\r\\nContent-Length: %zu\\r\\nX-Forwarded-For: 2a%02x:%02x%02x:%02x00::1\\r\\n"
                  "%s\\r\\n",
                  body.size(), peer >> 24 & 255, peer >> 16 & 255, peer >> 8 & 255, peer & 255,
                  close ? "Connection: close\\r\\n" : "");
    std::string escaped;
    for (const char c : body) escaped += c == '"' ? std::string{"\\\""} : std::string(1, c);
    std::cout << '"' << text << escaped << "\"\n";
}

void mixed(const std::vector<std::string>& ids, unsigned peers, unsigned count, unsigned seed,
           bool close) {
    std::mt19937 random{seed};
    unsigned newest = peers + seed * count;
    for (unsigned i = 0; i < count; ++i) {
        const bool is_new = random() % 15 == 0;
        const unsigned peer = is_new ? newest++ : random() % peers;
        auto songs = songs_of(peer, ids.size());
        if (!is_new && random() % 2) songs[random() % songs_a_peer] = random() % ids.size();
        announce(peer, songs, ids, close);
    }
}

void hashes(const std::vector<std::string>& all, unsigned peers, unsigned count, unsigned seed) {
    std::mt19937 random{seed};
    for (unsigned i = 0; i < count; ++i) {
        const auto& hash = all[random() % all.size()];
        std::string quoted;
        for (std::size_t k = 0; k < hash.size(); k += 2) quoted += "%" + hash.substr(k, 2);
        const unsigned who = random() % 15 == 0 ? peers + random() % 1000 : random() % peers;
        std::printf(
            "\"GET /announce?info_hash=%s&peer_id=-ST0001-%012u&port=%u&uploaded=0"
            "&downloaded=0&left=1&compact=1&numwant=16 HTTP/1.1\\r\\nHost: tracker\\r\\n"
            "\\r\\n\"\n",
            quoted.c_str(), who, 1024 + who);
    }
}

void accept_for_ever() {
    const File listener{::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    const int yes = 1;
    ::setsockopt(listener.fd(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in6 at{};
    at.sin6_family = AF_INET6;
    at.sin6_port = htons(port);
    if (::bind(listener.fd(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0 ||
        ::listen(listener.fd(), 65535) != 0)
        throw system_error("listen on", "the port of peers");
    std::cout << "listening" << std::endl;
    for (;;) File{::accept(listener.fd(), nullptr, nullptr)};
}

void put(std::string& to, std::uint64_t n, int bytes) {
    while (bytes-- > 0) to += static_cast<char>(n >> 8 * bytes & 255);
}

void fill(int to, const std::vector<std::string>& all, unsigned peers) {
    const File socket{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(static_cast<std::uint16_t>(to));
    ::inet_pton(AF_INET, "127.0.0.1", &at.sin_addr);
    if (::connect(socket.fd(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0)
        throw system_error("connect to", "opentracker");
    std::array<char, 2048> answer;
    const auto ask = [&](const std::string& message) {
        if (::send(socket.fd(), message.data(), message.size(), 0) < 0)
            throw system_error("send to", "opentracker");
    };
    const auto receive = [&] { return ::recv(socket.fd(), answer.data(), answer.size(), 0); };
    std::string connect;
    put(connect, 0x41727101980, 8), put(connect, 0, 4), put(connect, 1, 4);
    ask(connect);
    if (receive() < 16) throw Error{EX_PROTOCOL, "opentracker does not speak UDP"};
    const std::string connection{answer.data() + 8, 8};
    unsigned under_way = 0;
    for (unsigned peer = 0; peer < peers; ++peer)
        for (const auto& hash : all) {
            std::string message = connection;
            put(message, 1, 4), put(message, 2, 4);
            for (std::size_t k = 0; k < 40; k += 2)
                message += static_cast<char>(std::stoi(hash.substr(k, 2), nullptr, 16));
            char id[21];
            std::snprintf(id, sizeof id, "-ST0001-%012u", peer);
            message += id;
            put(message, 0, 8), put(message, 1, 8), put(message, 0, 8);     // done, left, sent
            put(message, 2, 4), put(message, 0, 4), put(message, peer, 4);  // started, address
            put(message, 0, 4), put(message, 1024 + peer, 2);               // want, port
            ask(message);
            if (++under_way >= 32) receive(), --under_way;
        }
    while (under_way-- > 0) receive();
}

}  // namespace

int main(int argc, char** argv) try {
    const std::string what = argc > 1 ? argv[1] : "";
    const auto number = [&](int i) { return static_cast<unsigned>(std::atol(argv[i])); };
    const bool close = std::getenv("CLOSE") != nullptr;
    if (what == "accept") accept_for_ever();
    if (what == "fill" && argc == 5)
        return fill(std::atoi(argv[2]), lines_of(argv[3]), number(4)), 0;
    if (argc < 4) return EX_USAGE;
    const auto all = lines_of(argv[2]);
    if (what == "songs")
        for (unsigned i = 0; i < number(3); ++i) {
            std::vector<std::size_t> songs;
            for (std::size_t s = i; s < all.size(); s += number(3)) songs.push_back(s);
            announce(0xf0000000u + (i << 8), songs, all, close);
        }
    else if (what == "new" && argc == 5)
        for (unsigned i = number(3); i < number(4); ++i)
            announce(i, songs_of(i, all.size()), all, close);
    else if (what == "mixed" && argc == 6)
        mixed(all, number(3), number(4), number(5), close);
    else if (what == "hashes" && argc == 6)
        hashes(all, number(3), number(4), number(5));
    else
        return EX_USAGE;
} catch (const std::exception& failure) {
    std::cerr << "announcers: " << failure.what() << '\n';
    return EXIT_FAILURE;
}

#pragma once
// A server on the test's own loop, which answers from files in memory, keeps what it was asked, and
// can be made to lie; and a song that it may have.
#include <boost/test/unit_test.hpp>
#include <functional>
#include <map>

#include "base/digest.hpp"
#include "http/range.hpp"
#include "http/server.hpp"
#include "net/socket.hpp"
#include "ogg/page.hpp"
#include "song/index.hpp"
#include "song/manifest.hpp"

namespace stretto::toy {

using Files = std::map<std::string, std::string>;  // by path

class Server : http::Handler {
   public:
    explicit Server(net::Loop& loop) : server_(loop, *this, {}, shared_) {
        auto sockets = net::listen((*net::parse_listen("127.0.0.1:0"))[0], 1);
        url = "http://" + net::local_address(sockets[0].fd()).print();
        server_.listen(std::move(sockets[0]));
    }

    std::string url;
    Files files;
    std::map<std::string, int> asked;                        ///< how often, by target
    std::map<std::string, std::vector<std::string>> posted;  ///< bodies, by target
    std::vector<http::Request> requests;                     ///< in order
    /// Asked first, if it is there. @return  that it has taken the request
    std::function<bool(const std::string& target, const http::Reply&)> first;
    std::string fields;  ///< of every answer
    int asked_for(const std::string& part) const {
        int n = 0;
        for (const auto& [target, times] : asked)
            if (target.find(part) != std::string::npos) n += times;
        return n;
    }
    void give(const std::string& target, const http::Request& request, const http::Reply& reply) {
        const auto found = files.find(target.substr(0, target.find('?')));
        if (found == files.end()) return reply.send(404, "not found");
        const auto& whole = found->second;
        http::Outgoing out;
        out.fields = fields;
        http::ByteRange range{0, whole.size()};
        if (const auto* said = request.fields.find("Range")) {
            const auto wanted = http::wanted_range(*said, whole.size());
            // no check of Boost.Test, which is for one thread: the server may have its own
            if (wanted.kind != http::Wanted::part) return reply.send(416, "no such range");
            range = wanted.range;
            out.status = 206;
            http::append_field(out.fields, "Content-Range",
                               http::print_content_range(range, whole.size()));
        }
        out.length = range.length;
        out.body = http::body_of(whole.substr(range.first, range.length));
        reply.send(std::move(out));
    }

   private:
    void handle(http::Incoming&& incoming, http::Reply reply) override {
        const auto& request = incoming.request;
        ++asked[request.target];
        requests.push_back(request);
        if (request.method == "POST") posted[request.target].emplace_back(as_text(incoming.body));
        if (first && first(request.target, reply)) return;
        give(request.target, request, reply);
    }

    http::AccessLog log_{"", false};
    http::Limiter limiter_{0};
    http::Shared shared_{{}, log_, limiter_};
    http::Server server_;
};

/// Run the loop until it is so. @return false: it was not so within the time
inline bool run_until(net::Loop& loop, const std::function<bool()>& so,
                      std::chrono::seconds most = std::chrono::seconds{60}) {
    bool late = false;
    net::Timer look{loop, [&] {
                        if (so()) loop.stop();
                    }};
    net::Timer end{loop, [&] {
                       late = true;
                       loop.stop();
                   }};
    look.every(std::chrono::milliseconds{1});
    end.once(most);
    loop.run();
    return !late;
}

/// A song of noise, that nothing could decode: it is bytes with hashes to whoever carries it. Only
/// the headers are pages.
struct Song {
    static constexpr int kbps = 320, chunks = 6, pieces = 4;
    static constexpr std::size_t piece_bytes = 10000, header_bytes = 3000;
    song::Manifest manifest;
    Files files;
    std::vector<std::string> sound;  ///< chunks

    Song() {
        song::Index index;
        song::Rendition rendition{kbps, kbps, header_bytes, {}, {}};
        for (int k = 0; k < chunks; ++k) {
            sound.push_back(noise(k));
            index.emplace_back();
            for (std::size_t p = 0; p < pieces; ++p)
                index.back().push_back(
                    {static_cast<std::uint32_t>(p * piece_bytes),
                     static_cast<std::uint32_t>(p * 100000),
                     song::piece_hash(
                         as_bytes(sound.back()).subspan(p * piece_bytes, piece_bytes))});
            rendition.chunks.push_back({sha256(as_bytes(sound.back())),
                                        static_cast<std::int64_t>(sound.back().size()), 441000,
                                        k == 0 ? 0 : 744, 30000, 5});
        }
        const auto printed = song::print_index(index);
        rendition.index_sha256 = sha256(printed);
        manifest.rate = 44100, manifest.channels = 2;
        manifest.samples = chunks * 441000, manifest.chunk_samples = 441000;
        manifest.renditions = {rendition};
        manifest.id = song::song_id(manifest);
        files[path("manifest.json")] = song::print_manifest(manifest);
        files[path(song::index_path(kbps))] = as_text(printed);
        for (int k = 0; k < chunks; ++k)
            files[path(song::chunk_path(kbps, k))] = sound[static_cast<std::size_t>(k)];
    }
    const std::string& id() const { return manifest.id; }
    std::string path(const std::string& rest) const { return "/songs/" + id() + "/" + rest; }
    std::string chunk(int k) const { return path(song::chunk_path(kbps, k)); }
    static constexpr std::size_t bytes() { return chunks * pieces * piece_bytes; }

   private:
    static std::string noise(int seed) {
        Bytes pages;
        ogg::Packer packer{static_cast<std::uint32_t>(seed)};
        packer.add(Bytes(header_bytes - 27 - 12), 0);  // and 12 bytes of lacing
        packer.flush(pages);
        packer.add(Bytes(200), 1000);
        packer.flush(pages);
        std::string out{as_text(pages)};
        auto n = static_cast<std::uint32_t>(seed);
        while (out.size() < pieces * piece_bytes)
            out += static_cast<char>((n = n * 1664525 + 1013904223) >> 24);
        return out;
    }
};

}  // namespace stretto::toy

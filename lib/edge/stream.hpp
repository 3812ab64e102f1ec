#pragma once
// A whole song as one continuous Ogg file, joined from its chunks while it is sent.
#include <atomic>
#include <tuple>

#include "edge/manifests.hpp"
#include "edge/objects.hpp"
#include "http/server.hpp"

namespace stretto::edge {

/// Properties of a continuous file that are known before its chunks are read.
struct StreamPlan {
    std::shared_ptr<const song::Manifest> manifest;
    int kbps = 0;
    Bytes head;  ///< header pages, with the song's tags
    std::uint32_t head_pages = 0;
    std::vector<std::uint64_t> starts;  ///< byte at which each chunk begins, and the end
    std::vector<std::uint32_t> pages;   ///< pages before each chunk
    std::string etag;

    std::uint64_t size() const { return starts.back(); }
};

/// Shared by all workers; bounded.
class StreamPlans {
   public:
    /// Chunks in memory of all bodies. Above, a body keeps no more than a slice of 32 kB: thousands
    /// of clients that do not read would fill the memory with 300 kB each.
    static constexpr std::size_t most_joined_bytes = std::size_t{128} << 20;
    struct Joined {
        std::size_t most;
        std::atomic<std::size_t> bytes{0};
    };
    explicit StreamPlans(std::size_t most_joined = most_joined_bytes)
        : joined_(std::make_shared<Joined>(most_joined)) {}
    const Joined& joined() const noexcept { return *joined_; }

    using Done =
        std::function<void(std::shared_ptr<const StreamPlan>, int status, const std::string& why)>;
    /// Reads the song's first chunk, because the file begins with its headers.
    /// @param kbps  a rendition of the manifest
    void get(Objects& objects, net::Loop& loop, std::shared_ptr<const song::Manifest> manifest,
             int kbps, Done done);
    /// The bytes of a range of the file; requests the next chunk while it sends one.
    std::unique_ptr<http::Body> body(Objects& objects, net::Loop& loop,
                                     std::shared_ptr<const StreamPlan> plan,
                                     http::ByteRange range) const;

   private:
    using Key = std::tuple<std::string, int, song::Tags>;  // id, kbit/s
    static constexpr std::size_t most = 512;
    std::mutex mutex_;
    std::map<Key, std::shared_ptr<const StreamPlan>> known_;
    std::shared_ptr<Joined> joined_;
};

}  // namespace stretto::edge

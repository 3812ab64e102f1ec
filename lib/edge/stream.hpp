#pragma once
// A whole song as one continuous Ogg file, joined from its chunks while it is sent.
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
    using Done =
        std::function<void(std::shared_ptr<const StreamPlan>, int status, const std::string& why)>;
    /// Reads the song's first chunk, because the file begins with its headers.
    /// @param kbps  a rendition of the manifest
    void get(Objects& objects, net::Loop& loop, std::shared_ptr<const song::Manifest> manifest,
             int kbps, Done done);

   private:
    using Key = std::tuple<std::string, int, song::Tags>;  // id, kbit/s
    static constexpr std::size_t most = 512;
    std::mutex mutex_;
    std::map<Key, std::shared_ptr<const StreamPlan>> known_;
};

/// The bytes of a range of the file. Holds one chunk, and requests the next while it is sent.
std::unique_ptr<http::Body> stream_body(Objects& objects, net::Loop& loop,
                                        std::shared_ptr<const StreamPlan> plan,
                                        http::ByteRange range);

}  // namespace stretto::edge

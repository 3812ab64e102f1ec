#pragma once
// A whole song as one continuous Ogg file, made of its chunks as they are sent.
#include <tuple>

#include "edge/manifests.hpp"
#include "edge/objects.hpp"
#include "http/server.hpp"

namespace stretto::edge {

/// What is known of a continuous file before its chunks are read.
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
    /// Needs the song's first chunk, whose headers the file begins with.
    /// @param kbps  of a rendition that the manifest has
    void get(Objects& objects, net::Loop& loop, std::shared_ptr<const song::Manifest> manifest,
             int kbps, Done done);

   private:
    using Key = std::tuple<std::string, int, song::Tags>;  // id, kbit/s
    static constexpr std::size_t most = 512;
    std::mutex mutex_;
    std::map<Key, std::shared_ptr<const StreamPlan>> known_;
};

/// Bytes of the file from `range`. Holds one chunk; asks for the next while one is sent.
std::unique_ptr<http::Body> stream_body(Objects& objects, net::Loop& loop,
                                        std::shared_ptr<const StreamPlan> plan,
                                        http::ByteRange range);

}  // namespace stretto::edge

#pragma once
// Merges the pages of several logical streams by ascending end time, so that a reader needs only
// bounded memory.
#include <deque>
#include <optional>
#include <vector>

#include "base/bytes.hpp"

namespace stretto::ogg {

/// The order of the pages depends only on their granule positions and the order of their streams,
/// not on the time of arrival.
class Merge {
   public:
    explicit Merge(std::size_t streams) : streams_(streams) {}

    void add(std::size_t stream, Bytes page, std::int64_t granule) {
        streams_[stream].pages.push_back({std::move(page), granule});
    }
    void end(std::size_t stream) { streams_[stream].ended = true; }
    std::size_t waiting(std::size_t stream) const { return streams_[stream].pages.size(); }

    /// The next page; nullopt while a stream without a waiting page could still get an earlier one,
    /// and after the end of all streams.
    std::optional<Bytes> next() {
        Stream* first = nullptr;
        for (auto& stream : streams_) {
            if (stream.pages.empty()) {
                if (stream.ended) continue;
                return {};
            }
            if (!first || stream.pages.front().granule < first->pages.front().granule)
                first = &stream;
        }
        if (!first) return {};
        Bytes bytes = std::move(first->pages.front().bytes);
        first->pages.pop_front();
        return bytes;
    }
    bool done() const {
        for (const auto& stream : streams_)
            if (!stream.ended || !stream.pages.empty()) return false;
        return true;
    }

   private:
    struct Page {
        Bytes bytes;
        std::int64_t granule;
    };
    struct Stream {
        std::deque<Page> pages;
        bool ended = false;
    };
    std::vector<Stream> streams_;
};

}  // namespace stretto::ogg

#pragma once
// A reusable response: its head, values derived from the head, and its content.
#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "edge/content.hpp"
#include "http/freshness.hpp"

namespace stretto::edge {

/// Immutable; a validated entry gets a new one.
struct Head {
    http::Stored stored;
    std::string fields;               ///< as text, without the fields of single responses
    std::string not_modified_fields;  ///< the fields that a 304 repeats
    std::string etag, modified, date;
    std::vector<std::string> groups;  ///< from Cache-Groups
    http::Time born{};                ///< its age is now - born
    http::Time fresh_until{};         ///< for a request without cache directives
    std::uint64_t asked = 0;          ///< its request's place among the purges
    bool plain = false;               ///< no need to call use() while it is fresh
    bool has_vary = false;
    bool origin = false;           ///< from our own store: no age, always fresh
    std::size_t memory_bytes = 0;  ///< approximate memory use

    static std::shared_ptr<const Head> of_origin(int status, http::Fields fields);
    /// @param asked  Cache::Moment::purges before the request: later purges apply to it
    static std::shared_ptr<const Head> of_upstream(http::Stored stored, std::uint64_t asked);
};

class Entry {
   public:
    Entry(std::string key, std::shared_ptr<const Head> head, std::shared_ptr<Content> content)
        : key_(std::move(key)), head_(std::move(head)), content_(std::move(content)) {}

    const std::string& key() const noexcept { return key_; }
    const std::shared_ptr<Content>& content() const noexcept { return content_; }
    std::shared_ptr<const Head> head() const {
        const std::lock_guard lock{mutex_};
        return head_;
    }
    void set_head(std::shared_ptr<const Head> head) {
        const std::lock_guard lock{mutex_};
        head_ = std::move(head);
    }

    /// Number of requests that waited for it while it arrived. They count like later requests.
    std::atomic<std::uint32_t> joined{0};

    /// It was invalidated after it arrived: validate it before its next use.
    std::atomic<bool> invalid{false};
    /// The purges that it was last compared with.
    std::atomic<std::uint64_t> purges_seen{0};

    /// Approximate main memory without its body.
    std::size_t head_bytes() const;

    /// Its key in the cache's eviction, and when it was stored (0: not stored). Only the cache uses
    /// them.
    std::uint64_t number = 0, stored_at = 0;

   private:
    std::string key_;
    mutable std::mutex mutex_;
    std::shared_ptr<const Head> head_;
    std::shared_ptr<Content> content_;
};

}  // namespace stretto::edge

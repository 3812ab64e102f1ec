#pragma once
// A representation that can be answered again and again: the head of a response, what was worked
// out of it once, and its content.
#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "edge/content.hpp"
#include "http/freshness.hpp"

namespace stretto::edge {

/// Never changes; a freshened entry gets another one.
struct Head {
    http::Stored stored;
    std::string fields;               ///< printed, less what is made for each answer
    std::string not_modified_fields;  ///< those of them that a 304 repeats
    std::string etag, modified, date;
    std::vector<std::string> groups;  ///< of Cache-Groups
    http::Time born{};                ///< now - born is its age
    http::Time fresh_until{};         ///< for a request that asks for nothing special
    bool plain = false;               ///< use() need not be asked while it is fresh
    bool has_vary = false;
    bool origin = false;           ///< ours to say: no age, always fresh
    std::size_t memory_bytes = 0;  ///< what it takes, about

    static std::shared_ptr<const Head> of_origin(int status, http::Fields fields);
    static std::shared_ptr<const Head> of_upstream(http::Stored stored);
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

    /// Requests that waited for it while it came: they count as much as those that find it later.
    std::atomic<std::uint32_t> joined{0};

    /// Since it came it was invalidated: to be validated before it is used again.
    std::atomic<bool> invalid{false};
    /// Purges that it was last held against.
    std::atomic<std::uint64_t> purges_seen{0};

    /// What it takes of main memory without the bytes of its body, about.
    std::size_t head_bytes() const;

    /// What the cache's evictions know it by, and when it was stored (0: it was not); the cache
    /// alone reads and sets them.
    std::uint64_t number = 0, stored_at = 0;

   private:
    std::string key_;
    mutable std::mutex mutex_;
    std::shared_ptr<const Head> head_;
    std::shared_ptr<Content> content_;
};

}  // namespace stretto::edge

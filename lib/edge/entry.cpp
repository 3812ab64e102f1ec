#include "edge/entry.hpp"

#include <algorithm>
#include <array>

#include "edge/groups.hpp"
#include "http/server.hpp"

namespace stretto::edge {
namespace {

bool one_of(std::string_view name, std::span<const std::string_view> names) {
    return std::any_of(names.begin(), names.end(),
                       [&](auto other) { return http::same_token(name, other); });
}

/// What a string takes beside itself: short ones lie in it.
std::size_t beside(const std::string& text) {
    constexpr std::size_t short_text = 15, chunk = 24;
    return text.capacity() > short_text ? text.capacity() + chunk : 0;
}

std::size_t bytes_of(const http::Fields& fields) {
    // a vector grows twofold
    std::size_t bytes = 2 * fields.size() * sizeof(http::Field);
    for (const auto& field : fields) bytes += beside(field.name) + beside(field.value);
    return bytes;
}

std::size_t bytes_of(const Head& head) {
    std::size_t bytes = sizeof head + bytes_of(head.stored.fields) + bytes_of(head.stored.vary);
    for (const auto* text :
         {&head.fields, &head.not_modified_fields, &head.etag, &head.modified, &head.date})
        bytes += beside(*text);
    for (const auto& group : head.groups) bytes += sizeof group + beside(group);
    return bytes;
}

std::shared_ptr<Head> make(http::Stored stored) {
    // made anew for each answer
    constexpr std::array<std::string_view, 3> ours = {"Age", "Content-Length", "X-Cache"};
    // RFC 9110 15.4.5, and what scripts of other origins need to read the answer
    constexpr std::array<std::string_view, 12> repeated = {"Cache-Control",
                                                           "CDN-Cache-Control",
                                                           "Content-Location",
                                                           "Date",
                                                           "ETag",
                                                           "Expires",
                                                           "Last-Modified",
                                                           "Vary",
                                                           "Via",
                                                           "Access-Control-Allow-Origin",
                                                           "Access-Control-Expose-Headers",
                                                           "Cache-Status"};
    auto head = std::make_shared<Head>();
    head->stored = std::move(stored);
    for (const auto& field : head->stored.fields) {
        if (one_of(field.name, ours)) continue;
        http::append_field(head->fields, field.name, field.value);
        if (one_of(field.name, repeated))
            http::append_field(head->not_modified_fields, field.name, field.value);
    }
    const auto value = [&](std::string_view name) {
        const auto* found = head->stored.fields.find(name);
        return found ? *found : std::string{};
    };
    head->etag = value("ETag");
    if (const auto groups = head->stored.fields.joined("Cache-Groups"))
        head->groups = parse_groups(*groups);
    head->modified = value("Last-Modified");
    head->date = value("Date");
    head->has_vary = head->stored.fields.has("Vary");
    if (head->stored.status == 200 && !head->stored.fields.has("Accept-Ranges"))
        http::append_field(head->fields, "Accept-Ranges", "bytes");
    head->memory_bytes = bytes_of(*head);
    return head;
}

}  // namespace

std::shared_ptr<const Head> Head::of_origin(int status, http::Fields fields) {
    http::Stored stored;
    stored.status = status;
    stored.fields = std::move(fields);
    auto head = make(std::move(stored));
    head->origin = true;
    return head;
}

std::size_t Entry::head_bytes() const {
    // in the index once more, with a list of the variants of a path
    constexpr std::size_t in_index = 160;
    return sizeof(Entry) + sizeof(Content) + in_index + 2 * beside(key_) + head()->memory_bytes;
}

std::shared_ptr<const Head> Head::of_upstream(http::Stored stored, std::uint64_t asked) {
    auto head = make(std::move(stored));
    head->asked = asked;
    const auto& kept = head->stored;
    head->born = kept.received - http::current_age(kept, kept.received);
    head->fresh_until = head->born + http::lifetime(kept);
    const auto control = http::governing(kept.fields);
    head->plain = !control.no_cache && !head->has_vary;
    return head;
}

}  // namespace stretto::edge

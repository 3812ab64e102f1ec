#include "edge/answer.hpp"

#include <ctime>

namespace stretto::edge {
namespace {

std::string without_field(std::string_view fields, std::string_view name) {
    std::string kept;
    while (!fields.empty()) {
        const auto end = fields.find("\r\n") + 2;
        const auto line = fields.substr(0, end);
        if (!http::same_token(line.substr(0, line.find(':')), name)) kept += line;
        fields.remove_prefix(end);
    }
    return kept;
}

void add_cache_fields(std::string& fields, const Head& head, const Answering& how) {
    if (!how.cache) return;
    const auto age = std::max<long long>(0, (wall_clock() - head.born).count());
    http::append_field(fields, "Age", std::to_string(age));
    http::append_field(fields, "Cache-Status",
                       http::print_cache_status(how.cache_name, *how.cache));
    http::append_field(fields, "X-Cache", how.cache->hit ? "HIT" : "MISS");
}

/// Whether a Range field counts: only for GET, and only while If-Range holds.
const std::string* range_of(const http::Request& request, const Head& head) {
    const auto* range = request.fields.find("Range");
    if (!range || request.method != "GET" || head.stored.status != 200) return nullptr;
    if (request.fields.has("If-Range") &&
        !http::if_range_holds(request, head.etag, head.modified, head.date, wall_clock()))
        return nullptr;
    return range;
}

}  // namespace

http::Time wall_clock() { return http::Time{http::Seconds{std::time(nullptr)}}; }

void answer(const std::shared_ptr<Entry>& entry, const http::Request& request,
            const http::Reply& reply, Answering how) {
    const auto head = entry->head();
    const auto& content = entry->content();
    http::Outgoing out;
    out.status = head->stored.status;
    out.dated = !head->date.empty();
    if (how.cache) out.cache = how.cache->hit ? "HIT" : "MISS";

    const auto condition =
        out.status >= 200 && out.status < 300
            ? http::precondition(request, head->etag, head->modified, wall_clock())
            : http::Condition::pass;
    if (condition == http::Condition::not_modified) {
        out.status = 304;
        out.fields = how.without.empty() ? head->not_modified_fields
                                         : without_field(head->not_modified_fields, how.without);
        out.fields += how.extra;
        add_cache_fields(out.fields, *head, how);
        return reply.send(std::move(out));
    }
    if (condition == http::Condition::failed) return reply.send(412, "precondition failed");

    out.fields.reserve(head->fields.size() + how.extra.size() + 160);
    out.fields = how.without.empty() ? head->fields : without_field(head->fields, how.without);
    out.fields += how.extra;
    add_cache_fields(out.fields, *head, how);
    out.length = content->length();
    std::optional<http::ByteRange> part;
    if (const auto* range = range_of(request, *head)) {
        if (!out.length) {  // the requested range depends on a size that is not known yet
            content->when_settled(reply.loop(), [=] {
                if (content->is_complete())
                    answer(entry, request, reply, how);
                else
                    reply.send(502, "the server behind broke off");
            });
            return;
        }
        const auto wanted = http::wanted_range(*range, *out.length);
        if (wanted.kind == http::Wanted::unsatisfiable) {
            const auto size = *out.length;
            return reply.send(416, "no such range", text("Content-Range: bytes */", size, "\r\n"));
        }
        if (wanted.kind == http::Wanted::part) {
            part = wanted.range;
            out.status = 206;
            http::append_field(out.fields, "Content-Range",
                               http::print_content_range(*part, *out.length));
            out.length = part->length;
        }
    }
    if (request.method != "HEAD") out.body = content->read(reply.loop(), part);
    if (out.body && how.wrap) out.body = how.wrap(std::move(out.body));
    reply.send(std::move(out));
}

}  // namespace stretto::edge

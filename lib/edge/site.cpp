#include "edge/site.hpp"

#include <charconv>

#include "edge/answer.hpp"
#include "edge/page.hpp"
#include "edge/passable.hpp"
#include "song/id.hpp"

namespace stretto::edge {
namespace {

constexpr int default_kbps = 160;
constexpr std::string_view stream_fields =
    "Content-Type: audio/ogg\r\nX-Content-Type-Options: nosniff\r\n"
    "Access-Control-Allow-Origin: *\r\n"
    "Access-Control-Expose-Headers: Content-Length, Content-Range, ETag\r\n";
// a name or the tags in the file's head may change
constexpr std::string_view stream_cache = "public, max-age=60, stale-if-error=86400";

bool reads(const http::Request& request) {
    return request.method == "GET" || request.method == "HEAD";
}

void refuse_method(const http::Reply& reply, std::string_view allowed) {
    reply.send(405, "method not allowed", text("Allow: ", allowed, "\r\n"));
}

/// What browsers ask before they send our fields from another page (Fetch standard, CORS
/// preflight).
void preflight(const http::Reply& reply, std::string_view methods, std::string_view fields) {
    http::Outgoing out;
    out.status = 204;
    http::append_field(out.fields, "Access-Control-Allow-Origin", "*");
    http::append_field(out.fields, "Access-Control-Allow-Methods", methods);
    http::append_field(out.fields, "Access-Control-Allow-Headers", fields);
    http::append_field(out.fields, "Access-Control-Max-Age", "86400");
    reply.send(std::move(out));
}

void preflight(const http::Reply& reply) {
    preflight(reply, "GET, HEAD, OPTIONS",
              "Authorization, Cache-Control, Range, If-Range, If-None-Match, If-Modified-Since, "
              "X-User-Bitrate, "
              "X-Cache-Key, "
              "CMCD-Request, CMCD-Object, CMCD-Status, CMCD-Session");
}

/// Mbit/s of the Downlink client hint (Network Information API), in bit/s; 0 when there is none.
double downlink(const http::Request& request) {
    const auto* hint = request.fields.find("Downlink");
    double mbps = 0;
    if (!hint) return 0;
    const auto [end, code] = std::from_chars(hint->data(), hint->data() + hint->size(), mbps);
    return code == std::errc{} && mbps > 0 ? mbps * 1e6 : 0;
}

int choose_kbps(const http::Incoming& incoming, const Rates& rates) {
    const auto& request = incoming.request;
    const auto* save = request.fields.find("Save-Data");
    if (save && http::same_token(*save, "on")) return 45;
    if (const double rate = downlink(request); rate > 0) return kbps_for(rate);
    return kbps_for(rates.of(incoming.peer.source()));
}

}  // namespace

void send_error(const http::Reply& reply, int status, std::string_view why) {
    // 5xx: see Proxy::send
    reply.send(status, why.empty() ? http::reason(status) : why,
               status < 500 ? "Cache-Control: no-store\r\n" : "");
}

void Site::handle(http::Incoming&& incoming, http::Reply reply) {
    const auto& request = incoming.request;
    if (request.target == "*") {  // OPTIONS alone may ask this
        http::Outgoing out;
        out.status = 204;
        out.fields = "Allow: GET, HEAD, OPTIONS\r\n";
        return reply.send(std::move(out));
    }
    auto carried = gate_ ? http::take_token(incoming.request) : http::Carried{};
    auto target = http::parse_target(request.target);
    const bool ours = target && request.target.starts_with(target->path);
    const Route where = target ? route(target->path) : Route{};
    Ticket ticket;
    if (gate_ && (target || backend_.passes_on())) {
        auto admitted = admit(incoming, std::move(carried), target ? *target : http::Target{},
                              where, ours, reply);
        if (!admitted) return;
        ticket = std::move(*admitted);
        if (ticket.token) reply.keep_private();
    }
    if (!ours && backend_.passes_on()) {
        // not a path of ours as we print them: it is the server behind that knows what it means
        if (const auto why = why_not_passed(request.target)) return reply.send(400, *why);
        return backend_.serve(std::move(incoming), {}, {}, reply);
    }
    if (!target) return reply.send(400, target.error().why);
    switch (where.kind) {
        case Route::health:
        case Route::metrics:
        case Route::stats:
            if (!reads(request)) return refuse_method(reply, "GET, HEAD");
            if (where.kind == Route::health) return status_.health(reply, shared_.shows_numbers);
            if (!shared_.shows_numbers) return send_error(reply, 404, "not on this listener");
            if (where.kind == Route::metrics) return status_.metrics(reply);
            return status_.stats(reply);
        case Route::events:
            if (!shared_.events) break;
            return take_events(std::move(incoming), ticket, reply);
        case Route::chunk_by_field:
        case Route::stream:
            if (request.method == "OPTIONS") return preflight(reply);
            if (!reads(request)) return refuse_method(reply, "GET, HEAD, OPTIONS");
            if (where.kind == Route::stream) return stream(incoming, *target, where, ticket, reply);
            return chunk(request, where, ticket, reply);
        case Route::page:
            // as haproxy asks by default whether we are there
            if (request.method == "OPTIONS" && !backend_.passes_on()) return preflight(reply);
            break;
        case Route::manifest:
        case Route::rendition_chunk:
        case Route::index:
        case Route::cover:
        case Route::name:
        case Route::songs:
        case Route::playlist:
            if (request.method == "OPTIONS") return preflight(reply);
            break;
        default:
            break;
    }
    backend_.serve(std::move(incoming), *target, where, reply);
}

/// What is for everybody. Whatever else there is needs a token, so that no way to write a song's
/// path that a server behind understands leads around the gate.
bool Site::is_open(const http::Request& request, const http::Target& target, const Route& where,
                   bool ours) const {
    if (!ours) return false;
    switch (where.kind) {
        case Route::page:
        case Route::songs:
        case Route::playlist:
        case Route::name:
        case Route::removals:
        case Route::health:
        case Route::metrics:
        case Route::stats:
            return reads(request) || request.method == "OPTIONS";
        case Route::other:  // what the page loads
            return reads(request) && target.path.starts_with(web_folder);
        default:
            return request.method == "OPTIONS";
    }
}

void Site::refuse_kbps(const Ticket& ticket, const http::Reply& reply) {
    gate_->refuse(reply, text("for at most ", ticket.most_kbps(), " kbit/s"));
}

/// nullopt: refused, and answered.
std::optional<Site::Ticket> Site::admit(const http::Incoming& incoming, http::Carried&& carried,
                                        const http::Target& target, const Route& where, bool ours,
                                        const http::Reply& reply) {
    if (is_open(incoming.request, target, where, ours)) return Ticket{};
    // a token is for listening: it lets nobody change what is behind an edge
    if (where.kind != Route::events && !reads(incoming.request)) {
        refuse_method(reply, "GET, HEAD, OPTIONS");
        return {};
    }
    using Scope = http::Gate::Scope;
    const auto scope = where.kind == Route::events ? Scope::any : Scope::this_uri;
    auto admitted = gate_->admit(incoming, carried, scope, reply);
    if (!admitted) return {};
    Ticket ticket{std::move(*admitted)};
    if (carried.in_url) ticket.in_url = std::move(carried.token);
    const bool of_rendition = where.kind == Route::rendition_chunk || where.kind == Route::index;
    const bool unknown = !ours || where.kind == Route::other;
    if (ticket.most_kbps() > 0 && (unknown || (of_rendition && !ticket.allows_kbps(where.kbps)))) {
        refuse_kbps(ticket, reply);
        return {};
    }
    return ticket;
}

void Site::take_events(http::Incoming&& incoming, const Ticket& ticket, const http::Reply& reply) {
    const auto& method = incoming.request.method;
    if (method == "OPTIONS")
        return preflight(reply, "POST, OPTIONS", "Authorization, Content-Type");
    if (method != "POST") return refuse_method(reply, "POST, OPTIONS");
    if (!reader_) reader_.emplace();
    const std::string_view token_id = ticket.token ? ticket.token->id : std::string_view{};
    shared_.events->take(*reader_, std::move(incoming), token_id, reply);
}

/// The seed article's URL: the bitrate is asked for in a field, and mapped to a path before any
/// cache, so that the field is never part of a key.
void Site::chunk(const http::Request& request, const Route& where, const Ticket& ticket,
                 const http::Reply& reply) {
    const auto* field = request.fields.find("X-User-Bitrate");
    int kbps = (field ? song::parse_kbps(*field) : std::nullopt).value_or(default_kbps);
    const bool lowered = !ticket.allows_kbps(kbps);
    if (lowered) kbps = ticket.most_kbps();
    const bool named = !song::is_id(where.song);
    shared_.manifests.get(backend_, loop_, where.song, [=, this, k = where.chunk](Song song) {
        if (!song.manifest) return send_error(reply, song.status, song.why);
        const auto& rendition = song.manifest->best(kbps);
        if (!ticket.allows_kbps(rendition.kbps)) return refuse_kbps(ticket, reply);
        if (static_cast<std::size_t>(k) >= rendition.chunks.size())
            return send_error(reply, 404, "the song has no such chunk");
        const Route chosen{Route::rendition_chunk, song.manifest->id, rendition.kbps, k};
        backend_.get(chosen, [=, this](const Found& found) {
            if (!found.entry) return send_error(reply, found.status, found.why);
            Answering how;
            how.cache = found.cache;
            how.cache_name = shared_.name;
            how.extra = text("Vary: X-User-Bitrate\r\nX-Bitrate: ", rendition.kbps, "\r\n");
            if (named || lowered) {
                // with another token the same request is answered by another bitrate
                how.extra += lowered ? "Cache-Control: no-store\r\n"
                                     : "Cache-Control: public, max-age=60\r\n";
                how.without = "Cache-Control";
            }
            answer(found.entry, request, reply, std::move(how));
        });
    });
}

void Site::stream(const http::Incoming& incoming, const http::Target& target, const Route& where,
                  const Ticket& ticket, const http::Reply& reply) {
    // browsers that may jump first read the last 64 kB of an Ogg file, to know how long it is
    const bool ranges = http::query_value(target.query, "ranges") != "no";
    const auto asked = http::query_value(target.query, "kbps");
    const auto kbps = asked ? song::parse_kbps(*asked) : std::nullopt;
    if (!kbps) {
        // the same each time: players and curl -C - ask for the rest of what they have begun
        int chosen = shared_.choices->of(incoming.peer.source(), where.song,
                                         [&] { return choose_kbps(incoming, shared_.rates); });
        if (!ticket.allows_kbps(chosen)) chosen = ticket.most_kbps();
        http::Outgoing out;
        out.status = 307;
        out.fields =
            text("Location: /stream/", where.song, "?kbps=", chosen, ranges ? "" : "&ranges=no",
                 ticket.in_url.empty() ? "" : text('&', http::token_name, '='), ticket.in_url,
                 "\r\nCache-Control: no-store\r\nAccept-CH: Downlink, Save-Data\r\n"
                 "Access-Control-Allow-Origin: *\r\n");
        return reply.send(std::move(out));
    }
    const auto& request = incoming.request;
    shared_.manifests.get(backend_, loop_, where.song, [=, this](Song song) {
        if (!song.manifest) return send_error(reply, song.status, song.why);
        const int best = song.manifest->best(*kbps).kbps;
        if (!ticket.allows_kbps(best)) return refuse_kbps(ticket, reply);
        shared_.plans.get(backend_, loop_, song.manifest, best,
                          [=, this](const std::shared_ptr<const StreamPlan>& plan, int status,
                                    const std::string& why) {
                              if (!plan) return send_error(reply, status, why);
                              send_stream(request, plan, ranges, reply);
                          });
    });
}

void Site::send_stream(const http::Request& request, const std::shared_ptr<const StreamPlan>& plan,
                       bool ranges, const http::Reply& reply) {
    http::Outgoing out;
    out.fields = stream_fields;
    http::append_field(out.fields, "Accept-Ranges", ranges ? "bytes" : "none");
    http::append_field(out.fields, "Cache-Control", stream_cache);
    http::append_field(out.fields, "ETag", plan->etag);
    http::append_field(out.fields, "X-Bitrate", std::to_string(plan->kbps));
    const auto now = wall_clock();
    switch (http::precondition(request, plan->etag, "", now)) {
        case http::Condition::failed:
            return reply.send(412, "precondition failed");
        case http::Condition::not_modified:
            out.status = 304;
            return reply.send(std::move(out));
        case http::Condition::pass:
            break;
    }
    http::ByteRange range{0, plan->size()};
    const auto* asked = ranges && request.method == "GET" ? request.fields.find("Range") : nullptr;
    if (asked && (!request.fields.has("If-Range") ||
                  http::if_range_holds(request, plan->etag, "", "", now))) {
        const auto wanted = http::wanted_range(*asked, plan->size());
        if (wanted.kind == http::Wanted::unsatisfiable)
            return reply.send(416, "no such range",
                              text("Content-Range: bytes */", plan->size(), "\r\n"));
        if (wanted.kind == http::Wanted::part) {
            out.status = 206;
            range = wanted.range;
            http::append_field(out.fields, "Content-Range",
                               http::print_content_range(range, plan->size()));
        }
    }
    out.length = range.length;
    if (request.method != "HEAD") out.body = shared_.plans.body(backend_, loop_, plan, range);
    reply.send(std::move(out));
}

}  // namespace stretto::edge

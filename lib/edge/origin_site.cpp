#include "edge/origin_site.hpp"

#include <charconv>

#include "edge/answer.hpp"
#include "edge/page.hpp"
#include "http/repr_digest.hpp"

namespace stretto::edge {
namespace {

// 'wasm-unsafe-eval' is WebAssembly alone; a script's text is never evaluated
constexpr std::string_view page_fields =
    "Content-Type: text/html; charset=utf-8\r\nCache-Control: public, max-age=60\r\n"
    "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; "
    "script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'; worker-src 'self'; media-src 'self'; "
    "connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'\r\n"
    "X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n";
// a worker has the policy that its own script came with
constexpr std::string_view asset_fields =
    "Cache-Control: public, max-age=31536000, immutable\r\n"
    "Content-Security-Policy: default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; "
    "connect-src 'self'\r\n"
    "X-Content-Type-Options: nosniff\r\n";

void send_bytes(std::string fields, std::string_view bytes, const http::Reply& reply) {
    http::Outgoing out;
    out.fields = std::move(fields);
    http::Slice slice;
    slice.bytes = as_bytes(bytes);
    out.length = slice.size();
    out.body = std::make_unique<http::WholeBody>(std::move(slice));
    reply.send(std::move(out));
}

void send_page(const http::Reply& reply) {
    static const auto proof = http::print_repr_digest(sha256(as_bytes(page())));
    std::string fields{page_fields};
    http::append_field(fields, "Repr-Digest", proof);
    send_bytes(std::move(fields), page(), reply);
}

void send_asset(const Asset& asset, const http::Request& request, const http::Reply& reply) {
    std::string fields{asset_fields};
    http::append_field(fields, "Content-Type", asset.type);
    if (!asset.gzip.empty()) {
        http::append_field(fields, "Vary", "Accept-Encoding");
        if (http::takes_coding(request.fields, "gzip")) {
            http::append_field(fields, "Content-Encoding", "gzip");
            return send_bytes(std::move(fields), asset.gzip, reply);
        }
    }
    send_bytes(std::move(fields), asset.bytes, reply);
}

}  // namespace

void OriginSite::get(const Route& route, std::function<void(Found)> done) {
    Found found;
    found.entry = origin_.find(route, false, loop_.now_ms());
    if (!found.entry) found.why = "not found";
    done(std::move(found));
}

void OriginSite::serve(http::Incoming&& incoming, const http::Target& target, const Route& route,
                       const http::Reply& reply) {
    const auto& request = incoming.request;
    // which are taken before they come here, if at all
    if (route.kind == Route::events) return reply.send(404, "this server does not accept events");
    if (request.method == "OPTIONS" || (request.method != "GET" && request.method != "HEAD"))
        return reply.send(405, "method not allowed", "Allow: GET, HEAD\r\n");
    if (route.kind == Route::page) return send_page(reply);
    for (const auto& asset : assets())
        if (target.path == asset.path) return send_asset(asset, request, reply);
    if (route.kind == Route::songs) return list(target, reply);
    const bool gzip = route.kind == Route::manifest && http::takes_coding(request.fields, "gzip");
    const auto entry = origin_.find(route, gzip, loop_.now_ms());
    if (!entry) return reply.send(404, "not found", "Cache-Control: public, max-age=5\r\n");
    answer(entry, request, reply, {});
}

void OriginSite::list(const http::Target& target, const http::Reply& reply) {
    Catalogue::Query query;
    query.text = http::query_value(target.query, "q").value_or("");
    query.after = http::query_value(target.query, "after").value_or("");
    if (const auto limit = http::query_value(target.query, "limit")) {
        const auto [end, code] =
            std::from_chars(limit->data(), limit->data() + limit->size(), query.limit);
        if (code != std::errc{} || end != limit->data() + limit->size() || query.limit < 1 ||
            query.limit > 1000)
            return reply.send(400, "limit is a number from 1 to 1000");
    }
    auto json = catalogue_.list(query, loop_.now_ms());
    if (!json) return reply.send(400, json.error().why);
    http::Outgoing out;
    out.fields =
        "Content-Type: application/json\r\nCache-Control: public, max-age=5\r\n"
        "Access-Control-Allow-Origin: *\r\nX-Content-Type-Options: nosniff\r\n";
    http::append_field(out.fields, "Repr-Digest", http::print_repr_digest(sha256(as_bytes(*json))));
    out.length = json->size();
    out.body = http::body_of(std::move(*json));
    reply.send(std::move(out));
}

}  // namespace stretto::edge

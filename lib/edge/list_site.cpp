#include "edge/list_site.hpp"

#include <charconv>

#include "edge/gzip.hpp"
#include "http/repr_digest.hpp"

namespace stretto::edge {
namespace {

// a small store is read in less; for a large one, clients try again
constexpr std::uint64_t most_waiting_ms = 5000;
constexpr std::size_t most_listed_songs = 10'000;  // a playlist of 1 MB
constexpr std::chrono::milliseconds look_again{20};

/// @param connect  whom it may send requests to
std::string fields_of_page(std::string_view connect) {
    // 'wasm-unsafe-eval' is WebAssembly alone; a script's text is never evaluated
    return text(
        "Content-Type: text/html; charset=utf-8\r\nCache-Control: public, max-age=60\r\n"
        "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; "
        "script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'; worker-src 'self'; media-src 'self' "
        "blob:; connect-src ",
        connect,
        "; img-src 'self' data:; base-uri 'none'; form-action 'none'\r\n"
        "X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n");
}

/// A worker has the policy that its own script came with.
std::string fields_of_asset(std::string_view connect) {
    return text(
        "Cache-Control: public, max-age=31536000, immutable\r\n"
        "Content-Security-Policy: default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; "
        "connect-src ",
        connect, "\r\nX-Content-Type-Options: nosniff\r\n");
}

void send_bytes(std::string fields, std::string_view bytes, const http::Reply& reply) {
    http::Outgoing out;
    out.fields = std::move(fields);
    http::Slice slice;
    slice.bytes = as_bytes(bytes);
    out.length = slice.size();
    out.body = std::make_unique<http::WholeBody>(std::move(slice));
    reply.send(std::move(out));
}

}  // namespace

ListSite::ListSite(net::Loop& loop, const Listings& listings, const PageOptions& options)
    : loop_(loop),
      listings_(listings),
      page_(page(options)),
      page_gzip_(gzip_bytes(as_bytes(page_))),
      look_(loop, [this] { look(); }) {
    const auto connect = connections(options);
    page_fields_ = fields_of_page(connect);
    asset_fields_ = fields_of_asset(connect);
    http::append_field(page_fields_, "Vary", "Accept-Encoding");
    page_gzip_fields_ = page_fields_;
    http::append_field(page_gzip_fields_, "Content-Encoding", "gzip");
    http::append_field(page_fields_, "Repr-Digest",
                       http::print_repr_digest(sha256(as_bytes(page_))));
    http::append_field(page_gzip_fields_, "Repr-Digest",
                       http::print_repr_digest(sha256(page_gzip_)));
}

void ListSite::send_page(const http::Request& request, const http::Reply& reply) const {
    if (http::takes_coding(request.fields, "gzip"))
        return send_bytes(page_gzip_fields_, as_text(page_gzip_), reply);
    send_bytes(page_fields_, page_, reply);
}

void ListSite::send_asset(const Asset& asset, const http::Request& request,
                          const http::Reply& reply) const {
    std::string fields{asset_fields_};
    http::append_field(fields, "Content-Type", asset.type);
    http::append_field(fields, "Vary", "Accept-Encoding");
    const bool gzip = http::takes_coding(request.fields, "gzip");
    if (gzip) http::append_field(fields, "Content-Encoding", "gzip");
    send_bytes(std::move(fields), gzip ? asset.gzip : asset.bytes, reply);
}

void ListSite::serve(http::Incoming&& incoming, const http::Target& target, const Route& route,
                     const http::Reply& reply) {
    const auto& request = incoming.request;
    // which are taken before they come here, if at all
    if (route.kind == Route::events) return reply.send(404, "this server does not accept events");
    if (request.method == "OPTIONS" || (request.method != "GET" && request.method != "HEAD"))
        return reply.send(405, "method not allowed", "Allow: GET, HEAD\r\n");
    if (route.kind == Route::page) return send_page(request, reply);
    for (const auto& asset : assets())
        if (target.path == asset.path) return send_asset(asset, request, reply);
    if (route.kind == Route::songs || route.kind == Route::playlist)
        return list(target, route, reply);
    serve_object(incoming, route, reply);
}

void send_not_found(const http::Reply& reply) {
    reply.send(404, "not found", "Cache-Control: public, max-age=5\r\n");
}

void ListSite::list(const http::Target& target, const Route& route, const http::Reply& reply) {
    if (!http::well_encoded(target.query))
        return reply.send(400, "the query is not percent-encoded");
    Query query;
    query.m3u8 = route.kind == Route::playlist;
    query.songs_at = "stream/";  // beside the playlist
    if (query.m3u8) query.limit = most_listed_songs;
    const auto most = query.m3u8 ? most_listed_songs : 1000;
    if (const auto list = http::query_value(target.query, "list"); list && !query.m3u8) {
        using Kind = Listing::Kind;
        if (*list != "songs" && *list != "albums" && *list != "artists")
            return reply.send(400, "list is songs, albums or artists");
        query.kind = *list == "albums"    ? Kind::albums
                     : *list == "artists" ? Kind::artists
                                          : Kind::songs;
    }
    query.album = http::query_value(target.query, "album").value_or(route.song);
    query.artist = http::query_value(target.query, "artist").value_or("");
    query.song = http::query_value(target.query, "song").value_or("");
    query.text = http::query_value(target.query, "q").value_or("");
    query.after = http::query_value(target.query, "after").value_or("");
    if (const auto limit = http::query_value(target.query, "limit")) {
        const auto [end, code] =
            std::from_chars(limit->data(), limit->data() + limit->size(), query.limit);
        if (code != std::errc{} || end != limit->data() + limit->size() || query.limit < 1 ||
            query.limit > most)
            return reply.send(400, text("limit is a number from 1 to ", most));
    }
    begin(query, reply);
}

void ListSite::begin(const Query& query, const http::Reply& reply) {
    auto listing = listings_.listing();
    if (!listing) {
        waiting_.push_back({query, reply, loop_.now_ms() + most_waiting_ms});
        if (!look_.active()) look_.every(look_again);
        return;
    }
    auto page = ListPage::begin(std::move(listing), query);
    if (!page) return reply.send(400, page.error().why);
    if (query.m3u8 && page->of_nothing())
        return reply.send(404, "there is no such album or artist",
                          "Cache-Control: public, max-age=5\r\n");
    go_on(std::make_shared<ListPage>(std::move(*page)), query.m3u8, reply);
}

/// Others are answered in between: looking for a word in 100,000 songs takes some milliseconds.
void ListSite::go_on(const std::shared_ptr<ListPage>& page, bool m3u8, const http::Reply& reply) {
    constexpr std::size_t songs_a_turn = 4000;
    if (reply.over()) return;
    if (page->more(songs_a_turn))
        return loop_.post([this, page, m3u8, reply] { go_on(page, m3u8, reply); });
    auto json = page->take();
    http::Outgoing out;
    out.fields = m3u8 ? "Content-Type: audio/x-mpegurl; charset=utf-8\r\n"
                      : "Content-Type: application/json\r\n";
    out.fields +=
        "Cache-Control: public, max-age=5\r\n"
        "Access-Control-Allow-Origin: *\r\nX-Content-Type-Options: nosniff\r\n";
    http::append_field(out.fields, "Repr-Digest", http::print_repr_digest(sha256(as_bytes(json))));
    out.length = json.size();
    out.body = http::body_of(std::move(json));
    reply.send(std::move(out));
}

void ListSite::look() {
    auto waiting = std::exchange(waiting_, {});
    const bool ready = listings_.listing() != nullptr;
    for (auto& one : waiting) {
        if (one.reply.over()) continue;
        if (ready)
            begin(one.query, one.reply);
        else if (one.until_ms <= loop_.now_ms())
            one.reply.send(503, "the store is being read",
                           "Retry-After: 5\r\nCache-Control: no-store\r\n");
        else
            waiting_.push_back(std::move(one));
    }
    if (waiting_.empty()) look_.stop();
}

}  // namespace stretto::edge

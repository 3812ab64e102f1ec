#include "edge/origin_site.hpp"

#include "edge/answer.hpp"

namespace stretto::edge {

void OriginSite::get(const Route& route, std::function<void(Found)> done) {
    Found found;
    found.entry = origin_.find(route, false, loop_.now_ms());
    if (!found.entry) found.why = "not found";
    done(std::move(found));
}

void OriginSite::serve_object(const http::Incoming& incoming, const Route& route,
                              const http::Reply& reply) {
    const auto& request = incoming.request;
    const bool gzip = route.kind == Route::manifest && http::takes_coding(request.fields, "gzip");
    const auto entry = origin_.find(route, gzip, loop_.now_ms());
    if (!entry) return send_not_found(reply);
    answer(entry, request, reply, {});
}

}  // namespace stretto::edge

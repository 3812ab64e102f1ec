#include "edge/sharing.hpp"

namespace stretto::edge {

Share share(const http::Stored& stored, const http::Request& waiting, http::Time now) {
    // what it asks of the age of an answer is kept by this one: it has just come from upstream,
    // which was asked the same
    http::Request plain = waiting;
    plain.fields.remove("Cache-Control");
    plain.fields.remove("Pragma");
    if (http::use(stored, plain, now) == http::Use::validate) return Share::nothing;
    return http::vary_matches(stored, waiting) ? Share::all : Share::variant;
}

Share share_stale(const http::Stored& stored, const http::Request& waiting, bool disconnected,
                  http::Time now) {
    if (!http::use_on_error(stored, waiting, disconnected, now)) return Share::nothing;
    return http::vary_matches(stored, waiting) ? Share::all : Share::variant;
}

std::string sharing_key(const http::Request& request) {
    std::string key;
    for (const auto* name : {"Cache-Control", "Pragma"})
        if (const auto value = request.fields.joined(name)) key += "\n" + (name + (": " + *value));
    return key;
}

}  // namespace stretto::edge

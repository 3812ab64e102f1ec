#include "rtc/gateway.hpp"

#include "http/parser.hpp"
#include "rtc/relay.hpp"

namespace stretto::rtc {
namespace {

constexpr std::string_view peers = "/rtc/";

bool reads(const http::Request& request) {
    return request.method == "GET" || request.method == "HEAD";
}

}  // namespace

Gateway::Gateway(net::Loop& loop, Links& links, http::Status& status)
    : loop_(loop), links_(links), status_(status) {
    status_.add([this](std::vector<http::Metric>& metrics) {
        const auto counters = links_.counters();
        const auto add = [&](const char* name, const char* help, double value) {
            metrics.push_back({name, help, value, "", ""});
        };
        add("rtc_links", "Connections to peers, open or being opened.",
            static_cast<double>(links_.size()));
        add("rtc_links_opened_total", "Connections that opened.",
            static_cast<double>(counters.opened));
        add("rtc_links_failed_total", "Connections that somebody waited for and did not get.",
            static_cast<double>(counters.failed));
        add("rtc_breaches_total", "Connections closed because the peer broke the rules.",
            static_cast<double>(counters.breaches));
        add("rtc_sent_bytes_total", "Bytes of songs sent to peers.",
            static_cast<double>(counters.sent));
        add("rtc_received_bytes_total", "Bytes received from peers.",
            static_cast<double>(counters.received));
    });
    status_.add_trouble([this] {
        return links_.mail().is_ready() ? std::string{} : "the tracker has not answered yet";
    });
}

void Gateway::handle(http::Incoming&& incoming, http::Reply reply) {
    const auto& request = incoming.request;
    const auto target = http::parse_target(request.target);
    if (!target) return reply.send(400, target.error().why);
    const std::string_view path = target->path;
    if (path == "/announce") return announce(incoming, reply);
    if (!reads(request)) return reply.send(405, "method not allowed", "Allow: GET, HEAD\r\n");
    if (path == "/healthz") return status_.health(reply);
    if (path == "/metrics") return status_.metrics(reply);
    if (path == "/stats.json") return status_.stats(reply);
    if (path.starts_with(peers)) return pass_on(incoming, path.substr(peers.size()), reply);
    reply.send(404, "not found");
}

void Gateway::announce(const http::Incoming& incoming, const http::Reply& reply) {
    if (incoming.request.method != "POST")
        return reply.send(405, "method not allowed", "Allow: POST\r\n");
    // a page in a browser on this machine announces nothing for us
    if (incoming.request.fields.has("Origin")) return reply.send(403, "not for web pages");
    auto json = Json::parse(as_text(incoming.body));
    if (!json || !json->is_object()) return reply.send(400, "not a JSON object");
    links_.mail().announce(std::move(*json), [reply](http::Whole answer) {
        if (answer.status == 0) return reply.send(502, answer.why);
        http::Outgoing out;
        out.status = answer.status;
        http::append_field(out.fields, "Content-Type", "application/json");
        if (const auto* later = answer.fields.find("Retry-After"))
            http::append_field(out.fields, "Retry-After", *later);
        out.length = answer.body.size();
        out.body = http::body_of(std::string{as_text(answer.body)});
        reply.send(std::move(out));
    });
}

/// @param path  "PEER_ID/songs/..."
void Gateway::pass_on(const http::Incoming& incoming, std::string_view path,
                      const http::Reply& reply) {
    const auto slash = std::min(path.find('/'), path.size());
    const std::string peer{path.substr(0, slash)};
    const auto rest = path.substr(slash);
    if (!swarm::is_rtc_id(peer)) return reply.send(404, "that is no peer's id");
    if (!rest.starts_with("/songs/")) return reply.send(404, "not found");
    // a path of songs has nothing that would have to be encoded anew
    if (rest.find(' ') != rest.npos || rest.size() > most_head_bytes / 2)
        return reply.send(404, "not found");
    std::make_shared<Relay>(loop_, incoming.request, std::string{rest}, reply)->start(links_, peer);
}

}  // namespace stretto::rtc

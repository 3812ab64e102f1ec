#include "http/status.hpp"

#include <cmath>

#include "base/json_value.hpp"
#include "base/text.hpp"

namespace stretto::http {
namespace {

constexpr std::string_view no_store = "Cache-Control: no-store\r\n";

void send(const Reply& reply, std::string_view type, std::string body) {
    Outgoing out;
    out.fields = no_store;
    append_field(out.fields, "Content-Type", type);
    out.length = body.size();
    out.body = body_of(std::move(body));
    reply.send(std::move(out));
}

/// Counts without a fraction.
Json number(double value) {
    if (value == std::floor(value) && std::abs(value) < 0x1p53)
        return static_cast<std::int64_t>(value);
    return value;
}

}  // namespace

Status::Status(std::string name, std::string role, const Shared& shared)
    : name_(std::move(name)), role_(std::move(role)), shared_(shared) {}

void Status::health(const Reply& reply, bool reasons) const {
    if (draining_) return reply.send(503, "draining", std::string{no_store});
    for (const auto& trouble : troubles_)
        // it still responds, so load balancers keep sending clients
        if (const auto why = trouble(); !why.empty())
            return reply.send(200, reasons ? "degraded: " + why : "degraded",
                              std::string{no_store});
    reply.send(200, "ok", std::string{no_store});
}

std::vector<Metric> Status::collect() const {
    const auto& c = shared_.counters;
    const auto of = [](const std::atomic<std::uint64_t>& n) {
        return static_cast<double>(n.load());
    };
    const std::chrono::duration<double> up = std::chrono::steady_clock::now() - began_;
    std::vector<Metric> all{
        {"uptime_seconds", "Time since the start.", up.count(), ""},
        {"connections_open", "Client connections.", of(c.open), ""},
        {"connections_total", "Client connections accepted.", of(c.accepted), ""},
        {"requests_total", "Requests read.", of(c.requests), ""},
        {"sent_bytes_total", "Bytes sent to clients.", of(c.bytes_sent), ""},
        {"bad_requests_total", "Requests that could not be read.", of(c.bad_requests), ""},
        {"timeouts_total", "Connections closed for being slow or idle.", of(c.timed_out), ""},
        {"rate_limited_total", "Requests answered 429.", of(c.limited), ""},
        {"broken_answers_total", "Answers broken off visibly.", of(c.broken), ""},
        {"accept_pauses_total", "Times that accepting paused for lack of descriptors.",
         of(c.accept_pauses), ""},
        {"http2_connections_total", "Connections with HTTP/2.", of(c.http2), ""},
        {"tls_handshakes_total", "TLS handshakes done.", of(c.handshakes), ""},
        {"tls_resumed_total", "Of these, those that resumed a session.", of(c.resumed), ""},
        {"tls_failed_total", "TLS handshakes that failed.", of(c.failed_handshakes), ""},
        {"tls_dropped_total", "TLS handshakes dropped because too many were under way.",
         of(c.dropped_handshakes), ""},
        {"not_allowed_total", "Connections and requests from outside of --allow.",
         of(c.not_allowed), ""},
        {"log_lines_lost_total", "Lines that could not be written to the access log.",
         static_cast<double>(shared_.log.lost()), ""},
    };
    all.push_back({"build_info", "The program that runs here.", 1,
                   text("version=\"", STRETTO_VERSION, "\"")});
    constexpr const char* by_cache[] = {"hit", "miss", "none"};
    for (std::size_t i = 0; i < c.first_byte.size(); ++i)
        c.first_byte[i].add_to(all, "first_byte_seconds",
                               "From a whole request to the head of its answer.",
                               text("cache=\"", by_cache[i], "\""));
    for (int i = 1; i <= 5; ++i)
        all.push_back({"responses_total", "Responses by class of status.", of(c.by_class[i]),
                       text("class=\"", i, "xx\"")});
    for (const auto& source : sources_) source(all);
    return all;
}

void Status::metrics(const Reply& reply) const {
    std::string out, last;
    for (const auto& metric : collect()) {
        const auto& family = metric.family.empty() ? metric.name : metric.family;
        if (family != last) {
            const auto* type = !metric.family.empty()            ? " histogram\n"
                               : metric.name.ends_with("_total") ? " counter\n"
                                                                 : " gauge\n";
            out += text("# HELP stretto_", family, " ", metric.help, "\n# TYPE stretto_", family,
                        type);
            last = family;
        }
        out += text("stretto_", metric.name, metric.labels.empty() ? "" : "{" + metric.labels + "}",
                    " ", number(metric.value).dump(), "\n");
    }
    send(reply, "text/plain; version=0.0.4; charset=utf-8", std::move(out));
}

void Status::stats(const Reply& reply) const {
    Json json{{"name", name_}, {"role", role_}};
    for (const auto& metric : collect()) {
        if (metric.name.ends_with("_bucket")) continue;  // only for programs that can sum them
        if (metric.labels.empty()) {
            json[metric.name] = number(metric.value);
            continue;
        }
        const auto quote = metric.labels.find('"');
        json[metric.name][metric.labels.substr(quote + 1, metric.labels.size() - quote - 2)] =
            number(metric.value);
    }
    for (const auto& [key, part] : parts_) json[key] = must(Json::parse(part()), key);
    send(reply, "application/json", json.dump(2) + "\n");
}

}  // namespace stretto::http

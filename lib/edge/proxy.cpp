#include "edge/proxy.hpp"

#include "edge/answer.hpp"
#include "edge/groups.hpp"
#include "edge/sharing.hpp"
#include "http/forwarded.hpp"
#include "http/place.hpp"

namespace stretto::edge {
namespace {

constexpr std::size_t most_hops = 16;  // proxies in Via: more is a loop

bool asks_for_something_special(const http::Request& request) {
    return request.fields.has("Cache-Control") || request.fields.has("Pragma");
}

/// Whether its response may be fetched once for all clients, and whether it may wait for such a
/// one.
bool may_share(const http::Request& request) {
    if (request.fields.has("Authorization")) return false;
    if (!asks_for_something_special(request)) return true;
    return !http::request_control(request.fields).no_store;
}

/// RFC 9110 7.6.3: it has been here, or at more proxies than a way could have.
bool goes_round(std::string_view via, const std::string& instance) {
    return http::list_members(via).size() > most_hops ||
           via.find("(" + instance + ")") != std::string_view::npos;
}

/// Clients' wishes for an answer newer than what is stored; RFC 9111 5.2.1 makes them advisory.
void forget_reload(http::Fields& fields) {
    if (!fields.has("Cache-Control")) return fields.remove("Pragma");
    const auto control = http::request_control(fields);
    if (control.no_cache || control.max_age || control.min_fresh) fields.remove("Cache-Control");
}

void cancel(const std::weak_ptr<Fill>& fill) {
    if (const auto there = fill.lock()) there->cancel();
}

std::function<void(const http::Response&)> interim_to(const http::Reply& client) {
    if (!client) return {};
    return [client](const http::Response& response) { client.interim(response); };
}

Share share_of(const Outcome& outcome, const http::Request& waiting) {
    const auto head = outcome.entry->head();
    if (outcome.stale) return share_stale(head->stored, waiting, !outcome.fwd_status, wall_clock());
    return outcome.storable ? share(head->stored, waiting, wall_clock()) : Share::nothing;
}

}  // namespace

Proxy::Proxy(net::Loop& loop, Ranking& ranking, const http::Upstream::Limits& limits,
             EdgeShared& shared, Flights& flights, const Dialect* dialect)
    : loop_(loop), shared_(shared), flights_(flights), behind_(loop, ranking, limits, dialect) {}

void Proxy::get(const Route& route, std::function<void(Found)> done) {
    http::Request request;
    request.method = "GET";
    request.target = "/" + object_path(route);
    if (!shared_.songs_asked) shared_.songs_asked = true;
    look_up(upstream_request(std::move(request)), route, true, {},
            [done = std::move(done)](Answer answer) {
                Found found;
                found.entry = std::move(answer.entry);
                found.cache = std::move(answer.cache);
                found.status = answer.error ? answer.error : 502;
                found.why = std::move(answer.why);
                // a response without success is not the object
                if (found.entry && found.entry->head()->stored.status != 200) {
                    found.status = found.entry->head()->stored.status;
                    found.why = http::reason(found.status);
                    found.entry = nullptr;
                }
                done(std::move(found));
            });
}

void Proxy::serve(http::Incoming&& incoming, const http::Target&, const Route& route,
                  const http::Reply& reply) {
    auto& request = incoming.request;
    const auto via = request.fields.joined("Via");
    if (via && goes_round(*via, shared_.instance))
        return reply.send(508, "the request passes through a loop of edges");
    if (request.method == "OPTIONS" || request.method == "TRACE") {
        // RFC 9110 7.6.2
        const auto* hops = request.fields.find("Max-Forwards");
        if (hops && *hops == "0")
            return request.method == "TRACE"
                       ? reply.send(405, "no TRACE here", "Allow: GET, HEAD, OPTIONS\r\n")
                       : reply.send(200, "ok", "Allow: GET, HEAD, OPTIONS\r\n");
    }
    if (!route.song.empty() && !shared_.songs_asked) shared_.songs_asked = true;
    http::forward_client(request.fields, incoming.peer, incoming.told);
    const bool get = request.method == "GET";
    const bool head = request.method == "HEAD";
    if ((!get && !head) || !incoming.body.empty())
        return forward(std::move(incoming), route, reply);
    http::Request asked = request;
    if (shared_.ignore_reload) forget_reload(asked.fields);
    if (head) {
        const auto stored = shared_.cache.find(request.target, request);
        const bool fresh =
            stored && !stored->invalid &&
            http::use(stored->head()->stored, request, wall_clock()) == http::Use::fresh;
        if (!fresh && !route.is_object()) return forward(std::move(incoming), route, reply);
        asked.method = "GET";
    }
    if (route.is_object()) {
        const bool gzip = route.kind == Route::manifest && http::takes_coding(asked.fields, "gzip");
        asked.fields.remove("Accept-Encoding");
        if (gzip) asked.fields.add("Accept-Encoding", "gzip");
    }
    look_up(upstream_request(std::move(asked)), route, false, reply,
            [this, request = std::move(request), reply](const Answer& answer) {
                send(answer, request, reply);
            });
}

/// The fields that go on to upstream.
http::Request Proxy::upstream_request(http::Request request) const {
    http::remove_hop_by_hop(request.fields);
    for (const auto* name : {"Host", "Content-Length", "Expect"}) request.fields.remove(name);
    request.fields.add("Via", text(request.major == 2   ? "2.0 "
                                   : request.minor == 0 ? "1.0 "
                                                        : "1.1 ",
                                   shared_.name, " (", shared_.instance, ")"));
    return request;
}

Proxy::Answer Proxy::hit(const std::shared_ptr<Entry>& entry, http::Time now) const {
    shared_.counters.hits.fetch_add(1, std::memory_order_relaxed);
    Answer answer;
    answer.entry = entry;
    answer.cache.hit = true;
    answer.cache.ttl = (entry->head()->fresh_until - now).count();
    return answer;
}

/// RFC 9111 4: from what is stored, or from upstream.
void Proxy::look_up(const http::Request& request, const Route& route, bool internal,
                    const http::Reply& client, Done done) {
    const auto now = wall_clock();
    auto stored = shared_.cache.find(request.target, request);
    if (stored) {
        const auto head = stored->head();
        const bool quick = head->plain && !stored->invalid && now < head->fresh_until &&
                           !asks_for_something_special(request);
        const auto use = quick             ? http::Use::fresh
                         : stored->invalid ? http::Use::validate
                                           : http::use(head->stored, request, now);
        if (use != http::Use::validate) {
            if (use == http::Use::stale_now) validate_aside(request, route, stored);
            if (use != http::Use::fresh)
                shared_.counters.stale.fetch_add(1, std::memory_order_relaxed);
            return done(hit(stored, now));
        }
    }
    if (asks_for_something_special(request) &&
        http::request_control(request.fields).only_if_cached) {
        Answer answer;
        answer.error = 504;
        answer.why = "not in the cache";
        return done(std::move(answer));
    }
    shared_.counters.misses.fetch_add(1, std::memory_order_relaxed);
    Asked asked{request, route, stored, why_asked(request, stored, now), internal, {}, {}};
    if (asks_for_something_special(request)) asked.directives = sharing_key(request);
    asked.client = client;
    if (may_share(request) && !flights_.is_unshared(request.target, loop_.now_ms()))
        ask_together(asked, std::move(done));
    else
        ask_alone(asked, std::move(done));
}

/// RFC 9211 2.2.
std::string_view Proxy::why_asked(const http::Request& request,
                                  const std::shared_ptr<Entry>& stored, http::Time now) const {
    if (stored) return now < stored->head()->fresh_until ? "request" : "stale";
    return shared_.cache.has_other(request.target) ? "vary-miss" : "uri-miss";
}

void Proxy::ask_together(const Asked& asked, Done done) {
    const auto [flight, first] = flights_.join(asked.flight());
    if (first) {
        auto known = known_already(asked);
        if (!known.entry && !known.error) return fly(flight, asked, std::move(done));
        auto answer =
            known.entry ? hit(known.entry, wall_clock()) : answer_of(known, asked.why, true);
        flights_.landed(asked.flight(), flight);
        flight->tell(std::make_shared<const Outcome>(std::move(known)));
        return done(std::move(answer));
    }
    shared_.counters.collapsed.fetch_add(1, std::memory_order_relaxed);
    const auto joined = std::chrono::steady_clock::now();
    const auto told = [=, this](const std::shared_ptr<const Outcome>& outcome) {
        // what was asked before we came may have failed of what has been repaired since
        const bool late = outcome && outcome->failed() && outcome->asked < joined;
        const bool broken = outcome && outcome->entry && outcome->entry->content()->failed();
        if (asked.again || !(late || broken)) return take_shared(asked, outcome, done);
        auto once_more = asked;
        once_more.again = joined;
        ask_together(once_more, done);
    };
    leaves_with(asked, flight);
    if (const auto known = flight->wait(loop_, told)) told(known);
}

/// A client that goes before there is an answer wants none any more.
void Proxy::leaves_with(const Asked& asked, const std::shared_ptr<Flight>& flight) {
    asked.client.when_gone([this, key = asked.flight(), flight] { flights_.leave(key, flight); });
}

/// What others have learnt between our look into the cache, or our first try, and our setting out.
Outcome Proxy::known_already(const Asked& asked) {
    Outcome outcome;
    if (asked.again) {
        if (auto failure = flights_.failed_since(asked.flight(), *asked.again)) {
            outcome.error = failure->status;
            outcome.why = std::move(failure->why);
            outcome.asked = failure->asked;
            return outcome;
        }
    }
    auto found = shared_.cache.find(asked.request.target, asked.request);
    if (!found || found == asked.stored || found->invalid) return outcome;
    if (http::use(found->head()->stored, asked.request, wall_clock()) != http::Use::fresh)
        return outcome;
    outcome.entry = std::move(found);
    outcome.storable = outcome.stored = true;
    return outcome;
}

/// What another's fetch brought: it may be of another variant, or not for us.
void Proxy::take_shared(const Asked& asked, const std::shared_ptr<const Outcome>& outcome,
                        Done done) {
    if (!outcome) return ask_alone(asked, std::move(done));
    if (outcome->entry) {
        const auto head = outcome->entry->head();
        switch (share_of(*outcome, asked.request)) {
            case Share::nothing:
                return ask_alone(asked, std::move(done));
            case Share::variant:
                return ask_variant(asked, *head, std::move(done));
            case Share::all:
                outcome->entry->joined.fetch_add(1, std::memory_order_relaxed);
        }
    }
    done(answer_of(*outcome, asked.why, true));
}

/// The part of an outcome that waiting requests may use, once its head is known.
std::shared_ptr<const Outcome> Proxy::for_others(const Asked& asked, const Outcome& outcome) const {
    if (outcome.error) return std::make_shared<const Outcome>(outcome);
    if (outcome.entry && share_of(outcome, asked.request) != Share::nothing)
        return std::make_shared<const Outcome>(outcome);
    // a song's objects are the same for all, and so is their absence: but what upstream says of it
    // may be meant for one
    const int status = outcome.fwd_status.value_or(0);
    // 508 and the like speak of one request
    const bool failed = status == 500 || status == 502 || status == 503 || status == 504;
    if (outcome.entry || !failed || !asked.route.is_object()) return nullptr;
    Outcome failure;
    failure.error = status;
    failure.why = text("the server behind answered ", status);
    failure.asked = outcome.asked;
    failure.fwd_status = status;
    return std::make_shared<const Outcome>(std::move(failure));
}

/// Joins requests for the same variant.
void Proxy::ask_variant(Asked asked, const Head& head, Done done) {
    if (!asked.variant.empty()) return ask_alone(asked, std::move(done));
    asked.variant =
        '\n' + http::print_fields(http::selecting_fields(head.stored.fields, asked.request));
    ask_together(asked, std::move(done));
}

void Proxy::fly(const std::shared_ptr<Flight>& flight, const Asked& asked, Done done) {
    Fill::Job job;
    job.key = asked.request.target;
    job.route = asked.route;
    job.request = asked.request;
    job.stored = asked.stored;
    job.internal = asked.internal;
    job.wanted = [flight] { return flight->joined(); };
    job.interim = interim_to(asked.client);
    const auto key = job.key;
    const auto land = [this, asked, flight,
                       began = std::chrono::steady_clock::now()](Fill::End end) {
        if (end != Fill::End::done)
            flights_.note_failed(asked.flight(), {began, 502, "the server behind broke off"});
        flights_.landed(asked.flight(), flight);
        if (end == Fill::End::damaged) fetch_again(asked);
    };
    leaves_with(asked, flight);
    const auto fill = Fill::start(
        loop_, behind_, shared_, *this, std::move(job),
        [=, this, why = asked.why, done = std::move(done)](Outcome outcome) {
            const auto shared = for_others(asked, outcome);
            // one client whose request is refused must not let all others ask for a song's
            // object one by one
            const bool refusal = asked.route.is_object() && outcome.refused();
            if (!shared && !refusal) flights_.note_unshared(key, loop_.now_ms());
            if (shared && shared->error)
                flights_.note_failed(asked.flight(), {shared->asked, shared->error, shared->why});
            // only what is being stored is for those who come later, and only if they do not ask
            // for an answer newer than themselves
            if (!shared || !outcome.storable || outcome.validated || !asked.directives.empty())
                land(Fill::End::done);
            flight->tell(shared);
            done(answer_of(outcome, why, false));
        },
        land);
    flight->on_unwanted([fill, &loop = loop_] { loop.post([fill] { cancel(fill); }); });
}

void Proxy::ask_alone(const Asked& asked, Done done) {
    Fill::Job job;
    job.key = asked.request.target;
    job.route = asked.route;
    job.request = asked.request;
    job.stored = asked.stored;
    job.alone = true;
    job.whole = job.route.is_object();
    job.internal = asked.internal;
    job.interim = interim_to(asked.client);
    const auto fill = Fill::start(
        loop_, behind_, shared_, *this, std::move(job),
        [this, asked, done = std::move(done)](const Outcome& outcome) {
            if (!outcome.error && for_others(asked, outcome))
                flights_.note_shared(asked.request.target);
            done(answer_of(outcome, asked.why, false));
        },
        nullptr);
    asked.client.when_gone([fill] { cancel(fill); });
}

/// Once, for those who ask later. Who asks now does not join it: it may bring the same damage.
void Proxy::fetch_again(const Asked& asked) {
    auto anew = asked;
    anew.client = {};
    ask_alone(anew, [](const Answer&) {});
}

/// stale-while-revalidate: no client waits for it.
void Proxy::validate_aside(const http::Request& request, const Route& route,
                           const std::shared_ptr<Entry>& stored) {
    const auto [flight, first] = flights_.join(request.target);
    if (first) fly(flight, {request, route, stored, "stale", true, {}, {}}, [](const Answer&) {});
}

Proxy::Answer Proxy::answer_of(const Outcome& outcome, std::string_view why, bool collapsed) const {
    Answer answer;
    answer.entry = outcome.entry;
    answer.pipe = outcome.pipe;
    answer.head = outcome.head;
    if (!collapsed) answer.own_fields = outcome.own_fields;
    answer.error = outcome.error;
    answer.why = outcome.why;
    answer.cache.fwd = why;
    answer.cache.fwd_status = outcome.fwd_status;
    answer.cache.stored = outcome.stored;
    answer.cache.collapsed = collapsed;
    if (outcome.stale) answer.cache.detail = "upstream-failed";
    if (outcome.entry)
        answer.cache.ttl = (outcome.entry->head()->fresh_until - wall_clock()).count();
    return answer;
}

/// What no cache answers: other methods, HEAD of what is not known.
void Proxy::forward(http::Incoming&& incoming, const Route& route, const http::Reply& reply) {
    Fill::Job job;
    job.key = incoming.request.target;
    job.route = route;
    job.request = upstream_request(incoming.request);
    job.body = std::move(incoming.body);
    job.alone = true;
    job.interim = interim_to(reply);
    if (const auto* hops = job.request.fields.find("Max-Forwards");
        hops && (job.request.method == "OPTIONS" || job.request.method == "TRACE"))
        job.request.fields.set(
            "Max-Forwards",
            std::to_string(std::max(1L, std::strtol(hops->c_str(), nullptr, 10)) - 1));
    const auto fill = Fill::start(
        loop_, behind_, shared_, *this, std::move(job),
        [this, request = incoming.request, reply](const Outcome& outcome) {
            auto answer = answer_of(outcome, "method", false);
            if (outcome.pipe) invalidate(request, outcome.head);
            send(answer, request, reply);
        },
        nullptr);
    reply.when_gone([fill] { cancel(fill); });
}

/// RFC 9111 4.4; and 4.3.5 for HEAD.
void Proxy::invalidate(const http::Request& request, const http::Response& response) {
    if (request.method == "HEAD") {
        http::Request get = request;
        get.method = "GET";
        const auto stored = shared_.cache.find(request.target, get);
        if (!stored || response.status != 200) return;
        auto kept = stored->head()->stored;
        const auto now = wall_clock();
        if (http::freshen_by_head(kept, response, now, now))
            // it came from before the request, and purges still apply to it
            shared_.cache.freshen(stored,
                                  Head::of_upstream(std::move(kept), stored->head()->asked));
        else
            shared_.cache.drop(stored);
        return;
    }
    const auto* host = request.fields.find("Host");
    for (const auto& path : http::invalidated(request, response, host ? *host : "")) {
        shared_.cache.invalidate(path);
        flights_.forget(path);
    }
    const auto groups = response.fields.joined("Cache-Group-Invalidation");
    if (!groups || http::is_safe(request.method) || response.status >= 400) return;
    for (const auto& group : parse_groups(*groups)) shared_.cache.purge(group, false, wall_clock());
    flights_.forget_all();
}

void Proxy::send(const Answer& answer, const http::Request& request, const http::Reply& reply) {
    if (answer.error) {
        // nobody keeps such an error without being told to, but an edge before us may give it to
        // all who wait: so it is not no-store
        std::string fields;
        http::append_field(fields, "Cache-Status",
                           http::print_cache_status(shared_.name, answer.cache));
        return reply.send(answer.error,
                          answer.why.empty() ? http::reason(answer.error) : answer.why, fields);
    }
    if (answer.pipe) return send_pipe(answer, request, reply);
    Answering how;
    how.cache = answer.cache;
    how.extra = answer.own_fields;
    how.cache_name = shared_.name;
    edge::answer(answer.entry, request, reply, std::move(how));
}

void Proxy::send_pipe(const Answer& answer, const http::Request& request,
                      const http::Reply& reply) {
    http::Outgoing out;
    out.status = answer.head.status;
    out.dated = answer.head.fields.has("Date");
    out.cache = "MISS";
    out.length = std::nullopt;
    auto fields = answer.head.fields;
    if (const auto* length = fields.find("Content-Length")) {
        out.length = std::strtoull(length->c_str(), nullptr, 10);
        fields.remove("Content-Length");
    }
    out.fields = http::print_fields(fields);
    http::append_field(out.fields, "Cache-Status",
                       http::print_cache_status(shared_.name, answer.cache));
    http::append_field(out.fields, "X-Cache", "MISS");
    auto body = Pipe::body(answer.pipe);
    if (request.method != "HEAD") out.body = std::move(body);
    reply.send(std::move(out));
}

void add_metrics(std::vector<http::Metric>& metrics, const Ranking& ranking) {
    for (std::size_t i = 0; i < ranking.size(); ++i)
        metrics.push_back({"upstream_up",
                           "Whether a server behind answered when it was last asked.",
                           ranking.is_up(i) ? 1.0 : 0.0,
                           text("server=\"", http::parse_place(ranking.name(i)).authority, "\"")});
}

void add_metrics(std::vector<http::Metric>& metrics, const EdgeCounters& counters, Cache& cache,
                 const Troubles& troubles) {
    const auto of = [](const std::atomic<std::uint64_t>& n) {
        return static_cast<double>(n.load(std::memory_order_relaxed));
    };
    const auto n = cache.numbers();
    const auto add = [&](std::string name, std::string help, double value,
                         std::string labels = "") {
        metrics.push_back({std::move(name), std::move(help), value, std::move(labels)});
    };
    add("cache_hits_total", "Requests answered without asking upstream.", of(counters.hits));
    add("cache_misses_total", "Requests that went upstream, or waited for one that did.",
        of(counters.misses));
    add("cache_collapsed_total", "Of the misses, those that waited for another's.",
        of(counters.collapsed));
    add("cache_stale_total", "Answers that were stale.", of(counters.stale));
    add("cache_validated_total", "Stored answers renewed by a 304.", of(counters.validated));
    add("cache_objects", "Stored answers.", static_cast<double>(n.objects));
    add("cache_bytes", "Bytes stored.", static_cast<double>(n.disk_bytes), "tier=\"disk\"");
    add("cache_bytes", "Bytes stored.", static_cast<double>(n.memory_bytes), "tier=\"memory\"");
    add("cache_evicted_total", "Stored answers that made room.", static_cast<double>(n.evicted));
    add("cache_unstored_total", "Responses that could not be stored on the disk.",
        static_cast<double>(n.unstored));
    add("cache_filling_bytes", "Bytes on the way from upstream, or held for clients alone.",
        static_cast<double>(n.filling_bytes + Pipe::held()));
    add("cache_damaged_total", "Stored answers that had changed on the disk.",
        static_cast<double>(n.damaged));
    add("cache_scrubbed_bytes_total", "Bytes of the disk read again to find damage.",
        static_cast<double>(n.scrubbed_bytes));
    for (const auto& [kind, count] : troubles.numbers())
        add("troubles_total", "Problems, as listed in the error log.", static_cast<double>(count),
            text("kind=\"", kind, "\""));
    counters.upstream_first_byte.add_to(metrics, "upstream_first_byte_seconds",
                                        "From a request to upstream to the head of its answer.");
    add("upstream_requests_total", "Requests to upstream.", of(counters.upstream_requests));
    add("upstream_failures_total", "Of these, those that failed or broke off.",
        of(counters.upstream_failures));
    add("upstream_received_bytes_total", "Bytes of bodies from upstream.",
        of(counters.upstream_bytes));
    add("upstream_resumed_total", "Bodies that were resumed after they had broken off.",
        of(counters.resumed));
    add("upstream_damaged_total", "Bodies that did not match the song's id.", of(counters.damaged));
}

}  // namespace stretto::edge

#pragma once
// The edge: forwards requests to its upstream servers through a shared cache (RFC 9110, 9111).
#include "edge/flights.hpp"
#include "edge/site.hpp"

namespace stretto::edge {

/// One for each worker.
class Proxy : public Backend {
   public:
    Proxy(net::Loop& loop, Ranking& ranking, const http::Upstream::Limits& limits,
          EdgeShared& shared, Flights& flights, const Dialect* dialect = nullptr);

    void get(const Route& route, std::function<void(Found)> done) override;
    void serve(http::Incoming&& incoming, const http::Target& target, const Route& route,
               const http::Reply& reply) override;
    bool passes_on() const override { return true; }

   private:
    /// The response to a request: an entry and its Cache-Status, or a response of upstream for this
    /// request only.
    struct Answer {
        std::shared_ptr<Entry> entry;
        http::CacheStatus cache;
        std::string own_fields;  ///< beside the entry's
        std::shared_ptr<Pipe> pipe;
        http::Response head;
        int error = 0;
        std::string why;
    };
    using Done = std::function<void(Answer)>;

    /// A request that no stored response answers.
    struct Asked {
        http::Request request;
        Route route;
        std::shared_ptr<Entry> stored;  ///< to be validated; may be nullptr
        std::string_view why;           ///< in Cache-Status: "uri-miss", "stale", ...
        bool internal = false;
        std::string variant;  ///< the fields that select it, once they are known; a flight's own
        /// The fetch that it joined has failed; this is when it joined.
        std::optional<std::chrono::steady_clock::time_point> again;
        std::string directives = {};  ///< what the request wants of a cache; a flight's own too
        http::Reply client = {};      ///< who asks; none: ourselves, and we never go
        std::string flight() const { return request.target + directives + variant; }
    };

    void look_up(const http::Request& request, const Route& route, bool internal,
                 const http::Reply& client, Done done);
    void ask_together(const Asked& asked, Done done);
    void leaves_with(const Asked& asked, const std::shared_ptr<Flight>& flight);
    Outcome known_already(const Asked& asked);
    void ask_variant(Asked asked, const Head& head, Done done);
    void ask_alone(const Asked& asked, Done done);
    void fly(const std::shared_ptr<Flight>& flight, const Asked& asked, Done done);
    void take_shared(const Asked& asked, const std::shared_ptr<const Outcome>& outcome, Done done);
    std::shared_ptr<const Outcome> for_others(const Asked& asked, const Outcome& outcome) const;
    void fetch_again(const Asked& asked);
    void validate_aside(const http::Request& request, const Route& route,
                        const std::shared_ptr<Entry>& stored);
    std::string_view why_asked(const http::Request& request, const std::shared_ptr<Entry>& stored,
                               http::Time now) const;
    Answer answer_of(const Outcome& outcome, std::string_view why, bool collapsed) const;
    Answer hit(const std::shared_ptr<Entry>& entry, http::Time now) const;

    void forward(http::Incoming&& incoming, const Route& route, const http::Reply& reply);
    void send(const Answer& answer, const http::Request& request, const http::Reply& reply);
    void send_pipe(const Answer& answer, const http::Request& request, const http::Reply& reply);
    void invalidate(const http::Request& request, const http::Response& response);
    http::Request upstream_request(http::Request request) const;

    net::Loop& loop_;
    EdgeShared& shared_;
    Flights& flights_;
    Behind behind_;
};

/// The additional metrics of an edge.
void add_metrics(std::vector<http::Metric>& metrics, const EdgeCounters& counters, Cache& cache,
                 const Troubles& troubles);
void add_metrics(std::vector<http::Metric>& metrics, const Ranking& ranking);

}  // namespace stretto::edge

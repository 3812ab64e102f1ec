#include "clickhouse/engine.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "http/signer.hpp"

namespace stretto::clickhouse {
namespace {

constexpr int most_tries = 18;
constexpr std::chrono::milliseconds first_pause{250}, longest_pause{4000};

http::Upstream::Limits limits() {
    http::Upstream::Limits limits;
    limits.connections = 1;
    limits.connect = std::chrono::seconds{5};
    limits.stall = std::chrono::seconds{60};  // within it, the server tells of its progress
    limits.proxy = true;
    return limits;
}

http::Fields credentials() {
    http::Fields fields;
    if (const char* user = std::getenv("CLICKHOUSE_USER")) fields.add("X-ClickHouse-User", user);
    if (const char* password = std::getenv("CLICKHOUSE_PASSWORD"))
        fields.add("X-ClickHouse-Key", password);
    return fields;
}

}  // namespace

struct Engine::Asked {
    http::Whole answer;
    Refusal refusal;
    /// A server or a proxy without a code of its own is judged by its status.
    bool passing() const { return refusal.code ? is_passing(refusal) : answer.passing(); }
    bool ok() const { return answer.ok(); }
};

Engine::Engine(Location location) : location_(std::move(location)), fields_(credentials()) {
    for (const auto& shard : location_.shards)
        shards_.push_back(std::make_unique<http::Blocking>("http://" + shard, limits()));
}

std::string Engine::where(std::size_t shard) const {
    return text("clickhouse://", location_.shards[shard], "/", location_.database);
}

Engine::Asked Engine::try_to(std::size_t shard, const std::string& statement, const Bytes& input,
                             std::size_t most) {
    http::Request request;
    request.method = "POST";
    // errors come before an answer, and not in its middle
    request.target =
        "/?wait_end_of_query=1&send_progress_in_http_headers=1"
        "&http_headers_progress_interval_ms=5000";
    const bool inserts = !input.empty();
    if (inserts) request.target += "&query=" + http::percent_encoded(statement, false);
    const auto body = as_bytes(statement);
    request.fields = fields_;
    Asked asked;
    auto pause = first_pause;
    for (int tries = 1;; ++tries) {
        asked.answer =
            shards_[shard]->ask(request, inserts ? input : Bytes{body.begin(), body.end()}, most);
        const auto& answer = asked.answer;
        const bool refused = !answer.ok() && answer.status != 0;
        asked.refusal = refused ? parse_refusal(as_text(answer.body)) : Refusal{};
        if (answer.ok()) return asked;
        if (!asked.passing() || tries == most_tries) return asked;
        std::this_thread::sleep_for(pause);
        pause = std::min(2 * pause, longest_pause);
    }
}

/// Throw what an answer means that is not ok.
void Engine::fail(std::size_t shard, const Asked& asked, std::size_t most) const {
    const auto& [answer, refusal] = asked;
    const auto error = [&](int exit, const std::string& why) {
        return Error{exit, text("'", where(shard), "': ", why)};
    };
    if (answer.failed == http::Failure::Kind::too_long)
        throw error(EX_DATAERR, text("an answer of more than ", most, " bytes"));
    if (answer.status == 0) throw error(EX_TEMPFAIL, answer.why);
    if (is_absent(refusal)) throw error(EX_NOINPUT, "no events were loaded into it");
    if (is_forbidden(refusal))
        throw error(EX_NOPERM, refusal.message + "; see CLICKHOUSE_USER and CLICKHOUSE_PASSWORD");
    throw error(asked.passing() ? EX_TEMPFAIL : EX_UNAVAILABLE,
                refusal.message.empty() ? answer.why : refusal.message);
}

Bytes Engine::ask(std::size_t shard, const std::string& statement, const Bytes& input,
                  std::size_t most) {
    auto asked = try_to(shard, statement, input, most);
    if (!asked.ok()) fail(shard, asked, most);
    return std::move(asked.answer.body);
}

std::optional<Bytes> Engine::ask_if_there(std::size_t shard, const std::string& statement) {
    auto asked = try_to(shard, statement, {}, most_answer_bytes);
    if (is_absent(asked.refusal)) return {};
    if (!asked.ok()) fail(shard, asked, most_answer_bytes);
    return std::move(asked.answer.body);
}

}  // namespace stretto::clickhouse

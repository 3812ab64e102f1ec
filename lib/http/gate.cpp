#include "http/gate.hpp"

#include <ctime>

#include "http/status.hpp"

namespace stretto::http {
namespace {

/// RFC 6750 3. @param why  of ours: without quotes
void send_refusal(const Reply& reply, int status, std::string_view error, std::string_view why) {
    auto challenge = text("Bearer realm=\"stretto\"");
    if (!error.empty())
        challenge += text(", error=\"", error, "\", error_description=\"", why, '"');
    std::string fields = "Cache-Control: no-store\r\n";
    append_field(fields, "WWW-Authenticate", challenge);
    reply.send(status, text("token: ", why), fields);
}

void count(std::atomic<std::uint64_t>& counter) { counter.fetch_add(1, std::memory_order_relaxed); }

/// Texts of libraries may hold quotes.
std::string unquoted(std::string text) {
    for (char& c : text)
        if (c == '"' || c == '\\' || static_cast<unsigned char>(c) < ' ') c = '\'';
    return text;
}

}  // namespace

std::unique_ptr<Access> access_of(const std::string& keys, const std::vector<std::string>& exempt,
                                  const std::string& name) {
    if (keys.empty() && !exempt.empty())
        throw Error{EX_USAGE, "--token-exempt is only for --token-keys"};
    if (keys.empty()) return nullptr;
    return std::unique_ptr<Access>{
        new Access{sign::Keyring{std::filesystem::path{keys}}, net::parse_networks(exempt), name}};
}

void add_metrics(Status& status, const Access& access) {
    status.add([&access](std::vector<Metric>& metrics) {
        const auto add = [&](const char* help, const std::atomic<std::uint64_t>& n,
                             const char* result) {
            metrics.push_back({"tokens_total", help, static_cast<double>(n.load()),
                               text("result=\"", result, '"')});
        };
        add("Requests that needed an access token, by what came of it.", access.accepted,
            "accepted");
        add("", access.missing, "missing");
        add("", access.invalid, "invalid");
        add("", access.beyond, "beyond");
    });
}

std::optional<Admitted> Gate::admit(const Incoming& incoming, const Carried& carried, Scope scope,
                                    const Reply& reply) {
    if (carried.token.empty()) {
        if (access_.exempt.contain(incoming.peer)) return Admitted{};
        count(access_.missing);
        send_refusal(reply, 401, "", "required");
        return {};
    }
    auto verified = verifier_.verify(carried.token, std::time(nullptr), access_.audience);
    if (auto* refused = std::get_if<sign::Refused>(&verified)) {
        count(access_.invalid);
        send_refusal(reply, 401, "invalid_token", unquoted(std::move(refused->why)));
        return {};
    }
    Admitted admitted{std::move(std::get<0>(verified))};
    const auto* host = incoming.request.fields.find("Host");
    if (scope == Scope::this_uri &&
        !admitted.token->scope.holds(host ? *host : "", incoming.request.target)) {
        count(access_.accepted);
        refuse(reply, "not for this URL");
        return {};
    }
    count(access_.accepted);
    return admitted;
}

void Gate::refuse(const Reply& reply, std::string_view why) {
    access_.accepted.fetch_sub(1, std::memory_order_relaxed);
    count(access_.beyond);
    send_refusal(reply, 403, "insufficient_scope", why);
}

}  // namespace stretto::http

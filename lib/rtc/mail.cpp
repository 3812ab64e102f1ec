#include "rtc/mail.hpp"

#include <algorithm>

#include "swarm/announce.hpp"

namespace stretto::rtc {
namespace {

constexpr std::size_t most_answer_bytes = 64 * 1024;
constexpr int wait_s = 25;  // proxies close what is silent for 30 s and more
constexpr std::chrono::seconds longest_pause{30};
constexpr std::uint64_t soon_ms = 1000;
constexpr std::string_view stun_scheme = "stun:";

http::Upstream::Limits limits(std::chrono::milliseconds stall) {
    http::Upstream::Limits limits;
    limits.connections = 8;
    limits.proxy = true;  // the user named it
    limits.connect = std::chrono::milliseconds{2000};
    limits.stall = stall;
    return limits;
}

Json nothing_to_give() { return Json::object({{"songs", Json::object()}}); }

}  // namespace

Mail::Mail(net::Loop& loop, const std::string& tracker, std::string peer_id, Calls calls)
    : loop_(loop),
      peer_id_(std::move(peer_id)),
      calls_(std::move(calls)),
      upstream_(loop, tracker, limits(std::chrono::seconds{5})),
      waiting_(loop, tracker, limits(std::chrono::seconds{wait_s + 10})),
      said_(nothing_to_give()),
      again_(loop, [this] { renew(); }),
      poll_again_(loop, [this] { poll(); }) {
    again_.once(std::chrono::milliseconds{1});
}

void Mail::post(std::string target, std::string json, std::function<void(http::Whole)> done) {
    http::Request request;
    request.method = "POST";
    request.target = std::move(target);
    request.fields.add("Content-Type", "application/json");
    http::ask(upstream_, std::move(request), Bytes(json.begin(), json.end()), most_answer_bytes,
              life_.guard(std::move(done)));
}

void Mail::announce(Json announce, std::function<void(http::Whole)> done) {
    announce["peer_id"] = peer_id_;
    announce["rtc"] = true;
    Json without = Json::object();
    for (const auto& [key, value] : announce.members())
        if (key != "port") without[key] = value;
    said_ = std::move(without);
    said_ms_ = loop_.now_ms();
    post("/announce", said_.dump(), [this, done = std::move(done)](http::Whole answer) {
        answered(answer);
        done(std::move(answer));
    });
}

/// For a token. Who provides the songs announces them again and again; when it has not for long,
/// they are not there any more.
void Mail::renew() {
    if (std::exchange(renewing_, true)) return;
    const auto interval_ms = static_cast<std::uint64_t>(interval_.count()) * 1000;
    if (loop_.now_ms() > said_ms_ + interval_ms * 5 / 2) said_ = nothing_to_give();
    said_["peer_id"] = peer_id_;
    said_["rtc"] = true;
    post("/announce", said_.dump(), [this](const http::Whole& answer) {
        renewing_ = false;
        answered(answer);
        if (!answer.ok()) pause();
    });
}

void Mail::pause() {
    again_.once(pause_);
    pause_ = std::min(2 * pause_, longest_pause);
}

void Mail::answered(const http::Whole& answer) {
    if (!answer.ok()) return;
    const auto said = swarm::parse_announce_answer(as_text(answer.body));
    if (!said || said->token.empty()) return pause();
    if (pass_key_) pass_key_(said->pass_key);
    const bool first = token_.empty();
    token_ = said->token;
    stun_ = said->stun.starts_with(stun_scheme) ? said->stun.substr(stun_scheme.size()) : "";
    interval_ = std::chrono::seconds{std::clamp(said->interval_s, 10, 3600)};
    pause_ = std::chrono::seconds{1};
    // somewhat later than who announces songs, whose announces count too
    again_.once(interval_ + interval_ / 2);
    if (first) calls_.ready();
    if (!polling_ && !poll_again_.active()) poll();
}

void Mail::poll() {
    if (std::exchange(polling_, true)) return;
    const auto asked_ms = loop_.now_ms();
    http::get(waiting_, text("/signals?peer=", peer_id_, "&token=", token_, "&wait=", wait_s),
              most_answer_bytes, life_.guard([this, asked_ms](const http::Whole& answer) {
                  polling_ = false;
                  polled(answer, asked_ms);
              }));
}

void Mail::polled(const http::Whole& answer, std::uint64_t asked_ms) {
    if (answer.status != 200 && answer.status != 204) {
        poll_again_.once(pause_);
        // the token is of another hour or network, or the tracker is another
        if (answer.status == 403 || answer.status == 404) return renew();
        pause_ = std::min(2 * pause_, longest_pause);
        return;
    }
    pause_ = std::chrono::seconds{1};
    const auto signals = swarm::parse_signals(as_text(answer.body));
    if (answer.status == 200 && signals)
        for (const auto& signal : *signals) calls_.signal(signal);
    // what ends at once was ended by another poll
    const bool soon = (answer.status == 204 || !signals) && loop_.now_ms() < asked_ms + soon_ms;
    if (soon)
        poll_again_.once(std::chrono::seconds{1});
    else
        poll();
}

void Mail::send(swarm::Signal signal, std::function<void(int)> done) {
    signal.from = peer_id_;
    signal.token = token_;
    post("/signal", swarm::print_signal(signal),
         [this, done = std::move(done)](const http::Whole& answer) {
             if (answer.status == 403) renew();
             done(answer.status);
         });
}

}  // namespace stretto::rtc

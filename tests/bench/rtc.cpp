// rtc TRACKER PEER COUNT HOLD_S: COUNT peers of one process connect to a peer through the tracker,
// one after the other, and stay for HOLD_S seconds. Prints "opened N", then for the time in ms from
// an offer that was sent to the open channel, and from the decision to connect: "offer P50 P99" and
// "decision P50 P99"; and "held" when the time is over.
#include <algorithm>
#include <iostream>
#include <list>

#include "rtc/channel.hpp"
#include "rtc/engine.hpp"
#include "rtc/mail.hpp"

using namespace stretto;

namespace {

constexpr std::chrono::seconds most_wait{10};

struct Crowd;

struct Caller {
    Caller(Crowd& crowd, const std::string& tracker);
    void call();
    void described();
    void answered(const swarm::Signal& signal);

    Crowd& crowd;
    rtc::Certificate certificate;
    rtc::Mail mail;
    std::unique_ptr<rtc::Channel> channel;
    std::uint64_t decided_ms = 0, sent_ms = 0;
};

struct Crowd {
    Crowd(std::string tracker_url, std::string to, std::size_t count, int hold)
        : tracker(std::move(tracker_url)), peer(std::move(to)), left(count), hold_s(hold) {}
    void next() {
        late.stop();
        if (left-- == 0) return all_here();
        callers.emplace_back(*this, tracker);
        late.once(most_wait);
    }
    void opened(const Caller& caller) {
        offer.push_back(loop.now_ms() - caller.sent_ms);
        decision.push_back(loop.now_ms() - caller.decided_ms);
        next();
    }
    static void print(const char* what, std::vector<std::uint64_t>& times) {
        std::ranges::sort(times);
        if (times.empty()) times.push_back(0);
        std::cout << what << ' ' << times[times.size() / 2] << ' ' << times[times.size() * 99 / 100]
                  << std::endl;
    }
    void all_here() {
        std::cout << "opened " << offer.size() << std::endl;
        print("offer", offer);
        print("decision", decision);
        end.once(std::chrono::seconds{hold_s});
    }

    std::string tracker, peer;
    std::size_t left;
    int hold_s;
    net::Loop loop;
    rtc::Engine engine{loop};
    std::vector<std::uint64_t> offer, decision;
    net::Timer late{loop, [this] { next(); }};
    net::Timer end{loop, [this] {
                       std::cout << "held" << std::endl;
                       loop.stop();
                   }};
    std::list<Caller> callers;
};

Caller::Caller(Crowd& all, const std::string& tracker)
    : crowd(all),
      mail(all.loop, tracker, certificate.peer_id(),
           {[this](const swarm::Signal& signal) { answered(signal); }, [this] { call(); }}) {}

void Caller::call() {
    decided_ms = crowd.loop.now_ms();
    rtc::Channel::Calls calls;
    calls.described = [this] { described(); };
    calls.open = [this] { crowd.opened(*this); };
    calls.message = [](BytesView) {};
    calls.drained = [] {};
    calls.closed = [](const char* why) { std::cerr << "closed: " << why << '\n'; };
    const auto stun = net::parse_address(mail.stun());
    channel = std::make_unique<rtc::Channel>(
        crowd.engine, certificate, rtc::IceOptions{true, stun, {*net::parse_address("127.0.0.1")}},
        std::move(calls));
}

void Caller::described() {
    swarm::Signal signal;
    channel->describe(signal);
    signal.kind = swarm::Signal::Kind::offer;
    signal.to = crowd.peer;
    signal.session = "bench";
    sent_ms = crowd.loop.now_ms();
    mail.send(signal, [](int status) {
        if (status != 202) std::cerr << "signal: " << status << '\n';
    });
}

void Caller::answered(const swarm::Signal& signal) {
    if (channel && signal.kind == swarm::Signal::Kind::answer) channel->connect(signal);
}

}  // namespace

int main(int, char** words) {
    Crowd crowd{words[1], words[2], std::stoul(words[3]), std::stoi(words[4])};
    crowd.loop.post([&] { crowd.next(); });
    crowd.loop.run();
    crowd.callers.clear();
    return 0;
}

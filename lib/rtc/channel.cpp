#include "rtc/channel.hpp"

#include "rtc/engine.hpp"

namespace stretto::rtc {
namespace {

/// With a STUN server that answers it takes 150 ms; one that does not must not hold us up.
constexpr std::chrono::milliseconds most_gathering{1000};
constexpr std::chrono::milliseconds handshake_period{50};

}  // namespace

Channel::Channel(Engine& engine, const Certificate& certificate, const IceOptions& options,
                 Calls calls)
    : engine_(engine),
      certificate_(certificate),
      offers_(options.controlling),
      calls_(std::move(calls)),
      ice_(engine, options,
           // on a later turn: without a STUN server it has all while it begins
           {[this] { late_.once(std::chrono::milliseconds{0}); }, [this] { start_dtls(); },
            [this](BytesView datagram) { on_datagram(datagram); },
            [this] { close("no way to the other end"); }}),
      association_(engine.associations(), {[this](BytesView packet) {
                                               if (dtls_) dtls_->send(packet);
                                           },
                                           [this] {
                                               open_ = true;
                                               calls_.open();
                                           },
                                           [this](BytesView message) {
                                               if (!closed_) calls_.message(message);
                                           },
                                           [this] {
                                               if (!closed_) calls_.drained();
                                           },
                                           [this](const char* why) { close(why); }}),
      late_(engine.loop(), [this] { gathered(); }),
      handshake_(engine.loop(), [this] {
          if (dtls_) dtls_->tick();
      }) {
    late_.once(most_gathering);
    ice_.gather();
}

Channel::~Channel() = default;

void Channel::gathered() {
    late_.stop();
    if (closed_ || std::exchange(described_, true)) return;
    calls_.described();
}

void Channel::describe(swarm::Signal& to) const {
    ice_.describe(to);
    to.fingerprint = hex(certificate_.fingerprint());
    to.active = !offers_;
}

void Channel::connect(const swarm::Signal& from) {
    if (std::exchange(remote_known_, true)) return;
    if (!parse_hex(from.fingerprint, fingerprint_)) return close("no fingerprint");
    // who answers begins, unless an answer leaves it to us
    begins_ = offers_ ? !from.active : true;
    ice_.set_remote(from);
}

void Channel::start_dtls() {
    if (dtls_ || closed_ || !remote_known_) return;
    dtls_ =
        std::make_unique<Dtls>(certificate_, begins_, fingerprint_,
                               Dtls::Calls{[this](BytesView datagram) { ice_.send(datagram); },
                                           [this] {
                                               handshake_.stop();
                                               association_.connect();
                                           },
                                           [this](BytesView bytes) { association_.receive(bytes); },
                                           [this](const char* why) { close(why); }});
    handshake_.every(handshake_period);
    dtls_->start();
}

void Channel::on_datagram(BytesView datagram) {
    if (closed_ || !Dtls::is_dtls(datagram)) return;
    start_dtls();  // a datagram may be faster than the news that there is a way
    if (dtls_) dtls_->receive(datagram);
}

void Channel::send(Bytes message) {
    if (!closed_) association_.send(std::move(message));
}

void Channel::close(const char* why) {
    if (std::exchange(closed_, true)) return;
    open_ = false;
    late_.stop();
    handshake_.stop();
    calls_.closed(why);
}

}  // namespace stretto::rtc

#pragma once
// One client's connection to a Server: reads, parses, writes; see server.hpp for the rest. The
// frames of HTTP/2 are read and made by Http2.
#include "http/channel.hpp"
#include "http/exchange.hpp"
#include "http/http2.hpp"
#include "http/server.hpp"

namespace stretto::http {

class Connection : public std::enable_shared_from_this<Connection>, private Http2::Host {
   public:
    /// @param certificates  of a listener that speaks TLS, else nullptr
    Connection(Server& server, File socket, const net::Address& peer,
               const Certificates* certificates);
    ~Connection();
    /// Once, when its owner knows it: read what has come already.
    void start();

    void send(std::uint64_t number, Outgoing&& response);
    void interim(std::uint64_t number, const Response& response);
    bool over(std::uint64_t number) const noexcept {
        if (h2_) return h2_->over(number);
        return state_ == State::closed || number != number_ || replied_;
    }
    void when_gone(std::uint64_t number, std::function<void()> call);
    net::Loop& loop() noexcept;

    /// Waits for a request, none of which has come yet.
    bool idle() const noexcept {
        // the end of HTTP/2's last response may still wait for the client
        return state_ == State::reading && pending_.empty() && !upload_ &&
               (!h2_ || (h2_->idle() && !channel_.waiting()));
    }
    /// Speaks HTTP/2: waits for requests, and answers them, at any time.
    bool multiplexes() const noexcept { return state_ == State::reading && h2_; }
    /// Idle, or answered for the last time and waiting for the client to go.
    bool spare() const noexcept;
    /// Has not agreed on TLS yet.
    bool handshaking() const noexcept { return handshake_.has_value(); }
    std::uint64_t deadline_ms() const noexcept {
        return multiplexes() ? std::min(deadline_ms_, h2_->deadline_ms()) : deadline_ms_;
    }
    std::uint64_t idle_since_ms() const noexcept { return began_ms_; }
    void timed_out();
    /// Idle or with HTTP/2, while the server drains: answer what has come already, else say
    /// goodbye.
    void drain();
    void close();

   private:
    enum class State {
        reading,  ///< a head or a body
        waiting,  ///< for the handler's answer, or for more of its body
        writing,
        lingering,  ///< all is said; what the client still sends is thrown away, so that it reads
                    ///< it
        closed
    };
    struct Upload {
        RequestParser parser;
        Incoming incoming;
        Budget::Share share = {};
    };

    /// An Address in 18 bytes instead of 128.
    struct Peer {
        Peer(const net::Address& address) noexcept
            : ip(address.ip()), port(static_cast<std::uint16_t>(address.port())) {}
        operator net::Address() const noexcept { return {ip, port}; }
        net::Address::Ip ip;
        std::uint16_t port;
    };
    struct Answer : Exchange {
        std::string text;  ///< head and chunk framing to be sent before the slice
        std::size_t text_sent = 0;
        Slice slice;
        bool slice_ends_chunk = false;
        std::unique_ptr<Body> body;
        Budget::Share share;
        std::optional<std::uint64_t> left;  ///< of a body whose length was told
    };

    void give(std::chrono::milliseconds time);
    void want(int events);
    void on_event(int events);
    void client_ended();
    void await_client();
    void read();
    void take(BytesView bytes);
    bool take_preface(BytesView& bytes);
    bool open(BytesView& bytes);
    bool begin_tls(BytesView bytes);
    void handshake_over();
    void parse(BytesView bytes);
    bool parse_step(BytesView& bytes);
    bool take_head();
    void dispatch(Incoming&& incoming);
    std::optional<std::string> name_client(Exchange& exchange, Incoming& incoming);
    net::Address client(const Exchange& exchange) const noexcept {
        return exchange.client ? *exchange.client : net::Address{peer_};
    }
    void refuse(int status, std::string_view why);

    void write();
    using Sent = Channel::Sent;
    Sent flush();
    Sent send_text(bool more_follows);
    Sent send_slice();
    enum class Next { slice, nothing, wait, broken };
    Next next_slice();
    Body::State ask_body(const std::function<void()>& wake);
    void count_sent(std::uint64_t n);
    void finish_response();
    void log_response();
    void linger();

    // HTTP/2
    bool take_h2_preface(BytesView& bytes);
    void begin_h2();
    void on_frames(int events);
    void write_frames();
    void note_request(Exchange& exchange, const Request& request) override;
    void pass_on(Exchange& exchange, Incoming&& incoming, std::uint64_t number) override;
    void note_response(Exchange& exchange, const Outgoing& response) override;
    void ended(const Exchange& exchange) override;
    void note_bad_request() override;
    void note_broken() override;
    void pending() override { write_frames(); }
    bool take(Budget::Share& share, Budgets::Of of, const Exchange* exchange,
              std::size_t bytes) override;
    std::uint64_t now_ms() override { return server_.loop_.now_ms(); }
    const std::string& date() override { return server_.date(); }

    Server& server_;
    Peer peer_;  // of the socket, or whom a TCP proxy passes on
    bool trusted_, preface_due_, relayed_ = false;
    Channel channel_;
    const Certificates* certificates_;                           // until TLS begins
    std::optional<std::list<Connection*>::iterator> handshake_;  // until TLS is agreed on
    std::optional<net::Poll> poll_;  // who is answered at once needs none
    State state_ = State::reading;
    std::uint64_t number_ = 0;  // of the request under way
    std::uint64_t deadline_ms_ = 0, began_ms_ = 0;
    std::uint64_t told_ms_ = 0;   // when the handler was last told how fast the client is
    std::uint64_t progress_ = 0;  // bytes since the deadline was last moved
    Bytes pending_;               // read and not yet parsed
    std::unique_ptr<Upload> upload_;
    std::unique_ptr<std::function<void()>> gone_;  // while a request waits, and somebody cares

    // the response
    bool replied_ = false, keep_alive_ = true, says_last_ = false, head_only_ = false,
         chunked_ = false, broken_ = false;
    bool in_write_ = false, parsing_ = false;
    int minor_ = 1;
    std::unique_ptr<Answer> answer_;  // while a request is under way: idle connections are many
    std::unique_ptr<Http2> h2_;
};

}  // namespace stretto::http

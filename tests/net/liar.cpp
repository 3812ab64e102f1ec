// liar TRACKER answer HOW: a WebRTC peer that answers the first ask of each link in a wrong way;
// prints "peer ID" when others can reach it. liar TRACKER ask PEER HOW TARGET: asks a peer in a
// wrong way, and prints what it answers: "head STATUS", or "closed WHY".
#include <dlfcn.h>
#include <sys/socket.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <map>

#include "http/parser.hpp"
#include "rtc/channel.hpp"
#include "rtc/engine.hpp"
#include "rtc/frame.hpp"
#include "rtc/mail.hpp"

using namespace stretto;
using rtc::Frame;

namespace {

bool deaf = false;  // what comes is not read

}  // namespace

/// In the place of usrsctp's own.
extern "C" ssize_t usrsctp_recvv(struct socket* socket, void* bytes, size_t size, sockaddr* from,
                                 socklen_t* from_size, void* info, socklen_t* info_size,
                                 unsigned* type, int* flags) {
    static const auto real =
        reinterpret_cast<decltype(&usrsctp_recvv)>(::dlsym(RTLD_NEXT, "usrsctp_recvv"));
    if (!deaf) return real(socket, bytes, size, from, from_size, info, info_size, type, flags);
    errno = EWOULDBLOCK;
    return -1;
}

namespace {

class Liar {
   public:
    explicit Liar(char** words)
        : how_(words[1] == std::string{"ask"} ? words[3] : words[2]),
          mail_(loop_, words[0], certificate_.peer_id(),
                {[this](const swarm::Signal& signal) { on_signal(signal); }, [this] { ready(); }}) {
        if (words[1] == std::string{"ask"}) peer_ = words[2], target_ = words[4];
    }
    int run() {
        net::Signal term{loop_, SIGTERM, [this] { loop_.stop(); }};
        net::Timer late{loop_, [this] { std::cout << "late" << std::endl, loop_.stop(); }};
        if (!peer_.empty()) late.once(std::chrono::seconds{60});
        loop_.run();
        channels_.clear();
        return 0;
    }

   private:
    void ready() {
        if (peer_.empty())
            std::cout << "peer " << certificate_.peer_id() << std::endl;
        else
            add(peer_, "liar", true);
    }
    void add(const std::string& peer, const std::string& session, bool offers) {
        rtc::Channel::Calls calls;
        calls.described = [this, peer, session, offers] {
            swarm::Signal signal;
            channels_.at(session)->describe(signal);
            signal.kind = offers ? swarm::Signal::Kind::offer : swarm::Signal::Kind::answer;
            signal.to = peer;
            signal.session = session;
            mail_.send(signal, [](int status) {
                if (status != 202) std::cout << "signal " << status << std::endl;
            });
        };
        calls.open = [this, session] {
            if (!peer_.empty()) ask(*channels_.at(session));
        };
        calls.message = [this, session](BytesView message) {
            on_message(*channels_.at(session), message);
        };
        calls.drained = [] {};
        calls.closed = [this](const char* why) {
            if (peer_.empty()) return;
            std::cout << "closed " << why << std::endl;
            loop_.stop();
        };
        const auto loopback = *net::parse_address("127.0.0.1");
        channels_[session] = std::make_unique<rtc::Channel>(
            engine_, certificate_, rtc::IceOptions{offers, {}, {loopback}}, std::move(calls));
    }
    void on_signal(const swarm::Signal& signal) {
        if (signal.kind == swarm::Signal::Kind::offer) add(signal.from, signal.session, false);
        const auto found = channels_.find(signal.session);
        if (found != channels_.end()) found->second->connect(signal);
    }

    static void send(rtc::Channel& to, Frame::Kind kind, bool last, std::uint32_t number,
                     std::string_view bytes) {
        to.send(rtc::print_frame({kind, last, number, as_bytes(bytes)}));
    }
    void on_message(rtc::Channel& from, BytesView message) {
        const auto frame = rtc::parse_frame(message);
        if (!frame) return;
        if (frame->kind == Frame::ask) return answer(from, frame->request);
        if (frame->kind != Frame::head) return;
        const auto head = http::parse_response_head(as_text(frame->bytes));
        std::cout << "head " << (head ? head->status : 0) << std::endl;
        if (++heads_ == 5) loop_.stop();
    }

    /// The asker wants 128 kB from 0.
    void answer(rtc::Channel& to, std::uint32_t number) {
        const std::string_view part =
            "HTTP/1.1 206 Partial Content\r\nContent-Length: 100\r\n"
            "Content-Range: bytes 0-99/100\r\n\r\n";
        const std::string hundred(100, 'x');
        if (how_ == "unasked") return send(to, Frame::body, true, number + 7, hundred);
        if (how_ == "headless") return send(to, Frame::body, true, number, hundred);
        if (how_ == "kind") {
            Bytes message = rtc::print_frame({Frame::have, false, 0, {}});
            message[0] = 9;
            return to.send(std::move(message));
        }
        if (how_ == "long")
            return send(to, Frame::head, false, number,
                        "HTTP/1.1 206 Partial Content\r\nContent-Length: 900000\r\n"
                        "Content-Range: bytes 0-899999/900000\r\n\r\n");
        if (how_ == "range")
            return send(to, Frame::head, false, number,
                        "HTTP/1.1 206 Partial Content\r\nContent-Length: 100\r\n"
                        "Content-Range: bytes 50-149/400\r\n\r\n");
        if (how_ == "nothttp") return send(to, Frame::head, false, number, "hello\r\n\r\n");
        if (how_ == "silent") return;
        send(to, Frame::head, false, number, part);
        if (how_ == "twice") return send(to, Frame::head, false, number, part);
        if (how_ == "more") return send(to, Frame::body, false, number, hundred + hundred);
        if (how_ == "early") return send(to, Frame::body, true, number, hundred.substr(50));
        send(to, Frame::body, true, number, hundred);
    }

    void ask(rtc::Channel& to) {
        const auto head = text("GET ", target_, " HTTP/1.1\r\nHost: peer\r\n\r\n");
        if (how_ == "five")
            for (std::uint32_t i = 1; i <= 5; ++i) send(to, Frame::ask, false, i, head);
        if (how_ == "same")
            for (int i = 0; i < 2; ++i) send(to, Frame::ask, false, 1, head);
        if (how_ == "post")
            for (std::uint32_t i = 1; i <= 5; ++i)
                send(to, Frame::ask, false, i, "POST" + head.substr(3));
        if (how_ == "nothttp") send(to, Frame::ask, false, 1, "hello\r\n\r\n");
        if (how_ == "paths")
            for (std::uint32_t i = 1;
                 const auto* path : {"/metrics", "/songs/../metrics", "/events", "/", "/songs"})
                send(to, Frame::ask, false, i++,
                     text("GET ", path, " HTTP/1.1\r\nHost: peer\r\n\r\n"));
        if (how_ == "unread") {
            send(to, Frame::ask, false, 1,
                 head.substr(0, head.size() - 2) + "Range: bytes=0-29999999\r\n\r\n");
            deaf = true;
        }
        if (how_ == "body") send(to, Frame::body, false, 1, "x");
    }

    std::string how_, peer_, target_;
    int heads_ = 0;
    net::Loop loop_;
    rtc::Engine engine_{loop_};
    rtc::Certificate certificate_;
    std::map<std::string, std::unique_ptr<rtc::Channel>> channels_;
    rtc::Mail mail_;
};

}  // namespace

int main(int argc, char** argv) {
    const std::string_view role = argc > 2 ? argv[2] : "";
    if (!(role == "answer" && argc == 4) && !(role == "ask" && argc == 6)) return EX_USAGE;
    std::signal(SIGPIPE, SIG_IGN);
    try {
        return Liar{argv + 1}.run();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "liar: %s\n", error.what());
        return EX_SOFTWARE;
    }
}

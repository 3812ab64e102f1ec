#include "redis/connection.hpp"

#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <new>

namespace stretto::redis {

/// What is due to one command; hiredis carries it.
struct Connection::Wanted {
    Connection* connection;
    Done done;
};

/// What hiredis calls.
struct Connection::Hooks {
    static Connection& of(void* data) { return *static_cast<Connection*>(data); }
    static void add_read(void* data) { of(data).want(of(data).wanted_ | net::Poll::readable); }
    static void del_read(void* data) { of(data).want(of(data).wanted_ & ~net::Poll::readable); }
    static void add_write(void* data) {
        auto& me = of(data);
        if (me.urgent_ || !me.ready_)
            me.want(me.wanted_ | net::Poll::writable);
        else if (!(me.wanted_ & net::Poll::writable) && !me.flush_.active())
            me.flush_.once(me.times_.batch);
    }
    static void del_write(void* data) { of(data).want(of(data).wanted_ & ~net::Poll::writable); }
    static void cleanup(void* data) { of(data).poll_.reset(); }  // before it closes the socket
    static void connected(const redisAsyncContext* context, int status) {
        auto& me = of(context->data);
        if (status != REDIS_OK) {  // hiredis frees the context without a call of disconnected()
            me.why_ = context->errstr && *context->errstr ? context->errstr : "cannot connect";
            return;
        }
        const int on = 1;
        ::setsockopt(context->c.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    static void answered(redisAsyncContext* context, void* reply, void* wanted) {
        const std::unique_ptr<Wanted> one{static_cast<Wanted*>(wanted)};
        auto& me = *one->connection;
        if (me.destroyed_) return;
        me.loop_.guard([&] {
            if (!me.sent_ms_.empty()) me.sent_ms_.pop_front();
            if (!reply && me.why_.empty() && context->errstr) me.why_ = context->errstr;
            if (one->done) one->done(Reply{static_cast<redisReply*>(reply)});
        });
    }
};

Connection::Connection(net::Loop& loop, const Server& to, const Login& login, const Times& times,
                       std::function<void()> ready, std::function<void(const std::string&)> over)
    : loop_(loop),
      times_(times),
      on_ready_(std::move(ready)),
      on_over_(std::move(over)),
      flush_(loop, [this] { want(wanted_ | net::Poll::writable); }),
      clock_(loop, [this] { look_at_clock(); }) {
    // the address is numeric: nothing is looked up
    auto* context = redisAsyncConnect(to.host.c_str(), to.port);
    if (!context) throw std::bad_alloc{};
    if (context->err) {
        why_ = context->errstr ? context->errstr : "cannot connect";
        redisAsyncFree(context);
        loop_.post(life_.guard([this] { end(why_); }));
        return;
    }
    context_ = context;
    bound_lists(*context->c.reader);
    context->data = this;
    context->ev.data = this;
    context->ev.addRead = Hooks::add_read;
    context->ev.delRead = Hooks::del_read;
    context->ev.addWrite = Hooks::add_write;
    context->ev.delWrite = Hooks::del_write;
    context->ev.cleanup = Hooks::cleanup;
    poll_ = std::make_unique<net::Poll>(loop, context->c.fd, [this](int events) { serve(events); });
    redisAsyncSetConnectCallback(context, Hooks::connected);
    greet(login);
    clock_.every(times_.answer / 4);
}

Connection::~Connection() {
    destroyed_ = true;
    if (context_) redisAsyncFree(std::exchange(context_, nullptr));
}

void Connection::greet(const Login& login) {
    const auto answered = [this](const Reply& reply) { greeted(reply); };
    if (login.password.empty()) return send(print_command({"PING"}), true, answered);
    if (login.user.empty()) return send(print_command({"AUTH", login.password}), true, answered);
    send(print_command({"AUTH", login.user, login.password}), true, answered);
}

void Connection::greeted(const Reply& reply) {
    if (reply.is_away()) return;
    if (reply.error().starts_with("NOAUTH") || reply.error().starts_with("WRONGPASS") ||
        reply.error().starts_with("ERR AUTH")) {
        why_ = reply.error();
        return loop_.post(life_.guard([this] { close(why_); }));
    }
    ready_ = true;
    if (on_ready_) std::exchange(on_ready_, nullptr)();
}

void Connection::send(const std::string& command, bool urgent, Done done) {
    auto one = std::make_unique<Wanted>(Wanted{this, std::move(done)});
    urgent_ = urgent;
    if (!context_ || redisAsyncFormattedCommand(context_, Hooks::answered, one.get(),
                                                command.data(), command.size()) != REDIS_OK) {
        loop_.post(life_.guard([done = std::move(one->done)] {
            if (done) done({});
        }));
        return;
    }
    one.release();
    sent_ms_.push_back(loop_.now_ms());
}

void Connection::want(int events) {
    if (!poll_ || events == wanted_) return;
    wanted_ = events;
    poll_->want(events);
}

/// The context may free itself in each of these calls, and then poll_ is gone.
void Connection::serve(int events) {
    if (context_ && poll_ && (events & net::Poll::readable)) redisAsyncHandleRead(context_);
    if (context_ && poll_ && (events & net::Poll::writable)) redisAsyncHandleWrite(context_);
    if (context_ && !poll_) end(why_.empty() ? "the connection ended" : why_);
}

void Connection::look_at_clock() {
    if (sent_ms_.empty() ||
        loop_.now_ms() - sent_ms_.front() < static_cast<std::uint64_t>(times_.answer.count()))
        return;
    close("no answer in time");
}

/// Not within a call of hiredis.
void Connection::close(const std::string& why) {
    if (!context_) return;
    if (why_.empty()) why_ = why;
    redisAsyncFree(context_);  // answers all commands with nothing
    end(why_);
}

void Connection::end(const std::string& why) {
    context_ = nullptr;
    clock_.stop();
    flush_.stop();
    ready_ = false;
    if (on_over_) std::exchange(on_over_, nullptr)(why);
}

}  // namespace stretto::redis

#include "http/channel.hpp"

#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "http/tls.hpp"

namespace stretto::http {
namespace {

constexpr std::size_t record_bytes = 16384;  // of TLS, at most (RFC 8446 5.1)
constexpr std::uint32_t most_portion = 4 * record_bytes;
constexpr std::uint64_t most_sendfile = 1u << 20;

Channel::Sent why_not() { return errno == EAGAIN ? Channel::Sent::blocked : Channel::Sent::failed; }

}  // namespace

Channel::Channel(File socket, ChannelBuffers& buffers)
    : socket_(std::move(socket)), buffers_(buffers) {}
Channel::~Channel() = default;

void Channel::secure(const Certificates& certificates) {
    buffers_.opened.resize(TlsStream::most_plain);
    buffers_.joined.resize(record_bytes + most_portion);
    tls_ = std::make_unique<TlsStream>(certificates.current());
}

bool Channel::ready() const noexcept { return tls_ && tls_->ready(); }
bool Channel::resumed() const noexcept { return tls_ && tls_->resumed(); }
bool Channel::http2() const noexcept { return ready() && tls_->http2(); }
bool Channel::ended() const noexcept { return tls_ && tls_->ended(); }

Channel::Got Channel::receive(BytesView& bytes) {
    auto& to = buffers_.received;
    const ssize_t n = ::recv(fd(), to.data(), to.size(), 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return Got::nothing;
    if (n <= 0) return Got::end;
    bytes = {to.data(), static_cast<std::size_t>(n)};
    return Got::bytes;
}

bool Channel::open(BytesView sealed, BytesView& plain) {
    buffers_.sealed.clear();
    const auto opened = tls_->open(sealed, buffers_.opened, buffers_.sealed);
    append(unsent_, buffers_.sealed);
    plain = BytesView{buffers_.opened}.first(opened.size);
    return opened.state != TlsStream::Read::failed;
}

Channel::Done Channel::send(BytesView first, BytesView second, bool more) {
    if (tls_) return send_sealed(first, second);
    iovec parts[2] = {
        {const_cast<std::uint8_t*>(first.data()), first.size()},
        {const_cast<std::uint8_t*>(second.data()), second.size()},
    };
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = 2;
    ssize_t n;
    do n = ::sendmsg(fd(), &message, MSG_NOSIGNAL | (more ? MSG_MORE : 0));
    while (n < 0 && errno == EINTR);
    if (n < 0) return {why_not()};
    const auto sent = static_cast<std::size_t>(n);
    return {sent == first.size() + second.size() ? Sent::all : Sent::blocked, sent, sent};
}

Channel::Done Channel::send_file(BytesView first, const Slice& slice) {
    if (!tls_) return send_plain_file(first, slice);
    if (waiting()) return flush();
    // a copy to a buffer in the processor's cache is cheaper than mapping the file, and a file that
    // is truncated meanwhile causes no SIGBUS
    const auto some = std::min<std::uint64_t>(slice.length, portion_);
    const auto to = std::span{buffers_.joined}.subspan(record_bytes, some);
    ssize_t n;
    do n = ::pread(slice.fd, to.data(), to.size(), static_cast<off_t>(slice.offset));
    while (n < 0 && errno == EINTR);
    if (n <= 0) return {n == 0 ? Sent::cut : Sent::failed};
    return send_sealed(first, to.first(static_cast<std::size_t>(n)));
}

Channel::Done Channel::send_plain_file(BytesView first, const Slice& slice) {
    Done done;
    if (!first.empty()) {
        done = send(first, {}, true);
        if (done.sent != Sent::all) return done;
    }
    auto offset = static_cast<off_t>(slice.offset);
    ssize_t n;
    do n = ::sendfile(fd(), slice.fd, &offset, std::min(slice.length, most_sendfile));
    while (n < 0 && errno == EINTR);
    if (n <= 0) {
        done.sent = n == 0 ? Sent::cut : why_not();
        return done;
    }
    done.taken += static_cast<std::size_t>(n);
    done.wire += static_cast<std::size_t>(n);
    if (static_cast<std::uint64_t>(n) < slice.length) done.sent = Sent::blocked;
    return done;
}

/// Put a head and the beginning of its body into one record.
Channel::Done Channel::send_sealed(BytesView first, BytesView second) {
    if (waiting()) return flush();
    auto& out = buffers_.sealed;
    out.clear();
    std::size_t taken = 0;
    const auto seal = [&](BytesView bytes) {
        bytes = bytes.first(std::min<std::size_t>(bytes.size(), portion_ - taken));
        taken += bytes.size();
        return tls_->seal(bytes, out);
    };
    if (!first.empty() && first.size() < record_bytes && !second.empty()) {
        auto& both = buffers_.joined;  // send_file() reads to what follows its first record
        const auto with = std::min(second.size(), record_bytes - first.size());
        std::ranges::copy(first, both.begin());
        std::ranges::copy(second.first(with),
                          both.begin() + static_cast<std::ptrdiff_t>(first.size()));
        if (!seal(BytesView{both}.first(first.size() + with))) return {Sent::failed};
        first = {};
        second = second.subspan(with);
    }
    if (!seal(first) || !seal(second)) return {Sent::failed};
    return pass_on(out, taken);
}

Channel::Done Channel::send_all(BytesView bytes) {
    if (!tls_) return pass_on(bytes, bytes.size());
    buffers_.sealed.clear();
    if (!tls_->seal(bytes, buffers_.sealed)) return {Sent::failed};
    return pass_on(buffers_.sealed, bytes.size());
}

/// What does not go at once waits.
Channel::Done Channel::pass_on(BytesView out, std::size_t taken) {
    ssize_t n;
    do n = ::send(fd(), out.data(), out.size(), MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    if (n < 0 && errno != EAGAIN) return {Sent::failed};
    const auto wire = static_cast<std::size_t>(std::max<ssize_t>(n, 0));
    if (wire == out.size()) {
        portion_ = std::min(2 * portion_, most_portion);
        return {Sent::all, taken, wire};
    }
    portion_ = record_bytes;
    unsent_.assign(out.begin() + static_cast<std::ptrdiff_t>(wire), out.end());
    return {Sent::blocked, taken, wire};
}

Channel::Done Channel::flush() {
    if (!waiting()) return {};
    ssize_t n;
    do n = ::send(fd(), unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    if (n < 0) return {why_not()};
    const auto wire = static_cast<std::size_t>(n);
    if (wire == unsent_.size())
        unsent_ = {};
    else
        unsent_.erase(unsent_.begin(), unsent_.begin() + n);
    return {waiting() ? Sent::blocked : Sent::all, 0, wire};
}

Channel::Done Channel::end() {
    if (!tls_) return {};
    buffers_.sealed.clear();
    tls_->end(buffers_.sealed);
    append(unsent_, buffers_.sealed);
    return flush();
}

}  // namespace stretto::http

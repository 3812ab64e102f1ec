#include "rtc/association.hpp"

#include <arpa/inet.h>
#include <usrsctp.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <cstring>

#include "base/error.hpp"
#include "rtc/crc32c.hpp"

namespace stretto::rtc {
namespace {

constexpr std::uint16_t port = 5000;  // RFC 8841 5.2; there is one association in a connection
constexpr std::uint32_t binary = 53, text_message = 51;  // RFC 8831 8
constexpr unsigned receive_buffer_bytes = 512 * 1024;
// a datagram of at most 1200 bytes, less 37 of DTLS 1.2 with AES-GCM, less usrsctp's own head
constexpr std::uint32_t path_mtu = 1200 - 37 - 12;
constexpr unsigned streams = 16;
constexpr std::uint64_t rate_window_ms = 500;

int output(void* association, void* packet, std::size_t size, std::uint8_t, std::uint8_t) {
    // crc32c_offload: the checksum of what comes is not verified, for DTLS has; others verify ours
    auto* bytes = static_cast<std::uint8_t*>(packet);
    auto* const place = bytes + 8;
    std::fill_n(place, 4, std::uint8_t{0});
    const auto sum = crc32c({bytes, size});
    for (int i = 0; i < 4; ++i) place[i] = static_cast<std::uint8_t>(sum >> 8 * i);
    (*static_cast<std::function<void(BytesView)>*>(association))({bytes, size});
    return 0;
}

/// Shared by all associations: one at a time reads.
std::array<std::uint8_t, Association::most_message_bytes>& scratch() {
    static std::array<std::uint8_t, Association::most_message_bytes> bytes;
    return bytes;
}

bool passing(int error) { return error == EWOULDBLOCK || error == EAGAIN || error == EINPROGRESS; }

sockaddr_conn address(void* of) {
    sockaddr_conn address{};
    address.sconn_family = AF_CONN;
    address.sconn_port = htons(port);
    address.sconn_addr = of;
    return address;
}

template <class Value>
void set(struct socket* socket, int level, int option, const Value& value) {
    if (usrsctp_setsockopt(socket, level, option, &value, sizeof value) < 0)
        throw system_error("set an option of", "an SCTP socket");
}

void set_options(struct socket* socket) {
    usrsctp_set_non_blocking(socket, 1);
    // closing aborts at once, and nothing of the association is left
    set(socket, SOL_SOCKET, SO_LINGER, linger{1, 0});
    set(socket, IPPROTO_SCTP, SCTP_NODELAY, 1);
    set(socket, IPPROTO_SCTP, SCTP_RECVRCVINFO, 1);
    set(socket, IPPROTO_SCTP, SCTP_ENABLE_STREAM_RESET,
        sctp_assoc_value{SCTP_ALL_ASSOC, SCTP_ENABLE_RESET_STREAM_REQ});
    for (const auto type : {SCTP_ASSOC_CHANGE, SCTP_STREAM_RESET_EVENT}) {
        sctp_event event{};
        event.se_assoc_id = SCTP_ALL_ASSOC;
        event.se_on = 1;
        event.se_type = static_cast<std::uint16_t>(type);
        set(socket, IPPROTO_SCTP, SCTP_EVENT, event);
    }
    sctp_initmsg init{};
    init.sinit_num_ostreams = init.sinit_max_instreams = streams;
    set(socket, IPPROTO_SCTP, SCTP_INITMSG, init);
}

}  // namespace

void start_sctp() {
    usrsctp_init_nothreads(0, output, nullptr);
    usrsctp_enable_crc32c_offload();
    // what strangers could use and we do not
    usrsctp_sysctl_set_sctp_ecn_enable(0);
    usrsctp_sysctl_set_sctp_asconf_enable(0);
    usrsctp_sysctl_set_sctp_auth_enable(0);
    usrsctp_sysctl_set_sctp_pr_enable(1);
    usrsctp_sysctl_set_sctp_sendspace(Association::send_buffer_bytes);
    usrsctp_sysctl_set_sctp_recvspace(receive_buffer_bytes);
    usrsctp_sysctl_set_sctp_max_chunks_on_queue(4096);
    usrsctp_sysctl_set_sctp_initial_cwnd(10);  // as TCP's, RFC 6928
    usrsctp_sysctl_set_sctp_max_burst_default(10);
    usrsctp_sysctl_set_sctp_delayed_sack_time_default(20);
    usrsctp_sysctl_set_sctp_rto_min_default(300);
    usrsctp_sysctl_set_sctp_rto_initial_default(1000);
    usrsctp_sysctl_set_sctp_rto_max_default(10000);
    usrsctp_sysctl_set_sctp_init_rto_max_default(3000);
    usrsctp_sysctl_set_sctp_heartbeat_interval_default(10000);
}

void end_sctp() {
    // it refuses as long as a timer of a closed association runs
    for (int tries = 0; tries < 100 && usrsctp_finish() != 0; ++tries) run_sctp_timers(10);
}

void run_sctp_timers(std::uint64_t passed_ms) {
    usrsctp_handle_timers(static_cast<std::uint32_t>(passed_ms));
}

Association::Association(Associations& all, Calls calls)
    : all_(all), calls_(std::move(calls)), rated_ms_(all.now_ms()) {
    usrsctp_register_address(&calls_.packet);
    all_.all.insert(this);
}

Association::~Association() {
    closed_ = true;
    all_.all.erase(this);
    if (socket_) usrsctp_close(socket_);
    usrsctp_deregister_address(&calls_.packet);
}

void Association::connect() {
    socket_ = usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, nullptr, nullptr, 0, nullptr);
    if (!socket_) throw system_error("create", "an SCTP socket");
    set_options(socket_);
    auto here = address(&calls_.packet);
    if (usrsctp_bind(socket_, reinterpret_cast<sockaddr*>(&here), sizeof here) < 0)
        throw system_error("bind", "an SCTP socket");
    if (usrsctp_connect(socket_, reinterpret_cast<sockaddr*>(&here), sizeof here) < 0 &&
        !passing(errno))
        throw system_error("connect", "an SCTP socket");
    sctp_paddrparams path{};
    std::memcpy(&path.spp_address, &here, sizeof here);
    path.spp_flags = SPP_PMTUD_DISABLE;
    path.spp_pathmtu = path_mtu;
    set(socket_, IPPROTO_SCTP, SCTP_PEER_ADDR_PARAMS, path);
}

void Association::receive(BytesView packet) {
    if (closed_) return;
    usrsctp_conninput(&calls_.packet, packet.data(), packet.size(), 0);
    pump();
}

void Association::tick() {
    // packets that come pump too; timers of usrsctp may have failed the association
    if (!open_ || !queue_.empty() || ++ticks_ % 64 == 0) pump();
}

void Association::pump() {
    while (socket_ && !closed_) {
        sctp_rcvinfo info{};
        socklen_t from = 0, size = sizeof info;
        unsigned type = 0;
        int flags = 0;
        auto& bytes = scratch();
        const auto n = usrsctp_recvv(socket_, bytes.data(), bytes.size(), nullptr, &from, &info,
                                     &size, &type, &flags);
        if (n < 0) {
            if (!passing(errno) && errno != ENOTCONN) close("SCTP failed");
            break;
        }
        if (n == 0) {
            if (open_) close("the other end has closed");
            break;
        }
        const BytesView read{bytes.data(), static_cast<std::size_t>(n)};
        if (flags & MSG_NOTIFICATION)
            on_notification(read);
        else
            on_message(read, info.rcv_sid, ntohl(info.rcv_ppid), flags & MSG_EOR);
    }
    flush();
}

void Association::on_notification(BytesView bytes) {
    sctp_notification notification{};
    std::memcpy(&notification, bytes.data(), std::min(bytes.size(), sizeof notification));
    if (notification.sn_header.sn_type == SCTP_STREAM_RESET_EVENT &&
        notification.sn_strreset_event.strreset_flags & SCTP_STREAM_RESET_INCOMING_SSN)
        return close("the other end has closed the channel");
    if (notification.sn_header.sn_type != SCTP_ASSOC_CHANGE) return;
    switch (notification.sn_assoc_change.sac_state) {
        case SCTP_COMM_UP:
            if (!std::exchange(open_, true)) calls_.open();
            return;
        case SCTP_COMM_LOST:
        case SCTP_SHUTDOWN_COMP:
        case SCTP_CANT_STR_ASSOC:
            return close("the other end has gone");
        default:
            return;
    }
}

void Association::on_message(BytesView bytes, std::uint16_t stream, std::uint32_t protocol,
                             bool whole) {
    if (stream != 0 || (protocol != binary && protocol != text_message))
        return close("a message of another channel");
    if (partial_.size() + bytes.size() > most_message_bytes) return close("a message is too long");
    if (partial_.empty() && whole) return calls_.message(bytes);
    append(partial_, bytes);
    if (!whole) return;
    const auto message = std::exchange(partial_, {});
    calls_.message(message);
}

void Association::send(Bytes message) {
    assert(message.size() <= most_message_bytes);
    if (closed_) return;
    queued_ += message.size();
    queue_.push_back(std::move(message));
    flush();
}

void Association::flush() {
    const auto before = queued_;
    while (open_ && !closed_ && !queue_.empty()) {
        sctp_sendv_spa how{};
        how.sendv_flags = SCTP_SEND_SNDINFO_VALID;
        how.sendv_sndinfo.snd_ppid = htonl(binary);
        how.sendv_sndinfo.snd_flags = SCTP_EOR;
        auto& next = queue_.front();
        if (usrsctp_sendv(socket_, next.data(), next.size(), nullptr, 0, &how, sizeof how,
                          SCTP_SENDV_SPA, 0) < 0) {
            if (!passing(errno)) close("SCTP cannot send");
            break;
        }
        queued_ -= next.size();
        count(next.size());
        queue_.pop_front();
    }
    if (queued_ < before && !closed_) calls_.drained();
}

/// usrsctp takes as much as the other end acknowledges, once its buffer is full.
void Association::count(std::size_t bytes) {
    sent_ += bytes;
    const auto now = all_.now_ms();
    if (now < rated_ms_ + rate_window_ms) return;
    rate_ = static_cast<double>(sent_) * 1000 / static_cast<double>(now - rated_ms_);
    sent_ = 0;
    rated_ms_ = now;
}

void Association::close(const char* why) {
    if (std::exchange(closed_, true)) return;
    calls_.closed(why);
}

}  // namespace stretto::rtc

#include "http/http2.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/error.hpp"
#include "base/note.hpp"
#include "http/parser.hpp"

namespace stretto::http {
namespace {

constexpr std::uint64_t progress_bytes = 4096;  // what counts as the client still being there
// of one field section, by RFC 9113 6.5.2. Beyond the first a request is refused; beyond the second
// the connection ends: an index of one byte stands for a field of 4 kB
constexpr std::size_t most_block_bytes = 4 * most_head_bytes;
constexpr std::size_t field_overhead = 32;

// credit: of a client that sends only what is of use, it stays full
constexpr int most_credit = 2000, credit_per_second = 100;
constexpr int response_credit = 3, data_credit = 2, early_end_credit = 10;
constexpr std::size_t large_frame = 1024, small_data = 64;

void check_nghttp2(int code, const char* what) {
    if (code != 0) throw Error{EX_SOFTWARE, text(what, ": ", nghttp2_strerror(code))};
}

std::string_view view(const std::uint8_t* bytes, std::size_t size) {
    return {reinterpret_cast<const char*>(bytes), size};
}

int cost_of_frame(std::size_t length, std::uint8_t type, std::uint8_t flags) {
    switch (type) {
        case NGHTTP2_DATA:  // padding is not what is of use
            return length < small_data || (flags & NGHTTP2_FLAG_PADDED) ? 1 : 0;
        case NGHTTP2_SETTINGS:
            return 10;  // each stream's window may change
        case NGHTTP2_PING:
            return 5;
        default:
            return 1;
    }
}

/// What only HTTP/1 says (RFC 9113 8.2.2).
bool of_one_connection(std::string_view name) {
    return name == "connection" || name == "keep-alive" || name == "proxy-connection" ||
           name == "transfer-encoding" || name == "upgrade";
}

/// Header fields for nghttp2, which copies them.
class Block {
   public:
    explicit Block(int status) {
        const auto add_digit = [&](int i, int n) { status_[i] = static_cast<char>('0' + n % 10); };
        add_digit(0, status / 100), add_digit(1, status / 10), add_digit(2, status);
        add(":status", {status_, 3});
    }
    void add(std::string_view name, std::string_view value) {
        all_.push_back(
            {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
    }
    /// "Name: value\r\n" each.
    void add_lines(std::string_view fields) {
        lower_.assign(fields);
        for (std::size_t at = 0; at < lower_.size();) {
            const auto end = std::min(lower_.find("\r\n", at), lower_.size());
            const auto colon = lower_.find(':', at);
            if (colon < end) {
                std::transform(lower_.begin() + static_cast<std::ptrdiff_t>(at),
                               lower_.begin() + static_cast<std::ptrdiff_t>(colon),
                               lower_.begin() + static_cast<std::ptrdiff_t>(at), [](char c) {
                                   return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
                               });
                const auto name = std::string_view{lower_}.substr(at, colon - at);
                const auto from = std::min(lower_.find_first_not_of(" \t", colon + 1), end);
                if (!of_one_connection(name))
                    add(name, std::string_view{lower_}.substr(from, end - from));
            }
            at = end + 2;
        }
    }
    const nghttp2_nv* data() const noexcept { return all_.data(); }
    std::size_t size() const noexcept { return all_.size(); }

   private:
    static std::uint8_t* bytes(std::string_view text) {
        return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
    }
    char status_[3];
    std::string lower_;
    std::vector<nghttp2_nv> all_;
};

}  // namespace

struct Http2::Stream {
    std::int32_t id = 0;
    Incoming incoming;  // until it is passed on
    Exchange exchange;
    std::size_t head_bytes = 0;
    bool head_due = true, passed = false, replied = false, waiting = false, responded = false;
    bool head_only = false;
    std::function<void()> gone;
    std::unique_ptr<Body> body;
    Budget::Share upload, response;
    Slice slice;
    std::optional<std::uint64_t> left;  // of a body whose length was told
    std::uint64_t deadline_ms = UINT64_MAX, progress = 0;
};

struct Http2::Busy {
    explicit Busy(Http2& of) : of_(of) { ++of_.busy_; }
    ~Busy() { --of_.busy_; }
    Http2& of_;
};

/// nghttp2's view of an Http2. No exception may cross its frames.
struct Http2::Callbacks {
    using All = std::unique_ptr<nghttp2_session_callbacks, Freed<nghttp2_session_callbacks_del>>;
    using Option = std::unique_ptr<nghttp2_option, Freed<nghttp2_option_del>>;

    template <class Call>
    static int guarded(Call call) noexcept {
        try {
            return static_cast<int>(call());
        } catch (const std::exception& failure) {
            note(failure.what());
            return NGHTTP2_ERR_CALLBACK_FAILURE;
        }
    }
    static Http2& of(void* self) noexcept { return *static_cast<Http2*>(self); }
    static Stream* stream(nghttp2_session* session, std::int32_t id) noexcept {
        return static_cast<Stream*>(nghttp2_session_get_stream_user_data(session, id));
    }

    static int on_begin_frame(nghttp2_session*, const nghttp2_frame_hd* head, void* self) noexcept {
        return of(self).began_frame(*head);
    }
    static int on_begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* self) noexcept {
        return guarded([&] { return of(self).begin_head(*frame); });
    }
    static int on_header(nghttp2_session* session, const nghttp2_frame* frame,
                         const std::uint8_t* name, std::size_t name_size, const std::uint8_t* value,
                         std::size_t value_size, std::uint8_t, void* self) noexcept {
        return guarded([&] {
            return of(self).take_field(stream(session, frame->hd.stream_id), view(name, name_size),
                                       view(value, value_size));
        });
    }
    /// A field that is none makes its request malformed (RFC 9113 8.2.1).
    static int on_bad_header(nghttp2_session*, const nghttp2_frame*, const std::uint8_t*,
                             std::size_t, const std::uint8_t*, std::size_t, std::uint8_t,
                             void* self) noexcept {
        of(self).host_.note_bad_request();
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
    static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* self) noexcept {
        return guarded([&] { return of(self).got_frame(*frame), 0; });
    }
    static int on_bad_frame(nghttp2_session*, const nghttp2_frame* frame, int,
                            void* self) noexcept {
        of(self).host_.note_bad_request();
        // nghttp2 resets such a request itself, and reports no whole one: its head is over
        if (frame->hd.type == NGHTTP2_HEADERS) of(self).head_deadline_ms_ = UINT64_MAX;
        return 0;
    }
    static int on_data(nghttp2_session* session, std::uint8_t, std::int32_t id,
                       const std::uint8_t* bytes, std::size_t size, void* self) noexcept {
        return guarded([&] {
            if (auto* found = stream(session, id)) of(self).take_data(*found, {bytes, size});
            return 0;
        });
    }
    static int on_sent(nghttp2_session*, const nghttp2_frame* frame, void* self) noexcept {
        return guarded([&] { return of(self).sent_frame(*frame), 0; });
    }
    static int on_close(nghttp2_session*, std::int32_t id, std::uint32_t, void* self) noexcept {
        return guarded([&] { return of(self).closed(id), 0; });
    }
    static ssize_t on_read(nghttp2_session*, std::int32_t, std::uint8_t*, std::size_t size,
                           std::uint32_t* flags, nghttp2_data_source* source, void* self) noexcept {
        return guarded(
            [&] { return of(self).ask(*static_cast<Stream*>(source->ptr), size, *flags); });
    }
    static int on_put(nghttp2_session*, nghttp2_frame*, const std::uint8_t* head, std::size_t size,
                      nghttp2_data_source* source, void* self) noexcept {
        return guarded([&] {
            return of(self).put(*static_cast<Stream*>(source->ptr), {head, 9}, size);
        });
    }

    static const nghttp2_session_callbacks* all() {
        static const All all = [] {
            nghttp2_session_callbacks* raw = nullptr;
            check_nghttp2(nghttp2_session_callbacks_new(&raw), "nghttp2_session_callbacks_new");
            nghttp2_session_callbacks_set_on_begin_frame_callback(raw, on_begin_frame);
            nghttp2_session_callbacks_set_on_begin_headers_callback(raw, on_begin_headers);
            nghttp2_session_callbacks_set_on_header_callback(raw, on_header);
            nghttp2_session_callbacks_set_on_invalid_header_callback(raw, on_bad_header);
            nghttp2_session_callbacks_set_on_frame_recv_callback(raw, on_frame);
            nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(raw, on_bad_frame);
            nghttp2_session_callbacks_set_on_data_chunk_recv_callback(raw, on_data);
            nghttp2_session_callbacks_set_on_frame_send_callback(raw, on_sent);
            nghttp2_session_callbacks_set_on_stream_close_callback(raw, on_close);
            nghttp2_session_callbacks_set_send_data_callback(raw, on_put);
            return All{raw};
        }();
        return all.get();
    }
    static const nghttp2_option* options() {
        static const Option option = [] {
            nghttp2_option* raw = nullptr;
            check_nghttp2(nghttp2_option_new(&raw), "nghttp2_option_new");
            nghttp2_option_set_no_closed_streams(raw, 1);
            return Option{raw};
        }();
        return option.get();
    }
};

/// nghttp2 keeps 16 kB for the frame that it makes. It uses few of them, since it copies no payload
/// of ours: in pages of their own, those that are not used take no memory.
struct Http2::Memory {
    static constexpr std::size_t least = 16384, size = 20480;

    static void* allocate(std::size_t bytes, void* self) noexcept {
        auto& frame = static_cast<Http2*>(self)->frame_;
        if (frame || bytes < least || bytes > size) return std::malloc(bytes);
        auto* pages =
            ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        return frame = pages == MAP_FAILED ? nullptr : pages;
    }
    static void release(void* bytes, void* self) noexcept {
        auto& frame = static_cast<Http2*>(self)->frame_;
        if (!bytes || bytes != frame) return std::free(bytes);
        ::munmap(frame, size);
        frame = nullptr;
    }
    static void* allocate_zeros(std::size_t count, std::size_t each, void*) noexcept {
        return std::calloc(count, each);
    }
    static void* reallocate(void* bytes, std::size_t wanted, void* self) noexcept {
        if (!bytes) return allocate(wanted, self);
        if (bytes != static_cast<Http2*>(self)->frame_) return std::realloc(bytes, wanted);
        if (wanted <= size) return bytes;
        auto* larger = std::malloc(wanted);
        if (!larger) return nullptr;
        std::memcpy(larger, bytes, size);
        release(bytes, self);
        return larger;
    }
};

Http2::Http2(Host& host, const net::Address& peer, const Limits& limits)
    : host_(host), peer_(peer), limits_(limits), credit_(most_credit), credited_ms_(host.now_ms()) {
    nghttp2_session* raw = nullptr;
    nghttp2_mem memory{this, Memory::allocate, Memory::release, Memory::allocate_zeros,
                       Memory::reallocate};
    check_nghttp2(
        nghttp2_session_server_new3(&raw, Callbacks::all(), this, Callbacks::options(), &memory),
        "nghttp2_session_server_new3");
    session_.reset(raw);
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, streams},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, most_head_bytes},
        // a tree of dependencies, which anybody may rearrange, is no longer asked for (RFC 9113
        // 5.3); responses are ordered by the urgency of RFC 9218
        {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1}};
    check_nghttp2(nghttp2_submit_settings(raw, NGHTTP2_FLAG_NONE, settings, std::size(settings)),
                  "nghttp2_submit_settings");
    idle_deadline_ms_ = host_.now_ms() + static_cast<std::uint64_t>(
                                             std::chrono::milliseconds{limits_.head_time}.count());
}

Http2::~Http2() { abort(); }

Http2::Stream* Http2::find(std::int32_t id) const noexcept {
    const auto found = streams_.find(id);
    return found == streams_.end() ? nullptr : found->second.get();
}

void Http2::give(Stream& stream, std::chrono::milliseconds time) {
    stream.deadline_ms = host_.now_ms() + static_cast<std::uint64_t>(time.count());
}

// ---- credit

/// @return false: there is none left
bool Http2::spend(int credit) {
    credit_ -= credit;
    if (credit_ >= 0) return true;
    const auto since_ms = host_.now_ms() - credited_ms_;
    credited_ms_ += since_ms;
    const auto more = std::min<std::uint64_t>(since_ms * credit_per_second / 1000, most_credit);
    credit_ = std::min(credit_ + static_cast<int>(more), most_credit);
    return credit_ >= 0;
}

void Http2::calm() {
    calmed_ = failed_ = true;
    host_.note_bad_request();
}

/// Take the cost of the next frame. nghttp2 does not report all of them: it drops unknown frames,
/// and those of closed streams, silently.
/// @return  how many of the bytes may be read: to the end of a frame's head, or all. nullopt: there
///          is no credit for that frame
std::optional<std::size_t> Http2::afford(BytesView bytes) {
    for (std::size_t at = 0; at < bytes.size();) {
        if (payload_left_ > 0) {
            const auto n = std::min(payload_left_, bytes.size() - at);
            payload_left_ -= n;
            at += n;
            continue;
        }
        frame_head_[frame_head_bytes_++] = bytes[at++];
        if (frame_head_bytes_ < frame_head_.size()) continue;
        frame_head_bytes_ = 0;
        payload_left_ =
            static_cast<std::size_t>(frame_head_[0] << 16 | frame_head_[1] << 8 | frame_head_[2]);
        const int cost = cost_of_frame(payload_left_, frame_head_[3], frame_head_[4]);
        if (cost > 0) return spend(cost) ? std::optional{at} : std::nullopt;
    }
    return bytes.size();
}

int Http2::began_frame(const nghttp2_frame_hd& head) {
    // what nghttp2 passes over, and should not
    if (head.type == NGHTTP2_PRIORITY && head.stream_id == 0) return NGHTTP2_ERR_CALLBACK_FAILURE;
    if (head.type == NGHTTP2_HEADERS) {
        const auto id = head.stream_id;
        if (id > skipped_from_ && id < skipped_to_) return NGHTTP2_ERR_CALLBACK_FAILURE;
        if (id - 2 > last_id_) skipped_from_ = last_id_, skipped_to_ = id;
        last_id_ = std::max(last_id_, id);
    }
    return 0;
}

// ---- requests

void Http2::take(BytesView bytes) {
    const Busy busy{*this};
    while (!bytes.empty() && !failed_) {
        const auto affordable = afford(bytes);
        if (!affordable) {
            calm();
            nghttp2_session_terminate_session(session_.get(), NGHTTP2_ENHANCE_YOUR_CALM);
            return;
        }
        const auto n = nghttp2_session_mem_recv(session_.get(), bytes.data(), *affordable);
        bytes = bytes.subspan(*affordable);
        if (n >= 0) continue;
        failed_ = true;
        if (!calmed_) host_.note_bad_request();
        const bool flood = calmed_ || n == NGHTTP2_ERR_FLOODED;
        nghttp2_session_terminate_session(
            session_.get(), flood ? NGHTTP2_ENHANCE_YOUR_CALM : NGHTTP2_PROTOCOL_ERROR);
    }
}

int Http2::begin_head(const nghttp2_frame& frame) {
    block_bytes_ = 0;
    head_deadline_ms_ = host_.now_ms() + static_cast<std::uint64_t>(
                                             std::chrono::milliseconds{limits_.head_time}.count());
    if (frame.headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    auto stream = std::make_unique<Stream>();
    stream->id = frame.hd.stream_id;
    stream->exchange.began_ms = host_.now_ms();
    auto& incoming = stream->incoming;
    incoming.peer = peer_;
    incoming.request.major = 2;
    incoming.request.minor = 0;
    nghttp2_session_set_stream_user_data(session_.get(), stream->id, stream.get());
    streams_[stream->id] = std::move(stream);
    return 0;
}

int Http2::take_field(Stream* stream, std::string_view name, std::string_view value) {
    const auto size = name.size() + value.size() + field_overhead;
    block_bytes_ += size;
    if (block_bytes_ > most_block_bytes) {
        calm();
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    if (!stream || !stream->head_due) return 0;  // trailers, of which we have no use
    stream->head_bytes += size;
    auto& request = stream->incoming.request;
    if (stream->head_bytes > most_head_bytes || request.fields.size() >= most_fields) {
        stream->head_bytes = std::max(stream->head_bytes, most_head_bytes + 1);
        return 0;
    }
    if (name == ":method")
        request.method = value;
    else if (name == ":path")
        request.target = value;
    else if (name == ":authority")
        request.fields.set("Host", value);
    else if (name == "host") {  // RFC 9113 8.3.1: not another one
        const auto* host = request.fields.find("Host");
        if (!host || *host != value) request.fields.add("Host", value);
    } else if (const auto* cookie = name == "cookie" ? request.fields.find("Cookie") : nullptr)
        request.fields.set("Cookie", text(*cookie, "; ", value));  // RFC 9113 8.2.3
    else if (name[0] != ':')
        request.fields.add(name, value);
    return 0;
}

void Http2::got_frame(const nghttp2_frame& frame) {
    if (frame.hd.type == NGHTTP2_SETTINGS && !greeted_) {
        greeted_ = true;
        tell_host();
        idle_deadline_ms_ =
            host_.now_ms() +
            static_cast<std::uint64_t>(std::chrono::milliseconds{limits_.idle_time}.count());
    }
    if (frame.hd.type == NGHTTP2_PING && (frame.hd.flags & NGHTTP2_FLAG_ACK) && leaving_)
        return say_last();
    if (frame.hd.type != NGHTTP2_HEADERS && frame.hd.type != NGHTTP2_DATA) return;
    if (frame.hd.type == NGHTTP2_HEADERS) head_deadline_ms_ = UINT64_MAX;
    const auto id = frame.hd.stream_id;
    auto* stream = find(id);
    if (!stream) return;
    const bool whole = frame.hd.flags & NGHTTP2_FLAG_END_STREAM;
    if (stream->head_due) take_head(*stream, whole);
    if (whole && !stream->passed) pass_on(*stream);
}

void Http2::take_head(Stream& stream, bool whole) {
    stream.head_due = false;
    give(stream, limits_.stall_time);
    auto& request = stream.incoming.request;
    stream.head_only = request.method == "HEAD";
    if (stream.head_bytes > most_head_bytes) return refuse(stream, 431, "head too large");
    if (const auto bad = finish_request(request)) return refuse(stream, bad->status, bad->why);
    host_.note_request(stream.exchange, request);
    const auto* length = request.fields.find("Content-Length");
    if (length && (length->size() > 18 || std::stoull(*length) > limits_.body_bytes))
        return refuse(stream, 413, "the body is too large");
    const auto* expect = request.fields.find("Expect");
    if (!expect || whole) return;
    if (!same_token(*expect, "100-continue")) return refuse(stream, 417, "unknown expectation");
    const Block block{100};
    nghttp2_submit_headers(session_.get(), NGHTTP2_FLAG_NONE, stream.id, nullptr, block.data(),
                           block.size(), nullptr);
}

void Http2::take_data(Stream& stream, BytesView bytes) {
    if (stream.passed) return;
    auto& body = stream.incoming.body;
    if (body.size() + bytes.size() > limits_.body_bytes)
        return refuse(stream, 413, "the body is too large");
    if (uploads_ + bytes.size() > 2 * limits_.body_bytes)
        return refuse(stream, 503, too_many_uploads);
    if (!host_.take(stream.upload, Budgets::Of::uploads, &stream.exchange, bytes.size()))
        return refuse(stream, 503, too_many_uploads);
    append(body, bytes);
    uploads_ += bytes.size();
    stream.progress += bytes.size();
    if (stream.progress < progress_bytes) return;
    stream.progress = 0;
    give(stream, limits_.stall_time);
}

void Http2::pass_on(Stream& stream) {
    stream.passed = true;
    stream.deadline_ms = UINT64_MAX;  // the handler has time limits of its own
    uploads_ -= stream.incoming.body.size();
    stream.upload = {};
    stream.exchange.asked = std::chrono::steady_clock::now();
    host_.pass_on(stream.exchange, std::move(stream.incoming),
                  static_cast<std::uint64_t>(stream.id));
}

/// Answer what cannot be served; what is still to come of it is not waited for.
void Http2::refuse(Stream& stream, int status, std::string_view why) {
    host_.note_bad_request();
    if (!stream.passed) uploads_ -= stream.incoming.body.size();
    stream.passed = true;
    stream.incoming.body = {};
    stream.upload = {};
    answer(stream, plain_answer(status, why));
}

// ---- responses

void Http2::send(std::uint64_t number, Outgoing&& response) {
    auto* stream = find(static_cast<std::int32_t>(number));
    if (!stream || stream->replied) return;
    answer(*stream, std::move(response));
    tell_host();
}

void Http2::answer(Stream& stream, Outgoing&& response) {
    if (response.body && !host_.take(stream.response, Budgets::Of::responses, &stream.exchange,
                                     response.body->held()))
        response = busy_answer();
    stream.replied = true;
    stream.gone = nullptr;
    host_.note_response(stream.exchange, response);
    const bool bodiless = response.status < 200 || response.status == 204 || response.status == 304;
    if (!stream.head_only && !bodiless) stream.body = std::move(response.body);
    stream.left = response.length;
    if (stream.left == 0u) stream.body = nullptr;

    Block block{response.status};
    if (!response.dated) block.add("date", host_.date());
    block.add_lines(response.fields);
    std::string length;
    if (response.length && response.status >= 200 && response.status != 204 &&
        (response.status != 304 || *response.length != 0)) {
        length = std::to_string(*response.length);
        block.add("content-length", length);
    }
    give(stream, limits_.send_time);
    stream.progress = 0;
    nghttp2_data_provider provider{};
    provider.source.ptr = &stream;
    provider.read_callback = Callbacks::on_read;
    if (nghttp2_submit_response(session_.get(), stream.id, block.data(), block.size(),
                                stream.body ? &provider : nullptr) != 0)
        nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, stream.id,
                                  NGHTTP2_INTERNAL_ERROR);
}

void Http2::interim(std::uint64_t number, const Response& response) {
    const auto* stream = find(static_cast<std::int32_t>(number));
    if (!stream || stream->replied || response.status < 100 || response.status > 199 ||
        response.status == 101)
        return;
    Block block{response.status};
    block.add_lines(print_fields(response.fields));
    nghttp2_submit_headers(session_.get(), NGHTTP2_FLAG_NONE, stream->id, nullptr, block.data(),
                           block.size(), nullptr);
    tell_host();
}

bool Http2::over(std::uint64_t number) const noexcept {
    const auto* stream = find(static_cast<std::int32_t>(number));
    return !stream || stream->replied;
}

void Http2::when_gone(std::uint64_t number, std::function<void()> call) {
    auto* stream = find(static_cast<std::int32_t>(number));
    if (stream && !stream->replied) stream->gone = std::move(call);
}

void Http2::tell_host() {
    if (busy_ == 0) host_.pending();
}

void Http2::produce(Bytes& out, std::size_t most) {
    if (aborted_ || broken_) return;
    const Busy busy{*this};
    out_ = &out;
    most_ = most;
    while (out.size() < most) {
        const auto before = out.size();
        const std::uint8_t* bytes = nullptr;
        const auto n = nghttp2_session_mem_send(session_.get(), &bytes);
        if (n < 0) {  // it stays so, whatever nghttp2 still wants to send
            failed_ = broken_ = true;
            break;
        }
        append(out, {bytes, static_cast<std::size_t>(n)});
        if (out.size() == before) break;
    }
    out_ = nullptr;
}

/// How many bytes of the response the next frame has.
ssize_t Http2::ask(Stream& stream, std::size_t most, std::uint32_t& flags) {
    if (stream.slice.size() == 0) {
        const auto state = next_slice(stream, flags);
        if (state != 0 || (flags & NGHTTP2_DATA_FLAG_EOF)) return state;
    }
    const auto n = std::min<std::uint64_t>(most, stream.slice.size());
    flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    if (stream.left == 0u && n == stream.slice.size()) flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(n);
}

/// @return 0, or why there is none now
ssize_t Http2::next_slice(Stream& stream, std::uint32_t& flags) {
    stream.slice = {};
    auto state = Body::State::broken;
    try {
        state = stream.body->next(stream.slice, life_.guard([this, id = stream.id] { wake(id); }));
    } catch (const std::exception& failure) {
        note(failure.what());
    }
    if (state == Body::State::wait) {
        stream.waiting = true;
        stream.deadline_ms = UINT64_MAX;  // it is not the client that is slow
        return NGHTTP2_ERR_DEFERRED;
    }
    if (state == Body::State::end && !stream.left) {
        flags |= NGHTTP2_DATA_FLAG_EOF;
        return 0;
    }
    if (state != Body::State::ready) {
        host_.note_broken();
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
    if (!stream.left) return 0;
    auto& slice = stream.slice;
    if (slice.size() > *stream.left) {
        if (slice.fd >= 0)
            slice.length = *stream.left;
        else
            slice.bytes = slice.bytes.first(*stream.left);
    }
    *stream.left -= slice.size();
    return 0;
}

void Http2::wake(std::int32_t id) {
    auto* stream = find(id);
    if (!stream || !stream->waiting) return;
    stream->waiting = false;
    stream->progress = 0;
    give(*stream, limits_.send_time);
    nghttp2_session_resume_data(session_.get(), id);
    tell_host();
}

/// A frame of a response: copied once, to where it is encrypted from.
int Http2::put(Stream& stream, BytesView head, std::size_t size) {
    if (!out_ || out_->size() >= most_) return NGHTTP2_ERR_WOULDBLOCK;
    const auto before = out_->size();
    append(*out_, head);
    auto& slice = stream.slice;
    if (slice.fd < 0) {
        append(*out_, slice.bytes.first(size));
    } else {
        out_->resize(out_->size() + size);
        for (std::size_t done = 0; done < size;) {
            const auto n = ::pread(slice.fd, out_->data() + before + head.size() + done,
                                   size - done, static_cast<off_t>(slice.offset + done));
            if (n < 0 && errno == EINTR) continue;
            if (n <= 0) {  // shorter than it was
                out_->resize(before);
                host_.note_broken();
                return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
            }
            done += static_cast<std::size_t>(n);
        }
    }
    slice.consume(size);
    stream.exchange.body_sent += size;
    stream.progress += size;
    progress_ += size;
    if (progress_ >= progress_bytes) {
        progress_ = 0;
        progress_ms_ = host_.now_ms();
    }
    if (stream.progress >= progress_bytes) {
        stream.progress = 0;
        give(stream, limits_.send_time);
    }
    if (size >= large_frame) credit_ = std::min(credit_ + data_credit, most_credit);
    return 0;
}

void Http2::sent_frame(const nghttp2_frame& frame) {
    if (frame.hd.type != NGHTTP2_HEADERS && frame.hd.type != NGHTTP2_DATA) return;
    if (!(frame.hd.flags & NGHTTP2_FLAG_END_STREAM)) return;
    const auto id = frame.hd.stream_id;
    auto* stream = find(id);
    if (!stream) return;
    stream->responded = true;
    credit_ = std::min(credit_ + response_credit, most_credit);
    // of a request that is not wanted whole (RFC 9113 8.1)
    if (nghttp2_session_get_stream_remote_close(session_.get(), id) == 0)
        nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, id, NGHTTP2_NO_ERROR);
}

void Http2::closed(std::int32_t id) {
    const auto found = streams_.find(id);
    if (found == streams_.end()) return;
    auto stream = std::move(found->second);
    streams_.erase(found);
    // a reset may say NO_ERROR, too
    if (!stream->responded && !spend(early_end_credit)) {
        calm();
        nghttp2_session_terminate_session(session_.get(), NGHTTP2_ENHANCE_YOUR_CALM);
    }
    end(std::move(stream));
}

void Http2::end(std::unique_ptr<Stream> stream) {
    if (!stream->passed) uploads_ -= stream->incoming.body.size();
    if (streams_.empty())
        idle_deadline_ms_ =
            host_.now_ms() +
            static_cast<std::uint64_t>(std::chrono::milliseconds{limits_.idle_time}.count());
    stream->body.reset();
    stream->slice = {};
    if (stream->replied) host_.ended(stream->exchange);
    if (const auto gone = std::move(stream->gone)) gone();
}

// ---- the end

bool Http2::wants_to_send() const noexcept {
    return !broken_ && nghttp2_session_want_write(session_.get()) == 1;
}

bool Http2::finished() const noexcept {
    return !wants_to_send() && (failed_ || nghttp2_session_want_read(session_.get()) == 0);
}

std::uint64_t Http2::deadline_ms() const noexcept {
    auto first = std::min(head_deadline_ms_, last_call_ms_);
    if (streams_.empty()) first = std::min(first, idle_deadline_ms_);
    for (const auto& [_, stream] : streams_) first = std::min(first, stream->deadline_ms);
    return first;
}

int Http2::expire() {
    const auto now = host_.now_ms();
    const Busy busy{*this};
    if (last_call_ms_ <= now) say_last();
    if (head_deadline_ms_ <= now || (streams_.empty() && idle_deadline_ms_ <= now)) {
        head_deadline_ms_ = idle_deadline_ms_ = UINT64_MAX;
        nghttp2_session_terminate_session(session_.get(), NGHTTP2_NO_ERROR);
        return 1;
    }
    const auto send_ms =
        static_cast<std::uint64_t>(std::chrono::milliseconds{limits_.send_time}.count());
    std::vector<Stream*> late;
    for (const auto& [_, stream] : streams_)
        if (stream->deadline_ms <= now) late.push_back(stream.get());
    int ended = 0;
    for (auto* stream : late) {
        if (!stream->passed) {
            refuse(*stream, 408, "the request did not come in time");
        } else if (now - progress_ms_ < send_ms &&
                   nghttp2_session_get_stream_remote_window_size(session_.get(), stream->id) > 0) {
            give(*stream, limits_.send_time);  // others of this client have their turn before it
            continue;
        } else {
            stream->deadline_ms = UINT64_MAX;
            nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, stream->id,
                                      NGHTTP2_CANCEL);
        }
        ++ended;
    }
    return ended;
}

/// Requests that are on their way are taken: until the answer to a PING, or for a moment (RFC 9113
/// 6.8).
void Http2::drain() {
    if (leaving_ || failed_) return;
    leaving_ = true;
    last_call_ms_ = host_.now_ms() + static_cast<std::uint64_t>(
                                         std::chrono::milliseconds{limits_.last_call_time}.count());
    nghttp2_submit_shutdown_notice(session_.get());
    nghttp2_submit_ping(session_.get(), NGHTTP2_FLAG_NONE, nullptr);
}

void Http2::say_last() {
    last_call_ms_ = UINT64_MAX;
    if (left_) return;
    left_ = true;
    nghttp2_submit_goaway(session_.get(), NGHTTP2_FLAG_NONE,
                          nghttp2_session_get_last_proc_stream_id(session_.get()), NGHTTP2_NO_ERROR,
                          nullptr, 0);
}

void Http2::abort() {
    const Busy busy{*this};
    failed_ = aborted_ = true;
    while (!streams_.empty()) {
        auto stream = std::move(streams_.begin()->second);
        streams_.erase(streams_.begin());
        nghttp2_session_set_stream_user_data(session_.get(), stream->id, nullptr);
        end(std::move(stream));
    }
}

}  // namespace stretto::http

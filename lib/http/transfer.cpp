#include "http/transfer.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <utility>

#include "base/digest.hpp"
#include "base/file.hpp"
#include "http/parser.hpp"

namespace stretto::http {
namespace {

using Kind = Failure::Kind;

constexpr int most_redirections = 5;
constexpr std::uint64_t most_redirect_bytes = 65536;  // of the body of a redirection
/// The text that a server sends with an error is for people.
constexpr std::uint64_t most_error_bytes = 1u << 20;

std::string& certificates_option() {
    static std::string file;
    return file;
}

struct Shown {
    std::string certificate, key;
};
Shown& shown_option() {
    static Shown shown;
    return shown;
}

void check_readable(const std::string& file) {
    const File readable{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!readable)
        throw Error{EX_NOINPUT,
                    text("cannot read '", file, "': ", std::generic_category().message(errno))};
}

/// Methods that send no Content-Length without a body (RFC 9110 8.6).
bool tells_empty_body(std::string_view method) {
    return method == "POST" || method == "PUT" || method == "PATCH";
}

/// RFC 9110 9.2.2.
bool is_idempotent(std::string_view method) {
    for (const auto* one : {"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"})
        if (method == one) return true;
    return false;
}

/// The environment variables of curl(1) and of OpenSSL.
void set_certificates(CURL* easy) {
    if (const auto& shown = shown_option(); !shown.certificate.empty()) {
        set(easy, CURLOPT_SSLCERT, shown.certificate.c_str());
        set(easy, CURLOPT_SSLKEY, shown.key.c_str());
    }
    const auto& option = certificates_option();
    const auto of = [](const char* name) {
        const char* value = std::getenv(name);
        return value && *value ? value : nullptr;
    };
    if (!option.empty()) return set(easy, CURLOPT_CAINFO, option.c_str());
    const char* bundle = of("CURL_CA_BUNDLE");
    if (!bundle) bundle = of("SSL_CERT_FILE");
    if (bundle) set(easy, CURLOPT_CAINFO, bundle);
    if (const char* folder = of("SSL_CERT_DIR")) set(easy, CURLOPT_CAPATH, folder);
}

Kind kind_of(CURLcode code, std::string_view said) {
    switch (code) {
        case CURLE_COULDNT_RESOLVE_HOST:
        case CURLE_COULDNT_RESOLVE_PROXY:
            return Kind::dns;
        case CURLE_COULDNT_CONNECT:
            return Kind::refused;
        case CURLE_OPERATION_TIMEDOUT:
            return Kind::timeout;
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CACERT_BADFILE:
        case CURLE_SSL_CERTPROBLEM:
        case CURLE_SSL_INVALIDCERTSTATUS:
        case CURLE_SSL_ISSUER_ERROR:
        case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
            return Kind::certificate;
        case CURLE_GOT_NOTHING:
        case CURLE_PARTIAL_FILE:
        case CURLE_PROXY:
        case CURLE_RECV_ERROR:
        case CURLE_SEND_ERROR:
            return Kind::reset;
        case CURLE_SSL_CONNECT_ERROR:  // a failed handshake, or a server without TLS
            return said.find("SSL_ERROR_SYSCALL") != std::string_view::npos ||
                           said.find("reset by peer") != std::string_view::npos
                       ? Kind::reset
                       : Kind::protocol;
        default:
            return Kind::protocol;
    }
}

std::optional<std::uint64_t> content_length(const Fields& fields) {
    const auto* value = fields.find("Content-Length");
    std::uint64_t length = 0;
    if (!value) return {};
    const auto [end, code] = std::from_chars(value->data(), value->data() + value->size(), length);
    if (code != std::errc{} || end != value->data() + value->size()) return {};
    return length;
}

/// What is asked of an object, and what is said of one that is stored.
bool is_signed_field(std::string_view name) {
    for (const auto* one : {"Range", "If-Match", "If-None-Match", "If-Modified-Since",
                            "If-Unmodified-Since", "Content-Type", "Cache-Control"})
        if (same_token(name, one)) return true;
    return name.size() > 6 && same_token(name.substr(0, 6), "x-amz-");
}

bool is_redirection(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

}  // namespace

Fetch::Transfer::Transfer(net::Loop& on, FetchCalls what, const Request& request, Bytes content)
    : loop(on),
      calls(std::move(what)),
      method_(request.method),
      target_(request.target),
      fields_(request.fields),
      body_(std::move(content)) {}

void Fetch::Transfer::prepare(const Place& place, const Upstream::Limits& limits) {
    easy.reset(curl_easy_init());
    if (!easy) throw Error{EX_SOFTWARE, "curl_easy_init failed"};
    set(easy.get(), CURLOPT_PROTOCOLS_STR, "http,https");
    // without TLS there is nothing to wait for: libcurl would hold each request back until the
    // first connection has told its version
    const bool http2 = limits.http2 && place.origin.starts_with("https://");
    shares_ = http2;
    set(easy.get(), CURLOPT_HTTP_VERSION,
        static_cast<long>(http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
    set(easy.get(), CURLOPT_PIPEWAIT, http2 ? 1L : 0L);
    set(easy.get(), CURLOPT_NOSIGNAL, 1L);
    // otherwise, cancelling a request during name resolution would wait for the resolver
    set(easy.get(), CURLOPT_QUICK_EXIT, 1L);
    set(easy.get(), CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(limits.connect.count()));
    set(easy.get(), CURLOPT_TCP_KEEPALIVE, 1L);
    set(easy.get(), CURLOPT_BUFFERSIZE, 65536L);
    set(easy.get(), CURLOPT_ERRORBUFFER, error_.data());
    if (!limits.proxy) set(easy.get(), CURLOPT_PROXY, "");
    if (!limits.unix_socket.empty())
        set(easy.get(), CURLOPT_UNIX_SOCKET_PATH, limits.unix_socket.c_str());
    set(easy.get(), CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    if (limits.decode) set(easy.get(), CURLOPT_ACCEPT_ENCODING, "");
    set_certificates(easy.get());
    allow_ = limits.allow;
    signer_ = signer_of(place);
    set(easy.get(), CURLOPT_OPENSOCKETFUNCTION, static_cast<curl_opensocket_callback>(open));
    set(easy.get(), CURLOPT_OPENSOCKETDATA, this);
    set_method();
    set_callbacks();
    const bool asterisk = target_ == "*";
    go_to(place, limits, place.url() + (asterisk ? "" : target_));
    // byte for byte, because libcurl would normalize the URL; a proxy needs the whole URL, and a
    // signature is of the URL's path and query
    if (!limits.proxy && !signer_)
        set(easy.get(), CURLOPT_REQUEST_TARGET,
            (asterisk ? target_ : place.prefix + target_).c_str());
}

/// Refuse a socket for a forbidden address.
curl_socket_t Fetch::Transfer::open(void* self, curlsocktype, curl_sockaddr* to) noexcept {
    auto& mine = *static_cast<Transfer*>(self);
    sockaddr_storage raw{};
    if (to->addrlen > sizeof raw) return CURL_SOCKET_BAD;
    std::memcpy(&raw, &to->addr, to->addrlen);
    if (mine.allow_ && !mine.allow_(net::Address{raw})) {
        mine.refused_ = {Kind::refused, "its address is not one to connect to"};
        return CURL_SOCKET_BAD;
    }
    mine.refused_.reset();
    return ::socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

void Fetch::Transfer::set_method() {
    if (method_ == "HEAD") {
        set(easy.get(), CURLOPT_NOBODY, 1L);
    } else if (!body_.empty() || tells_empty_body(method_)) {
        set(easy.get(), CURLOPT_POST, 1L);
        set(easy.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body_.size()));
        set(easy.get(), CURLOPT_POSTFIELDS, reinterpret_cast<const char*>(body_.data()));
    }
    set(easy.get(), CURLOPT_CUSTOMREQUEST, method_.c_str());
    // if a kept connection is closed at this moment, libcurl would send it twice (RFC 9110 9.2.2)
    set(easy.get(), CURLOPT_FRESH_CONNECT, is_idempotent(method_) ? 0L : 1L);
}

/// Send credentials only to the server for which they were given.
void Fetch::Transfer::go_to(const Place& place, const Upstream::Limits& limits,
                            const std::string& url) {
    const bool home = parse_place(url).origin == place.origin;
    url_ = url;
    follows_ = limits.follow_redirects && (method_ == "GET" || method_ == "HEAD");
    // without a separate target, libcurl parses the whole URL; with one, the URL is only the server
    set(easy.get(), CURLOPT_URL,
        limits.proxy || signer_ || redirections_ > 0 ? url.c_str() : place.url().c_str());
    set(easy.get(), CURLOPT_PATH_AS_IS, 1L);
    const bool user = home && place.has_user() && !signer_;
    set(easy.get(), CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
    set(easy.get(), CURLOPT_USERNAME, user ? place.user.c_str() : nullptr);
    set(easy.get(), CURLOPT_PASSWORD, user ? place.password.c_str() : nullptr);
    set_fields(place, !home);
    set(easy.get(), CURLOPT_AWS_SIGV4, static_cast<const char*>(nullptr));
    if (home && signer_) sign();
}

/// libcurl signs the fields that are set, and wrongly when one of them is empty; its own ones, such
/// as Accept, it leaves out of the signature.
void Fetch::Transfer::sign() {
    const auto with = signer_();
    curl_slist* all = nullptr;
    lines_.reset();
    const auto add = [&](const std::string& line) {
        auto* longer = curl_slist_append(all, line.c_str());
        if (!longer) throw std::bad_alloc{};
        if (!all) lines_.reset(longer);
        all = longer;
    };
    for (const auto& field : fields_)
        if (is_signed_field(field.name) && !field.value.empty())
            add(field.name + ": " + field.value);
    if (!with.token.empty()) add("x-amz-security-token: " + with.token);
    add("x-amz-content-sha256: " + hex(sha256(body_)));
    if (tells_empty_body(method_) && !fields_.has("Content-Type"))
        add("Content-Type: application/octet-stream");
    set(easy.get(), CURLOPT_HTTPHEADER, lines_.get());
    set(easy.get(), CURLOPT_USERNAME, with.key.c_str());
    set(easy.get(), CURLOPT_PASSWORD, with.secret.c_str());
    set(easy.get(), CURLOPT_AWS_SIGV4, with.scope.c_str());
}

void Fetch::Transfer::set_fields(const Place& place, bool elsewhere) {
    curl_slist* last = nullptr;
    lines_.reset();
    const auto add = [&](const std::string& line) {
        auto* longer = curl_slist_append(last, line.c_str());
        if (!longer) throw std::bad_alloc{};
        if (!last) lines_.reset(longer);
        last = longer;
    };
    const auto is = [](const Field& field, std::initializer_list<std::string_view> names) {
        for (const auto name : names)
            if (same_token(field.name, name)) return true;
        return false;
    };
    for (const auto& field : fields_) {
        if (is(field, {"Host"}) && (elsewhere || field.value == place.authority)) continue;
        if (elsewhere && is(field, {"Authorization", "Cookie"})) continue;
        add(field.value.empty() ? field.name + ";" : field.name + ": " + field.value);
    }
    // several at a time each get their part, so that none of them looks silent (RFC 9218 4.2)
    if (shares_ && !fields_.has("Priority")) add("Priority: i");
    for (const auto* ours : {"Accept", "Content-Type", "Expect", "User-Agent"})
        if (!fields_.has(ours)) add(std::string{ours} + ":");  // omit libcurl's default field
    set(easy.get(), CURLOPT_HTTPHEADER, lines_.get());
}

template <class Call>
std::size_t Fetch::Transfer::guarded(Call call) noexcept {
    std::size_t result = CURL_WRITEFUNC_ERROR;
    loop.guard([&] { result = call(); });
    return result;
}

void Fetch::Transfer::set_callbacks() {
    const auto on_line = [](char* bytes, std::size_t, std::size_t n, void* self) noexcept {
        auto& mine = *static_cast<Transfer*>(self);
        return mine.guarded([&] { return mine.line({bytes, n}); });
    };
    const auto on_data = [](char* bytes, std::size_t, std::size_t n, void* self) noexcept {
        auto& mine = *static_cast<Transfer*>(self);
        return mine.guarded([&] {
            return mine.data({reinterpret_cast<const std::uint8_t*>(bytes), n});
        });
    };
    const auto on_sent = [](void* self, char*, char*, int, int) noexcept {
        auto& mine = *static_cast<Transfer*>(self);
        mine.sent_ = true;
        mine.window_ms_ = mine.loop.now_ms();
        mine.hear();
        return CURL_PREREQFUNC_OK;
    };
    set(easy.get(), CURLOPT_PREREQFUNCTION, static_cast<curl_prereq_callback>(on_sent));
    set(easy.get(), CURLOPT_PREREQDATA, this);
    set(easy.get(), CURLOPT_HEADERFUNCTION, static_cast<curl_write_callback>(on_line));
    set(easy.get(), CURLOPT_HEADERDATA, this);
    set(easy.get(), CURLOPT_WRITEFUNCTION, static_cast<curl_write_callback>(on_data));
    set(easy.get(), CURLOPT_WRITEDATA, this);
}

std::size_t Fetch::Transfer::refuse(Kind kind, std::string why) {
    refused_ = {kind, std::move(why)};
    return CURL_WRITEFUNC_ERROR;
}

std::size_t Fetch::Transfer::line(std::string_view line) {
    hear();
    if (cancelled) return CURL_WRITEFUNC_ERROR;
    if (headed_) return line.size();  // trailers
    // libcurl gives HTTP/2 the lines of HTTP/1; this one has a version of its own
    constexpr std::string_view http2 = "HTTP/2 ";
    if (head_.empty() && line.starts_with(http2))
        head_.append("HTTP/1.1 ").append(line.substr(http2.size()));
    else
        head_ += line;
    if (head_.size() > 4 * most_head_bytes)
        return refuse(Kind::protocol, "a bad response: its head is too large");
    if (line != "\r\n" && line != "\n") return line.size();
    auto response = parse_response_head(std::exchange(head_, {}));
    if (!response) return refuse(Kind::protocol, "a bad response: " + response.error().why);
    if (response->status < 200) {
        if (calls.interim) calls.interim(*response);
        return cancelled ? CURL_WRITEFUNC_ERROR : line.size();
    }
    headed_ = true;
    const auto result = on_head(std::move(*response));
    return result == 0 ? line.size() : result;
}

/// @return 0: continue
std::size_t Fetch::Transfer::on_head(Response&& response) {
    window_ms_ = loop.now_ms();
    most_ = calls.most;
    if (redirects(response)) return refused_ ? CURL_WRITEFUNC_ERROR : 0;
    if (response.status / 100 != 2) most_ = std::max(calls.most, most_error_bytes);
    const auto length = content_length(response.fields);
    if (length && *length > most_ && method_ != "HEAD")
        return refuse(Kind::too_long, text("it is too long: ", *length, " bytes"));
    calls.head(std::move(response));
    return cancelled ? CURL_WRITEFUNC_ERROR : 0;
}

bool Fetch::Transfer::redirects(const Response& response) {
    const auto* location = response.fields.find("Location");
    if (!follows_ || !is_redirection(response.status) || !location) return false;
    auto next = redirection(url_, *location);
    if (!next)
        refuse(Kind::protocol, next.error().why);
    else if (redirections_ == most_redirections)
        refuse(Kind::protocol, text("it redirects more than ", most_redirections, " times"));
    else
        next_url = std::move(*next);
    most_ = most_redirect_bytes;
    return true;
}

std::size_t Fetch::Transfer::data(BytesView bytes) {
    if (cancelled) return CURL_WRITEFUNC_ERROR;
    if (!headed_)  // HTTP/0.9, or an incomplete head
        return refuse(Kind::protocol, "a bad response: no head");
    hear();
    if (bytes.size() > most_ - received_)
        return next_url.empty()
                   ? refuse(Kind::too_long, text("it is longer than ", most_, " bytes"))
                   : CURL_WRITEFUNC_ERROR;
    if (next_url.empty() && !calls.data(bytes)) {
        if (cancelled) return CURL_WRITEFUNC_ERROR;
        paused_ = true;  // libcurl passes the same bytes again later
        return CURL_WRITEFUNC_PAUSE;
    }
    if (cancelled) return CURL_WRITEFUNC_ERROR;
    received_ += bytes.size();
    window_bytes_ += bytes.size();
    return bytes.size();
}

bool Fetch::Transfer::http2() const noexcept {
    long version = 0;
    return curl_easy_getinfo(easy.get(), CURLINFO_HTTP_VERSION, &version) == CURLE_OK &&
           version == CURL_HTTP_VERSION_2_0;
}

void Fetch::Transfer::excuse() {
    hear();
    window_ms_ = loop.now_ms();
    window_bytes_ = 0;
}

void Fetch::Transfer::resume() {
    paused_ = false;
    excuse();
    curl_easy_pause(easy.get(), CURLPAUSE_CONT);
}

std::optional<Failure> Fetch::Transfer::given_up(const Upstream::Limits& limits) {
    if (!sent_ || paused_) return {};
    const auto now = loop.now_ms();
    const auto ms = [](std::chrono::milliseconds limit) {
        return static_cast<std::uint64_t>(limit.count());
    };
    curl_off_t sent = 0;  // a server that still takes our bytes is not silent
    if (curl_easy_getinfo(easy.get(), CURLINFO_SIZE_UPLOAD_T, &sent) == CURLE_OK &&
        sent > uploaded_) {
        uploaded_ = sent;
        hear();
    }
    if (now - heard_ms_ >= ms(limits.stall))
        return Failure{Kind::silence, text("nothing came for ",
                                           static_cast<double>(limits.stall.count()) / 1000, " s")};
    if (limits.least_bytes_per_s == 0 || now - window_ms_ < ms(limits.rate_window)) return {};
    if (!headed_) return Failure{Kind::timeout, "its head does not end"};
    const auto rate = std::exchange(window_bytes_, 0) * 1000 / (now - window_ms_);
    window_ms_ = now;
    if (rate >= limits.least_bytes_per_s) return {};
    return Failure{Kind::timeout, text("only ", rate, " bytes a second came")};
}

std::optional<Failure> Fetch::Transfer::outcome(CURLcode code) const {
    if (refused_) return refused_;
    if (!next_url.empty() && code == CURLE_WRITE_ERROR)
        return {};  // enough of the redirection's body was read
    if (code == CURLE_OK)
        return headed_ ? std::nullopt : std::optional{Failure{Kind::reset, "no response"}};
    Failure failure;
    const std::string_view said = error_[0] ? error_.data() : curl_easy_strerror(code);
    failure.kind = kind_of(code, said);
    failure.why = said;
    long number = 0;
    if (failure.kind == Kind::refused &&
        curl_easy_getinfo(easy.get(), CURLINFO_OS_ERRNO, &number) == CURLE_OK && number != 0)
        failure.why =
            text("cannot connect: ", std::generic_category().message(static_cast<int>(number)));
    return failure;
}

void Fetch::Transfer::follow(const Place& place, const Upstream::Limits& limits) {
    ++redirections_;
    headed_ = sent_ = false;
    received_ = window_bytes_ = 0;
    uploaded_ = 0;
    error_[0] = '\0';
    set(easy.get(), CURLOPT_REQUEST_TARGET, static_cast<const char*>(nullptr));
    go_to(place, limits, std::exchange(next_url, {}));
}

void trust_certificates(const std::string& file) {
    check_readable(file);
    certificates_option() = file;
}

void show_certificate(const std::string& certificate, const std::string& key) {
    if (certificate.empty() && !key.empty())
        throw Error{EX_USAGE, "--client-key needs --client-cert"};
    if (certificate.empty()) return;
    const auto& key_file = key.empty() ? certificate : key;
    check_readable(certificate);
    check_readable(key_file);
    shown_option() = {certificate, key_file};
}

bool is_captive_portal(int status, const Fields& fields) {
    const auto* type = fields.find("Content-Type");
    const auto kind = type ? std::string_view{*type}.substr(0, type->find_first_of("; \t")) : "";
    return status == 511 || (status == 200 && (same_token(kind, "text/html") ||
                                               same_token(kind, "application/xhtml+xml")));
}

}  // namespace stretto::http

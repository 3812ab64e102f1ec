#pragma once
// Parses requests and response heads (RFC 9112) with Boost.Beast's parser. Strict: ambiguous input
// is refused, so that no request can be smuggled.
#include <memory>
#include <span>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "http/message.hpp"

namespace stretto::http {

constexpr std::size_t most_head_bytes = 16384;
constexpr std::size_t most_fields = 100;
constexpr std::size_t most_target_bytes = 8192;

/// The fault of a request, as the status of the response before the connection is closed: 400,
/// 413 (body beyond 2^63), 414 (target too long), 431 (head or trailers too large), 501 (transfer
/// coding), 505 (version).
struct BadRequest {
    int status = 400;
    std::string why;
};

/// Reads one request after the other from a connection's bytes: first the whole head, then the body
/// piece by piece. Holds little more than the current request.
class RequestParser {
   public:
    RequestParser();
    ~RequestParser();
    RequestParser(RequestParser&&) noexcept;
    RequestParser& operator=(RequestParser&&) noexcept;

    enum class Step {
        need_more,  ///< all bytes that could be used were used
        head,       ///< request() is complete; read on for its body
        body,       ///< body() holds the next bytes of the body
        done,       ///< the request has ended; the next read() begins the next one
        bad         ///< bad() says why; nothing more can be read
    };
    /// Read from `bytes` and take what was used off its front. The head is used only when all of it
    /// is there: until then `need_more` leaves `bytes` as it is and the caller gives it again with
    /// more behind it. So it is with the lines between the chunks of a body, and with trailers,
    /// which are dropped. A buffer that holds more than most_head_bytes never fills up.
    /// Blank lines before a request line are passed over (RFC 9112 2.2), at most two.
    Step read(BytesView& bytes);

    const Request& request() const noexcept { return request_; }
    /// Move the request out; the parser continues with its body.
    Request take_request() noexcept { return std::move(request_); }
    /// Content-Length of the request; nullopt: chunked or no body. has_body() tells which.
    std::optional<std::uint64_t> content_length() const noexcept { return length_; }
    bool has_body() const noexcept { return has_body_; }
    /// After Step::body: valid until the next read().
    BytesView body() const noexcept { return body_; }
    const BadRequest& bad() const noexcept { return bad_; }
    /// Whether the client lets the connection stay open after this request (RFC 9112 9.3).
    bool keep_alive() const noexcept { return keep_alive_; }

   private:
    enum class State { head, body, bad };
    Step read_head(BytesView& bytes);
    Step take_head(std::string_view head);
    Step read_body(BytesView& bytes);
    Step refuse(BadRequest why);

    struct Impl;                  // Beast stays out of headers: it is slow to compile
    std::unique_ptr<Impl> impl_;  // while a body is being read
    State state_ = State::head;
    Request request_;
    std::optional<std::uint64_t> length_;
    bool has_body_ = false;
    bool keep_alive_ = true;
    BytesView body_;
    BadRequest bad_;
};

/// The checks of a request that came in another form than HTTP/1: one valid Host, and a target that
/// we can serve; both are brought into the form that RequestParser gives them. @return why not
std::optional<BadRequest> finish_request(Request& request);

/// A response's status line and header section, up to and with its blank line, as a client library
/// hands them on line by line. Field values have their blanks taken off; control bytes, bare LF and
/// CR, folded lines (obs-fold), blanks before a colon, Content-Length beside Transfer-Encoding,
/// Content-Lengths that differ, a status outside 100-599 and more than most_fields are Malformed.
Result<Response> parse_response_head(std::string_view head);

/// A request's target taken apart (RFC 3986): the path percent-decoded once, dot segments refused.
struct Target {
    std::string path;   ///< decoded, begins with "/"
    std::string query;  ///< as sent, without "?"
};
/// Malformed for what no path of ours may hold: "." and ".." segments in any encoding, NUL and
/// other control bytes, encoded slashes and backslashes, backslashes, bad percent-encoding, a path
/// encoded twice, bytes above 0x7e in any encoding, a fragment, and anything that does not begin
/// with "/" (absolute-form "http://host/path" is taken as its path).
Result<Target> parse_target(std::string_view target);
/// The decoded value of the first parameter of this name in a query ("a=1&b=x%20y", "+" is a
/// blank); nullopt when it is absent or cannot be decoded.
std::optional<std::string> query_value(std::string_view query, std::string_view name);
/// Whether each '%' begins an encoded byte. In a query where one does not, a value may look as if
/// it were not there.
bool well_encoded(std::string_view text);

}  // namespace stretto::http

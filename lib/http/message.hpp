#pragma once
// HTTP messages as values (RFC 9110): fields, requests, response heads. No sockets, no parsing.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stretto::http {

struct Field {
    std::string name, value;
    bool operator==(const Field&) const = default;
};

/// Whether two field names, tokens or schemes are the same: ASCII letters without regard to case.
bool same_token(std::string_view a, std::string_view b) noexcept;

/// Header fields in the order they came. Names are compared without regard to case.
class Fields {
   public:
    Fields() = default;
    Fields(std::initializer_list<Field> fields) : fields_(fields) {}

    void add(std::string_view name, std::string_view value);
    /// Replace every field of this name by one.
    void set(std::string_view name, std::string_view value);
    void remove(std::string_view name);
    void clear() noexcept { fields_.clear(); }

    bool has(std::string_view name) const noexcept { return find(name) != nullptr; }
    /// The first value, or nullptr.
    const std::string* find(std::string_view name) const noexcept;
    /// All values joined by ", " (RFC 9110 5.3); nullopt when there is none.
    std::optional<std::string> joined(std::string_view name) const;
    std::size_t count(std::string_view name) const noexcept;

    auto begin() const noexcept { return fields_.begin(); }
    auto end() const noexcept { return fields_.end(); }
    std::size_t size() const noexcept { return fields_.size(); }
    bool operator==(const Fields&) const = default;

   private:
    std::vector<Field> fields_;
};

/// The members of a comma-separated list, blanks and empty members taken off; commas within quoted
/// strings do not separate (RFC 9110 5.6.1). A quote that is never closed is an ordinary byte, so
/// that it hides nothing behind it.
std::vector<std::string_view> list_members(std::string_view value);
/// Whether a list field has this token.
bool has_token(const Fields& fields, std::string_view name, std::string_view token);

/// Whether a client takes this content coding by name: it is listed, and not with q=0 (RFC 9110
/// 12.5.3).
bool takes_coding(const Fields& fields, std::string_view coding);

struct Request {
    std::string method;
    std::string target;  ///< origin-form, not decoded: "/path?query"; or "*"
    int minor = 1;       ///< of HTTP/1.x: 0 or 1; of HTTP/2: 0
    Fields fields;
    int major = 1;  ///< of HTTP: 1 or 2
};

/// Status line and header section of a response.
struct Response {
    int status = 200;
    Fields fields;
};

/// "Not Found" and the like; "" for a status without a name.
std::string_view reason(int status) noexcept;
/// "HTTP/1.1 200 OK\r\n...\r\n\r\n". The caller has put in what frames the body.
std::string print_head(const Response& response);

/// Take out the fields that are for one connection only (RFC 9110 7.6.1): Connection and all it
/// names, Keep-Alive, Proxy-Connection, Proxy-Authenticate, Proxy-Authentication-Info,
/// Proxy-Authorization, TE, Trailer, Transfer-Encoding, Upgrade.
void remove_hop_by_hop(Fields& fields);

}  // namespace stretto::http

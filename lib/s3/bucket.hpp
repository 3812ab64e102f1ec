#pragma once
// Requests to a bucket, one after the other or some at a time, for programs without a loop.
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "http/ask.hpp"
#include "s3/settings.hpp"
#include "s3/xml.hpp"

namespace stretto::s3 {

/// A request for an object below the location's prefix.
struct Call {
    std::string method = "GET";
    std::string key;
    Bytes body = {};
    http::Fields fields = {};
    std::size_t most = 1u << 20;  ///< bytes of the answer; a longer one is an Error (65)
};

struct Answer {
    /// 200, 204, 304, 404; of a request with a condition also 409, 412, 501. All others are an
    /// Error.
    int status = 0;
    http::Fields fields;
    Bytes body;
    bool found() const noexcept { return status == 200; }
    /// The condition of a request was not met: somebody else was there before.
    bool lost() const noexcept { return status == 412 || status == 409; }
    std::string tag() const;
};

/// The meaning of an answer that is none of those above: for people, with what can be done, and an
/// exit status.
Error error_of(int status, const Refusal& refusal, const http::Fields& fields,
               std::string_view subject);
/// Whether asking again later may help: 500, 502, 503, 504, 429, and what S3 calls SlowDown.
bool is_passing(int status, const Refusal& refusal);
/// Where the server's clock and ours differ by more than a minute: by how many seconds, ours ahead.
std::optional<std::int64_t> clock_skew_s(const http::Fields& fields);

/// How long a server is waited for that fails, or is silent, for now.
struct Patience {
    int tries = 6;
    std::chrono::milliseconds silence = std::chrono::seconds{30};
};

/// May be used by several threads. A request that fails for now is sent again, after 0.1 s and then
/// twice as long each time (by chance up to half more), six times in all: about 4 s.
class Bucket {
   public:
    /// Signs in.
    explicit Bucket(Location location, Patience patience = {});
    ~Bucket();

    const Location& location() const noexcept { return location_; }
    /// "s3://bucket/prefix/key"
    std::string where(std::string_view key) const;
    /// The URL below which objects are found by their keys.
    const std::string& url() const noexcept { return url_; }

    Answer ask(Call call);
    /// The same, some at a time. `make` may be called while others are under way.
    /// @param done  called on this thread, in any order; what it throws ends it all
    void ask_all(std::size_t count, const std::function<Call(std::size_t)>& make,
                 const std::function<void(std::size_t, Answer&&)>& done);

    /// The objects whose keys begin with `prefix`, a page of 1,000 at a time, in order; their keys
    /// are relative. @param delimiter  "/": what has one behind the prefix is told as a prefix
    void list(const std::string& prefix, const std::string& delimiter,
              const std::function<void(ListPage&&)>& each);
    /// Whether there is an object whose key begins with `prefix`.
    bool any(const std::string& prefix);

   private:
    class Client;
    struct Lease;
    Lease lease();
    ListPage page(Client& client, const std::string& prefix, const std::string& delimiter,
                  const std::string& token, int most_keys);

    Location location_;
    Patience patience_;
    std::string base_, url_, before_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<Client>> idle_;  // guarded by mutex_
};

}  // namespace stretto::s3

#include "s3/bucket.hpp"

#include <chrono>
#include <cstdlib>
#include <deque>
#include <map>
#include <random>

#include "http/date.hpp"
#include "net/loop.hpp"

namespace stretto::s3 {
namespace {

constexpr std::size_t at_a_time = 8;
constexpr int most_empty_pages = 100;
constexpr std::uint64_t first_pause_ms = 100;
constexpr std::size_t most_error_bytes = 65536;

/// One publisher in three waits a half longer, so that they do not all come back at once.
std::chrono::milliseconds pause_before(int next_try) {
    static thread_local std::minstd_rand random{std::random_device{}()};
    const auto pause = first_pause_ms << (next_try - 1);
    return std::chrono::milliseconds{pause + random() % (pause / 2 + 1)};
}

http::Upstream::Limits limits(const Patience& patience) {
    http::Upstream::Limits limits;
    limits.connections = static_cast<long>(at_a_time);
    limits.connect = std::chrono::seconds{5};
    limits.stall = patience.silence;
    limits.proxy = true;
    return limits;
}

}  // namespace

std::string Answer::tag() const {
    const auto* tag = fields.find("ETag");
    return tag ? *tag : "";
}

std::optional<std::int64_t> clock_skew_s(const http::Fields& fields) {
    const auto* date = fields.find("Date");
    const auto now =
        std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
    const auto theirs = date ? http::parse_date(*date, now) : std::nullopt;
    if (!theirs) return {};
    const auto skew = (now - *theirs).count();
    if (std::abs(skew) <= 60) return {};
    return skew;
}

bool is_passing(int status, const Refusal& refusal) {
    return status == 429 || status == 500 || status == 502 || status == 503 || status == 504 ||
           refusal.code == "SlowDown" || refusal.code == "RequestTimeout" ||
           refusal.code == "InternalError";
}

Error error_of(int status, const Refusal& refusal, const http::Fields& fields,
               std::string_view subject) {
    const auto& code = refusal.code;
    const auto said = [&](int exit, const std::string& what) {
        return Error{exit, text("'", subject, "': ", what, code.empty() ? "" : " (", code,
                                code.empty() ? "" : ")")};
    };
    const auto skew = clock_skew_s(fields);
    if (code == "RequestTimeTooSkewed" || (status == 403 && skew && std::abs(*skew) > 300)) {
        if (!skew) return said(EX_NOPERM, "the clock here differs too much from the server's");
        return said(EX_NOPERM, text("the clock here is ", std::abs(*skew), " s ",
                                    *skew > 0 ? "ahead of" : "behind", " the server's: set it"));
    }
    if (code == "ExpiredToken" || code == "TokenRefreshRequired")
        return said(EX_NOPERM, "the credentials have expired: get new ones");
    if (code == "InvalidAccessKeyId" || code == "InvalidToken")
        return said(EX_NOPERM, "the server does not know the access key: see AWS_ACCESS_KEY_ID");
    if (code == "SignatureDoesNotMatch")
        return said(EX_NOPERM, "the signature is wrong: see AWS_SECRET_ACCESS_KEY");
    if (code == "AuthorizationHeaderMalformed" || code == "PermanentRedirect" || status == 301)
        return said(EX_NOPERM, "the bucket is in another region: see AWS_REGION");
    if (code == "NoSuchBucket") return said(EX_NOINPUT, "there is no such bucket");
    if (code == "AccessDenied" || status == 401 || status == 403)
        return said(EX_NOPERM, "access denied");
    if (code == "QuotaExceeded") return said(EX_IOERR, "the bucket is full");
    if (code == "SlowDown" || status == 429 || status == 503)
        return said(EX_TEMPFAIL, "the server asks for fewer requests: try again later");
    if (code == "BadDigest" || code == "XAmzContentSHA256Mismatch")
        return said(EX_IOERR, "the bytes changed on their way");
    return said(status >= 500 ? EX_UNAVAILABLE : EX_IOERR,
                text("the server says ", status, " ", http::reason(status),
                     refusal.message.empty() ? "" : ": ", refusal.message));
}

/// A loop and its connections, for one thread at a time.
class Bucket::Client {
   public:
    Client(const std::string& url, const std::string& bucket_url, const Patience& patience)
        : most_tries_(patience.tries),
          upstream_(loop_, url, limits(patience)),
          bucket_(loop_, bucket_url, limits(patience)) {}

    struct Wish {
        bool of_bucket = false;
        http::Request request;
        Bytes body;
        std::size_t most = 0;
        std::string subject;
    };
    using Make = std::function<Wish(std::size_t)>;
    using Done = std::function<void(std::size_t, Answer&&)>;

    void run(std::size_t count, Make make, Done done) {
        count_ = count;
        next_ = 0;
        make_ = std::move(make);
        done_ = std::move(done);
        try {
            for (std::size_t i = 0; i < at_a_time; ++i) begin();
            if (!going_.empty()) loop_.run();
        } catch (...) {
            broken_ = true;  // some are still under way
            throw;
        }
    }
    bool broken() const noexcept { return broken_; }

   private:
    struct Going {
        Wish wish;
        int tries = 0;
        std::unique_ptr<net::Timer> timer;
    };

    void begin() {
        if (next_ >= count_) return;
        const auto number = next_++;
        auto& going = going_[number];
        going.wish = make_(number);
        send(number);
    }
    void send(std::size_t number) {
        auto& going = going_.at(number);
        ++going.tries;
        auto& to = going.wish.of_bucket ? bucket_ : upstream_;
        http::ask(to, going.wish.request, going.wish.body,
                  std::max(going.wish.most, most_error_bytes), [this, number](http::Whole whole) {
                      loop_.guard([&] { take(number, std::move(whole)); });
                  });
    }
    void take(std::size_t number, http::Whole whole) {
        auto& going = going_.at(number);
        const auto& subject = going.wish.subject;
        const int status = whole.status;
        if (status == 200 && whole.body.size() > going.wish.most)
            throw bad_data(subject, text("it is longer than ", going.wish.most, " bytes"));
        // 501: to a condition that the server does not know
        const auto& fields = going.wish.request.fields;
        const bool conditional = fields.has("If-Match") || fields.has("If-None-Match");
        const bool known = status == 200 || status == 204 || status == 304 ||
                           ((status == 412 || status == 501) && conditional);
        const auto refusal = known || status == 0 ? Refusal{} : parse_error(as_text(whole.body));
        // ours, or a bucket that does not exist
        const bool none = status == 404 && refusal.code != "NoSuchBucket" && !going.wish.of_bucket;
        const bool raced = status == 409 && conditional;
        if (known || none || raced) {
            Answer answer{status, std::move(whole.fields), std::move(whole.body)};
            going_.erase(number);
            done_(number, std::move(answer));
            begin();
            if (going_.empty()) loop_.stop();
            return;
        }
        // 409: two did something to one object
        const bool passing =
            status == 0 ? whole.passing() : status == 409 || is_passing(status, refusal);
        if (passing && going.tries < most_tries_) {
            going.timer = std::make_unique<net::Timer>(loop_, [this, number] { send(number); });
            going.timer->once(pause_before(going.tries));
            return;
        }
        if (status != 0) throw error_of(status, refusal, whole.fields, subject);
        throw Error{whole.failed == http::Failure::Kind::too_long ? EX_DATAERR : EX_UNAVAILABLE,
                    text("'", subject, "': ", whole.why)};
    }

    const int most_tries_;
    net::Loop loop_;
    http::Upstream upstream_, bucket_;
    std::map<std::size_t, Going> going_;
    std::size_t count_ = 0, next_ = 0;
    Make make_;
    Done done_;
    bool broken_ = false;
};

/// A client for as long as it is used.
struct Bucket::Lease {
    Bucket& bucket;
    std::unique_ptr<Client> client;
    Lease(Bucket& from, std::unique_ptr<Client> held) : bucket(from), client(std::move(held)) {}
    Lease(const Lease&) = delete;
    ~Lease() {
        if (!client || client->broken()) return;
        const std::lock_guard lock{bucket.mutex_};
        bucket.idle_.push_back(std::move(client));
    }
};

Bucket::Bucket(Location location, Patience patience)
    : location_(std::move(location)), patience_(patience) {
    url_ = sign_in(location_);
    base_ = location_.prefix.empty()
                ? url_
                : url_.substr(
                      0, url_.size() - http::percent_encoded(location_.prefix, true).size() - 1);
    before_ = location_.prefix.empty() ? "" : location_.prefix + "/";
}

Bucket::~Bucket() = default;

std::string Bucket::where(std::string_view key) const {
    return text("s3://", location_.bucket, "/", before_, key);
}

Bucket::Lease Bucket::lease() {
    std::unique_ptr<Client> client;
    {
        const std::lock_guard lock{mutex_};
        if (!idle_.empty()) {
            client = std::move(idle_.back());
            idle_.pop_back();
        }
    }
    if (!client) client = std::make_unique<Client>(url_, base_, patience_);
    return {*this, std::move(client)};
}

Answer Bucket::ask(Call call) {
    Answer answer;
    ask_all(
        1, [&](std::size_t) { return std::move(call); },
        [&](std::size_t, Answer&& got) { answer = std::move(got); });
    return answer;
}

void Bucket::ask_all(std::size_t count, const std::function<Call(std::size_t)>& make,
                     const std::function<void(std::size_t, Answer&&)>& done) {
    const auto lease = this->lease();
    lease.client->run(
        count,
        [&](std::size_t number) {
            auto call = make(number);
            Client::Wish wish;
            wish.request.method = std::move(call.method);
            wish.request.target = "/" + http::percent_encoded(call.key, true);
            wish.request.fields = std::move(call.fields);
            wish.body = std::move(call.body);
            wish.most = call.most;
            wish.subject = where(call.key);
            return wish;
        },
        done);
}

/// @param most_keys  0: as many as the server likes
ListPage Bucket::page(Client& client, const std::string& prefix, const std::string& delimiter,
                      const std::string& token, int most_keys) {
    ListPage page;
    client.run(
        1,
        [&](std::size_t) {
            Client::Wish wish;
            wish.of_bucket = true;
            wish.request.method = "GET";
            const auto add = [&](const char* name, const std::string& value) {
                wish.request.target += text(wish.request.target.empty() ? "/?" : "&", name, "=",
                                            http::percent_encoded(value, false));
            };
            // sorted by name: so are they signed
            if (!token.empty()) add("continuation-token", token);
            if (!delimiter.empty()) add("delimiter", delimiter);
            add("encoding-type", "url");
            add("list-type", "2");
            if (most_keys > 0) add("max-keys", std::to_string(most_keys));
            add("prefix", before_ + prefix);
            wish.most = 16u << 20;
            wish.subject = where(prefix);
            return wish;
        },
        [&](std::size_t, Answer&& answer) {
            page = must(parse_list(as_text(answer.body)), where(prefix));
        });
    return page;
}

bool Bucket::any(const std::string& prefix) {
    const auto lease = this->lease();
    return !page(*lease.client, prefix, "", "", 1).objects.empty();
}

void Bucket::list(const std::string& prefix, const std::string& delimiter,
                  const std::function<void(ListPage&&)>& each) {
    std::string next, last;
    int empty = 0;
    const auto lease = this->lease();
    do {
        auto page = this->page(*lease.client, prefix, delimiter, next, 0);
        next = page.next;
        std::string most;
        for (const auto& object : page.objects) most = std::max(most, object.key);
        for (const auto& one : page.prefixes) most = std::max(most, one);
        // lists are sorted, so that each page goes on behind the one before
        empty = most.empty() ? empty + 1 : 0;
        const bool stands = !next.empty() && !most.empty() && most <= last;
        if (empty > most_empty_pages || stands)
            throw bad_data(where(prefix), "a list without an end");
        if (!most.empty()) last = std::move(most);
        for (auto& object : page.objects) {
            if (!object.key.starts_with(before_))
                throw bad_data(where(prefix), "a list of something else");
            object.key.erase(0, before_.size());
        }
        for (auto& one : page.prefixes)
            if (one.starts_with(before_)) one.erase(0, before_.size());
        each(std::move(page));
    } while (!next.empty());
}

}  // namespace stretto::s3

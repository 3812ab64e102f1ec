#pragma once
// What a page gives to one peer: kept chunks and indexes, and nothing else, at a bounded rate. The
// counterpart of rtc/answers and peer/seeder.
#include <deque>
#include <functional>
#include <set>

#include "http/message.hpp"
#include "rtc/frame.hpp"
#include "web/page.hpp"
#include "web/passes.hpp"

namespace stretto::web {

/// The upload limit of a page: a token bucket that all its links share.
class Bucket {
   public:
    explicit Bucket(double bytes_per_s) : rate_(bytes_per_s) {}
    /// Up to `most` bytes may be sent now; 0: later.
    std::size_t take(std::size_t most, double now);
    /// Bytes that are sent at once, or work that is worth as many, are paid for by what comes
    /// later, of two seconds at most.
    void owe(std::size_t bytes);
    /// So much is owed that nothing more is to be promised.
    bool is_overdrawn(double now);
    /// Until a message may be sent. @return s
    double wait() const;

   private:
    void refill(double now);
    double rate_, tokens_ = 0, filled_ = 0;
};

class Uploads {
   public:
    static constexpr std::size_t most = 4;  ///< at a time; more are answered with 503
    struct Rules {
        bool urgent = false;          ///< our own sound needs the whole link
        Passes passes = Passes{};     ///< that the tracker demands
        std::set<std::string> given;  ///< songs that were announced and may be shared
    };

    /// @param peer  the id of the other end
    Uploads(Page& page, Rules& rules, Bucket& bucket, std::string peer,
            std::function<void(const rtc::Frame&)> send)
        : page_(page),
          rules_(rules),
          bucket_(bucket),
          peer_(std::move(peer)),
          send_(std::move(send)) {}

    /// An ask or a stop. Malformed: a breach.
    Result<bool> take(const rtc::Frame& frame);
    bool has(int number) const;
    /// A kept file that was read; nullopt: it is not there.
    void read(int number, std::optional<BytesView> bytes);
    /// A pass that was verified: what it holds, both empty if its signature is wrong. Malformed: a
    /// breach.
    Result<bool> verified(int number, std::string_view header, std::string_view claims);
    /// Send one message of a body; bodies take turns. @return its bytes; 0: there is none
    std::size_t fill();
    bool empty() const noexcept { return open_.empty(); }
    bool waits() const noexcept;  ///< bytes wait for the bucket, or for room

   private:
    struct Upload {
        std::uint32_t request = 0;
        int number = 0;       ///< of the reading, or of the verifying
        std::string pass;     ///< shown with it
        http::Request asked;  ///< while its pass is being verified
        int kbps = 0;
        bool stopped = false;  ///< nobody wants it, but it is still being read
        std::string id, path;
        std::uint64_t begin = 0, length = 0, size = 0;
        bool part = false, here = false;
        Bytes bytes;  ///< of the part
        std::size_t sent = 0;
    };
    Result<bool> take_ask(const rtc::Frame& frame);
    Result<bool> admit(Upload&& upload, http::Request&& request);
    Result<bool> begin(Upload&& upload, const http::Request& request);
    Result<bool> refuse(std::uint32_t request, int status, std::string_view fields = {});
    void head(const Upload& upload, bool last);
    void send_head(std::uint32_t request, bool last, const std::string& head);
    std::string have(const std::string& id, const std::string& path) const;

    Page& page_;
    Rules& rules_;
    Bucket& bucket_;
    std::string peer_;
    std::function<void(const rtc::Frame&)> send_;
    std::deque<Upload> open_;               // the next to send first
    double refusals_ = 0, refused_at_ = 0;  // of late
};

}  // namespace stretto::web

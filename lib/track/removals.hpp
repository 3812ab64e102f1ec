#pragma once
// Reads the removal log of an origin again and again, so that what was taken down there goes from
// here too. See stretto-store(5).
#include <functional>
#include <unordered_map>
#include <unordered_set>

#include "http/ask.hpp"
#include "net/life.hpp"
#include "song/removals.hpp"

namespace stretto::track {

/// Used on one loop.
class Removals {
   public:
    /// What there is to know when the log was read.
    struct Read {
        const std::unordered_set<std::string>& all;  ///< ids
        /// Those seen for the first time, and again some times in the ten minutes after that:
        /// servers on the way may learn of them later than we do, and still send what they keep.
        const std::vector<std::string>& due;
    };
    using Call = std::function<void(const Read&)>;

    /// @param servers  "http://host:port", asked one after the other while they fail
    /// @param wanted   asked before it is read; false: nothing is here that could go
    /// @param call     whenever the log was read, though nothing was new
    Removals(net::Loop& loop, const std::vector<std::string>& servers, std::function<bool()> wanted,
             Call call);

   private:
    void ask();
    void take(const http::Whole& answer);
    bool take_log(std::string_view log);
    void tell();

    net::Loop& loop_;
    std::function<bool()> wanted_;
    Call call_;
    std::vector<std::unique_ptr<http::Upstream>> servers_;
    std::size_t server_ = 0;
    std::string tag_;  // of the log that was read last
    std::unordered_set<std::string> all_;
    struct Recent {
        std::uint64_t first_ms = 0;
        std::size_t told = 0;  // times
    };
    std::unordered_map<std::string, Recent> recent_;
    net::Timer again_;
    net::Life life_;
};

}  // namespace stretto::track

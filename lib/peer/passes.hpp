#pragma once
// What clients of a peer have to show: whether its tracker demands passes, the keys that sign them,
// and the passes that were right.
#include <optional>
#include <unordered_map>
#include <vector>

#include "http/limiter.hpp"
#include "net/socket.hpp"
#include "sign/pass.hpp"

namespace stretto::peer {

/// Used on one loop. Times are Unix seconds, and ms of the loop.
class Passes {
   public:
    static constexpr std::size_t most_keys = 8, most_known = 1024;
    /// New passes of an address whose signature is verified, a second; a pass is for ten minutes.
    static constexpr double signatures_per_s = 20;
    /// No pass outlives its key by more.
    static constexpr std::int64_t key_s = sign::pass_s + sign::leeway_s;

    /// The tracker has answered. It signs passes with this key, or demands none (nullopt). Two
    /// trackers behind one name take turns: a key counts as long as there may be passes of it, and
    /// passes are demanded as long as there is a key.
    void learn(const std::optional<sign::PublicKey>& key, std::int64_t now_s);

    /// How to refuse.
    struct Refusal {
        int status = 403;  ///< or 503: later it may be otherwise
        std::string why;
    };
    struct Asked {
        std::string_view pass, song;
        net::Address client;
        int kbps = 0;
        std::string_view rtc = {};  ///< id of a WebRTC peer, in place of the address
    };
    /// nullopt: the client may have it. Until the tracker has answered, nobody may have anything.
    std::optional<Refusal> refuse(const Asked& asked, std::int64_t now_s, std::uint64_t now_ms);

    std::uint64_t verified() const noexcept { return verified_; }  ///< signatures

   private:
    struct Key {
        std::string id;
        sign::PublicKey key;
        std::int64_t until_s;
    };
    std::optional<Refusal> refuse_pass(const sign::Pass& pass, const Asked& asked,
                                       std::int64_t now_s) const;

    bool answered_ = false;
    std::vector<Key> keys_;
    std::unordered_map<std::string, sign::Pass> known_;
    http::Limiter limiter_{signatures_per_s};
    std::uint64_t verified_ = 0;
};

}  // namespace stretto::peer

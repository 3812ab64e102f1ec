#pragma once
// What a page demands of its peers, as its tracker says: the keys that sign passes, and the passes
// that were right. The counterpart of peer/passes; the browser verifies signatures (WebCrypto).
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "swarm/pass.hpp"

namespace stretto::web {

class Passes {
   public:
    static constexpr std::size_t most_keys = 8, most_known = 256;

    /// @param verifies  the browser can: on https and on this machine. Else nothing is given while
    ///                  passes are demanded.
    explicit Passes(bool verifies = false) : verifies_(verifies) {}

    /// The tracker has answered. @param point  of its key, see stretto-protocol(7); empty: it
    /// demands no passes. A key counts for as long as there may be passes of it.
    void learn(const std::string& point, std::int64_t now_s);
    bool demanded() const noexcept { return !keys_.empty(); }
    bool verifies() const noexcept { return verifies_; }
    /// The keys, a line each.
    std::string points() const;

    struct Asked {
        std::string_view pass, peer, song;
        int kbps = 0;
    };
    enum class Verdict { yes, no, unknown };  ///< unknown: the signature is to be verified
    Verdict of(const Asked& asked, std::int64_t now_s) const;
    /// Its signature is right. @param header, claims  what it holds
    void keep(const std::string& pass, std::string_view header, std::string_view claims);

   private:
    bool verifies_;
    std::vector<std::pair<std::string, std::int64_t>> keys_;  // point, and until when
    std::map<std::string, swarm::Pass, std::less<>> known_;
};

}  // namespace stretto::web

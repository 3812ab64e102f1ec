#pragma once
// Lets requests in that carry an access token (stretto-protocol(7)).
#include <atomic>
#include <memory>
#include <optional>

#include "http/server.hpp"
#include "http/token.hpp"
#include "net/networks.hpp"
#include "sign/verifier.hpp"

namespace stretto::http {

class Status;

/// What all threads of a server share.
struct Access {
    sign::Keyring keys;
    net::Networks exempt;  ///< clients that need no token: edges, trackers
    std::string audience;  ///< our name, for tokens that are only for some servers
    std::atomic<std::uint64_t> accepted{0}, missing{0}, invalid{0}, beyond{0};
};

/// Of the options of a server. nullptr: without tokens.
std::unique_ptr<Access> access_of(const std::string& keys, const std::vector<std::string>& exempt,
                                  const std::string& name);
void add_metrics(Status& status, const Access& access);

/// A request that was let in.
struct Admitted {
    std::shared_ptr<const sign::Token> token;  ///< nullptr: of a client that needs none
    int most_kbps() const noexcept { return token ? token->kbps : 0; }
    bool allows_kbps(int kbps) const noexcept { return !token || token->allows_kbps(kbps); }
};

/// One for each thread.
class Gate {
   public:
    explicit Gate(Access& access) : access_(access), verifier_(access.keys) {}

    enum class Scope { any, this_uri };
    /// nullopt: it was refused, and is answered: 401 without a valid token, 403 with one for
    /// something else.
    /// @param incoming  with the target that the token was taken out of
    std::optional<Admitted> admit(const Incoming& incoming, const Carried& carried, Scope scope,
                                  const Reply& reply);
    /// 403: its token was admitted, but is not for this.
    void refuse(const Reply& reply, std::string_view why);

   private:
    Access& access_;
    sign::Verifier verifier_;
};

}  // namespace stretto::http

#pragma once
// What a server needs to speak TLS: certificates, by the name that a client asks for, and the keys
// of session tickets.
//
//  - TLS 1.2 and 1.3, with the ciphers and groups of Mozilla's intermediate configuration (version
//    5.7) less finite-field Diffie-Hellman, which costs a server far more than its client.
//  - Session tickets (RFC 5077, RFC 8446 4.6.1) are sealed with a key that is used for 12 hours and
//    accepted for 12 more. It is only in memory. There is no session cache.
//  - ALPN: h2, http/1.1. A client that offers only other protocols gets an alert.
//  - No renegotiation, compression or early data.
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/text.hpp"

namespace stretto::http {

class Status;
class TlsContexts;
struct TicketKeys;

/// Safe to use from any thread.
class Certificates {
   public:
    struct Pair {
        std::string certificate;  ///< PEM file with the certificate, then those of its issuers
        std::string key;          ///< PEM file; empty: in the same file
    };

    using Clock = std::chrono::steady_clock;
    using Now = std::function<Clock::time_point()>;

    /// Throws an Error: 66 if a file cannot be read, 65 if a certificate or key is none.
    /// @param client_authority  PEM file: clients need a certificate of one of these; empty: none
    explicit Certificates(std::vector<Pair> pairs, std::string client_authority = {},
                          Now now = Clock::now);
    /// A certificate of our own for these names and addresses, valid for 90 days. Its key is only
    /// in memory. The certificate is written to `file`, for clients that are to trust it.
    Certificates(const std::string& file, const std::vector<std::string>& names,
                 std::string client_authority = {}, Now now = Clock::now);
    ~Certificates();

    /// Read the files again, but not a certificate of our own. On an Error the old certificates
    /// stay. Connections that are open keep what they began with.
    void reload();

    std::shared_ptr<const TlsContexts> current() const;
    /// When the first of the certificates expires, Unix seconds.
    std::int64_t expires() const;

   private:
    std::vector<Pair> pairs_;
    std::string client_authority_;
    struct Own;
    std::unique_ptr<Own> own_;  // self-signed
    std::shared_ptr<TicketKeys> tickets_;
    mutable std::mutex mutex_;
    std::shared_ptr<const TlsContexts> contexts_;  // guarded by mutex_
};

/// The options of a server: `--tls-cert`, `--tls-key`, `--tls-self-signed` and `--client-ca`.
/// @param listen  addresses ("host:port"), whose hosts a self-signed certificate names
/// @return nullptr: none of them. An Error (64) if they do not fit together.
std::unique_ptr<Certificates> certificates_of(const std::vector<std::string>& certificates,
                                              const std::vector<std::string>& keys,
                                              const std::string& self_signed,
                                              const std::string& client_authority,
                                              const std::vector<std::string>& listen);

/// When the first of them expires.
void add_metrics(Status& status, const Certificates& certificates);

/// Whether the listener speaks TLS: one that is written "http://HOST:PORT" does not, any other does
/// when there are certificates. "https://HOST:PORT" without certificates is an Error (64). The
/// scheme is removed.
bool speaks_tls(std::string& listen, const Certificates* certificates);

}  // namespace stretto::http

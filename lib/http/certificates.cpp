#include "http/certificates.hpp"

#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <cstring>

#include "base/digest.hpp"
#include "base/draft.hpp"
#include "base/file.hpp"
#include "http/status.hpp"
#include "http/tls_contexts.hpp"
#include "net/socket.hpp"

namespace stretto::http {
namespace {

constexpr std::size_t most_file_bytes = 1u << 20;
constexpr std::chrono::hours ticket_key_time{12};  // in use; then accepted for the same time again
constexpr int self_signed_days = 90;

constexpr const char* ciphers_1_2 =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* groups = "X25519:P-256:P-384";

std::string lower(std::string_view name) {
    std::string out{name};
    for (auto& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return out;
}

/// The DNS names of a certificate, sorted; its common name if it has none (RFC 6125 6.4.4).
std::vector<std::string> names_of(X509* certificate) {
    std::vector<std::string> names;
    const auto add = [&](const ASN1_STRING* name) {
        const std::string_view text{reinterpret_cast<const char*>(ASN1_STRING_get0_data(name)),
                                    static_cast<std::size_t>(ASN1_STRING_length(name))};
        if (text.find('\0') == std::string_view::npos) names.push_back(lower(text));
    };
    const GeneralNames all{static_cast<GENERAL_NAMES*>(
        X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr))};
    for (int i = 0; all && i < sk_GENERAL_NAME_num(all.get()); ++i) {
        const auto* name = sk_GENERAL_NAME_value(all.get(), i);
        if (name->type == GEN_DNS) add(name->d.dNSName);
    }
    auto* subject = X509_get_subject_name(certificate);
    const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (names.empty() && at >= 0) add(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    std::ranges::sort(names);
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

std::int64_t expiry(const X509* certificate) {
    std::tm when{};
    if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &when) != 1) return 0;
    return timegm(&when);
}

/// Refuse keys with a passphrase, because nobody can enter it.
int no_passphrase(char*, int, int, void*) noexcept { return -1; }

/// A PEM file in memory.
struct Pem {
    explicit Pem(const std::string& file)
        : bytes(read_file(file, most_file_bytes)),
          bio(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size()))) {
        check_openssl(bio != nullptr, "BIO_new_mem_buf");
    }
    ~Pem() { OPENSSL_cleanse(bytes.data(), bytes.size()); }
    Bytes bytes;
    Bio bio;
};

int select_protocol(SSL*, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* in, unsigned in_size, void*) noexcept {
    static constexpr unsigned char ours[] =
        "\x02h2\x08http/1.1\x08http/1.0";  // the choice points into it
    unsigned char* chosen = nullptr;
    if (SSL_select_next_proto(&chosen, out_size, ours, sizeof ours - 1, in, in_size) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

void add_extension(X509* certificate, int kind, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    const std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>> extension{
        X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str())};
    check_openssl(extension && X509_add_ext(certificate, extension.get(), -1) == 1,
                  "X509V3_EXT_conf_nid");
}

Certificate self_signed(EVP_PKEY* key, const std::vector<std::string>& names) {
    Certificate certificate{X509_new()};
    check_openssl(certificate != nullptr, "X509_new");
    auto* c = certificate.get();
    std::uint64_t serial = 0;
    check_openssl(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1,
                  "RAND_bytes");
    X509_set_version(c, X509_VERSION_3);
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(c), serial >> 1);
    X509_gmtime_adj(X509_getm_notBefore(c), -3600);  // clocks differ
    X509_gmtime_adj(X509_getm_notAfter(c), 86400L * self_signed_days);
    auto* subject = X509_get_subject_name(c);
    // whoever trusts several such certificates finds the right one by this name
    const auto name = text("stretto, a certificate of its own, ", serial >> 1);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509_set_issuer_name(c, subject);
    X509_set_pubkey(c, key);
    std::string all;
    for (const auto& host : names)
        all += text(all.empty() ? "" : ",", net::parse_address(host) ? "IP:" : "DNS:", host);
    add_extension(c, NID_subject_alt_name, all);
    add_extension(c, NID_basic_constraints, "critical,CA:FALSE");
    add_extension(c, NID_key_usage, "critical,digitalSignature");
    add_extension(c, NID_ext_key_usage, "serverAuth");
    check_openssl(X509_sign(c, key, EVP_sha256()) > 0, "X509_sign");
    return certificate;
}

std::string print_pem(X509* certificate) {
    const Bio bio{BIO_new(BIO_s_mem())};
    check_openssl(bio && PEM_write_bio_X509(bio.get(), certificate) == 1, "PEM_write_bio_X509");
    char* bytes = nullptr;
    const auto size = BIO_get_mem_data(bio.get(), &bytes);
    return {bytes, static_cast<std::size_t>(size)};
}

/// Host names that a certificate can contain; other hosts of --listen are addresses.
bool can_be_named(const std::string& host) {
    return !host.empty() && std::ranges::all_of(host, [](unsigned char c) {
        return std::isalnum(c) || c == '.' || c == '-' || c == ':';
    });
}

}  // namespace

struct TicketKeys {
    struct One {
        std::array<unsigned char, 16> name;
        std::array<unsigned char, 32> seal, mac;
    };
    explicit TicketKeys(Certificates::Now clock) : time(std::move(clock)) {
        check_openssl(renew(current), "RAND_bytes");
    }
    ~TicketKeys() {
        OPENSSL_cleanse(&current, sizeof current);
        OPENSSL_cleanse(&before, sizeof before);
    }
    static bool renew(One& one) noexcept {
        return RAND_bytes(one.name.data(), sizeof one.name) == 1 &&
               RAND_priv_bytes(one.seal.data(), sizeof one.seal) == 1 &&
               RAND_priv_bytes(one.mac.data(), sizeof one.mac) == 1;
    }
    void rotate() noexcept {
        const auto age = time() - since;
        if (age < ticket_key_time) return;
        One fresh;
        if (!renew(fresh)) return;  // keep the old key rather than none
        has_before = age < 2 * ticket_key_time;
        before = std::exchange(current, fresh);
        since += age;
        OPENSSL_cleanse(&fresh, sizeof fresh);
    }

    std::mutex mutex;  // guards all of it
    One current, before{};
    bool has_before = false;
    Certificates::Now time;
    Certificates::Clock::time_point since = time();
};

/// A ticket is valid only with the same authorities. With others, the certificate in the session
/// must be verified again.
TlsContexts::TlsContexts(std::shared_ptr<TicketKeys> tickets, const std::string& client_authority)
    : tickets_(std::move(tickets)), session_context_(sha256({})) {
    if (client_authority.empty()) return;
    const Pem file{client_authority};
    authorities_.reset(X509_STORE_new());
    check_openssl(authorities_ != nullptr, "X509_STORE_new");
    ERR_clear_error();
    while (Certificate next{PEM_read_bio_X509(file.bio.get(), nullptr, no_passphrase, nullptr)}) {
        check_openssl(X509_STORE_add_cert(authorities_.get(), next.get()) == 1,
                      "X509_STORE_add_cert");
        authority_certificates_.push_back(std::move(next));
    }
    if (authority_certificates_.empty())
        throw bad_data(client_authority, "no certificate in PEM: " + why_openssl_failed());
    ERR_clear_error();  // the end of the file
    session_context_ = sha256(file.bytes);
}

SslContext TlsContexts::make_context() const {
    SslContext context{SSL_CTX_new(TLS_server_method())};
    check_openssl(context != nullptr, "SSL_CTX_new");
    auto* c = context.get();
    SSL_CTX_set_options(c, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    // idle connections keep no buffers; a repeated write may use another buffer
    SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
    // one ticket is enough: a client that resumes gets the next one
    SSL_CTX_set_num_tickets(c, 1);
    SSL_CTX_set_timeout(c, static_cast<long>(std::chrono::seconds{2 * ticket_key_time}.count()));
    check_openssl(SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION) == 1 &&
                      SSL_CTX_set_cipher_list(c, ciphers_1_2) == 1 &&
                      SSL_CTX_set1_groups_list(c, groups) == 1 &&
                      SSL_CTX_set_session_id_context(c, session_context_.data(),
                                                     session_context_.size()) == 1,
                  "SSL_CTX_set");
    if (authorities_) {
        SSL_CTX_set1_cert_store(c, authorities_.get());
        SSL_CTX_set_verify(c, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
        for (const auto& authority : authority_certificates_)
            check_openssl(SSL_CTX_add_client_CA(c, authority.get()) == 1, "SSL_CTX_add_client_CA");
    }
    SSL_CTX_set_alpn_select_cb(c, select_protocol, nullptr);
    SSL_CTX_set_tlsext_servername_callback(c, choose);
    SSL_CTX_set_tlsext_ticket_key_evp_cb(c, ticket);
    return context;
}

void TlsContexts::keep(SslContext context) {
    auto* certificate = SSL_CTX_get0_certificate(context.get());
    expires_ = std::min(expires_, expiry(certificate));
    auto names = names_of(certificate);
    for (const auto& name : names) by_name_.try_emplace(name, context.get());
    by_names_.try_emplace(std::move(names), context.get());
    all_.push_back(std::move(context));
}

void TlsContexts::add(const Certificates::Pair& pair) {
    const Pem file{pair.certificate};
    const Certificate leaf{PEM_read_bio_X509_AUX(file.bio.get(), nullptr, no_passphrase, nullptr)};
    if (!leaf) throw bad_data(pair.certificate, "no certificate in PEM: " + why_openssl_failed());
    const auto& key_file = pair.key.empty() ? pair.certificate : pair.key;
    const Pem key_pem{key_file};
    const Key key{PEM_read_bio_PrivateKey(key_pem.bio.get(), nullptr, no_passphrase, nullptr)};
    if (!key)
        throw bad_data(key_file,
                       "no private key in PEM without a passphrase: " + why_openssl_failed());

    // an RSA and an ECDSA certificate with the same names share a context
    const auto same = by_names_.find(names_of(leaf.get()));
    auto fresh = make_context();
    const auto fill = [&](SSL_CTX* c) {
        ERR_clear_error();
        if (SSL_CTX_use_certificate(c, leaf.get()) != 1)
            throw bad_data(pair.certificate, why_openssl_failed());
        if (SSL_CTX_use_PrivateKey(c, key.get()) != 1 || SSL_CTX_check_private_key(c) != 1)
            throw bad_data(key_file,
                           text("not the key of '", pair.certificate, "': ", why_openssl_failed()));
        BIO_reset(file.bio.get());
        Certificate{PEM_read_bio_X509_AUX(file.bio.get(), nullptr, no_passphrase, nullptr)};
        SSL_CTX_clear_chain_certs(c);
        while (Certificate next{PEM_read_bio_X509(file.bio.get(), nullptr, no_passphrase, nullptr)})
            check_openssl(SSL_CTX_add1_chain_cert(c, next.get()) == 1, "SSL_CTX_add1_chain_cert");
        ERR_clear_error();  // the end of the file
    };
    fill(fresh.get());
    if (same != by_names_.end() && EVP_PKEY_get_base_id(SSL_CTX_get0_privatekey(same->second)) !=
                                       EVP_PKEY_get_base_id(key.get())) {
        fill(same->second);
        expires_ = std::min(expires_, expiry(leaf.get()));
        return;
    }
    keep(std::move(fresh));
}

void TlsContexts::add(X509* certificate, EVP_PKEY* key) {
    auto context = make_context();
    check_openssl(SSL_CTX_use_certificate(context.get(), certificate) == 1 &&
                      SSL_CTX_use_PrivateKey(context.get(), key) == 1,
                  "SSL_CTX_use_certificate");
    keep(std::move(context));
}

SSL* TlsContexts::make() const {
    auto* ssl = SSL_new(all_.front().get());
    if (!ssl) return nullptr;
    SSL_set_app_data(ssl, const_cast<TlsContexts*>(this));
    SSL_set_accept_state(ssl);
    return ssl;
}

SSL_CTX* TlsContexts::named(std::string_view name) const {
    const auto asked = lower(name);
    auto found = by_name_.find(asked);
    const auto dot = asked.find('.');
    if (found == by_name_.end() && dot != std::string::npos)
        found = by_name_.find(text("*", std::string_view{asked}.substr(dot)));
    return found == by_name_.end() ? nullptr : found->second;
}

int TlsContexts::choose(SSL* ssl, int*, void*) noexcept {
    const auto* self = static_cast<const TlsContexts*>(SSL_get_app_data(ssl));
    const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    if (!name) return SSL_TLSEXT_ERR_NOACK;
    try {
        auto* context = self->named(name);
        if (!context) return SSL_TLSEXT_ERR_NOACK;
        SSL_set_SSL_CTX(ssl, context);
        return SSL_TLSEXT_ERR_OK;
    } catch (const std::exception&) {  // out of memory: use the first certificate
        return SSL_TLSEXT_ERR_NOACK;
    }
}

/// @return  see SSL_CTX_set_tlsext_ticket_key_evp_cb(3): -1 failed, 0 no such key, 1 done, 2 done
/// and
///          renew the ticket
int TlsContexts::ticket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                        EVP_MAC_CTX* mac, int sealing) noexcept {
    auto& keys = *static_cast<const TlsContexts*>(SSL_get_app_data(ssl))->tickets_;
    const std::lock_guard lock{keys.mutex};
    keys.rotate();
    auto* key = &keys.current;
    if (sealing) {
        std::memcpy(name, key->name.data(), key->name.size());
        if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1) return -1;
    } else if (std::memcmp(name, key->name.data(), key->name.size()) != 0) {
        key = &keys.before;
        if (!keys.has_before || std::memcmp(name, key->name.data(), key->name.size()) != 0)
            return 0;
    }
    char digest[] = "SHA256";
    const OSSL_PARAM how[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key->mac.data(), key->mac.size()),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end()};
    if (EVP_MAC_CTX_set_params(mac, how) != 1 ||
        EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key->seal.data(), iv, sealing) != 1)
        return -1;
    return key == &keys.current ? 1 : 2;
}

struct Certificates::Own {
    Certificate certificate;
    Key key;
};

Certificates::Certificates(std::vector<Pair> pairs, std::string client_authority, Now now)
    : pairs_(std::move(pairs)),
      client_authority_(std::move(client_authority)),
      tickets_(std::make_shared<TicketKeys>(std::move(now))) {
    reload();
}

Certificates::Certificates(const std::string& file, const std::vector<std::string>& names,
                           std::string client_authority, Now now)
    : client_authority_(std::move(client_authority)),
      own_(std::make_unique<Own>()),
      tickets_(std::make_shared<TicketKeys>(std::move(now))) {
    own_->key.reset(EVP_EC_gen("P-256"));
    check_openssl(own_->key != nullptr, "EVP_EC_gen");
    own_->certificate = self_signed(own_->key.get(), names);
    reload();
    Draft draft{file};
    draft.write(as_bytes(print_pem(own_->certificate.get())));
    draft.commit();
}

Certificates::~Certificates() = default;

void Certificates::reload() {
    auto contexts = std::make_shared<TlsContexts>(tickets_, client_authority_);
    if (own_) contexts->add(own_->certificate.get(), own_->key.get());
    for (const auto& pair : pairs_) contexts->add(pair);
    const std::lock_guard lock{mutex_};
    contexts_ = std::move(contexts);
}

std::shared_ptr<const TlsContexts> Certificates::current() const {
    const std::lock_guard lock{mutex_};
    return contexts_;
}

std::int64_t Certificates::expires() const { return current()->expires(); }

std::unique_ptr<Certificates> certificates_of(const std::vector<std::string>& certificates,
                                              const std::vector<std::string>& keys,
                                              const std::string& self_signed,
                                              const std::string& client_authority,
                                              const std::vector<std::string>& listen) {
    if (!self_signed.empty()) {
        if (!certificates.empty() || !keys.empty())
            throw Error{EX_USAGE, "--tls-self-signed is instead of --tls-cert and --tls-key"};
        std::vector<std::string> names{"localhost", "127.0.0.1", "::1"};
        std::array<char, 256> own{};
        if (::gethostname(own.data(), own.size() - 1) == 0) names.emplace_back(own.data());
        for (auto host : listen) {
            if (const auto scheme = host.find("://"); scheme != std::string::npos)
                host.erase(0, scheme + 3);
            host.resize(std::min(host.size(), host.rfind(':')));
            std::erase_if(host, [](char c) { return c == '[' || c == ']'; });
            names.push_back(host);
        }
        std::erase_if(names, [](const std::string& name) { return !can_be_named(name); });
        std::ranges::sort(names);
        names.erase(std::unique(names.begin(), names.end()), names.end());
        return std::make_unique<Certificates>(self_signed, names, client_authority);
    }
    if (!keys.empty() && keys.size() != certificates.size())
        throw Error{EX_USAGE, text("there are ", certificates.size(), " --tls-cert and ",
                                   keys.size(), " --tls-key; each certificate needs its key")};
    if (certificates.empty() && !client_authority.empty())
        throw Error{EX_USAGE, "--client-ca needs --tls-cert"};
    if (certificates.empty()) return nullptr;
    std::vector<Certificates::Pair> pairs;
    for (std::size_t i = 0; i < certificates.size(); ++i)
        pairs.push_back({certificates[i], keys.empty() ? "" : keys[i]});
    return std::make_unique<Certificates>(std::move(pairs), client_authority);
}

void add_metrics(Status& status, const Certificates& certificates) {
    status.add([&certificates](std::vector<Metric>& metrics) {
        metrics.push_back({"tls_certificate_expiry_seconds",
                           "When the first of the certificates expires, Unix time.",
                           static_cast<double>(certificates.expires()), ""});
    });
}

bool speaks_tls(std::string& listen, const Certificates* certificates) {
    constexpr std::string_view plain = "http://", secure = "https://";
    if (listen.starts_with(plain)) {
        listen.erase(0, plain.size());
        return false;
    }
    if (listen.starts_with(secure)) {
        if (!certificates) throw Error{EX_USAGE, text("--listen ", listen, " needs --tls-cert")};
        listen.erase(0, secure.size());
    }
    return certificates != nullptr;
}

}  // namespace stretto::http

// stretto-subsonic: the songs of a server for apps that speak the OpenSubsonic API. See
// stretto-subsonic(1).
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <iostream>
#include <random>

#include "base/confine.hpp"
#include "base/file.hpp"
#include "base/program.hpp"
#include "http/certificates.hpp"
#include "http/daemon.hpp"
#include "http/place.hpp"
#include "subsonic/site.hpp"

using namespace stretto;

namespace {

constexpr std::string_view examples =
    "  stretto-subsonic --keys keys --generate anna\n"
    "  stretto-subsonic --keys keys --upstream http://127.0.0.1:8480 --listen 127.0.0.1:4533\n"
    "  curl 'http://127.0.0.1:4533/rest/getArtists?f=json&apiKey=KEY'";

constexpr std::size_t most_file_bytes = 16u << 20;

struct Options : ServerOptions {
    Options() { listen = {"127.0.0.1:4533"}; }

    std::string upstream, keys, cacert, generate;
    unsigned wrong_keys = 10;
    int refresh_s = 60, upstream_timeout_s = 10;
};

void add_options(Arguments& app, const Settings& settings, Options& o) {
    add_server_options(settings, o, false);
    settings.add("upstream", o.upstream, "The origin or edge that has the songs")->type_name("URL");
    settings
        .add("keys", o.keys,
             "Names of listeners and hashes of their keys, one per line; SIGHUP reads it again")
        ->type_name("FILE");
    settings
        .add(
            "wrong-keys", o.wrong_keys,
            "Wrong keys per minute from one address; then it is refused for the rest of the minute")
        ->range(1, 1'000'000)
        ->capture_default_str();
    settings.add("refresh", o.refresh_s, "Seconds until the list of songs is read again")
        ->range(1, 86400)
        ->capture_default_str();
    settings
        .add("upstream-timeout", o.upstream_timeout_s,
             "Seconds without a byte until the upstream server counts as failed")
        ->range(1, 3600)
        ->capture_default_str();
    settings
        .add("cacert", o.cacert,
             "Trust the certificates in this PEM file (CURL_CA_BUNDLE, SSL_CERT_FILE, else the "
             "system's)")
        ->type_name("FILE");
    app.add_option("--generate", o.generate,
                   "Print a new key for this listener, add its hash to the file of --keys, and end")
        ->type_name("NAME");
}

subsonic::Keys read_keys(const std::string& file) {
    return must(subsonic::Keys::parse(as_text(read_file(file, most_file_bytes))), file);
}

http::Upstream::Limits upstream_limits(const Options& o, long connections) {
    http::Upstream::Limits limits;
    limits.connections = connections;
    limits.stall = std::chrono::seconds{o.upstream_timeout_s};
    limits.proxy = true;
    return limits;
}

http::Limits server_limits(const Options& o, std::size_t descriptors) {
    constexpr std::size_t own = 512;  // connections to the upstream server, logs
    http::Limits limits;
    limits.body_bytes = 64u << 10;  // of a form; it is read before there is a key
    limits.connections = http::client_connections(o.max_connections, descriptors, own);
    return limits;
}

/// All parts, on one loop.
class Gateway {
   public:
    Gateway(const Options& o, std::size_t descriptors)
        : options_(o),
          certificates_(http::certificates_of(o.tls_certificates, o.tls_keys, o.tls_self_signed,
                                              o.client_authority, o.listen)),
          log_(o.log, o.full_addresses),
          limiter_(o.rate_limit),
          status_(o.name, "subsonic", shared_),
          songs_(loop_, o.upstream, upstream_limits(o, subsonic::Site::most_songs)),
          covers_(loop_, o.upstream, upstream_limits(o, 128)),
          upstream_(loop_, o.upstream, upstream_limits(o, 16)),
          site_(loop_, {songs_, covers_, upstream_}, status_, read_keys(o.keys), o.wrong_keys,
                std::chrono::seconds{o.refresh_s}, std::random_device{}()),
          server_(loop_, site_, server_limits(o, descriptors), shared_) {
        if (certificates_) http::add_metrics(status_, *certificates_);
        daemon_.reloads().add("access log", [this] { log_.reopen(); });
        if (certificates_)
            daemon_.reloads().add("certificates", [this] { certificates_->reload(); });
        daemon_.reloads().add("keys", [this] { site_.set_keys(read_keys(options_.keys)); });
    }

    void run() {
        daemon_.listen(server_, options_.listen, certificates_.get());
        daemon_.run(loop_, server_, status_, "serving", std::chrono::seconds{options_.grace});
    }

   private:
    const Options& options_;
    http::Daemon daemon_;
    std::unique_ptr<http::Certificates> certificates_;
    http::AccessLog log_;
    http::Limiter limiter_;
    http::Shared shared_{{},
                         log_,
                         limiter_,
                         net::parse_networks(options_.proxies),
                         net::parse_networks(options_.allowed)};
    http::Status status_;
    net::Loop loop_;
    http::Upstream songs_, covers_, upstream_;  // slow readers of one stop only the same
    subsonic::Site site_;
    http::Server server_;
};

int serve(const Options& o) {
    if (o.upstream.empty()) throw Error{EX_USAGE, "--upstream is missing"};
    if (!http::parse_place(o.upstream).known || !o.upstream.starts_with("http"))
        throw Error{EX_USAGE,
                    text("'", http::without_userinfo(o.upstream), "' is not an http URL")};
    if (const auto missing = confine_server({{}, files_written(o)}); !missing.empty())
        note(text("this kernel has no ", missing));
    Gateway{o, net::raise_descriptors()}.run();
    return 0;
}

std::array<std::uint8_t, 16> random_bytes() {
    std::random_device random;  // the kernel's
    std::array<std::uint8_t, 16> bytes;
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
    return bytes;
}

/// The key is printed after its hash is in the file.
int generate(const Options& o) {
    if (!subsonic::Keys::is_name(o.generate))
        throw Error{EX_USAGE,
                    text("'", o.generate, "' is not a name: 1 to 64 visible ASCII characters")};
    const auto key = subsonic::Keys::print_key(random_bytes());
    const File file{::open(o.keys.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600)};
    // nobody else appends what a full disk makes us take back
    if (!file || ::flock(file.fd(), LOCK_EX) != 0) throw output_error(o.keys);
    const auto before = read_rest(file.fd(), most_file_bytes, o.keys);
    if (!before) throw bad_data(o.keys, "the file is too large");
    (void)must(subsonic::Keys::parse(as_text(*before)), o.keys);
    const bool torn = !before->empty() && before->back() != '\n';
    const auto head = before->empty() ? subsonic::Keys::print_salt(random_bytes())
                                      : std::string{torn ? "\n" : ""};
    try {
        write_all(file.fd(), as_bytes(head + subsonic::Keys::print_line(o.generate, key)), o.keys);
        sync(file.fd(), o.keys);
    } catch (const Error&) {  // a full disk: half a line would make the file invalid
        (void)!::ftruncate(file.fd(), static_cast<off_t>(before->size()));
        throw;
    }
    std::cout << key << '\n';
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    Arguments app{"Serve songs to apps that speak the OpenSubsonic API."};
    const Settings settings{app, "STRETTO_SUBSONIC_"};
    add_options(app, settings, options);
    return program(app, argc, argv, examples, [&] {
        settings.refuse_unknown();
        if (options.keys.empty()) throw Error{EX_USAGE, "--keys is missing"};
        if (!options.generate.empty()) return generate(options);
        if (!options.cacert.empty()) http::trust_certificates(options.cacert);
        http::show_certificate(options.upstream_certificate, options.upstream_key);
        return serve(options);
    });
}

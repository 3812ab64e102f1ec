// stretto-sign: URLs with access tokens, and the keys for them. See stretto-sign(1).
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <ctime>
#include <iostream>
#include <random>

#include "base/digest.hpp"
#include "base/file.hpp"
#include "base/program.hpp"
#include "http/address.hpp"
#include "http/blocking.hpp"
#include "http/place.hpp"
#include "http/token.hpp"
#include "sign/token.hpp"
#include "song/id.hpp"

using namespace stretto;

namespace {

constexpr std::string_view examples =
    "  stretto-sign --generate key.pem\n"
    "  stretto-sign --jwks --key key.pem >keys.json\n"
    "  stretto-sign http://127.0.0.1:8480/songs/frontiers --key key.pem --expires 2h\n"
    "  stretto-sign --token http://127.0.0.1:8480/songs/frontiers --key key.pem --kbps 160 >token";

constexpr std::size_t most_key_bytes = 65536;

struct Options {
    std::vector<std::string> urls, keys, ids;
    std::string generate, expires = "1h", not_before, jti, audience, expression, cacert;
    int kbps = 0;
    bool jwks = false, only_token = false, exact = false;
};

void add_options(Arguments& app, Options& o) {
    app.add_option("--key", o.keys,
                   "Sign with the private key in this PEM file; with --jwks it may be repeated")
        ->envname("STRETTO_SIGN_KEY")
        ->type_name("FILE");
    app.add_option("--expires", o.expires, "Time until the token expires: 90s, 15m, 2h, 30d")
        ->type_name("TIME")
        ->capture_default_str();
    app.add_option("--not-before", o.not_before, "Time until the token becomes valid (at once)")
        ->type_name("TIME");
    app.add_option("--kbps", o.kbps, "Highest bitrate for which the token is valid (no limit)")
        ->range(1, 65535)
        ->type_name("KBPS");
    app.add_option("--id", o.ids,
                   "Id of a song whose name is in URL, instead of asking the URL's server; may be "
                   "repeated")
        ->type_name("ID");
    app.add_flag("--exact", o.exact, "Make a token only for this URL, not for the whole song");
    app.add_option("--regex", o.expression,
                   "Make a token for all URLs that match this extended regular expression")
        ->type_name("ERE");
    app.add_option("--jti", o.jti, "Id of the token, which players write to events (random)")
        ->type_name("ID");
    app.add_option("--audience", o.audience, "Name of the only server that accepts the token")
        ->type_name("NAME");
    app.add_flag("--token", o.only_token, "Print only the token");
    app.add_option("--cacert", o.cacert, "Trust the certificates in this PEM file")
        ->type_name("FILE");
    app.add_option("--generate", o.generate, "Write a new private key to this file")
        ->type_name("FILE");
    app.add_flag("--jwks", o.jwks, "Print the public keys, for --token-keys of a server");
    app.add_option("URL", o.urls, "URL of a song, or of a part of it; several get one token");
}

/// "2h" in seconds.
std::int64_t seconds_of(const std::string& time, const char* option) {
    std::int64_t n = 0;
    const auto* end = time.data() + time.size();
    const auto [stop, code] = std::from_chars(time.data(), end, n);
    const std::string_view unit{stop, static_cast<std::size_t>(end - stop)};
    const std::int64_t factor = unit == "s" || unit.empty() ? 1
                                : unit == "m"               ? 60
                                : unit == "h"               ? 3600
                                : unit == "d"               ? 86400
                                                            : 0;
    constexpr std::int64_t most = 1'000'000;
    if (code != std::errc{} || factor == 0 || n < 0 || n > most)
        throw Error{EX_USAGE, text("--", option, " '", time,
                                   "' is not a time such as 90s, 15m, 2h "
                                   "or 30d")};
    return n * factor;
}

sign::PrivateKey read_key(const std::string& file) {
    return must(sign::PrivateKey::parse_pem(as_text(read_file(file, most_key_bytes))), file);
}

/// Readable by its owner only, and no file that is there already.
void generate(const std::string& path) {
    const File file{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
    if (!file) throw output_error(path);
    const auto pem = sign::PrivateKey::generate().print_pem();
    try {
        write_all(file.fd(), as_bytes(pem), path);
        if (::fsync(file.fd()) != 0) throw output_error(path);
    } catch (const Error&) {
        ::unlink(path.c_str());
        throw;
    }
}

void print_keys(const Options& o) {
    sign::KeySet set;
    for (const auto& file : o.keys) {
        auto key = read_key(file).public_key();
        auto id = key.thumbprint();
        if (set.find(id)) throw bad_data(file, "this key was named before");
        set.keys.push_back({std::move(id), std::move(key)});
    }
    std::cout << sign::print_keys(set) << '\n';
}

/// What is between "/songs/" or "/stream/" and the next slash.
std::string song_of(const std::string& url) {
    const auto path = url.find('/', url.find("://") + 3);
    std::string_view rest =
        path == url.npos ? std::string_view{} : std::string_view{url}.substr(path);
    if (rest.starts_with("/albums/")) rest.remove_prefix(7);
    for (const std::string_view folder : {"/songs/", "/stream/"}) {
        if (!rest.starts_with(folder)) continue;
        rest.remove_prefix(folder.size());
        const std::string song{rest.substr(0, rest.find_first_of("/?"))};
        if (song::is_id(song) || song::is_name(song)) return song;
    }
    throw Error{EX_USAGE, text("'", http::without_userinfo(url),
                               "' is not the URL of a song: use --exact or --regex")};
}

/// The id that the URL's server has for a name: a listener asks by name first, then by id.
std::string ask_id(const std::string& url, const std::string& name) {
    const auto host = url.substr(0, url.find('/', url.find("://") + 3));
    http::Blocking client{host};
    const auto subject = http::without_userinfo(host) + "/names/" + name;
    const auto answer = client.get("/names/" + name, 256);
    if (answer.status != 200)
        throw Error{answer.status == 404 ? EX_NOINPUT : EX_UNAVAILABLE,
                    text("'", subject,
                         "': ", answer.status == 0 ? answer.why : text("status ", answer.status),
                         " (or say --id)")};
    std::string id{as_text(answer.body)};
    while (id.ends_with('\n')) id.pop_back();
    if (!song::is_id(id)) throw bad_data(subject, "the response is not the id of a song");
    return id;
}

/// As a client asks for it, and a server reads it: without fragment, user and empty query, with a
/// path; scheme and host in lower case, and no port that the scheme has anyway.
std::string as_asked(std::string url) {
    url = http::without_userinfo(url.substr(0, url.find('#')));
    if (url.ends_with('?')) url.pop_back();
    const auto host = url.find("://") == url.npos ? 0 : url.find("://") + 3;
    auto end = std::min(url.size(), url.find_first_of("/?", host));
    std::transform(url.begin(), url.begin() + static_cast<std::ptrdiff_t>(end), url.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const std::string_view port = url.starts_with("https:") ? ":443" : ":80";
    if (std::string_view{url}.substr(0, end).ends_with(port)) {
        url.erase(end - port.size(), port.size());
        end -= port.size();
    }
    if (end == url.size() || url[end] == '?') url.insert(end, 1, '/');
    return url;
}

std::string container_of(const Options& o) {
    if (!o.expression.empty()) return "regex:" + o.expression;
    if (o.exact) return sign::Scope::of_uri(as_asked(o.urls[0]));
    std::vector<std::string> songs;
    const auto add = [&](const std::string& song) {
        if (std::find(songs.begin(), songs.end(), song) == songs.end()) songs.push_back(song);
    };
    for (const auto& id : o.ids) add(id);
    for (const auto& url : o.urls) {
        const auto song = song_of(url);
        add(song);
        if (!song::is_id(song) && o.ids.empty()) add(ask_id(url, song));
    }
    return sign::Scope::of_songs(songs);
}

std::string random_id() {
    std::random_device random;
    Bytes bytes;
    for (int i = 0; i < 3; ++i) append_u32(bytes, random());
    return base32(bytes);
}

std::string with_token(const std::string& url, const std::string& token) {
    auto base = url.substr(0, url.find('#'));
    if (base.ends_with('?')) base.pop_back();
    return text(base, base.find('?') == base.npos ? '?' : '&', http::token_name, '=', token);
}

void sign_urls(const Options& o) {
    const auto key = read_key(o.keys[0]);
    sign::Claims claims;
    const std::int64_t now = std::time(nullptr);
    claims.expires = now + seconds_of(o.expires, "expires");
    if (!o.not_before.empty()) claims.not_before = now + seconds_of(o.not_before, "not-before");
    if (claims.expires <= claims.not_before.value_or(now))
        throw Error{EX_USAGE, "the token expires before it is valid: see --expires, --not-before"};
    claims.kbps = o.kbps;
    claims.id = o.jti.empty() ? random_id() : o.jti;
    claims.audience = o.audience;
    claims.container = container_of(o);
    const auto token = sign::print_token(claims, key, key.public_key().thumbprint());
    // what no server would take is not handed out
    if (const auto jws = sign::parse_jws(token); !jws)
        throw Error{EX_DATAERR, text("the token is ", jws.error().why)};
    else if (const auto own = sign::parse_token(*jws); !own)
        throw Error{EX_DATAERR, own.error().why};
    if (o.only_token)
        std::cout << token << '\n';
    else
        for (const auto& url : o.urls) std::cout << with_token(url, token) << '\n';
}

void check(Options& o) {
    const int modes = !o.generate.empty() + o.jwks + !o.urls.empty();
    if (modes == 0) throw Error{EX_USAGE, "name a URL, or use --generate or --jwks"};
    if (modes > 1) throw Error{EX_USAGE, "URL, --generate and --jwks exclude each other"};
    if (!o.generate.empty()) return;
    if (o.keys.empty()) throw Error{EX_USAGE, "--key is missing"};
    if (o.jwks) return;
    if (o.keys.size() > 1) throw Error{EX_USAGE, "one --key signs"};
    for (auto& url : o.urls) url = http::check_url(url);
    if (o.exact && !o.expression.empty())
        throw Error{EX_USAGE, "--exact and --regex exclude each other"};
    if (o.exact && o.urls.size() > 1) throw Error{EX_USAGE, "--exact is for one URL"};
    for (const auto& id : o.ids)
        if (!song::is_id(id))
            throw Error{EX_USAGE, text("--id '", id, "' is not the id of a song")};
}

}  // namespace

int main(int argc, char** argv) {
    Options o;
    Arguments app{"Make URLs with access tokens (RFC 9246) for the songs of a server."};
    add_options(app, o);
    return program(app, argc, argv, examples, [&] {
        check(o);
        if (!o.cacert.empty()) http::trust_certificates(o.cacert);
        if (!o.generate.empty())
            generate(o.generate);
        else if (o.jwks)
            print_keys(o);
        else
            sign_urls(o);
        return 0;
    });
}

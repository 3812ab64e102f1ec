#include "listen/presence.hpp"

#include <sysexits.h>

#include <chrono>
#include <random>

#include "base/digest.hpp"
#include "base/draft.hpp"
#include "base/json_value.hpp"
#include "base/note.hpp"
#include "edge/catalogue.hpp"
#include "http/ask.hpp"
#include "http/place.hpp"
#include "swarm/reach.hpp"

namespace stretto::listen {
namespace {

constexpr std::int64_t default_upload_kbps = 4000;  // announced to the tracker if no limit is set
constexpr const char* edges_file = "edges.json";
constexpr const char* tracker_key = "tracker";  // in it: whose edges they are
constexpr std::size_t most_list_bytes = 16u << 20;
/// 6 connections are what a browser opens to a server; more would only share the same link.
constexpr long edge_connections = 6, peer_connections = 3;
/// Slower than any link that could play: 96 kbit/s are 12 kB/s.
constexpr std::uint64_t least_bytes_per_s = 500;

std::string encoded(const std::string& text) {
    constexpr char digits[] = "0123456789ABCDEF";
    std::string out;
    for (const unsigned char c : text) {
        if (std::isalnum(c) || c == '-' || c == '.' || c == '_')
            out += static_cast<char>(c);
        else
            out += {'%', digits[c >> 4], digits[c & 15]};
    }
    return out;
}

std::string random_text() {
    std::random_device random;
    Bytes bytes;
    for (int i = 0; i < 5; ++i) append_u32(bytes, random());
    return base32(bytes);
}

bool is_url(const std::string& where) {
    return where.starts_with("http://") || where.starts_with("https://");
}

/// "host:port", without scheme and user.
std::string name_of(const std::string& url) {
    auto name = http::without_userinfo(url);
    if (const auto scheme = name.find("://"); scheme != std::string::npos)
        name.erase(0, scheme + 3);
    return name;
}

bool may_be_edge(const net::Address& address, bool local) {
    const auto ip = swarm::parse_ip(address.host());
    return ip && swarm::may_connect({*ip, static_cast<std::uint16_t>(address.port())},
                                    swarm::Role::edge, local);
}

}  // namespace

struct Presence::Search {
    std::string words;
    std::function<void(const std::string& json)> each;
    std::function<void(Listed, const std::string& why)> done;
    int edge = 0;
    bool some = false;
};

Presence::Presence(net::Loop& loop, const Options& options,
                   const std::function<void(const std::string&)>& say)
    : options_(options), loop_(loop), token_(loop, options.token, say) {
    open_cache(say);
    if (is_url(options_.store)) {
        plain_ = edges_.add_trusted(name_of(options_.store), options_.store);
    } else if (!options_.store.empty()) {
        directory_.emplace(options_.store);
        edges_.add_trusted(options_.store, options_.store);
    }
    for (const auto& url : options_.edges) edges_.add_trusted(name_of(url), url);
    if (!options_.tracker.empty()) {
        tracker_.emplace(loop_, options_.tracker, options_.location);
        tracker_->set_token([this] { return token_.token(); });
        recall_edges();
    }
    if (tracker_ && kept_ && options_.share) share();
}

Presence::~Presence() = default;

void Presence::open_cache(const std::function<void(const std::string&)>& say) {
    if (options_.cache.empty()) return;
    try {
        kept_.emplace(options_.cache, options_.cache_size);
    } catch (const Error& error) {
        if (error.exit() == EX_USAGE) throw;  // a store
        say(text(error.what(), ": nothing is kept"));
    } catch (const std::filesystem::filesystem_error& error) {
        say(text("cannot use the cache '", options_.cache.string(), "': ", error.code().message(),
                 ": nothing is kept"));
    }
}

void Presence::share() {
    peer::Seeder::Options how;
    how.upload_bytes_per_s = options_.upload_limit;
    how.uploads = gather::uploads_for(options_.upload_limit);
    how.listen = options_.listen;
    how.trusted = trusted_ = random_text();
    seeder_.emplace(loop_, *kept_, how, &unfinished_);
    const auto kbps = options_.upload_limit > 0
                          ? static_cast<std::int64_t>(options_.upload_limit * 8 / 1000)
                          : default_upload_kbps;
    tracker_->on_pass_key([this](const auto& key) { seeder_->learn_pass_key(key); });
    tracker_->share(*kept_, seeder_->port(), kbps,
                    [this](const auto& songs) { seeder_->withhold(songs); });
}

bool Presence::rtc_peers() {
    if (!seeder_ || options_.tracker_assumed) return false;
    if (!webrtc_) {
        // a server of every address listens on this one, too
        const auto server =
            options_.listen.empty() ? text("127.0.0.1:", seeder_->port()) : seeder_->address();
        webrtc_.emplace(loop_, options_.tracker, server, trusted_);
        tracker_->set_gateway([this] {
            return peer::Tracker::Gateway{webrtc_->url(), webrtc_->peer_id()};
        });
    }
    return options_.peers;
}

void Presence::kept_more() {
    if (tracker_ && seeder_) tracker_->changed();
}

void Presence::urgent(bool now) {
    if (seeder_) seeder_->urgent(now);
}

// ---- edges

const Directory* Presence::directory(int edge) const {
    return directory_ && edges_.at(edge).url == options_.store ? &*directory_ : nullptr;
}

http::Upstream& Presence::upstream(int edge) {
    auto& upstream = upstreams_[edge];
    if (upstream) return *upstream;
    const auto& known = edges_.at(edge);
    http::Upstream::Limits limits;
    limits.connections = edge_connections;
    limits.stall = std::chrono::seconds{8};
    limits.least_bytes_per_s = least_bytes_per_s;
    limits.proxy = limits.follow_redirects = known.trusted;
    limits.http2 = true;
    if (!known.trusted)
        limits.allow = [local = options_.local_peers](const net::Address& address) {
            return may_be_edge(address, local);
        };
    upstream = std::make_unique<http::Upstream>(loop_, known.url, limits);
    return *upstream;
}

std::unique_ptr<http::Upstream> Presence::peer(const std::string& url) const {
    http::Upstream::Limits limits;
    limits.connections = peer_connections;
    limits.connect = std::chrono::milliseconds{2000};
    limits.stall = std::chrono::seconds{5};
    if (!url.starts_with("rtc:")) return std::make_unique<http::Upstream>(loop_, url, limits);
    limits.stall = std::chrono::seconds{8};  // it may have to be connected to first
    return std::make_unique<http::Upstream>(loop_, webrtc_ ? webrtc_->url_of(url) : "", limits);
}

void Presence::set_edges(const std::vector<swarm::EdgeInfo>& edges) {
    std::vector<std::pair<std::string, std::string>> named;
    refused_ = unsafe_ = 0;
    for (const auto& info : edges) {
        // host names are checked after they have been resolved
        const auto endpoint = swarm::parse_peer_url(info.url);
        if (endpoint && !swarm::may_connect(*endpoint, swarm::Role::edge, options_.local_peers))
            ++refused_;
        else if (!token_may_leave_for(info.url))
            ++unsafe_;
        else
            named.emplace_back(info.name, info.url);
    }
    edges_.set(named);
}

/// Our token is not sent in the clear because a tracker says so that we ask by TLS.
bool Presence::token_may_leave_for(const std::string& url) {
    return token_.token().empty() || url.starts_with("https://") ||
           !options_.tracker.starts_with("https://");
}

std::string Presence::no_edge() const {
    if (unsafe_ > 0) return "the tracker names edges without TLS, which must not get the token";
    return refused_ > 0 ? "the tracker names edges of private networks only (see "
                          "--allow-local-peers)"
                        : "the tracker knows no edge";
}

std::string Presence::nothing_configured(const std::string& song) const {
    if (!options_.tracker_assumed || !edges_.empty()) return {};
    return text("no store, edge or tracker is configured, and no tracker answers at ",
                options_.tracker, "; try: ", tool_name(), " --store DIR ", song,
                " (or --edge URL, or set STRETTO_STORE, STRETTO_EDGE or STRETTO_TRACKER)");
}

void Presence::recall_edges() {
    if (!kept_) return;
    const auto file = options_.cache / edges_file;
    if (!std::filesystem::exists(file)) return;
    try {
        const auto bytes = read_file(file, 1 << 20);
        const auto json = Json::parse(as_text(bytes));
        const auto* tracker = json && json->is_object() ? json->find(tracker_key) : nullptr;
        // of another tracker: they are not for us, nor is our token for them
        if (!tracker || !tracker->is_string() ||
            tracker->string() != http::without_userinfo(options_.tracker))
            return;
        if (const auto edges = swarm::parse_edges_answer(as_text(bytes))) set_edges(*edges);
    } catch (const Error&) {
        // an unreadable file counts as missing
    }
}

void Presence::remember_edges() const {
    if (!kept_) return;
    std::vector<swarm::EdgeInfo> edges;
    for (const int number : edges_.order())
        if (const auto& edge = edges_.at(number); !edge.trusted)
            edges.push_back({edge.name, edge.url, {}, {}});
    if (edges.empty()) return;
    try {
        auto json = must(Json::parse(swarm::print_edges_answer(edges)), "edges");
        json[tracker_key] = http::without_userinfo(options_.tracker);
        Draft file{options_.cache / edges_file};
        file.write(as_bytes(json.dump()));
        file.commit();
    } catch (const Error&) {
        // the next run asks the tracker
    }
}

void Presence::leave(std::function<void()> done) {
    if (tracker_ && seeder_)
        tracker_->leave(std::move(done));
    else
        done();
}

// ---- lists of songs

void Presence::search(const std::string& words, std::function<void(const std::string&)> each,
                      std::function<void(Listed, const std::string&)> done) {
    auto search =
        std::make_shared<Search>(Search{words, std::move(each), std::move(done), 0, false});
    const auto ask = [this, search] {
        const auto edge = edges_.current(static_cast<double>(loop_.now_ms()) / 1000);
        if (!edge) return search->done(Listed::failed, "no edge is known");
        search->edge = *edge;
        if (directory(*edge)) return search_directory(*search);
        search_page(search, "");
    };
    if (!tracker_) return loop_.post(life_.guard(ask));
    tracker_->edges(
        life_.guard([this, search, ask](std::optional<std::vector<swarm::EdgeInfo>> edges) {
            if (edges) set_edges(*edges);
            if (const auto why = nothing_configured("--list"); !edges && !why.empty())
                return search->done(Listed::unconfigured, why);
            ask();
        }));
}

/// @return false: the response is not a list of songs
bool Presence::take_page(const std::shared_ptr<Search>& search, std::string_view text,
                         std::string& next) const {
    const auto json = Json::parse(text);
    const auto* songs = json ? json->find("songs") : nullptr;
    if (!songs || !songs->is_array()) return false;
    for (const auto& song : songs->items()) {
        search->some = true;
        search->each(song.dump());
    }
    const auto* after = json->find("next");
    next = after && after->is_string() ? after->string() : "";
    return true;
}

void Presence::search_page(const std::shared_ptr<Search>& search, const std::string& after) {
    auto target = "/songs?q=" + encoded(search->words);
    if (!after.empty()) target += "&after=" + after;
    http::get(upstream(search->edge), target, most_list_bytes,
              life_.guard([this, search](const http::Whole& got) {
                  std::string next;
                  if (!got.ok() || !take_page(search, as_text(got.body), next))
                      return search->done(
                          got.ok() || got.status == 404 ? Listed::unable : Listed::failed,
                          text("cannot search at ", edges_.at(search->edge).name, ": ",
                               got.ok() ? "the response is not a list of songs" : got.why));
                  if (!next.empty()) return search_page(search, next);
                  search->done(search->some ? Listed::some : Listed::none, "");
              }));
}

void Presence::search_directory(const Search& search) const {
    edge::Catalogue catalogue{directory_->tree()};
    catalogue.refresh();
    edge::Query query;
    query.text = search.words;
    auto shared = std::make_shared<Search>(search);
    do {
        auto page = edge::ListPage::begin(catalogue.listing(), query);
        if (!page) return shared->done(Listed::failed, page.error().why);
        while (page->more(SIZE_MAX)) {
        }
        if (!take_page(shared, page->take(), query.after)) break;
    } while (!query.after.empty());
    shared->done(shared->some ? Listed::some : Listed::none, "");
}

}  // namespace stretto::listen

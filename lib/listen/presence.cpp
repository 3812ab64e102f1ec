#include "listen/presence.hpp"

#include <nlohmann/json.hpp>

#include "base/draft.hpp"

namespace stretto::listen {
namespace {

constexpr std::int64_t default_upload_kbps = 4000;  // told to the tracker where no limit was set
constexpr std::size_t most_list_bytes = 16u << 20;

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

}  // namespace

struct Presence::Search {
    std::string words;
    std::function<void(const std::string& json)> each;
    std::function<void(Listed, const std::string& why)> done;
    std::shared_ptr<Edges::Edge> edge;
    bool some = false;
};

Presence::Presence(net::Loop& loop, const Options& options)
    : options_(options), loop_(loop), edges_(loop, options.local_peers) {
    kept_.emplace(options_.cache, options_.cache_size);
    if (!options_.store.empty()) {
        store_.emplace(loop_, options_.store);
        edges_.add_own(store_->url());
    }
    for (const auto& url : options_.edges) edges_.add_trusted(url);
    if (!options_.tracker.empty()) {
        tracker_.emplace(loop_, options_.tracker, options_.location);
        recall_edges();
    }
    if (tracker_ && options_.share) share();
    around_.emplace(Around{loop_, edges_, &*kept_, tracker(),
                           options_.peers && tracker_.has_value(), options_.local_peers, [this] {
                               if (tracker_ && seeder_) tracker_->changed();
                           }});
}

Presence::~Presence() = default;

void Presence::share() {
    Seeder::Options how;
    how.upload_bytes_per_s = options_.upload_limit;
    how.listen = options_.listen;
    seeder_.emplace(loop_, *kept_, how);
    const auto kbps = options_.upload_limit > 0
                          ? static_cast<std::int64_t>(options_.upload_limit * 8 / 1000)
                          : default_upload_kbps;
    tracker_->share(*kept_, seeder_->port(), kbps);
}

void Presence::recall_edges() {
    const auto file = options_.cache / "edges.json";
    if (!std::filesystem::exists(file)) return;
    try {
        const auto bytes = read_file(file, 1 << 20);
        if (const auto edges = swarm::parse_edges_answer(as_text(bytes))) edges_.set(*edges);
    } catch (const Error&) {
        // one that cannot be read is one that is not there
    }
}

void Presence::remember_edges() const {
    const auto edges = edges_.named();
    if (edges.empty()) return;
    try {
        Draft file{options_.cache / "edges.json"};
        file.write(as_bytes(swarm::print_edges_answer(edges)));
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

void Presence::search(const std::string& words, std::function<void(const std::string&)> each,
                      std::function<void(Listed, const std::string&)> done) {
    auto search = std::make_shared<Search>(Search{words, std::move(each), std::move(done), {}});
    const auto ask = [this, search] {
        search->edge = edges_.current();
        if (!search->edge) return search->done(Listed::failed, "no edge is known");
        search_page(search, "");
    };
    if (!tracker_) return loop_.post(ask);
    tracker_->edges([this, ask](std::optional<std::vector<swarm::EdgeInfo>> edges) {
        if (edges) edges_.set(*edges);
        ask();
    });
}

void Presence::search_page(const std::shared_ptr<Search>& search, const std::string& after) {
    auto target = "/songs?q=" + encoded(search->words);
    if (!after.empty()) target += "&after=" + after;
    http::get(*search->edge->upstream, target, most_list_bytes,
              [this, search](const http::Whole& got) {
                  const auto json = nlohmann::json::parse(as_text(got.body), nullptr, false);
                  if (!got.ok() || !json.is_object() || !json.contains("songs") ||
                      !json["songs"].is_array())
                      return search->done(Listed::failed,
                                          text("cannot search at ", search->edge->url, ": ",
                                               got.ok() ? "that is no list of songs" : got.why));
                  for (const auto& song : json["songs"]) {
                      search->some = true;
                      search->each(song.dump());
                  }
                  if (json.contains("next") && json["next"].is_string())
                      return search_page(search, json["next"].get<std::string>());
                  search->done(search->some ? Listed::some : Listed::none, "");
              });
}

}  // namespace stretto::listen

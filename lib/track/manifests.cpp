#include "track/manifests.hpp"

#include "song/id.hpp"
#include "song/lookup.hpp"
#include "song/path.hpp"

namespace stretto::track {
namespace {

http::Upstream::Limits origin_limits() {
    http::Upstream::Limits limits;
    limits.connections = 32;
    limits.requests = 4096;
    return limits;
}

std::string without_line_end(std::string text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
    return text;
}

Found bad(std::string why) { return {nullptr, 502, "the origin " + std::move(why)}; }

Found no_answer(const http::Failure& failure) {
    return {nullptr,
            failure.overloaded()  ? 503
            : failure.timed_out() ? 504
                                  : 502,
            "the origin does not answer: " + failure.why};
}

/// The key of a name's own tags: "ID NAME".
constexpr char between = ' ';
std::string key_of(const std::string& id, const std::string& name) {
    return text(id, between, name);
}
std::string id_in(const std::string& key) { return key.substr(0, key.find(between)); }
std::string name_in(const std::string& key) {
    const auto at = key.find(between);
    return at == key.npos ? std::string{} : key.substr(at + 1);
}

song::Wanted wanted_for(const std::string& key) {
    const auto name = name_in(key);
    if (name.empty()) return song::wanted_for(key);
    return {song::song_path(id_in(key), song::tags_path(name)), song::most_manifest_bytes};
}

void tell(const std::vector<Manifests::Done>& waiting, const Found& found) {
    for (const auto& done : waiting) done(found);
}

}  // namespace

Manifests::Manifests(net::Loop& loop, const std::string& origin, const Limits& limits)
    : loop_(loop), limits_(limits), origin_(loop, origin, origin_limits()) {}

std::shared_ptr<const Song> Manifests::peek(const std::string& id) const {
    const auto found = songs_.find(id);
    return found == songs_.end() ? nullptr : found->second.song;
}

void Manifests::get(const std::string& key, Done done) {
    if (song::is_id(key)) return get_song(key, std::move(done));
    get_name(key, std::move(done));
}

void Manifests::get_song(const std::string& key, Done done) {
    const auto found = songs_.find(key);
    if (found == songs_.end()) {
        if (const auto* failed = failure(key)) return done(*failed);
        return ask(key, std::move(done));
    }
    auto& kept = found->second;
    turns_.splice(turns_.begin(), turns_, kept.turn);
    const auto song = kept.song;
    if (loop_.now_ms() - kept.asked_ms >= limits_.fresh_ms) {
        kept.asked_ms = loop_.now_ms();  // limits the rate of lookups, even if this one fails
        ask(key, [](const Found&) {});
    }
    done({song, 200, {}});
}

void Manifests::get_name(const std::string& name, Done done) {
    const auto found = names_.find(name);
    if (found == names_.end()) {
        if (const auto* failed = failure(name)) return done(*failed);
        return ask(name, std::move(done));
    }
    const auto key = found->second.own ? key_of(found->second.id, name) : found->second.id;
    if (loop_.now_ms() - found->second.asked_ms >= limits_.fresh_ms) {
        found->second.asked_ms = loop_.now_ms();
        ask(name, [](const Found&) {});
    }
    get_song(key, std::move(done));
}

const Found* Manifests::failure(const std::string& key) {
    const auto found = failures_.find(key);
    if (found == failures_.end()) return nullptr;
    if (loop_.now_ms() < found->second.until_ms) return &found->second.found;
    failures_.erase(found);
    return nullptr;
}

void Manifests::ask(const std::string& key, Done done) {
    auto& flight = flights_[key];
    flight.waiting.push_back(std::move(done));
    if (flight.fetch) return;
    ++asked_;
    http::Request request;
    request.method = "GET";
    const auto wanted = wanted_for(key);
    request.target = "/" + wanted.path;
    http::FetchCalls calls;
    calls.head = [this, key](http::Response&& head) { flights_.at(key).status = head.status; };
    calls.data = [this, key, most = wanted.most_bytes](BytesView bytes) {
        auto& landing = flights_.at(key);
        landing.too_long |= landing.body.size() + bytes.size() > most;
        if (!landing.too_long) landing.body += as_text(bytes);
        return true;
    };
    calls.end = [this, key](const http::Failure* failed) { landed(key, failed); };
    flight.fetch = origin_.fetch(request, {}, std::move(calls));
}

void Manifests::landed(const std::string& key, const http::Failure* failure) {
    const Flight flight = std::move(flights_.extract(key).mapped());
    const bool of_tags = !name_in(key).empty();
    const auto refuse = [&](const Found& found) {
        if (of_tags) return tags_landed(key, flight.waiting, found);
        fail(key, found);
        tell(flight.waiting, found);
    };
    if (failure) return refuse(no_answer(*failure));
    if (flight.status == 404) return refuse({nullptr, 404, "no such song"});
    if (flight.status != 200) return refuse(bad(text("answered ", flight.status)));
    if (flight.too_long) return refuse(bad("has too long an answer"));
    if (of_tags) return tags_landed(key, flight.waiting, keep(key, flight.body));
    if (song::is_id(key)) {
        const Found found = keep(key, flight.body);
        return found.song ? tell(flight.waiting, found) : refuse(found);
    }
    const auto id = song::parse_name(flight.body);
    if (!id) return refuse(bad("has no id under this name"));
    ask(key_of(*id, key), [waiting = flight.waiting](const Found& found) { tell(waiting, found); });
}

/// Request a name's own tags; most names have none.
void Manifests::tags_landed(const std::string& key, const std::vector<Done>& waiting,
                            const Found& found) {
    const auto id = id_in(key);
    if (found.status == 404) forget(key);
    const bool own =
        songs_.contains(key);  // the stored manifest is used while the origin is unreachable
    if (names_.size() >= limits_.names) names_.clear();
    names_[name_in(key)] = {id, loop_.now_ms(), own};
    if (own) return tell(waiting, {songs_.at(key).song, 200, {}});
    get_song(id, [waiting](const Found& song) { tell(waiting, song); });
}

/// Parse and store the manifest, or return the reason why it is invalid.
Found Manifests::keep(const std::string& key, const std::string& json) {
    const auto id = id_in(key);
    const auto manifest = song::parse_manifest_of(id, json);
    if (!manifest) return bad("has a bad " + manifest.error().why);
    auto song = std::make_shared<Song>();
    song->id = id;
    song->manifest = without_line_end(json);
    for (const auto& rendition : manifest->renditions)
        song->layout.kbps.push_back(static_cast<std::uint16_t>(rendition.kbps));
    song->layout.chunks = static_cast<int>(manifest->renditions.front().chunks.size());
    forget(key);
    turns_.push_front(key);
    bytes_ += song->manifest.size();
    songs_[key] = {song, loop_.now_ms(), turns_.begin()};
    failures_.erase(key);
    make_room();
    return {song, 200, {}};
}

void Manifests::forget(const std::string& key) {
    const auto found = songs_.find(key);
    if (found == songs_.end()) return;
    bytes_ -= found->second.song->manifest.size();
    turns_.erase(found->second.turn);
    songs_.erase(found);
}

void Manifests::make_room() {
    while (bytes_ > limits_.bytes && turns_.size() > 1) forget(std::string{turns_.back()});
}

void Manifests::fail(const std::string& key, const Found& found) {
    ++failed_;
    if (found.status == 404) {
        // remove songs that the origin no longer has, but keep them while the origin is down
        forget(key);
        names_.erase(key);
    }
    if (found.status == 503) return;  // we were overloaded, which may have ended
    if (failures_.size() >= limits_.failures) failures_.clear();
    failures_[key] = {
        found, loop_.now_ms() + (found.status == 404 ? limits_.missing_ms : limits_.failed_ms)};
}

}  // namespace stretto::track

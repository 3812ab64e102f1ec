#include "track/manifests.hpp"

#include "song/id.hpp"
#include "song/lookup.hpp"

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
    if (song::is_id(key)) return get_id(key, std::move(done));
    get_name(key, std::move(done));
}

void Manifests::get_id(const std::string& id, Done done) {
    const auto found = songs_.find(id);
    if (found == songs_.end()) {
        if (const auto* failed = failure(id)) return done(*failed);
        return ask(id, std::move(done));
    }
    auto& kept = found->second;
    turns_.splice(turns_.begin(), turns_, kept.turn);
    const auto song = kept.song;
    if (loop_.now_ms() - kept.asked_ms >= limits_.fresh_ms) {
        kept.asked_ms = loop_.now_ms();  // whatever comes of it, not again at once
        ask(id, [](const Found&) {});
    }
    done({song, 200, {}});
}

void Manifests::get_name(const std::string& name, Done done) {
    const auto found = names_.find(name);
    if (found == names_.end()) {
        if (const auto* failed = failure(name)) return done(*failed);
        return ask(name, std::move(done));
    }
    const std::string id = found->second.id;
    if (loop_.now_ms() - found->second.asked_ms >= limits_.fresh_ms) {
        found->second.asked_ms = loop_.now_ms();
        ask(name, [](const Found&) {});
    }
    get_id(id, std::move(done));
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
    const auto wanted = song::wanted_for(key);
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
    const auto refuse = [&](const Found& found) {
        fail(key, found);
        tell(flight.waiting, found);
    };
    if (failure) return refuse(no_answer(*failure));
    if (flight.status == 404) return refuse({nullptr, 404, "no such song"});
    if (flight.status != 200) return refuse(bad(text("answered ", flight.status)));
    if (flight.too_long) return refuse(bad("has too long an answer"));
    if (song::is_id(key)) {
        const Found found = keep(key, flight.body);
        return found.song ? tell(flight.waiting, found) : refuse(found);
    }
    const auto id = song::parse_name(flight.body);
    if (!id) return refuse(bad("has no id under this name"));
    if (names_.size() >= limits_.names) names_.clear();
    names_[key] = {*id, loop_.now_ms()};
    get_id(*id, [waiting = flight.waiting](const Found& found) { tell(waiting, found); });
}

/// The song, kept; or why it is none.
Found Manifests::keep(const std::string& id, const std::string& json) {
    const auto manifest = song::parse_manifest_of(id, json);
    if (!manifest) return bad("has a bad " + manifest.error().why);
    auto song = std::make_shared<Song>();
    song->id = id;
    song->manifest = without_line_end(json);
    for (const auto& rendition : manifest->renditions)
        song->layout.kbps.push_back(static_cast<std::uint16_t>(rendition.kbps));
    song->layout.chunks = static_cast<int>(manifest->renditions.front().chunks.size());
    forget(id);
    turns_.push_front(id);
    bytes_ += song->manifest.size();
    songs_[id] = {song, loop_.now_ms(), turns_.begin()};
    failures_.erase(id);
    make_room();
    return {song, 200, {}};
}

void Manifests::forget(const std::string& id) {
    const auto found = songs_.find(id);
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
        // gone from the origin, gone from here; but an origin that is down takes nothing with it
        forget(key);
        names_.erase(key);
    }
    if (found.status == 503) return;  // too much to do here, which may be over now
    if (failures_.size() >= limits_.failures) failures_.clear();
    failures_[key] = {
        found, loop_.now_ms() + (found.status == 404 ? limits_.missing_ms : limits_.failed_ms)};
}

}  // namespace stretto::track

#include "edge/bucket_site.hpp"

#include <algorithm>
#include <csignal>

#include "base/note.hpp"
#include "edge/answer.hpp"
#include "edge/catalogue.hpp"
#include "edge/origin.hpp"
#include "song/id.hpp"
#include "song/lookup.hpp"

namespace stretto::edge {
namespace {

constexpr std::chrono::seconds look_again{10};
// who ends the program waits for the request that is under way
constexpr s3::Patience catalogue_patience{2, std::chrono::seconds{5}};
constexpr std::size_t most_name_bytes = 64;

bool is_named(const Route& route) {
    return route.kind == Route::manifest && route.tags.empty() && !song::is_id(route.song);
}

/// What may be asked of an object. All else is between the client and us: an object store takes
/// queries and fields of its own for orders.
http::Request cleaned(const http::Request& request, const Route& route) {
    http::Request clean = request;
    clean.target = "/" + object_path(route);
    clean.fields = {};
    const bool whole = request.fields.has("If-Range");  // which S3 does not know
    for (const auto& field : request.fields)
        for (const auto* name : {"Range", "If-Match", "If-None-Match", "If-Modified-Since",
                                 "If-Unmodified-Since", "Cache-Control", "Pragma", "Via"})
            if (http::same_token(field.name, name) && !(whole && http::same_token(name, "Range")))
                clean.fields.add(field.name, field.value);
    return clean;
}

}  // namespace

void BucketDialect::translate(const Route& route, http::Response& response) const {
    const auto* tag = response.fields.find("ETag");
    auto fields = object_fields(route, tag ? *tag : "");
    if (!tag) fields.remove("ETag");
    for (const auto* name : {"Content-Length", "Content-Range", "Last-Modified", "Date"})
        if (const auto* value = response.fields.find(name)) fields.add(name, *value);
    response.fields = std::move(fields);
}

Dialect::Refusal BucketDialect::refusal(const http::Response& response, BytesView body) const {
    const auto said = s3::parse_error(as_text(body));
    Refusal refusal;
    if (response.status == 404 && said.code != "NoSuchBucket") {
        refusal.status = 404;
        return refusal;
    }
    refusal.passing = s3::is_passing(response.status, said);
    refusal.status = refusal.passing ? 503 : 502;
    refusal.why = s3::error_of(response.status, said, response.fields, "s3").what();
    return refusal;
}

BucketCatalogue::BucketCatalogue(const s3::Location& location)
    : bucket_(location, catalogue_patience) {
    sigset_t all, before;  // signals are the main loop's
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    thread_ = std::thread{[this] { run(); }};
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

BucketCatalogue::~BucketCatalogue() {
    {
        const std::lock_guard lock{mutex_};
        stop_ = true;
    }
    wake_.notify_all();
    thread_.join();
}

std::shared_ptr<const Listing> BucketCatalogue::listing() const {
    const std::lock_guard lock{mutex_};
    return listing_;
}

/// While the store is away, the songs that are known stay listed.
void BucketCatalogue::run() {
    std::string told;
    std::unique_lock lock{mutex_};
    while (!stop_) {
        lock.unlock();
        try {
            look();
            told.clear();
            lock.lock();
        } catch (const std::exception& failure) {
            lock.lock();
            if (!stop_ && told != failure.what()) note(failure.what());
            told = failure.what();
        }
        wake_.wait_for(lock, look_again, [this] { return stop_; });
    }
}

void BucketCatalogue::end_if_stopped() const {
    const std::lock_guard lock{mutex_};
    if (stop_) throw Error{EX_TEMPFAIL, "stopped"};
}

/// What was read takes effect as a whole or, when a request fails, not at all.
void BucketCatalogue::look() {
    std::map<std::string, std::string> now;
    bucket_.list(std::string{store::catalogue_folder}, "", [&](s3::ListPage&& page) {
        end_if_stopped();
        for (auto& part : page.objects) now[part.key] = part.tag;
    });
    std::vector<std::string> changed;
    for (const auto& [part, tag] : now)
        if (const auto known = tags_.find(part); known == tags_.end() || known->second != tag)
            changed.push_back(part);
    for (const auto& [part, tag] : tags_)
        if (!now.contains(part)) changed.push_back(part);
    const auto before = listing();
    if (before && changed.empty()) return;
    std::vector<std::string> out;
    std::vector<ListedSong> in;
    auto tags = tags_;
    auto all_ids = ids_;
    bucket_.ask_all(
        changed.size(),
        [&](std::size_t number) {
            end_if_stopped();
            s3::Call call;
            call.key = changed[number];
            call.most = store::most_catalogue_part_bytes;
            return call;
        },
        [&](std::size_t number, s3::Answer&& answer) {
            const auto& part = changed[number];
            tags[part] = answer.found() ? answer.tag() : "";
            const auto rows = answer.found() ? store::parse_summaries(as_text(answer.body))
                                             : std::vector<store::Summary>{};
            if (!rows) {  // until somebody writes it anew, its songs stay as they were
                note(text("'", bucket_.where(part), "': ", rows.error().why,
                          "; use stretto-publish --clean"));
                return;
            }
            auto& ids = all_ids[part];
            out.insert(out.end(), ids.begin(), ids.end());
            ids.clear();
            for (const auto& row : *rows) {
                ids.push_back(row.id);
                in.push_back(std::make_shared<const Listed>(describe(row)));
            }
        });
    std::erase_if(tags, [](const auto& part) { return part.second.empty(); });
    std::erase_if(all_ids, [](const auto& part) { return part.second.empty(); });
    std::ranges::sort(out);
    auto after = before ? std::make_shared<const Listing>(*before, out, std::move(in))
                        : std::make_shared<const Listing>(std::move(in));
    tags_ = std::move(tags);
    ids_ = std::move(all_ids);
    const std::lock_guard lock{mutex_};
    listing_ = std::move(after);
}

/// By a name: what it means, then the tags that it has of its own, else the song's.
void BucketSite::get(const Route& route, std::function<void(Found)> done) {
    if (!is_named(route)) return proxy_->get(route, std::move(done));
    proxy_->get({Route::name, route.song}, [=, this, done = std::move(done)](Found named) {
        if (!named.entry) return done(std::move(named));
        read_whole(loop_, std::move(named), most_name_bytes,
                   [=, this](std::optional<Bytes> bytes, int status, const std::string& why) {
                       const auto id = bytes ? song::parse_name(as_text(*bytes))
                                             : Result<std::string>{Malformed{why}};
                       if (!id) {
                           Found none;
                           none.status = bytes ? 404 : status;
                           none.why = id.error().why;
                           return done(std::move(none));
                       }
                       Route own{Route::manifest, *id};
                       own.tags = route.song;
                       proxy_->get(own, [=, this, id = *id](Found found) {
                           if (found.entry || found.status != 404) return done(std::move(found));
                           proxy_->get({Route::manifest, id}, done);
                       });
                   });
    });
}

void BucketSite::serve_object(const http::Incoming& incoming, const Route& route,
                              const http::Reply& reply) {
    if (!route.is_object()) return send_not_found(reply);
    if (!is_named(route)) {
        http::Incoming clean = incoming;
        clean.request = cleaned(incoming.request, route);
        clean.body.clear();
        return proxy_->serve(std::move(clean), {}, route, reply);
    }
    get(route, [this, request = incoming.request, reply](Found found) {
        if (!found.entry && found.status == 404) return send_not_found(reply);
        if (!found.entry) return send_error(reply, found.status, found.why);
        Answering how;
        how.cache = found.cache;
        how.cache_name = name_;
        answer(found.entry, request, reply, std::move(how));
    });
}

}  // namespace stretto::edge

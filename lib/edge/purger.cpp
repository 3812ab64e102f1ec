#include "edge/purger.hpp"

#include <csignal>

#include "edge/answer.hpp"
#include "http/ask.hpp"
#include "song/id.hpp"
#include "song/path.hpp"

namespace stretto::edge {
namespace {

constexpr std::chrono::seconds every{1};
constexpr std::size_t most_name_bytes = 256;
constexpr std::size_t most_answer_bytes = 1u << 20;

/// One admin listener, perhaps in the file system.
std::unique_ptr<http::Upstream> admin_at(net::Loop& loop, const std::string& address) {
    http::Upstream::Limits limits;
    limits.connections = 1;
    limits.requests = 1024;
    constexpr std::string_view unix_prefix = "unix:";
    if (!address.starts_with(unix_prefix))
        return std::make_unique<http::Upstream>(loop, address, limits);
    limits.unix_socket = address.substr(unix_prefix.size());
    return std::make_unique<http::Upstream>(loop, "http://localhost", limits);
}

}  // namespace

struct Purger::Asked {
    Purge purge;
    std::function<void(int, const std::string&)> done;
    std::size_t waits = 0;
    std::string why;  // lines
    bool failed = false, unsaved = false;

    void end() const { done(unsaved ? 500 : failed ? 502 : why.empty() ? 200 : 404, why); }
};

Purger::Purger(net::Loop& loop, EdgeShared& shared, Flights& flights,
               const std::vector<std::string>& others)
    : shared_(shared), flights_(flights) {
    for (const auto& one : others) others_.push_back(admin_at(loop, one));
    sigset_t all, before;  // signals are the main loop's
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    sweeper_ = std::thread{[this] { sweep(); }};
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Purger::~Purger() {
    {
        const std::lock_guard lock{mutex_};
        stop_ = true;
    }
    wake_.notify_all();
    sweeper_.join();
}

/// An edge that asks others for what it has just purged may get what these have not purged yet: so
/// it purges again when they have.
void Purger::purge(const Purge& purge, std::function<void(int, const std::string&)> done) {
    for (const auto& edge : purge.via)
        if (edge == shared_.instance) return done(200, "");  // it has come round
    auto asked = std::make_shared<Asked>();
    asked->purge = purge;
    asked->done = std::move(done);
    asked->why = purge_here(asked->purge);
    save(*asked);
    if (others_.empty()) return asked->end();
    pass_on(asked);
}

/// What a name means, as far as it is stored here.
std::optional<std::string> Purger::id_of(const std::string& name) {
    http::Request request;
    request.method = "GET";
    request.target = "/" + song::name_path(name);
    const auto entry = shared_.cache.find(request.target, request);
    const auto bytes = entry ? entry->content()->read_all(most_name_bytes) : std::nullopt;
    if (!bytes) return {};
    std::string id{as_text(*bytes)};
    if (id.ends_with('\n')) id.pop_back();
    return song::is_id(id) ? std::optional{id} : std::nullopt;
}

/// Names become what they stand for. @return  a line for each that is not known
std::string Purger::purge_here(Purge& purge) {
    std::string unknown;
    std::vector<std::string> all;
    for (const auto& what : purge.what) {
        all.push_back(what);
        if (what.starts_with('/') || song::is_id(what)) continue;
        all.pop_back();
        const auto before = all.size();
        const auto paths = {"/" + song::name_path(what), "/" + song::manifest_path(what)};
        if (auto id = id_of(what)) all.push_back(std::move(*id));
        for (const auto& path : paths)
            for (auto& group : shared_.cache.groups_of(path)) all.push_back(std::move(group));
        if (all.size() == before) {
            unknown += "the name '" + what + "' is not known here\n";
            all.push_back(what);
        }
        all.insert(all.end(), paths);
    }
    const auto now = wall_clock();
    for (const auto& what : all) shared_.cache.purge(what, purge.hard, now);
    flights_.forget_all();  // later clients start a new fetch
    purge.what = std::move(all);
    wake_.notify_all();
    return unknown;
}

/// What is not saved is forgotten at the next start, so whoever asked must know.
void Purger::save(Asked& asked) {
    if (asked.unsaved || shared_.cache.keep_purges()) return;
    asked.unsaved = true;
    asked.why += "purged until the next start only: " + shared_.cache.trouble() + '\n';
}

void Purger::pass_on(const std::shared_ptr<Asked>& asked) {
    auto onward = asked->purge;
    onward.via.push_back(shared_.instance);
    const auto parts = in_parts(onward);
    asked->waits = others_.size() * parts.size();
    for (const auto& other : others_)
        for (const auto& part : parts) {
            const auto body = print_purge(part);
            http::ask(*other, {"POST", "/purge", 1, {{"Content-Type", "application/json"}}},
                      Bytes(as_bytes(body).begin(), as_bytes(body).end()), most_answer_bytes,
                      [this, asked, other = other.get()](auto answer) {
                          if (!answer.ok()) {
                              // any server says 404; an edge says that it is about the names
                              asked->failed = asked->failed || answer.status != 404 ||
                                              !answer.fields.find("Stretto-Purge");
                              asked->why += other->url() + ": " + answer.why + '\n';
                              if (answer.status != 0) asked->why += as_text(answer.body);
                          }
                          if (--asked->waits > 0) return;
                          purge_here(asked->purge);
                          save(*asked);
                          asked->end();
                      });
        }
}

/// Others purge too: an origin by a field of an answer.
void Purger::sweep() {
    std::unique_lock lock{mutex_};
    const auto go_on = [this] {
        const std::lock_guard again{mutex_};
        return !stop_;
    };
    while (!stop_) {
        lock.unlock();
        shared_.cache.keep_purges();
        shared_.cache.sweep(go_on);
        lock.lock();
        if (!stop_) wake_.wait_for(lock, every);
    }
}

}  // namespace stretto::edge

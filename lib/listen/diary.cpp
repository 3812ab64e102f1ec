#include "listen/diary.hpp"

#include <cmath>
#include <utility>

#include "base/clock.hpp"

namespace stretto::listen {
Diary::Diary(net::Loop& loop, const Options& options, std::function<void(const std::string&)> say)
    : listener_(options.listener),
      network_(options.network),
      place_(options.place),
      say_(std::move(say)) {
    if (is_url(options.events)) {
        auto poster = std::make_unique<Poster>(loop, options.events, say_, options.token);
        poster_ = poster.get();
        writer_ = std::move(poster);
    } else if (!options.events.empty()) {
        writer_ = std::make_unique<events::Writer>(options.events);
    }
}

template <class Call>
void Diary::guarded(Call call) {
    if (!writer_) return;
    try {
        call();
    } catch (const Error& error) {
        say_(text("no more events are written: ", error.what()));
        writer_.reset();
        poster_ = nullptr;
    }
}

void Diary::begin(std::optional<events::Session>& to, const std::string& session,
                  const std::string& song, const std::string& title, const std::string& artist,
                  const std::string& token) {
    if (!writer_) return;
    to.emplace(*writer_, session, listener_, place_, song);
    if (token.empty())
        tell(to, "start", {{"title", title}, {"artist", artist}, {"network", network_}});
    else
        tell(to, "start",
             {{"title", title}, {"artist", artist}, {"network", network_}, {"token_id", token}});
}

void Diary::tell(std::optional<events::Session>& session, std::string_view event,
                 std::initializer_list<events::Field> more) {
    guarded([&] {
        if (session) session->tell(utc_ms(), event, more);
    });
}

void Diary::given(std::optional<events::Session>& session, std::uint64_t bytes) {
    if (bytes != told_ && session)
        tell(session, "upload", {{"bytes", bytes - std::exchange(told_, bytes)}});
}

void Diary::end(std::optional<events::Session>& session, double heard_s, const char* why,
                std::uint64_t given) {
    this->given(session, given);
    tell(session, "end", {{"heard_ms", std::llround(heard_s * 1000)}, {"why", why}});
    last_.reset();
    if (session) last_.emplace(std::move(*session));
    session.reset();
}

void Diary::finish(std::uint64_t given, std::function<void()> done) {
    this->given(last_, given);
    if (poster_) return poster_->finish(std::move(done));
    guarded([this] { writer_->flush(); });
    done();
}

}  // namespace stretto::listen

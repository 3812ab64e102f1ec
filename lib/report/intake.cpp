#include "report/intake.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace stretto::report {

void Counts::add(const Counts& other) {
    for (const auto field :
         {&Counts::files, &Counts::bytes, &Counts::lines, &Counts::events, &Counts::torn,
          &Counts::foreign, &Counts::doubled, &Counts::requests, &Counts::given, &Counts::via})
        this->*field += other.*field;
}

Intake::Intake(Dictionary& names, std::string salt, Take take, const Limits& limits)
    : names_(names),
      salt_(std::move(salt)),
      take_(std::move(take)),
      limits_(limits),
      last_(open_.end()),
      away_(limits.remembered),
      ended_(limits.remembered),
      given_(limits.remembered) {}

/// The session of a line; nullptr, after counting the line, if the line is not new.
OpenSession* Intake::find(const events::Event& event) {
    if (last_ != open_.end() && last_->first == event.session) return &last_->second;
    last_ = open_.find(event.session);
    if (last_ != open_.end()) return &last_->second;
    const auto key = Hash{}(event.session);
    if (const auto last = ended_.find(key)) {
        if (event.seq <= *last || !add_given(event)) ++counts_.doubled;
        return nullptr;
    }
    if (open_.size() >= limits_.open) put_away_oldest();
    last_ = open_.try_emplace(std::string{event.session}).first;
    auto& open = last_->second;
    if (auto back = away_.take(key, last_->first)) {
        open = std::move(*back);
        return &open;
    }
    open.session.listener = listener_key(salt_, event.listener);
    open.session.song = names_.songs(event.song);
    open.session.place = names_.places(event.place);
    open.raw_listener = Hash{}(event.listener);
    return &open;
}

/// Add an upload after the end of its session. @return  false: it was read before, or is not an
/// upload
bool Intake::add_given(const events::Event& event) {
    const auto key = Hash{}(text(event.session, ' ', event.seq));
    if (event.kind != events::Kind::upload || given_.has(key)) return false;
    given_.set(key);
    ++counts_.events;
    counts_.given += uploaded_bytes(event);
    return true;
}

void Intake::add(const events::Event& event) {
    auto* open = find(event);
    if (!open) return;
    if (open->raw_listener != Hash{}(event.listener) ||
        names_.songs[open->session.song] != event.song) {
        ++counts_.foreign;  // a session has one song and one listener
        return;
    }
    if (!open->seen.add(event.seq)) {
        ++counts_.doubled;
        return;
    }
    ++counts_.events;
    open->touched = ++now_;
    auto& session = open->session;
    session.add(event, names_);
    if (session.end_seq >= 0 && event.seq > session.end_seq)
        given_.set(Hash{}(text(event.session, ' ', event.seq)));
    if (session.end_seq < 0 || !open->seen.all_to(session.end_seq)) return;
    ended_.set(Hash{}(last_->first), session.end_seq);
    take_(last_->first, session);
    open_.erase(last_);
    last_ = open_.end();
}

/// Write the half of the sessions that had no line for the longest time to a file. Writing many at
/// once keeps the cost per line low.
void Intake::put_away_oldest() {
    std::vector<std::uint64_t> times;
    times.reserve(open_.size());
    for (const auto& [id, open] : open_) times.push_back(open.touched);
    const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
    std::nth_element(times.begin(), middle, times.end());
    for (auto it = open_.begin(); it != open_.end();) {
        if (it->second.touched > *middle) {
            ++it;
            continue;
        }
        away_.put(Hash{}(it->first), it->first, it->second);
        it = open_.erase(it);
    }
    away_.settle();
    last_ = open_.end();
}

void Intake::finish() {
    for (auto& [id, open] : open_) take_(id, open.session);
    open_.clear();
    last_ = open_.end();
    away_.each(take_);
    // free their memory for the tables
    ended_ = Remembered{limits_.remembered};
    given_ = Remembered{limits_.remembered};
}

}  // namespace stretto::report

#include "report/intake.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace stretto::report {
namespace {

constexpr std::size_t most_words = 256;  // 16,384 lines, 2 kB

}  // namespace

bool Seen::add(std::int64_t seq) {
    if (seq < base_) return false;
    auto word = static_cast<std::size_t>((seq - base_) / 64);
    if (word >= most_words) {
        const auto gone = word - most_words + 1;
        words_.erase(words_.begin(),
                     words_.begin() + static_cast<std::ptrdiff_t>(std::min(gone, words_.size())));
        base_ += static_cast<std::int64_t>(gone) * 64;
        complete_ = false;
        word = most_words - 1;
    }
    if (word >= words_.size()) words_.resize(word + 1);
    const auto bit = std::uint64_t{1} << (seq % 64);
    if (words_[word] & bit) return false;
    words_[word] |= bit;
    ++count_;
    const auto full =
        std::find_if(words_.begin(), words_.end(), [](auto w) { return ~w != 0; }) - words_.begin();
    words_.erase(words_.begin(), words_.begin() + full);
    base_ += full * 64;
    return true;
}

bool Seen::all_to(std::int64_t last) const noexcept {
    if (!complete_ || count_ <= last) return false;  // a quick check that decides most cases
    for (std::int64_t seq = base_; seq <= last; ++seq) {
        const auto at = static_cast<std::size_t>(seq - base_);
        if (at / 64 >= words_.size() || !(words_[at / 64] >> at % 64 & 1)) return false;
    }
    return true;
}

void Remembered::add(std::uint64_t key, std::int64_t number) {
    young_.emplace(key, number);
    if (young_.size() < generation) return;
    old_ = std::move(young_);
    young_.clear();
}

void Counts::add(const Counts& other) {
    for (const auto field : {&Counts::files, &Counts::bytes, &Counts::lines, &Counts::events,
                             &Counts::torn, &Counts::foreign, &Counts::doubled, &Counts::late,
                             &Counts::requests, &Counts::given, &Counts::via})
        this->*field += other.*field;
}

Intake::Intake(Dictionary& names, std::string salt, Take take, std::size_t most_open)
    : names_(names),
      salt_(std::move(salt)),
      take_(std::move(take)),
      most_open_(most_open),
      last_(open_.end()) {}

/// The session of a line; nullptr, after counting the line, if the line is not new.
Intake::Open* Intake::find(const events::Event& event) {
    if (last_ != open_.end() && last_->first == event.session) return &last_->second;
    last_ = open_.find(event.session);
    if (last_ != open_.end()) return &last_->second;
    const auto key = Hash{}(event.session);
    if (ended_.has(key)) {
        if (event.seq <= ended_.number(key) || !add_given(event)) ++counts_.doubled;
        return nullptr;
    }
    if (given_up_.has(key)) return ++counts_.late, nullptr;
    if (open_.size() >= most_open_) close_oldest();
    last_ = open_.try_emplace(std::string{event.session}).first;
    auto& open = last_->second;
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
    given_.add(key);
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
        given_.add(Hash{}(text(event.session, ' ', event.seq)));
    if (session.end_seq < 0 || !open->seen.all_to(session.end_seq)) return;
    ended_.add(Hash{}(last_->first), session.end_seq);
    take_(last_->first, session);
    open_.erase(last_);
    last_ = open_.end();
}

/// Close the half of the sessions that had no line for the longest time. Closing many at once keeps
/// the cost per line low.
void Intake::close_oldest() {
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
        given_up_.add(Hash{}(it->first));
        take_(it->first, it->second.session);
        it = open_.erase(it);
    }
    last_ = open_.end();
}

void Intake::finish() {
    for (auto& [id, open] : open_) take_(id, open.session);
    open_.clear();
    last_ = open_.end();
    ended_ = given_up_ = given_ = {};  // free their memory for the tables
}

}  // namespace stretto::report

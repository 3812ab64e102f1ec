#include "report/plays.hpp"

#include <algorithm>
#include <queue>

namespace stretto::report {
namespace {

bool before(const Heard& a, const Heard& b) { return a.key() < b.key(); }

/// One sorted run, read a piece at a time.
class Run {
   public:
    Run(int fd, std::uint64_t from, std::uint64_t to) : fd_(fd), next_(from), end_(to) {}

    bool more() {
        if (at_ < piece_.size()) return true;
        piece_.resize(std::min<std::uint64_t>(end_ - next_, 4096));
        at_ = 0;
        if (piece_.empty()) return false;
        const auto bytes = piece_.size() * sizeof(Heard);
        read_at(fd_, {reinterpret_cast<std::uint8_t*>(piece_.data()), bytes},
                static_cast<std::int64_t>(next_ * sizeof(Heard)), "a temporary file");
        next_ += piece_.size();
        return true;
    }
    const Heard& head() const { return piece_[at_]; }
    void pop() { ++at_; }

   private:
    int fd_;
    std::uint64_t next_, end_;
    std::vector<Heard> piece_;
    std::size_t at_ = 0;
};

}  // namespace

void Plays::add(const Heard& heard) {
    waiting_.push_back(heard);
    if (waiting_.size() >= most_) spill();
}

void Plays::spill() {
    std::sort(waiting_.begin(), waiting_.end(), before);
    if (!spool_) spool_ = open_spool();
    write_all(
        spool_.fd(),
        {reinterpret_cast<const std::uint8_t*>(waiting_.data()), waiting_.size() * sizeof(Heard)},
        "a temporary file");
    runs_.push_back((runs_.empty() ? 0 : runs_.back()) + waiting_.size());
    waiting_.clear();
}

void Plays::each(const std::function<void(const Heard&)>& take) {
    if (!runs_.empty() && !waiting_.empty()) spill();
    if (!runs_.empty()) waiting_ = {};
    if (runs_.empty()) {
        std::sort(waiting_.begin(), waiting_.end(), before);
        for (const auto& heard : waiting_) take(heard);
        return;
    }
    std::vector<Run> runs;
    for (std::size_t i = 0; i < runs_.size(); ++i)
        runs.emplace_back(spool_.fd(), i ? runs_[i - 1] : 0, runs_[i]);
    const auto later = [](Run* a, Run* b) { return before(b->head(), a->head()); };
    std::priority_queue<Run*, std::vector<Run*>, decltype(later)> next{later};
    for (auto& run : runs)
        if (run.more()) next.push(&run);
    while (!next.empty()) {
        Run* run = next.top();
        next.pop();
        take(run->head());
        run->pop();
        if (run->more()) next.push(run);
    }
}

}  // namespace stretto::report

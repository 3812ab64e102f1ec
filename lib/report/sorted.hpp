#pragma once
// Sorts any number of records by their key: few in memory, more in sorted runs on disk.
#include <algorithm>
#include <cstdint>
#include <functional>
#include <queue>
#include <type_traits>
#include <vector>

#include "base/file.hpp"

namespace stretto::report {

/// Keeps up to `in_memory` records in memory, and further records in a file under TMPDIR. each()
/// does not write. A forked child calls branch() before it adds records, because its parent
/// continues to write to the shared file.
/// @tparam Record  trivially copyable, with a key() that can be compared
template <class Record>
class Sorted {
    static_assert(std::is_trivially_copyable_v<Record>);

   public:
    explicit Sorted(std::size_t in_memory = 500'000) : most_(in_memory) {}
    void add(const Record& record) {
        waiting_.push_back(record);
        if (waiting_.size() >= most_) spill();
    }
    /// Write records that are added from now on to a new file.
    void branch() {
        if (spool_) shared_.push_back(std::move(spool_));
        spool_ = {};
        spooled_ = 0;
    }
    /// Call `take` for all records in order of their key. May be called several times.
    void each(const std::function<void(const Record&)>& take);

   private:
    /// The position of a run in a file, in records.
    struct Place {
        int fd;
        std::uint64_t from, to;
    };
    /// One sorted run, read a piece at a time.
    class Run {
       public:
        explicit Run(const Place& place) : fd_(place.fd), next_(place.from), end_(place.to) {}
        /// The sorted records in memory, as a run.
        explicit Run(std::vector<Record> piece)
            : fd_(-1), next_(0), end_(0), piece_(std::move(piece)) {}

        bool more() {
            if (at_ < piece_.size()) return true;
            piece_.resize(std::min<std::uint64_t>(end_ - next_, 4096));
            at_ = 0;
            if (piece_.empty()) return false;
            const auto bytes = piece_.size() * sizeof(Record);
            read_at(fd_, {reinterpret_cast<std::uint8_t*>(piece_.data()), bytes},
                    static_cast<std::int64_t>(next_ * sizeof(Record)), "a temporary file");
            next_ += piece_.size();
            return true;
        }
        const Record& head() const { return piece_[at_]; }
        void pop() { ++at_; }

       private:
        int fd_;
        std::uint64_t next_, end_;
        std::vector<Record> piece_;
        std::size_t at_ = 0;
    };

    static bool before(const Record& a, const Record& b) { return a.key() < b.key(); }
    void spill();
    void merge(const std::function<void(const Record&)>& take);

    std::size_t most_;
    std::vector<Record> waiting_;
    File spool_;
    std::uint64_t spooled_ = 0;  // records in it
    std::vector<File> shared_;
    std::vector<Place> runs_;
};

template <class Record>
void Sorted<Record>::spill() {
    std::sort(waiting_.begin(), waiting_.end(), before);
    if (!spool_) spool_ = open_spool();
    write_all(
        spool_.fd(),
        {reinterpret_cast<const std::uint8_t*>(waiting_.data()), waiting_.size() * sizeof(Record)},
        "a temporary file");
    runs_.push_back({spool_.fd(), spooled_, spooled_ + waiting_.size()});
    spooled_ += waiting_.size();
    waiting_.clear();
}

template <class Record>
void Sorted<Record>::each(const std::function<void(const Record&)>& take) {
    std::sort(waiting_.begin(), waiting_.end(), before);
    if (!runs_.empty()) return merge(take);
    for (const auto& record : waiting_) take(record);
}

template <class Record>
void Sorted<Record>::merge(const std::function<void(const Record&)>& take) {
    std::vector<Run> runs;
    for (const auto& place : runs_) runs.emplace_back(place);
    runs.emplace_back(waiting_);
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

#include "events/journal.hpp"

#include <utility>

#include "base/error.hpp"

namespace stretto::events {
namespace {

constexpr std::size_t most_group_bytes = 4 << 20;  // clients should not wait for many megabytes

bool is_no_room(std::error_code why) {
    return why == std::errc::no_space_on_device || why.value() == EDQUOT ||
           why == std::errc::file_too_large;
}

}  // namespace

Journal::Journal(Options options)
    : options_(std::move(options)), file_(options_.path, options_.most_file_bytes) {
    if (file_.healed() > 0)
        options_.say(text("'", options_.path.string(), "': the last line was not whole, ",
                          file_.healed(), " bytes"));
    thread_ = std::thread{[this] { run(); }};
}

Journal::~Journal() { close(); }

bool Journal::full() const {
    const std::lock_guard lock{mutex_};
    return numbers_.waiting_bytes >= options_.most_waiting_bytes;
}

bool Journal::append(std::string lines, std::size_t events, Done done) {
    {
        const std::lock_guard lock{mutex_};
        const auto bytes = numbers_.waiting_bytes + lines.size();
        if (closing_ || bytes > options_.most_waiting_bytes) return false;
        numbers_.waiting_bytes = bytes;
        waiting_.push_back({std::move(lines), events, std::move(done)});
    }
    work_.notify_one();
    return true;
}

void Journal::reopen() {
    {
        const std::lock_guard lock{mutex_};
        reopen_ = true;
    }
    work_.notify_one();
}

void Journal::close() {
    {
        const std::lock_guard lock{mutex_};
        closing_ = true;
    }
    work_.notify_one();
    if (thread_.joinable()) thread_.join();
}

Journal::Numbers Journal::numbers() const {
    const std::lock_guard lock{mutex_};
    return numbers_;
}

void Journal::run() {
    std::unique_lock lock{mutex_};
    for (;;) {
        work_.wait(lock, [this] { return closing_ || reopen_ || !waiting_.empty(); });
        const bool reopen = std::exchange(reopen_, false);
        auto group = take();
        const bool last = closing_ && group.empty();
        lock.unlock();
        if (reopen) reopen_now();
        if (!group.empty()) store(std::move(group));
        if (last) return;
        lock.lock();
    }
}

/// What has come while the last group was written. With the lock held.
std::deque<Journal::Lines> Journal::take() {
    std::deque<Lines> group;
    for (std::size_t bytes = 0; !waiting_.empty() && bytes < most_group_bytes;) {
        bytes += waiting_.front().text.size();
        group.push_back(std::move(waiting_.front()));
        waiting_.pop_front();
    }
    return group;
}

void Journal::reopen_now() {
    try {
        file_.reopen();
    } catch (const Error& error) {
        options_.say(error.what());
    }
}

void Journal::store(std::deque<Lines> group) {
    std::string text;
    std::size_t events = 0;
    for (const auto& lines : group) {
        text += lines.text;
        events += lines.events;
    }
    const Stored stored = write(text);
    {
        const std::lock_guard lock{mutex_};
        numbers_.waiting_bytes -= text.size();
        numbers_.files = file_.put_away();
        if (stored == Stored::yes) {
            ++numbers_.commits;
            numbers_.events += events;
            numbers_.bytes += text.size();
        } else {
            ++numbers_.failed;
        }
    }
    for (auto& lines : group) lines.done(stored);
}

Journal::Stored Journal::write(const std::string& text) {
    const auto why = file_.append(text, options_.now_ms());
    if (failing_ != static_cast<bool>(why)) tell(why);
    if (!why) return Stored::yes;
    return is_no_room(why) ? Stored::no_room : Stored::no;
}

/// Once when it begins to fail, and once when it is over.
void Journal::tell(std::error_code why) {
    failing_ = static_cast<bool>(why);
    const auto file = options_.path.string();
    options_.say(failing_ ? text("cannot append to '", file, "': ", why.message(),
                                 "; events are refused until writing succeeds")
                          : text("'", file, "' accepts events again"));
}

}  // namespace stretto::events

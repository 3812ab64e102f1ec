#include "edge/content.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

#include "base/error.hpp"

namespace stretto::edge {
namespace {

std::shared_ptr<const File> memory_file() {
    File file{::memfd_create("stretto", MFD_CLOEXEC)};
    return file ? std::make_shared<const File>(std::move(file)) : nullptr;
}

}  // namespace

Content::Content(Growing, File file, std::optional<std::uint64_t> length) : length_(length) {
    on_disk_ = static_cast<bool>(file);
    file_ = file ? std::make_shared<const File>(std::move(file)) : memory_file();
}

Content::Content(Bytes bytes)
    : bytes_(std::make_shared<const Bytes>(std::move(bytes))),
      length_(bytes_->size()),
      size_(bytes_->size()),
      released_(bytes_->size()),
      complete_(true) {}

Content::Content(File file, std::uint64_t length)
    : file_(std::make_shared<const File>(std::move(file))),
      length_(length),
      size_(length),
      released_(length),
      complete_(true) {
    on_disk_ = true;
}

Content::Content(std::filesystem::path path, std::uint64_t length, Sums sums)
    : path_(std::move(path)),
      length_(length),
      size_(length),
      released_(length),
      complete_(true),
      sums_(std::move(sums)),
      right_(sums_.size()),
      unproven_(sums_.size()) {
    on_disk_ = true;
}

void Content::on_damage(std::function<void()> call) {
    const std::lock_guard lock{mutex_};
    on_damage_ = std::move(call);
}

void Content::on_full(std::function<bool(std::uint64_t)> call) { on_full_ = std::move(call); }

/// Whether a block is what it was; looked at once.
bool Content::is_right_locked(int fd, std::size_t block) {
    if (unproven_ == 0 || right_[block]) return true;
    if (!block_is_right(fd, size_, sums_, block)) return false;
    right_[block] = true;
    if (--unproven_ == 0) {
        sums_ = {};
        right_ = {};
    }
    return true;
}

bool Content::move_to_memory() {
    const auto memory = memory_file();
    if (!memory) return false;
    Bytes block(1u << 20);
    for (std::uint64_t at = 0; at < size_;) {
        const auto part = std::span{block}.first(std::min<std::uint64_t>(block.size(), size_ - at));
        if (!try_read_at(file_->fd(), part, at) || !try_write_at(memory->fd(), part, at))
            return false;
        at += part.size();
    }
    const std::lock_guard lock{mutex_};
    file_ = memory;  // readers keep the old one for what they are sending
    on_disk_ = false;
    return true;
}

bool Content::append(BytesView bytes) {
    if (!file_) return false;
    const auto write = [&] { return try_write_at(file_->fd(), bytes, size_); };
    bool written = write();
    if (!written && on_disk_ && on_full_ && on_full_(bytes.size())) written = write();
    if (!written && !(on_disk_ && move_to_memory() && write())) return false;
    if (on_disk_) summer_.add(bytes);
    const std::lock_guard lock{mutex_};
    size_ += bytes.size();
    return true;
}

void Content::release(std::uint64_t n) {
    std::unique_lock lock{mutex_};
    if (n <= released_) return;
    released_ = std::min(n, size_);
    wake(std::move(lock));
}

void Content::hold_ends() {
    const std::lock_guard lock{mutex_};
    hold_ends_ = true;
}

bool Content::restart() {
    const std::lock_guard lock{mutex_};
    if (released_ > 0) return false;
    size_ = 0;
    summer_ = {};
    return true;
}

void Content::complete() {
    std::shared_ptr<const Bytes> copy;
    if (size_ <= small) {
        Bytes bytes(size_);
        if (file_ && try_read_at(file_->fd(), bytes, 0))
            copy = std::make_shared<const Bytes>(std::move(bytes));
    }
    std::unique_lock lock{mutex_};
    bytes_ = std::move(copy);
    if (bytes_ && !on_disk_) file_.reset();
    length_ = size_;
    released_ = size_;
    complete_ = true;
    wake(std::move(lock));
}

void Content::fail() {
    std::unique_lock lock{mutex_};
    if (complete_) return;
    failed_ = true;
    wake(std::move(lock));
}

/// Call those whose bytes are there, each on its own loop.
void Content::wake(std::unique_lock<std::mutex> lock) {
    std::vector<Waiter> ready;
    const bool settled = complete_ || failed_;
    const auto due = std::partition(waiters_.begin(), waiters_.end(), [&](const Waiter& waiter) {
        return !settled && waiter.needs >= released_;
    });
    std::move(due, waiters_.end(), std::back_inserter(ready));
    waiters_.erase(due, waiters_.end());
    lock.unlock();
    for (auto& waiter : ready) waiter.loop->post(std::move(waiter.call));
}

std::uint64_t Content::size() const {
    const std::lock_guard lock{mutex_};
    return size_;
}

std::optional<std::uint64_t> Content::length() const {
    const std::lock_guard lock{mutex_};
    return length_;
}

bool Content::is_complete() const {
    const std::lock_guard lock{mutex_};
    return complete_;
}

bool Content::failed() const {
    const std::lock_guard lock{mutex_};
    return failed_;
}

std::uint64_t Content::memory() const {
    const std::lock_guard lock{mutex_};
    return (bytes_ ? bytes_->size() : 0) + (file_ && !on_disk_ ? size_ : 0);
}

bool Content::has_bytes() const {
    const std::lock_guard lock{mutex_};
    return bytes_ != nullptr;
}

std::shared_ptr<const File> Content::file() const {
    const std::lock_guard lock{mutex_};
    return file_;
}

void Content::set_path(std::filesystem::path path) {
    const std::lock_guard lock{mutex_};
    path_ = std::move(path);
}

void Content::close_file() {
    const std::lock_guard lock{mutex_};
    if (complete_ && on_disk_ && !path_.empty()) file_.reset();
}

void Content::forget_bytes() {
    const std::lock_guard lock{mutex_};
    if (complete_ && on_disk_ && !path_.empty()) bytes_.reset();
}

bool Content::is_open() const {
    const std::lock_guard lock{mutex_};
    return file_ != nullptr;
}

Content::Opened Content::open() {
    const std::lock_guard lock{mutex_};
    return open_locked();
}

Content::Opened Content::open_locked() {
    if (bytes_ || file_) return Opened::before;
    File file{::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
    if (!file)
        return errno == EMFILE || errno == ENFILE || errno == ENOMEM ? Opened::busy
                                                                     : Opened::failed;
    if (size_ > 0 && !is_right_locked(file.fd(), 0)) return Opened::damaged;
    if (size_ > small) {
        file_ = std::make_shared<const File>(std::move(file));
        return Opened::now;
    }
    Bytes bytes(size_);
    if (!try_read_at(file.fd(), bytes, 0)) return Opened::failed;
    bytes_ = std::make_shared<const Bytes>(std::move(bytes));
    return Opened::now;
}

std::optional<Bytes> Content::read_all(std::uint64_t most) {
    std::unique_lock lock{mutex_};
    if (!complete_ || size_ > most) return {};
    const auto opened = open_locked();
    if (opened == Opened::failed || opened == Opened::busy) return {};
    bool right = opened != Opened::damaged;
    if (right && bytes_) return *bytes_;
    Bytes all(size_);
    if (right && (!file_ || !try_read_at(file_->fd(), all, 0))) return {};
    for (std::size_t i = 0; right && i < right_.size(); ++i)
        right = is_right_locked(file_->fd(), i);
    if (right) return all;
    const auto call = on_damage_;
    lock.unlock();
    if (call) call();
    return {};
}

void Content::when_settled(net::Loop& loop, std::function<void()> done) {
    std::unique_lock lock{mutex_};
    if (!complete_ && !failed_) {
        waiters_.push_back({&loop, UINT64_MAX, std::move(done)});
        return;
    }
    lock.unlock();
    done();
}

class Content::Reader : public http::Body {
   public:
    Reader(std::shared_ptr<Content> content, net::Loop& loop, std::uint64_t from, std::uint64_t to)
        : content_(std::move(content)), loop_(loop), at_(from), end_(to) {
        const std::lock_guard lock{content_->mutex_};
        if (content_->complete_)
            content_->open_locked();  // it may have been closed since it was found
        take_hold();
    }

    State next(http::Slice& slice, const std::function<void()>& wake) override {
        std::unique_lock lock{content_->mutex_};
        auto& content = *content_;
        const bool held = content.hold_ends_ && !content.complete_;
        std::uint64_t ready = std::min(content.released_, held ? end_ - 1 : end_);
        if (at_ < ready) {
            take_hold();
            if (!bytes_ && !file_) return State::broken;
            if (!bytes_ && content.unproven_ > 0) {
                const auto block = static_cast<std::size_t>(at_ / sum_block);
                ready = std::min(ready, (block + 1) * sum_block);
                if (!content.is_right_locked(file_->fd(), block)) {
                    const auto call = content.on_damage_;
                    lock.unlock();
                    if (call) call();
                    return State::broken;
                }
            }
            if (bytes_) {
                slice.bytes = BytesView{*bytes_}.subspan(at_, ready - at_);
                slice.owner = bytes_;
            } else {
                slice.fd = file_->fd();
                slice.offset = at_;
                slice.length = ready - at_;
                slice.owner = file_;
            }
            at_ = ready;
            return State::ready;
        }
        if (at_ >= end_ || content.complete_) return State::end;
        if (content.failed_) return State::broken;
        content_->waiters_.push_back({&loop_, at_ < content.released_ ? UINT64_MAX : at_, wake});
        return State::wait;
    }

   private:
    /// Of what the content has now: it may let go of either while we are sending.
    void take_hold() {
        if (content_->file_) file_ = content_->file_;
        if (content_->bytes_) bytes_ = content_->bytes_;
    }

    std::shared_ptr<Content> content_;
    net::Loop& loop_;
    std::uint64_t at_, end_;
    std::shared_ptr<const File> file_;
    std::shared_ptr<const Bytes> bytes_;
};

std::unique_ptr<http::Body> Content::read(net::Loop& loop, std::optional<http::ByteRange> range) {
    const std::uint64_t from = range ? range->first : 0;
    const std::uint64_t to = range ? range->first + range->length : UINT64_MAX;
    return std::make_unique<Reader>(shared_from_this(), loop, from, to);
}

}  // namespace stretto::edge

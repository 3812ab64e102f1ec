#include "store/writer.hpp"

#include <fcntl.h>

#include "base/error.hpp"
#include "base/file.hpp"

namespace stretto::store {
namespace {

void write_new(const std::filesystem::path& path, BytesView bytes) {
    const File file{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666)};
    if (!file) throw output_error(path.string());
    write_all(file.fd(), bytes, path.string());
    // start writing to the disk now, so that fsync at the end takes little time
    ::sync_file_range(file.fd(), 0, 0, SYNC_FILE_RANGE_WRITE);
}

}  // namespace

Writer::Writer() : thread_{[this] { run(); }} {}

Writer::~Writer() {
    {
        const std::lock_guard lock{mutex_};
        ended_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void Writer::run() {
    std::unique_lock lock{mutex_};
    for (;;) {
        changed_.wait(lock, [this] { return ended_ || !jobs_.empty(); });
        if (ended_ || failure_) return;
        const Job& job = jobs_.front();  // stays valid in a deque while others are added
        lock.unlock();
        std::exception_ptr failure;
        try {
            write_new(job.path, job.bytes);
        } catch (...) {
            failure = std::current_exception();
        }
        lock.lock();
        failure_ = failure;
        waiting_ -= job.bytes.size();
        jobs_.pop_front();
        changed_.notify_all();
        if (failure_) return;
    }
}

void Writer::rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
}

void Writer::write(std::filesystem::path path, Bytes bytes) {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return failure_ || jobs_.empty() || waiting_ < most_waiting; });
    rethrow();
    waiting_ += bytes.size();
    jobs_.push_back({std::move(path), std::move(bytes)});
    changed_.notify_all();
}

void Writer::finish() {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return failure_ || jobs_.empty(); });
    rethrow();
}

}  // namespace stretto::store

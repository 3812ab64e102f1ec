#include "report/ahead.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "report/input.hpp"

namespace stretto::report {
namespace {

constexpr std::size_t block_bytes = 256 << 10;

/// A block of whole lines, or with the beginning of a line that is too long.
struct Block {
    std::string raw = std::string(block_bytes + most_line_bytes + events::Reader::padding, '\0');
    std::size_t whole_bytes = 0, too_long_bytes = 0;
    std::vector<ParsedLine> lines;
    std::size_t count = 0;  // of lines; later elements keep their memory for the next block
    std::vector<std::uint8_t> texts = std::vector<std::uint8_t>(raw.size());
    bool ready = false;
};

/// Divides the bytes read into blocks at line feeds.
class Cutter {
   public:
    explicit Cutter(const std::string& name) : input_(name) {}

    /// @return  false at the end of the input
    bool next(Block& block) {
        block.whole_bytes = block.too_long_bytes = 0;
        while (!over_ && block.whole_bytes + block.too_long_bytes == 0) fill(block);
        return block.whole_bytes + block.too_long_bytes > 0;
    }
    const std::string& broken() const noexcept { return input_.broken(); }

   private:
    void fill(Block& block) {
        std::size_t have = rest_.copy(block.raw.data(), rest_.size());
        rest_.clear();
        const auto n = input_.read(block.raw.data() + have, block_bytes);
        over_ = n == 0;
        have += n;
        const char* const begin = block.raw.data();
        std::size_t from = 0;
        if (skipping_) {  // its end can only be in the bytes that were just read
            const auto* feed = static_cast<const char*>(std::memchr(begin, '\n', have));
            from = feed ? static_cast<std::size_t>(feed - begin) + 1 : have;
            skipping_ = !feed;
        }
        const auto* feed = static_cast<const char*>(::memrchr(begin + from, '\n', have - from));
        const auto whole = over_ ? have : feed ? static_cast<std::size_t>(feed - begin) + 1 : from;
        if (from > 0) std::memmove(block.raw.data(), begin + from, have - from);
        block.whole_bytes = whole - from;
        if (have - whole > most_line_bytes) {
            block.too_long_bytes = have - whole;
            skipping_ = true;
        } else {
            rest_.assign(begin + block.whole_bytes, have - whole);
        }
    }

    Input input_;
    std::string rest_;
    bool skipping_ = false, over_ = false;
};

void parse(events::Reader& reader, Block& block) {
    auto* texts = block.texts.data();
    block.count = 0;
    const auto add = [&](std::string_view text, bool whole) {
        if (text.ends_with('\r')) text.remove_suffix(1);
        if (block.count == block.lines.size()) block.lines.emplace_back();
        auto& line = block.lines[block.count++];
        line.text = text;
        line.whole = whole;
        line.kind.reset();
        if (whole && text.starts_with('{')) line.kind = reader.read(text, line.event, texts);
    };
    const std::string_view raw = block.raw;
    for (std::size_t from = 0; from < block.whole_bytes;) {
        const auto feed = std::min(raw.find('\n', from), block.whole_bytes);
        add(raw.substr(from, feed - from), feed - from <= most_line_bytes);
        from = feed + 1;
    }
    if (block.too_long_bytes > 0) add(raw.substr(block.whole_bytes, block.too_long_bytes), false);
}

/// A ring of blocks. One thread at a time cuts a block, any thread parses it, and one takes blocks
/// in order.
class Ahead {
   public:
    Ahead(const std::string& name, unsigned threads)
        : cutter_(name), blocks_(2 * (threads + 1)), threads_(threads) {}
    ~Ahead() {
        {
            const std::lock_guard lock{mutex_};
            stop_ = true;
        }
        changed_.notify_all();
    }
    Ahead(const Ahead&) = delete;

    std::string each(const TakeParsed& take) {
        events::Reader reader;
        std::unique_lock lock{mutex_};
        while (auto* block = next(lock, reader)) {
            lock.unlock();
            for (std::size_t i = 0; i < block->count; ++i) take(block->lines[i]);
            // one block needs no additional threads
            while (helpers_.size() < threads_) helpers_.emplace_back([this] { help(); });
            lock.lock();
            block->ready = false;
            ++taken_;
            changed_.notify_all();
        }
        return cutter_.broken();
    }

   private:
    using Lock = std::unique_lock<std::mutex>;
    Block& at(std::size_t number) { return blocks_[number % blocks_.size()]; }

    /// While the next block is not ready, the taking thread parses others.
    Block* next(Lock& lock, events::Reader& reader) {
        for (;;) {
            if (failure_) std::rethrow_exception(failure_);
            if (at(taken_).ready) return &at(taken_);
            if (over_ && taken_ == cut_) return nullptr;
            if (!work(lock, reader)) changed_.wait(lock);
        }
    }
    void help() {
        events::Reader reader;
        Lock lock{mutex_};
        while (!stop_ && !over_)
            if (!work(lock, reader)) changed_.wait(lock);
    }

    /// Cut and parse a block, without the lock. @return  false: no block can be cut now
    bool work(Lock& lock, events::Reader& reader) {
        if (cutting_ || over_ || stop_ || cut_ - taken_ == blocks_.size()) return false;
        auto& block = at(cut_);
        cutting_ = true;
        lock.unlock();
        try {
            const bool any = cutter_.next(block);
            lock.lock();
            cutting_ = false;
            over_ = !any;
            cut_ += any;
            changed_.notify_all();
            if (!any) return true;
            lock.unlock();
            parse(reader, block);
            lock.lock();
            block.ready = true;
        } catch (...) {
            if (!lock) lock.lock();
            failure_ = std::current_exception();
            over_ = true;
        }
        changed_.notify_all();
        return true;
    }

    Cutter cutter_;  // used by the thread that set cutting_
    std::vector<Block> blocks_;
    const unsigned threads_;
    std::mutex mutex_;  // protects the members below, and `ready` of each block
    std::condition_variable changed_;
    std::size_t cut_ = 0, taken_ = 0;
    bool cutting_ = false, over_ = false, stop_ = false;
    std::exception_ptr failure_;
    std::vector<std::jthread> helpers_;
};

}  // namespace

std::string each_parsed(const std::string& name, const TakeParsed& take, unsigned threads) {
    return Ahead{name, threads}.each(take);
}

unsigned helping_threads() {
    constexpr unsigned most = 3;
    return std::clamp(std::thread::hardware_concurrency(), 1U, most + 1) - 1;
}

}  // namespace stretto::report

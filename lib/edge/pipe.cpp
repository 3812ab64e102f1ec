#include "edge/pipe.hpp"

#include <utility>

namespace stretto::edge {

bool Pipe::push(BytesView bytes) {
    if (queued_ >= most) {
        stopped_ = true;
        return false;
    }
    queue_.push_back(std::make_shared<const Bytes>(bytes.begin(), bytes.end()));
    queued_ += bytes.size();
    held_ += bytes.size();
    wake();
    return true;
}

void Pipe::settle(bool failed) {
    failed_ = failed;
    ended_ = true;
    gone_ = nullptr;
    fetch_.reset();
    wake();
}

void Pipe::own(std::unique_ptr<http::Fetch> fetch, std::function<void()> gone) {
    if (ended_) return;
    fetch_ = std::move(fetch);
    gone_ = std::move(gone);
    if (reader_gone_) reader_went();
}

void Pipe::reader_went() {
    reader_gone_ = true;
    fetch_.reset();
    if (const auto call = std::exchange(gone_, nullptr)) call();
}

void Pipe::wake() {
    if (const auto call = std::exchange(wake_, nullptr)) call();
}

class Pipe::Reader : public http::Body {
   public:
    explicit Reader(std::shared_ptr<Pipe> pipe) : pipe_(std::move(pipe)) {}
    ~Reader() override { pipe_->reader_went(); }

    State next(http::Slice& slice, const std::function<void()>& wake) override {
        auto& pipe = *pipe_;
        if (!pipe.queue_.empty()) {
            const auto bytes = std::move(pipe.queue_.front());
            pipe.queue_.pop_front();
            pipe.queued_ -= bytes->size();
            held_ -= bytes->size();
            slice.bytes = *bytes;
            slice.owner = bytes;
            if (pipe.stopped_ && pipe.queued_ < most / 2 && pipe.fetch_) {
                pipe.stopped_ = false;
                pipe.fetch_->resume();
            }
            return State::ready;
        }
        if (pipe.ended_) return pipe.failed_ ? State::broken : State::end;
        pipe.wake_ = wake;
        return State::wait;
    }

   private:
    std::shared_ptr<Pipe> pipe_;
};

std::unique_ptr<http::Body> Pipe::body(std::shared_ptr<Pipe> pipe) {
    return std::make_unique<Reader>(std::move(pipe));
}

}  // namespace stretto::edge

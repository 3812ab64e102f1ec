#include "http/ask.hpp"

#include <algorithm>
#include <utility>

namespace stretto::http {
namespace {

constexpr std::size_t most_error_bytes = 65536;

/// Owned by the callbacks of its own fetch. The upstream destroys them after the last call, or at
/// its own end.
struct Asking {
    Whole answer;
    std::size_t most = 0;
    std::function<void(Whole)> done;
    std::unique_ptr<Fetch> fetch;

    bool take(BytesView bytes) {
        const bool error = answer.status / 100 != 2;
        const auto room = (error ? std::min(most, most_error_bytes) : most) - answer.body.size();
        append(answer.body, bytes.first(std::min(room, bytes.size())));
        if (bytes.size() <= room) return true;
        end(nullptr);  // the rest of an error response is not needed
        return false;
    }
    void end(const Failure* failure) {
        const auto over = std::move(fetch);  // its callbacks own this object
        if (failure) {
            answer.status = 0;
            answer.why = failure->why;
            answer.failed = failure->kind;
        } else if (!answer.ok()) {
            answer.why = text("the server says ", answer.status, " ", reason(answer.status));
        }
        if (done) std::exchange(done, nullptr)(std::move(answer));
    }
};

}  // namespace

bool Whole::passing() const noexcept {
    return failed ? Failure{*failed, {}}.passing()
                  : status == 408 || status == 429 || status >= 500;
}

void ask(Upstream& upstream, Request request, Bytes body, std::size_t most,
         std::function<void(Whole)> done) {
    auto asking = std::make_shared<Asking>();
    asking->most = most;
    asking->done = std::move(done);
    FetchCalls calls;
    calls.most = most;
    calls.head = [asking](Response&& head) {
        asking->answer.status = head.status;
        asking->answer.fields = std::move(head.fields);
    };
    calls.data = [asking](BytesView bytes) { return asking->take(bytes); };
    calls.end = [asking](const Failure* failure) { asking->end(failure); };
    asking->fetch = upstream.fetch(request, std::move(body), std::move(calls));
}

void get(Upstream& upstream, std::string target, std::size_t most,
         std::function<void(Whole)> done) {
    ask(upstream, {"GET", std::move(target), 1, {}}, {}, most, std::move(done));
}

}  // namespace stretto::http

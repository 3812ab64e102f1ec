#include "http/ask.hpp"

#include <utility>

namespace stretto::http {
namespace {

/// Held by the callbacks of its own fetch, which the upstream drops when they were called or when
/// it goes.
struct Asking {
    Whole answer;
    std::size_t most = 0;
    bool too_long = false;
    std::function<void(Whole)> done;
    std::unique_ptr<Fetch> fetch;

    void end(const Failure* failure) {
        if (failure || too_long) {
            answer.status = 0;
            answer.why = too_long ? "the answer is too long" : failure->why;
        } else if (!answer.ok()) {
            answer.why = text("the server says ", answer.status, " ", reason(answer.status));
        }
        std::exchange(done, nullptr)(std::move(answer));
    }
};

}  // namespace

void ask(Upstream& upstream, Request request, Bytes body, std::size_t most,
         std::function<void(Whole)> done) {
    auto asking = std::make_shared<Asking>();
    asking->most = most;
    asking->done = std::move(done);
    FetchCalls calls;
    calls.head = [asking](Response&& head) {
        asking->answer.status = head.status;
        asking->answer.fields = std::move(head.fields);
    };
    calls.data = [asking](BytesView bytes) {
        asking->too_long |= asking->answer.body.size() + bytes.size() > asking->most;
        if (!asking->too_long) append(asking->answer.body, bytes);
        if (!asking->too_long) return true;
        // from here the fetch may not end itself; what it holds goes on its loop's next turn
        if (asking->fetch) {
            auto fetch = std::move(asking->fetch);
            asking->end(nullptr);
        }
        return false;
    };
    calls.end = [asking](const Failure* failure) {
        const auto fetch = std::move(asking->fetch);  // which holds us through its callbacks
        if (asking->done) asking->end(failure);
    };
    asking->fetch = upstream.fetch(request, std::move(body), std::move(calls));
}

void get(Upstream& upstream, std::string target, std::size_t most,
         std::function<void(Whole)> done) {
    Request request;
    request.method = "GET";
    request.target = std::move(target);
    request.fields.add("Host", upstream.authority());
    ask(upstream, std::move(request), {}, most, std::move(done));
}

}  // namespace stretto::http

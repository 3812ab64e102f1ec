#include "edge/worker.hpp"

#include <csignal>

namespace stretto::edge {

Workers::Workers(unsigned count, const MakeBackend& make, SiteShared& site, http::Status& status,
                 const http::Limits& limits, http::Shared& shared)
    : status_(status) {
    for (unsigned i = 0; i < count; ++i) {
        auto worker = std::make_unique<Worker>();
        worker->backend = make(worker->loop);
        worker->site = std::make_unique<Site>(worker->loop, *worker->backend, site, status);
        worker->server =
            std::make_unique<http::Server>(worker->loop, *worker->site, limits, shared);
        workers_.push_back(std::move(worker));
    }
}

Workers::~Workers() {
    stop_all();
    for (auto& worker : workers_)
        if (worker->thread.joinable()) worker->thread.join();
    // what is posted to a loop may hold what lives on another: all of it goes before any loop does
    for (auto& worker : workers_) worker->server.reset();
}

void Workers::listen(std::vector<File> sockets, const http::Certificates* certificates) {
    for (std::size_t i = 0; i < workers_.size(); ++i)
        workers_[i]->server->listen(std::move(sockets[i]), certificates);
}

void Workers::run(std::chrono::seconds grace, const std::function<void()>& reload,
                  const std::function<void()>& stopping) {
    std::signal(SIGPIPE, SIG_IGN);
    net::Timer late{main_, [this] { stop_all(); }};
    const auto end = [&] {
        if (draining_) return stop_all();
        stopping();
        drain();
        late.once(grace);
    };
    net::Signal term{main_, SIGTERM, end}, interrupt{main_, SIGINT, end};
    net::Signal hangup{main_, SIGHUP, reload};
    start();
    main_.run();
    for (auto& worker : workers_) worker->thread.join();
    if (failure_) std::rethrow_exception(failure_);
}

void Workers::start() {
    running_ = workers_.size();
    for (auto& owner : workers_)
        owner->thread = std::thread{[this, worker = owner.get()] {
            std::exception_ptr failure;
            try {
                worker->loop.run();
            } catch (...) {
                failure = std::current_exception();
            }
            main_.post([this, failure] {
                if (failure && !failure_) failure_ = failure;
                if (failure) stop_all();
                if (--running_ == 0) main_.stop();
            });
        }};
}

void Workers::ask_all(const std::function<void()>& answered) {
    auto left = std::make_shared<std::size_t>(workers_.size());
    for (auto& owner : workers_)
        owner->loop.post([this, left, answered] {
            main_.post([left, answered] {
                if (--*left == 0) answered();
            });
        });
}

void Workers::drain() {
    draining_ = true;
    status_.draining();
    for (auto& owner : workers_)
        owner->loop.post(
            [worker = owner.get()] { worker->server->drain([worker] { worker->loop.stop(); }); });
}

void Workers::stop_all() {
    for (auto& owner : workers_) owner->loop.post([worker = owner.get()] { worker->loop.stop(); });
}

}  // namespace stretto::edge

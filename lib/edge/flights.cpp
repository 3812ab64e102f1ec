#include "edge/flights.hpp"

namespace stretto::edge {

std::shared_ptr<const Outcome> Flight::wait(net::Loop& loop, Told told) {
    const std::lock_guard lock{mutex_};
    if (known_ && outcome_) return outcome_;
    if (known_)
        loop.post([told = std::move(told)] { told(nullptr); });
    else
        waiting_.emplace_back(&loop, std::move(told));
    return nullptr;
}

void Flight::on_unwanted(std::function<void()> cancel) {
    const std::lock_guard lock{mutex_};
    cancel_ = std::move(cancel);
}

void Flight::tell(std::shared_ptr<const Outcome> outcome) {
    std::vector<std::pair<net::Loop*, Told>> waiting;
    {
        const std::lock_guard lock{mutex_};
        known_ = true;
        outcome_ = outcome;
        cancel_ = nullptr;
        waiting.swap(waiting_);
    }
    for (auto& [loop, told] : waiting)
        loop->post([told = std::move(told), outcome] { told(outcome); });
}

std::pair<std::shared_ptr<Flight>, bool> Flights::join(const std::string& key) {
    const std::lock_guard lock{mutex_};
    auto& flight = flights_[key];
    const bool first = !flight;
    if (first)
        flight = std::make_shared<Flight>();
    else
        flight->joined_ = true;
    ++flight->present_;
    return {flight, first};
}

void Flights::leave(const std::string& key, const std::shared_ptr<Flight>& flight) {
    std::function<void()> cancel;
    {
        const std::lock_guard lock{mutex_};
        if (--flight->present_ > 0) return;
        const std::lock_guard of_flight{flight->mutex_};
        if (flight->known_) return;
        cancel = std::exchange(flight->cancel_, nullptr);
        // later clients start a new fetch
        const auto found = flights_.find(key);
        if (found != flights_.end() && found->second == flight) flights_.erase(found);
    }
    if (cancel) cancel();
}

void Flights::landed(const std::string& key, const std::shared_ptr<Flight>& flight) {
    const std::lock_guard lock{mutex_};
    const auto found = flights_.find(key);
    if (found != flights_.end() && found->second == flight) flights_.erase(found);
}

void Flights::forget(const std::string& target) {
    const std::lock_guard lock{mutex_};
    std::erase_if(flights_, [&](const auto& one) {
        return one.first.starts_with(target) &&
               (one.first.size() == target.size() || one.first[target.size()] == '\n');
    });
}

void Flights::forget_all() {
    const std::lock_guard lock{mutex_};
    flights_.clear();
}

void Flights::note_failed(const std::string& key, Failure failure) {
    const std::lock_guard lock{mutex_};
    if (failures_.size() >= most_failures) failures_.clear();
    failures_[key] = std::move(failure);
}

std::optional<Flights::Failure> Flights::failed_since(const std::string& key,
                                                      std::chrono::steady_clock::time_point since) {
    const std::lock_guard lock{mutex_};
    const auto found = failures_.find(key);
    if (found == failures_.end() || found->second.asked < since) return {};
    return found->second;
}

void Flights::note_unshared(const std::string& key, std::uint64_t now_ms) {
    const std::lock_guard lock{mutex_};
    if (unshared_.size() >= most_unshared) unshared_.clear();
    unshared_[key] = now_ms;
}

void Flights::note_shared(const std::string& key) {
    const std::lock_guard lock{mutex_};
    unshared_.erase(key);
}

bool Flights::is_unshared(const std::string& key, std::uint64_t now_ms) {
    const std::lock_guard lock{mutex_};
    const auto found = unshared_.find(key);
    return found != unshared_.end() && now_ms - found->second < unshared_ms;
}

}  // namespace stretto::edge

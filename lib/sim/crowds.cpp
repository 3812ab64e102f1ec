#include "sim/crowds.hpp"

#include <algorithm>
#include <exception>
#include <mutex>
#include <thread>

namespace stretto::sim {
namespace {

/// The first ones have one more.
std::size_t share(std::size_t all, std::size_t crowds, std::size_t number) {
    return all / crowds + (number < all % crowds ? 1 : 0);
}

/// Takes the crowds that nobody has begun, until there are none or one has failed.
class Work {
   public:
    Work(const CrowdSettings& settings, std::size_t crowds,
         const std::function<void(std::size_t)>& done)
        : settings_(settings), done_(done), sums_(crowds) {}

    void run(unsigned threads) {
        std::vector<std::jthread> others;
        for (unsigned i = 1; i < std::min<std::size_t>(threads, sums_.size()); ++i)
            others.emplace_back([this] { work(); });
        work();
        others.clear();  // joins them
        if (failure_) std::rethrow_exception(failure_);
    }
    /// By number, so that sums of fractions do not depend on who ended first.
    CrowdSums all() const {
        CrowdSums all;
        for (const auto& one : sums_) all.add(one);
        return all;
    }

   private:
    void work() {
        try {
            while (const auto number = begin()) {
                const auto part = part_of(settings_, sums_.size(), *number);
                sums_[*number] = sums_of(run_crowd(part), part);
                const std::lock_guard lock{mutex_};
                if (done_) done_(++ended_);
            }
        } catch (...) {
            const std::lock_guard lock{mutex_};
            failure_ = std::current_exception();
        }
    }
    std::optional<std::size_t> begin() {
        const std::lock_guard lock{mutex_};
        if (failure_ || begun_ == sums_.size()) return {};
        return begun_++;
    }

    const CrowdSettings& settings_;
    const std::function<void(std::size_t)>& done_;
    std::vector<CrowdSums> sums_;
    std::mutex mutex_;
    std::size_t begun_ = 0, ended_ = 0;
    std::exception_ptr failure_;
};

}  // namespace

CrowdSettings part_of(const CrowdSettings& settings, std::size_t crowds, std::size_t number) {
    auto part = settings;
    part.listeners = share(settings.listeners, crowds, number);
    part.seeders = share(settings.seeders, crowds, number);
    part.songs = std::max<std::size_t>(1, settings.songs / crowds);
    part.edge_kbps = settings.edge_kbps / static_cast<double>(crowds);
    part.attackers.clear();
    for (std::size_t i = number; i < settings.attackers.size(); i += crowds)
        part.attackers.push_back(settings.attackers[i]);
    part.seed = settings.seed + number * 0x9e3779b97f4a7c15;
    return part;
}

CrowdFigures run_crowds(const CrowdSettings& settings, std::size_t crowds, unsigned threads,
                        const std::function<void(std::size_t)>& done) {
    Work work{settings, crowds, done};
    work.run(threads);
    auto figures = figures_of(work.all());
    figures.crowds = crowds;
    return figures;
}

}  // namespace stretto::sim

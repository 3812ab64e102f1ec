#include "gather/edges.hpp"

#include <algorithm>

namespace stretto::gather {
namespace {

constexpr double out_of_favour_s = 0.5;
constexpr int most_doublings = 5;
constexpr std::size_t most_edges =
    4096;  // a limit, in case a tracker names different edges each time

}  // namespace

int Edges::add(const std::string& name, const std::string& url, bool trusted) {
    all_.push_back({name, url, trusted});
    return static_cast<int>(all_.size()) - 1;
}

int Edges::add_trusted(const std::string& name, const std::string& url) {
    const int number = add(name, url, true);
    order_.insert(order_.begin() + trusted_++, number);
    return number;
}

void Edges::set(const std::vector<std::pair<std::string, std::string>>& named) {
    order_.resize(static_cast<std::size_t>(trusted_));
    for (const auto& [name, url] : named) {
        const auto known = std::ranges::find_if(
            all_, [&](const Edge& edge) { return !edge.trusted && edge.url == url; });
        if (known != all_.end())
            order_.push_back(static_cast<int>(known - all_.begin()));
        else if (all_.size() < most_edges)
            order_.push_back(add(name, url, false));
    }
}

std::optional<int> Edges::current(double now) const {
    for (const int number : order_)
        if (at(number).not_before <= now && !at(number).wrong) return number;
    const auto first = std::ranges::min_element(order_, {}, [&](int number) {
        return std::pair{at(number).wrong, at(number).not_before};
    });
    if (first == order_.end()) return {};
    return *first;
}

void Edges::failed(int number, double now, Fault fault) {
    auto& edge = all_[static_cast<std::size_t>(number)];
    ++edge.failures;
    edge.wrong = edge.wrong || fault == Fault::wrong;
    const int doublings =
        fault == Fault::stalled ? most_doublings : std::min(edge.failures - 1, most_doublings);
    edge.not_before = now + out_of_favour_s * (1 << doublings);
}

}  // namespace stretto::gather

#include "gather/retry.hpp"

#include <sysexits.h>

#include <algorithm>

namespace stretto::gather {
namespace {

constexpr int most_doublings = 16;
constexpr double jitter = 0.25;

/// Number of equal failures after which a source is given up. The only source is asked twice,
/// because a cache on the path may have held wrong bytes, or may not know a new song yet.
int tries_needed(Fault fault, int sources) {
    return fault == Fault::denied || fault == Fault::untrusted || sources > 1 ? 1 : 2;
}

int status_of(Fault fault) {
    switch (fault) {
        case Fault::wrong:
            return EX_DATAERR;
        case Fault::denied:
            return EX_NOPERM;
        case Fault::missing:
        case Fault::untrusted:
            return EX_UNAVAILABLE;
        case Fault::busy:
        case Fault::broken:
        case Fault::stalled:
            break;
    }
    return EX_TEMPFAIL;
}

}  // namespace

bool permanent(Fault fault) noexcept { return status_of(fault) != EX_TEMPFAIL; }

const char* word(Fault fault) noexcept {
    switch (fault) {
        case Fault::busy:
            return "busy";
        case Fault::missing:
            return "missing";
        case Fault::broken:
            return "broken";
        case Fault::stalled:
            return "stalled";
        case Fault::wrong:
            return "hash";
        case Fault::denied:
            return "denied";
        case Fault::untrusted:
            return "untrusted";
    }
    return "";
}

void Retry::progress() noexcept {
    failures_ = 0;
    since_ = -1;
    not_before_ = 0;
    why_.clear();
}

void Retry::given(const Object& object) {
    tries_.erase(object);
    progress();
}

bool Retry::hopeless(int sources) const {
    const auto found = tries_.find(last_);
    if (found == tries_.end() || static_cast<int>(found->second.size()) < sources) return false;
    return std::ranges::all_of(found->second, [&](const auto& entry) {
        const auto& [source, tries] = entry;
        return permanent(tries.fault) && tries.count >= tries_needed(tries.fault, sources);
    });
}

double Retry::pause(int sources) {
    // another edge may be asked at once, and a silent source has already taken long enough
    if (failures_ == 0 && (sources > 1 || fault_ == Fault::stalled)) return 0;
    const double longest =
        hopeless(sources) ? options_.longest_hopeless_s : options_.longest_pause_s;
    const double growing = options_.first_pause_s * (1 << std::min(failures_, most_doublings));
    return std::min(longest, growing) * (1 + std::uniform_real_distribution{0.0, jitter}(chance_));
}

void Retry::failed(double now, bool needed, const Object& object, int source,
                   const Failure& failure, int sources) {
    auto& tries = tries_[object][source];
    tries.count = tries.count > 0 && tries.fault != failure.fault ? 1 : tries.count + 1;
    tries.fault = failure.fault;
    last_ = object;
    fault_ = failure.fault;
    why_ = failure.why;
    sources_ = sources;
    not_before_ = std::max(not_before_, now + pause(sources));
    ++failures_;
    ++total_;
    if (needed && since_ < 0) since_ = now;
}

std::optional<End> Retry::end(double now, bool needed) {
    if (!needed) {
        since_ = -1;
        return {};
    }
    if (failures_ == 0) return {};
    if (since_ < 0) since_ = now;
    if (hopeless(sources_)) return End{status_of(fault_), why_};
    if (now - since_ <= options_.patience_s) return {};
    return End{EX_TEMPFAIL, why_};
}

}  // namespace stretto::gather

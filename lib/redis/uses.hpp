#pragma once
// The order in which things were used, to forget those used least recently.
#include <iterator>
#include <list>

namespace stretto::redis {

template <class Key>
class Uses {
   public:
    using Place = typename std::list<Key>::iterator;
    enum class Fate {
        stays,  ///< and with it all that were used later
        held,   ///< somebody needs it now
        gone
    };

    Place add(const Key& key) { return order_.insert(order_.begin(), key); }
    void use(Place place) { order_.splice(order_.begin(), order_, place); }

    /// From the one used least recently on; the one used last is not asked about. What is held
    /// counts as used: to pass over thousands of them with each addition would take seconds.
    /// @param fate  key -> Fate; may end what has the key
    template <class Judge>
    void forget(Judge fate) {
        for (unsigned held = 0; order_.size() > 1 && held < most_held;) {
            const auto last = std::prev(order_.end());
            switch (fate(*last)) {
                case Fate::stays:
                    return;
                case Fate::gone:
                    order_.erase(last);
                    break;
                case Fate::held:
                    order_.splice(std::next(order_.begin()), order_, last);
                    ++held;
            }
        }
    }

   private:
    static constexpr unsigned most_held = 4;  // looked at in one call
    std::list<Key> order_;                    // the one used last comes first
};

}  // namespace stretto::redis

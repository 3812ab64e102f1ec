#include "sim/confidence.hpp"

#include <boost/math/special_functions/beta.hpp>

namespace stretto::sim {

double share_at_most(std::size_t seen, std::size_t of, double confidence) {
    if (seen >= of) return 1;
    return boost::math::ibeta_inv(static_cast<double>(seen) + 1, static_cast<double>(of - seen),
                                  confidence);
}

}  // namespace stretto::sim

#pragma once
// How large a share may really be, of which a sample showed little or nothing.
#include <cstddef>

namespace stretto::sim {

/// The upper bound of Clopper and Pearson (Biometrika 1934), one-sided: the largest share of cases
/// with which at most `seen` of `of` independent ones would still be seen with the probability
/// 1 - confidence.
///
/// @param seen        at most `of`
/// @param confidence  in (0, 1)
/// @return            1 if all were seen, or `of` is 0. None of 300,000: 0.99857e-5 at 0.95.
double share_at_most(std::size_t seen, std::size_t of, double confidence = 0.95);

}  // namespace stretto::sim

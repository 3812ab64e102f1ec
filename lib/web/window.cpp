// The windows of Vorbis, which libvorbis has as tables of 33 kB, computed when they are first used:
// a fifth of what a listener's first visit would load beside the code. Natively this is empty.
#ifdef __wasm__
#include <cmath>
#include <cstddef>
#include <numbers>
#include <vector>

extern "C" {

/// The rising half of the window of a block of 64 << n samples (Vorbis I, 4.3.1).
const float* _vorbis_window_get(int n) {
    static std::vector<float> windows[8];
    if (n < 0 || n >= 8) return nullptr;
    auto& window = windows[n];
    if (!window.empty()) return window.data();
    const std::size_t half = std::size_t{32} << n;
    window.resize(half);
    for (std::size_t i = 0; i < half; ++i) {
        const double angle = (static_cast<double>(i) + 0.5) / static_cast<double>(half);
        const double rise = std::sin(angle * std::numbers::pi / 2);
        window[i] = static_cast<float>(std::sin(rise * rise * std::numbers::pi / 2));
    }
    return window.data();
}

/// The encoder's.
void _vorbis_apply_window(float*, int*, long*, int, int, int) { __builtin_trap(); }
}
#endif

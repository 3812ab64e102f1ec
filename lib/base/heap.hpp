#pragma once
// The C library's heap, for servers that must not pause.
#include <malloc.h>

namespace stretto {

/// Join each small piece with its neighbours when it is freed. By default glibc keeps chains of
/// pieces up to 64 kB for later. Then one free() of a big piece walks all of them, millions in a
/// big server. Call this at the start of main().
inline void free_without_delay() noexcept {
#ifdef M_MXFAST
    mallopt(M_MXFAST, 0);
#endif
}

}  // namespace stretto

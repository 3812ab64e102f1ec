#pragma once
// The C library's heap, for servers that nobody may wait for.
#include <malloc.h>

namespace stretto {

/// Have each small piece joined with its neighbours when it is freed. glibc else keeps up to 64 kB
/// chains of them for later, and goes through all of them, millions in a big server, within one
/// free() of a big piece. For the start of main().
inline void free_without_delay() noexcept {
#ifdef M_MXFAST
    mallopt(M_MXFAST, 0);
#endif
}

}  // namespace stretto

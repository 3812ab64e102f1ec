// What the C++ runtime for WebAssembly lacks. Natively it is empty.
#ifdef __wasm__
#include <cstddef>

extern "C" {
// a throw ends the instance, since nothing catches: JavaScript sees a RuntimeError
void* __cxa_allocate_exception(std::size_t) { __builtin_trap(); }
void __cxa_throw(void*, void*, void*) { __builtin_trap(); }
// the only thread ends with the instance, and nobody sees what is not destroyed then
int __cxa_thread_atexit(void (*)(void*), void*, void*) { return 0; }
// simdjson asks which processor it may use
char* getenv(const char*) { return nullptr; }

// libvorbis' encoder, which its tables of functions name, and which is a seventh of what a listener
// would load. To clear what was never made is nothing; all else is never called.
void _ve_envelope_clear(void*) {}
void _vi_psy_free(void*) {}
void _vp_psy_clear(void*) {}
void _vp_global_free(void*) {}
void vorbis_bitrate_clear(void*) {}
void drft_clear(void*) {}
void _vp_psy_init(void*, void*, void*, int, long) { __builtin_trap(); }
void _vp_noisemask(void*, float*, float*) { __builtin_trap(); }
void _vp_tonemask(void*, float*, float*, float, float) { __builtin_trap(); }
void _vp_offset_and_mix(void*, float*, float*, int, float*, float*, float*) { __builtin_trap(); }
void _vp_couple_quantize_normalize(int, void*, void*, void*, float**, int**, int*, int, int) {
    __builtin_trap();
}
void drft_init(void*, int) { __builtin_trap(); }
void drft_forward(void*, float*) { __builtin_trap(); }
int vorbis_bitrate_managed(void*) { __builtin_trap(); }
}
#endif

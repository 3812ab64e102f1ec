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
}
#endif

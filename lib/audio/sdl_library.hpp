#pragma once
// SDL2, loaded when sound is to go to a device: it brings 50 libraries along (X11, Wayland,
// PulseAudio), which would cost every start of a player 40 ms, whatever its output. What we call is
// declared here, since SDL's own headers need 130 Debian packages; its binary interface has not
// changed since 2.0.0 (its README-versions says that it will not), and a test compares the two
// where the headers are installed.
#include <dlfcn.h>

#include <bit>
#include <cstdint>
#include <memory>

#include "base/error.hpp"
#include "base/own.hpp"

namespace stretto::audio {

inline void say_nothing(const char*, int, const char*, int, const char*, ...) {}

/// ALSA writes a line to standard error for each device that it tries in vain; SDL's own error
/// says enough. Its library is the one that SDL loads; where there is none, nothing happens.
inline void hold_back_alsa() {
    using Handler = void (*)(const char* file, int line, const char* function, int error,
                             const char* format, ...);
    static const bool done = [] {
        void* const alsa = ::dlopen("libasound.so.2", RTLD_LAZY);  // stays, as SDL may use it
        void* const set = alsa ? ::dlsym(alsa, "snd_lib_error_set_handler") : nullptr;
        if (set) reinterpret_cast<int (*)(Handler)>(set)(say_nothing);
        return set != nullptr;
    }();
    static_cast<void>(done);
}

/// SDL_AudioSpec
struct SdlAudio {
    int rate = 0;
    std::uint16_t format = 0;
    std::uint8_t channels = 0, silence = 0;
    std::uint16_t frames = 0, padding = 0;
    std::uint32_t bytes = 0;
    void (*callback)(void*, std::uint8_t*, int) = nullptr;
    void* user = nullptr;
};

/// SDL_Event, as far as it tells of devices; `device` is the number of what was opened.
struct SdlEvent {
    std::uint32_t type = 0, at_ms = 0, device = 0;
    std::uint8_t records = 0;
    std::uint8_t rest[43] = {};
};
static_assert(sizeof(SdlEvent) == 56);

constexpr std::uint32_t sdl_init_audio = 0x10;
constexpr std::uint32_t sdl_device_added = 0x1100, sdl_device_removed = 0x1101;
constexpr int sdl_get_event = 2;
constexpr std::uint16_t sdl_native_float =
    std::endian::native == std::endian::little ? 0x8120 : 0x9120;

/// The functions of SDL that we call, under their names without SDL_.
class SdlLibrary {
   public:
    /// Throws an Error (69) when it is not installed.
    static const SdlLibrary& get() {
        static const SdlLibrary library;
        return library;
    }

   private:
    std::unique_ptr<void, Freed<dlclose>> handle_;

    /// Becomes a pointer to whatever function it initializes.
    struct Found {
        void* function;
        template <class Function>
        operator Function*() const {
            return reinterpret_cast<Function*>(function);
        }
    };
    Found find(const char* name) const {
        void* found = ::dlsym(handle_.get(), name);
        if (!found) throw Error{EX_UNAVAILABLE, text("libSDL2 has no ", name)};
        return {found};
    }

    SdlLibrary() : handle_(open()) {}
    static void* open() {
        if (void* handle = ::dlopen("libSDL2-2.0.so.0", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE))
            return handle;
        throw Error{EX_UNAVAILABLE, text("cannot load SDL2, which Debian has in libsdl2-2.0-0 (",
                                         ::dlerror(), ")")};
    }

    using Device = std::uint32_t;

   public:
    int (*InitSubSystem)(std::uint32_t) = find("SDL_InitSubSystem");
    void (*QuitSubSystem)(std::uint32_t) = find("SDL_QuitSubSystem");
    int (*SetHint)(const char*, const char*) = find("SDL_SetHint");
    const char* (*GetError)() = find("SDL_GetError");
    void (*Delay)(std::uint32_t) = find("SDL_Delay");
    void (*PumpEvents)() = find("SDL_PumpEvents");
    int (*PeepEvents)(SdlEvent*, int, int, std::uint32_t, std::uint32_t) = find("SDL_PeepEvents");
    int (*GetNumAudioDevices)(int) = find("SDL_GetNumAudioDevices");
    const char* (*GetAudioDeviceName)(int, int) = find("SDL_GetAudioDeviceName");
    Device (*OpenAudioDevice)(const char*, int, const SdlAudio*, SdlAudio*,
                              int) = find("SDL_OpenAudioDevice");
    void (*CloseAudioDevice)(Device) = find("SDL_CloseAudioDevice");
    void (*PauseAudioDevice)(Device, int) = find("SDL_PauseAudioDevice");
    void (*LockAudioDevice)(Device) = find("SDL_LockAudioDevice");
    void (*UnlockAudioDevice)(Device) = find("SDL_UnlockAudioDevice");
    int (*QueueAudio)(Device, const void*, std::uint32_t) = find("SDL_QueueAudio");
    std::uint32_t (*GetQueuedAudioSize)(Device) = find("SDL_GetQueuedAudioSize");
    void (*ClearQueuedAudio)(Device) = find("SDL_ClearQueuedAudio");
};

}  // namespace stretto::audio

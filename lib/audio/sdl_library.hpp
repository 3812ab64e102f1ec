#pragma once
// SDL2, loaded when sound is to go to a device: it brings 50 libraries along (X11, Wayland,
// PulseAudio), which would cost every start of a player 40 ms, whatever its output.
#include <SDL.h>
#include <dlfcn.h>

#include <memory>

#include "base/error.hpp"
#include "base/own.hpp"

namespace stretto::audio {

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

    template <class Function>
    Function find(const char* name) const {
        auto found = reinterpret_cast<Function>(::dlsym(handle_.get(), name));
        if (!found) throw Error{EX_UNAVAILABLE, text("libSDL2 has no ", name)};
        return found;
    }

    SdlLibrary() : handle_(open()) {}
    static void* open() {
        if (void* handle = ::dlopen("libSDL2-2.0.so.0", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE))
            return handle;
        throw Error{EX_UNAVAILABLE, text("cannot load SDL2: ", ::dlerror())};
    }

   public:
#define STRETTO_SDL(name) decltype(&SDL_##name) name = find<decltype(&SDL_##name)>("SDL_" #name)
    STRETTO_SDL(ClearQueuedAudio);
    STRETTO_SDL(CloseAudioDevice);
    STRETTO_SDL(Delay);
    STRETTO_SDL(GetAudioDeviceName);
    STRETTO_SDL(GetError);
    STRETTO_SDL(GetNumAudioDevices);
    STRETTO_SDL(GetQueuedAudioSize);
    STRETTO_SDL(InitSubSystem);
    STRETTO_SDL(LockAudioDevice);
    STRETTO_SDL(OpenAudioDevice);
    STRETTO_SDL(PauseAudioDevice);
    STRETTO_SDL(PeepEvents);
    STRETTO_SDL(PumpEvents);
    STRETTO_SDL(QueueAudio);
    STRETTO_SDL(QuitSubSystem);
    STRETTO_SDL(SetHint);
    STRETTO_SDL(UnlockAudioDevice);
#undef STRETTO_SDL
};

}  // namespace stretto::audio

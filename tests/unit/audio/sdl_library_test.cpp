#include "audio/sdl_library.hpp"

#include <boost/test/unit_test.hpp>
#include <cstddef>

using namespace stretto::audio;

BOOST_AUTO_TEST_SUITE(audio_sdl_library)

BOOST_AUTO_TEST_CASE(every_function_of_the_library_is_found) {
    BOOST_TEST(SdlLibrary::get().GetError);
}

#if __has_include(<SDL2/SDL.h>)
}
#include <SDL2/SDL.h>
namespace audio_sdl_library {

BOOST_AUTO_TEST_CASE(our_declarations_match_sdl) {
    static_assert(sizeof(SdlAudio) == sizeof(SDL_AudioSpec));
    static_assert(offsetof(SdlAudio, format) == offsetof(SDL_AudioSpec, format));
    static_assert(offsetof(SdlAudio, channels) == offsetof(SDL_AudioSpec, channels));
    static_assert(offsetof(SdlAudio, frames) == offsetof(SDL_AudioSpec, samples));
    static_assert(offsetof(SdlAudio, bytes) == offsetof(SDL_AudioSpec, size));
    static_assert(offsetof(SdlAudio, callback) == offsetof(SDL_AudioSpec, callback));
    static_assert(offsetof(SdlAudio, user) == offsetof(SDL_AudioSpec, userdata));
    static_assert(sizeof(SdlEvent) == sizeof(SDL_Event));
    static_assert(offsetof(SdlEvent, device) == offsetof(SDL_AudioDeviceEvent, which));
    static_assert(offsetof(SdlEvent, records) == offsetof(SDL_AudioDeviceEvent, iscapture));
    static_assert(sdl_init_audio == SDL_INIT_AUDIO && sdl_native_float == AUDIO_F32SYS);
    static_assert(sdl_device_added == SDL_AUDIODEVICEADDED);
    static_assert(sdl_device_removed == SDL_AUDIODEVICEREMOVED);
    static_assert(sdl_get_event == SDL_GETEVENT);
    BOOST_TEST(std::string{SDL_HINT_NO_SIGNAL_HANDLERS} == "SDL_NO_SIGNAL_HANDLERS");
    BOOST_TEST(std::string{SDL_HINT_APP_NAME} == "SDL_APP_NAME");
}
#endif

BOOST_AUTO_TEST_SUITE_END()

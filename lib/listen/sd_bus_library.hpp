#pragma once
// sd-bus, loaded when a player looks for a desktop: every Debian has its library, libsystemd0, but
// a server needs none of it. What we call is declared here, as in audio/sdl_library.hpp; these
// functions have not changed since systemd 221, with which sd-bus became public.
#include <dlfcn.h>

#include <cstdint>
#include <memory>

#include "base/own.hpp"

namespace stretto::listen {

struct SdBus;
struct SdMessage;

/// The functions that we call, under their names without sd_bus_. They return < 0 on failure.
class SdBusLibrary {
   public:
    /// nullptr: it is not installed, or lacks a function.
    static const SdBusLibrary* get() {
        static const SdBusLibrary library;
        return library.complete_ ? &library : nullptr;
    }

    /// @return > 0: it was handled
    using Handler = int (*)(SdMessage* message, void* self, void* error);

    int (*open_user)(SdBus**);
    SdBus* (*flush_close_unref)(SdBus*);
    int (*get_fd)(SdBus*);
    int (*get_events)(SdBus*);
    int (*process)(SdBus*, SdMessage**);
    int (*request_name_async)(SdBus*, void** slot, const char* name, std::uint64_t flags,
                              Handler done, void* self);
    int (*add_object)(SdBus*, void** slot, const char* path, Handler, void* self);
    int (*send)(SdBus*, SdMessage*, std::uint64_t* cookie);
    int (*emit_signal)(SdBus*, const char* path, const char* interface, const char* member,
                       const char* types, ...);
    int (*reply_method_return)(SdMessage* call, const char* types, ...);
    int (*reply_method_errorf)(SdMessage* call, const char* name, const char* format, ...);
    int (*message_new_signal)(SdBus*, SdMessage**, const char* path, const char* interface,
                              const char* member);
    int (*message_new_method_return)(SdMessage* call, SdMessage**);
    int (*message_is_method_call)(SdMessage*, const char* interface, const char* member);
    const char* (*message_get_signature)(SdMessage*, int complete);
    int (*message_append)(SdMessage*, const char* types, ...);
    int (*message_open_container)(SdMessage*, char type, const char* contents);
    int (*message_close_container)(SdMessage*);
    int (*message_read)(SdMessage*, const char* types, ...);
    int (*message_peek_type)(SdMessage*, char* type, const char** contents);
    int (*message_enter_container)(SdMessage*, char type, const char* contents);
    int (*message_exit_container)(SdMessage*);
    SdMessage* (*message_unref)(SdMessage*);

   private:
    SdBusLibrary() : handle_(::dlopen("libsystemd.so.0", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE)) {
        complete_ = handle_ != nullptr;
        find(open_user, "sd_bus_open_user");
        find(flush_close_unref, "sd_bus_flush_close_unref");
        find(get_fd, "sd_bus_get_fd");
        find(get_events, "sd_bus_get_events");
        find(process, "sd_bus_process");
        find(request_name_async, "sd_bus_request_name_async");
        find(add_object, "sd_bus_add_object");
        find(send, "sd_bus_send");
        find(emit_signal, "sd_bus_emit_signal");
        find(reply_method_return, "sd_bus_reply_method_return");
        find(reply_method_errorf, "sd_bus_reply_method_errorf");
        find(message_new_signal, "sd_bus_message_new_signal");
        find(message_new_method_return, "sd_bus_message_new_method_return");
        find(message_is_method_call, "sd_bus_message_is_method_call");
        find(message_get_signature, "sd_bus_message_get_signature");
        find(message_append, "sd_bus_message_append");
        find(message_open_container, "sd_bus_message_open_container");
        find(message_close_container, "sd_bus_message_close_container");
        find(message_read, "sd_bus_message_read");
        find(message_peek_type, "sd_bus_message_peek_type");
        find(message_enter_container, "sd_bus_message_enter_container");
        find(message_exit_container, "sd_bus_message_exit_container");
        find(message_unref, "sd_bus_message_unref");
    }
    template <class Function>
    void find(Function*& function, const char* name) {
        function = handle_ ? reinterpret_cast<Function*>(::dlsym(handle_.get(), name)) : nullptr;
        complete_ = complete_ && function;
    }

    std::unique_ptr<void, Freed<dlclose>> handle_;
    bool complete_;
};

}  // namespace stretto::listen

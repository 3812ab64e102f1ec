#pragma once
// The lifetime of an object with callbacks: a callback after its end does nothing.
//
// The rules for everything that lives on a loop:
//  - An object that hands out callbacks has a `Life`, declared last, and gives them away guarded:
//        upstream_.fetch(request, {}, {.end = life_.guard([this](auto* failure) { ... })});
//    No callback checks anything itself, and nobody keeps a list of callbacks to take back.
//  - An object may be destroyed in a callback that it made itself only through `Loop::drop()`,
//    which destroys it on the loop's next turn, when no callback is on the stack. Timer, Poll,
//    http::Fetch and http::Upstream need no such care: each may be destroyed in its own callbacks.
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace stretto::net {

/// A member of the object that it represents. Used on one thread.
class Life {
   public:
    /// Tells whether the object still exists; may outlive it and be copied.
    class Watch {
       public:
        explicit operator bool() const noexcept { return !token_.expired(); }

       private:
        friend class Life;
        explicit Watch(const std::shared_ptr<char>& token) noexcept : token_(token) {}
        std::weak_ptr<char> token_;
    };

    Life() : token_(std::make_shared<char>()) {}
    Life(const Life&) = delete;
    Life& operator=(const Life&) = delete;

    Watch watch() const noexcept { return Watch{token_}; }

    /// `call`, guarded: after the end of the object, or after end(), it does nothing and returns
    /// the default value of its result (false, an empty optional).
    template <class Call>
    auto guard(Call call) const {
        return [call = std::move(call),
                there = watch()]<class... Args>(Args&&... args) mutable  //
               -> std::invoke_result_t<Call&, Args...> {
            if (!there) return std::invoke_result_t<Call&, Args...>();
            return std::invoke(call, std::forward<Args>(args)...);
        };
    }

    /// Disarm all callbacks that were guarded so far; later ones work.
    void end() { token_ = std::make_shared<char>(); }

   private:
    std::shared_ptr<char> token_;
};

}  // namespace stretto::net

#pragma once
// Calls around each wait of a loop: for a library that brings an event loop of its own.
#include "net/loop.hpp"

namespace stretto::net {

class Turn {
   public:
    /// @param before  called before the loop waits; a timer that it starts bounds this wait
    /// @param after   called when the wait is over
    Turn(Loop& loop, std::function<void()> before, std::function<void()> after,
         const Where& where = Where::current());

   private:
    std::function<void()> before_, after_;
    Owned<Placed<uv_prepare_t>> prepare_;
    Owned<Placed<uv_check_t>> check_;
};

}  // namespace stretto::net

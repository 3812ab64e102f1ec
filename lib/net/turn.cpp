#include "net/turn.hpp"

namespace stretto::net {

Turn::Turn(Loop& loop, std::function<void()> before, std::function<void()> after,
           const Where& where)
    : before_(std::move(before)),
      after_(std::move(after)),
      prepare_(new Placed<uv_prepare_t>{where}),
      check_(new Placed<uv_check_t>{where}) {
    check(uv_prepare_init(loop.raw(), prepare_.get()), "uv_prepare_init");
    check(uv_check_init(loop.raw(), check_.get()), "uv_check_init");
    prepare_->data = check_->data = this;
    const auto on_prepare = [](uv_prepare_t* handle) {
        auto* turn = static_cast<Turn*>(handle->data);
        if (!turn) return;
        Loop::of(reinterpret_cast<uv_handle_t*>(handle)).guard([&] { turn->before_(); });
    };
    const auto on_check = [](uv_check_t* handle) {
        auto* turn = static_cast<Turn*>(handle->data);
        if (!turn) return;
        Loop::of(reinterpret_cast<uv_handle_t*>(handle)).guard([&] { turn->after_(); });
    };
    check(uv_prepare_start(prepare_.get(), on_prepare), "uv_prepare_start");
    check(uv_check_start(check_.get(), on_check), "uv_check_start");
}

}  // namespace stretto::net

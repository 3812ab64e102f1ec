#pragma once
// C objects get C++ owners: std::unique_ptr with a deleter made from the C function that frees.

namespace stretto {

/// For functions that take the pointer: std::unique_ptr<CURL, Freed<curl_easy_cleanup>>.
template <auto Free>
struct Freed {
    void operator()(auto* pointer) const noexcept { Free(pointer); }
};

/// For functions that take the pointer's address: std::unique_ptr<AVFrame,
/// FreedByAddress<av_frame_free>>.
template <auto Free>
struct FreedByAddress {
    void operator()(auto* pointer) const noexcept { Free(&pointer); }
};

}  // namespace stretto

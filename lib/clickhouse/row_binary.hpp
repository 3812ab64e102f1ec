#pragma once
// ClickHouse's format RowBinary: what is inserted and what answers hold.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace stretto::clickhouse {

/// Appends values to bytes.
class RowWriter {
   public:
    explicit RowWriter(Bytes& to) : to_(to) {}
    template <class Integer>
    void number(Integer value) {
        auto rest = static_cast<std::uint64_t>(value);
        for (std::size_t i = 0; i < sizeof value; ++i, rest >>= 8)
            to_.push_back(static_cast<std::uint8_t>(rest));
    }
    void text(std::string_view value);
    void length(std::uint64_t value);

   private:
    Bytes& to_;
};

/// Takes values from bytes. After the first value that is not there, it is broken and all values
/// are 0 or empty.
class RowReader {
   public:
    explicit RowReader(BytesView from) : rest_(from) {}
    /// Whether all values were taken, or that cannot be told because one was broken.
    bool over() const noexcept { return broken_ || rest_.empty(); }
    bool broken() const noexcept { return broken_; }

    template <class Integer>
    Integer number() {
        const auto bytes = take(sizeof(Integer));
        std::uint64_t value = 0;
        for (std::size_t i = bytes.size(); i > 0; --i) value = value << 8 | bytes[i - 1];
        return static_cast<Integer>(value);
    }
    /// A view of the bytes.
    std::string_view text() { return as_text(take(length())); }
    /// The length of an array. @param least  bytes of an element; a length beyond the bytes that
    /// are there is broken
    std::size_t array(std::size_t least);

   private:
    BytesView take(std::uint64_t bytes);
    std::uint64_t length();

    BytesView rest_;
    bool broken_ = false;
};

}  // namespace stretto::clickhouse

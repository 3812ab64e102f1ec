#include "clickhouse/row_binary.hpp"

namespace stretto::clickhouse {

void RowWriter::length(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) to_.push_back(static_cast<std::uint8_t>(value | 0x80));
    to_.push_back(static_cast<std::uint8_t>(value));
}

void RowWriter::text(std::string_view value) {
    length(value.size());
    append(to_, as_bytes(value));
}

BytesView RowReader::take(std::uint64_t bytes) {
    if (broken_ || bytes > rest_.size()) {
        broken_ = true;
        return {};
    }
    const auto taken = rest_.first(static_cast<std::size_t>(bytes));
    rest_ = rest_.subspan(taken.size());
    return taken;
}

std::uint64_t RowReader::length() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 63; shift += 7) {
        const auto byte = number<std::uint8_t>();
        value |= std::uint64_t{byte & 0x7fu} << shift;
        if (byte < 0x80) return value;
    }
    broken_ = true;
    return 0;
}

std::size_t RowReader::array(std::size_t least) {
    const auto size = length();
    if (size > rest_.size() / least) broken_ = true;
    return broken_ ? 0 : static_cast<std::size_t>(size);
}

}  // namespace stretto::clickhouse

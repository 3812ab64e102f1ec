// A chunk from a stranger: what is accepted must join to a file of just the promised size.
#include "ogg/join.hpp"
#include "repair.hpp"

using namespace stretto;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    ogg::ChunkReader reader;
    const auto facts = reader.read({data, size});
    if (!facts) return 0;
    ogg::pieces(*facts, size, reader.headers().format.rate);
    ogg::Joiner joiner{1, {}};
    Bytes out;
    joiner.add(out, {data, size}, *facts, reader.headers(), false);
    const std::size_t before = out.size();
    if (static_cast<std::int64_t>(before) < facts->first_body_bytes) __builtin_trap();
    joiner.add(out, {data, size}, *facts, reader.headers(), true);
    if (static_cast<std::int64_t>(out.size() - before) != facts->body_bytes) __builtin_trap();
    return 0;
}

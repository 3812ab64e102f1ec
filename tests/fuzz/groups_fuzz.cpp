// A list of groups from a stranger: what is read and printed is read alike.
#include <cstdint>

#include "edge/groups.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto groups = stretto::edge::parse_groups({reinterpret_cast<const char*>(data), size});
    if (groups.size() > stretto::edge::most_groups) __builtin_trap();
    std::string printed;
    for (const auto& group : groups) {
        printed += printed.empty() ? "\"" : ", \"";
        for (const char c : group)
            printed += c == '"' || c == '\\' ? std::string{'\\', c} : std::string{c};
        printed += '"';
    }
    if (stretto::edge::parse_groups(printed) != groups) __builtin_trap();
    return 0;
}

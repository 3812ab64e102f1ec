// What a service manager says of the sockets that it passes: LISTEN_FDS, a line end,
// LISTEN_FDNAMES.
#include <cstdint>

#include "net/service.hpp"

using namespace stretto;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string all{reinterpret_cast<const char*>(data), size};
    const auto end = all.find('\n');
    const std::string count = all.substr(0, end).c_str();
    const std::string names = end == std::string::npos ? "" : all.substr(end + 1).c_str();
    const auto found = net::parse_passed(
        {"7", count.c_str(), end == std::string::npos ? nullptr : names.c_str()}, 7);
    if (!found || found->empty() || end == std::string::npos) return 0;
    std::string joined;
    for (const auto& name : *found)
        joined += (joined.empty() && &name == &found->front() ? "" : ":") + name;
    if (joined != names) __builtin_trap();
    return 0;
}

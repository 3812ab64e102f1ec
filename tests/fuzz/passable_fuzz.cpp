// A path that an edge passes on means no other one to a server that decodes it once or twice.
#include <cstdint>
#include <string>

#include "edge/passable.hpp"

namespace {

void check(bool holds) {
    if (!holds) __builtin_trap();
}

int digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/// As a careless server decodes: what is no encoding stays.
std::string decode(const std::string& text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool encoded = text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 &&
                             digit(text[i + 2]) >= 0;
        out += encoded ? static_cast<char>(16 * digit(text[i + 1]) + digit(text[i + 2])) : text[i];
        if (encoded) i += 2;
    }
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string target{reinterpret_cast<const char*>(data), size};
    if (stretto::edge::why_not_passed(target)) return 0;
    std::string path = target.substr(0, target.find('?'));
    for (int i = 0; i < 3; ++i, path = decode(path)) {
        check(!path.empty() && path[0] == '/');
        const auto ends = path + '/';
        check(ends.find("/../") == std::string::npos && ends.find("/./") == std::string::npos);
        check(path.find_first_of(std::string{"\\\0\r\n", 4}) == std::string::npos);
    }
    return 0;
}

#include "swarm/pass.hpp"

#include <optional>

#include "swarm/wrong.hpp"

namespace stretto::swarm {
namespace {

/// Of several members of a name the last.
std::optional<Value> find(const Object& object, std::string_view key) {
    std::optional<Value> found;
    for (const auto& [name, value] : object)
        if (name == key) found = value;
    return found;
}

std::string string(const Object& object, std::string_view key) {
    const auto value = find(object, key);
    if (!value) return {};
    return std::string{as<std::string_view>(*value, "'", key, "' is not a string")};
}

std::int64_t integer(const Object& object, std::string_view key) {
    const auto value = find(object, key);
    if (!value) return 0;
    return as<std::int64_t>(*value, "'", key, "' is not an integer");
}

/// Only whether it is one.
bool header_of(const Value& root) {
    const auto header = as<Object>(root, "not an object");
    if (string(header, "alg") != "ES256") Wrong::say("its algorithm is not ES256");
    if (string(header, "typ") != "stretto-pass") Wrong::say("not a pass");
    if (find(header, "crit")) Wrong::say("its header demands an extension");
    return true;
}

Pass pass_of(const Value& root) {
    const auto claims = as<Object>(root, "not an object");
    Pass pass;
    pass.song = string(claims, "song");
    pass.rtc = string(claims, "rtc");
    pass.expires = integer(claims, "exp");
    if (pass.song.empty() || pass.expires <= 0) Wrong::say("no 'song' or no 'exp'");
    if (!find(claims, "stretto_kbps")) return pass;
    const auto most = integer(claims, "stretto_kbps");
    if (most < 1 || most > 65535) Wrong::say("its bitrate is wrong");
    pass.kbps = static_cast<int>(most);
    return pass;
}

}  // namespace

Result<Pass> parse_pass(std::string_view header, std::string_view claims) {
    const auto right = read_json<bool>(header, most_pass_bytes, header_of);
    if (!right) return right.error();
    return read_json<Pass>(claims, most_pass_bytes, pass_of);
}

}  // namespace stretto::swarm

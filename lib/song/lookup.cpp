#include "song/lookup.hpp"

#include "song/id.hpp"

namespace stretto::song {

Wanted wanted_for(std::string_view id_or_name) {
    constexpr std::size_t most_name_bytes = 64;  // an id and a line's end
    if (is_id(id_or_name)) return {manifest_path(id_or_name), most_manifest_bytes};
    return {name_path(id_or_name), most_name_bytes};
}

Result<std::string> parse_name(std::string_view answer) {
    while (answer.ends_with('\n') || answer.ends_with('\r')) answer.remove_suffix(1);
    if (!is_id(answer)) return Malformed{"the name does not resolve to a song"};
    return std::string{answer};
}

Result<Manifest> parse_manifest_of(std::string_view id, std::string_view json) {
    auto manifest = parse_manifest(json);
    if (manifest && is_id(id) && manifest->id != id)
        return Malformed{"the manifest belongs to another song"};
    return manifest;
}

}  // namespace stretto::song

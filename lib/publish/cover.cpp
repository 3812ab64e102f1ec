#include "publish/cover.hpp"

#include "audio/picture.hpp"
#include "base/digest.hpp"
#include "base/text.hpp"
#include "vorbis/headers.hpp"

namespace stretto::publish {
namespace {

constexpr std::string_view picture_key = "METADATA_BLOCK_PICTURE";
constexpr std::uint32_t front_cover = 3;
constexpr std::size_t most_pictures = 16;  // that are looked at

void append_be32(Bytes& to, std::size_t value) {
    for (int shift = 24; shift >= 0; shift -= 8)
        to.push_back(static_cast<std::uint8_t>(value >> shift));
}

}  // namespace

Bytes cover_from(BytesView picture, const std::string& subject) {
    const int px = song::cover_px.back();
    if (song::cover_of(px, picture)) return {picture.begin(), picture.end()};
    return audio::Picture{picture, subject}.jpeg(px);
}

std::string picture_comment(BytesView jpeg) {
    const auto size = song::parse_plain_jpeg(jpeg);
    constexpr std::string_view type = "image/jpeg";
    Bytes block;
    append_be32(block, front_cover);
    append_be32(block, type.size());
    append(block, as_bytes(type));
    append_be32(block, 0);  // no description
    append_be32(block, size ? static_cast<std::size_t>(size->width) : 0);
    append_be32(block, size ? static_cast<std::size_t>(size->height) : 0);
    append_be32(block, 24);  // bits a pixel
    append_be32(block, 0);   // no palette
    append_be32(block, jpeg.size());
    append(block, jpeg);
    return text(picture_key, "=", base64(block));
}

Result<PictureBlock> parse_picture_block(BytesView block) {
    const Malformed cut{"a picture that is cut short"};
    bool whole = true;
    const auto number = [&] {
        if (block.size() < 4) {
            whole = false;
            return std::uint32_t{0};
        }
        const auto n = std::uint32_t{block[0]} << 24 | std::uint32_t{block[1]} << 16 |
                       std::uint32_t{block[2]} << 8 | block[3];
        block = block.subspan(4);
        return n;
    };
    const auto part = [&] {
        const std::size_t n = number();
        whole = whole && n <= block.size();
        if (!whole) return BytesView{};
        const auto bytes = block.first(n);
        block = block.subspan(n);
        return bytes;
    };
    PictureBlock picture;
    picture.type = number();
    part();                                // its media type: its bytes tell
    part();                                // its description
    for (int i = 0; i < 4; ++i) number();  // its size: its bytes tell
    picture.picture = part();
    if (!whole) return cut;
    return picture;
}

std::optional<Bytes> cover_in_comments(BytesView comment_header) {
    std::optional<Bytes> chosen;
    std::size_t looked_at = 0;
    for (const auto value : vorbis::comment_values(comment_header, picture_key)) {
        if (++looked_at > most_pictures) break;
        const auto block = parse_base64(value);
        const auto picture = block ? parse_picture_block(*block) : Malformed{"not base64"};
        if (!picture || (chosen && picture->type != front_cover)) continue;
        chosen.emplace(picture->picture.begin(), picture->picture.end());
        if (picture->type == front_cover) break;
    }
    return chosen;
}

std::vector<CoverFile> cover_files(BytesView picture, const std::string& subject) {
    std::vector<CoverFile> files;
    const auto add = [&](int px, Bytes jpeg) {
        auto cover = must(song::cover_of(px, jpeg), subject);
        if (!files.empty() && files.back().cover.sha256 == cover.sha256) return;
        files.push_back({cover, std::move(jpeg)});
    };
    const Bytes largest = cover_from(picture, subject);
    for (const int px : song::cover_px) {
        const bool fits{song::cover_of(px, largest)};
        add(px, fits ? largest : audio::Picture{largest, subject}.jpeg(px));
    }
    return files;
}

}  // namespace stretto::publish

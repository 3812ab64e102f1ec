// A picture from a stranger: the bytes of a JPEG, a picture in Vorbis comments, and any picture
// file, decoded and scaled. What comes out is a plain JPEG, and what is plain stays as it is.
#include "audio/picture.hpp"
#include "publish/cover.hpp"
#include "vorbis/headers.hpp"

using namespace stretto;

namespace {

void check(const std::vector<publish::CoverFile>& files) {
    for (const auto& file : files)
        if (!song::cover_of(file.cover.px, file.jpeg)) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const BytesView bytes{data, size};
    (void)static_cast<bool>(song::parse_plain_jpeg(bytes));
    if (const auto block = publish::parse_picture_block(bytes))
        if (block->picture.size() > size) __builtin_trap();
    publish::cover_in_comments(bytes);
    try {
        const auto files = publish::cover_files(bytes, "picture");
        check(files);
        const auto comments =
            vorbis::print_comments("", {publish::picture_comment(files.back().jpeg)});
        if (publish::cover_in_comments(comments) != files.back().jpeg) __builtin_trap();
    } catch (const Error& e) {
        if (e.exit() != EX_DATAERR) __builtin_trap();
    }
    return 0;
}

#include "listen/artwork.hpp"

#include <stdlib.h>

#include "base/draft.hpp"
#include "base/text.hpp"
#include "http/ask.hpp"
#include "http/signer.hpp"
#include "http/token.hpp"
#include "song/path.hpp"

namespace stretto::listen {
namespace {

/// For this user alone, and where the session's end removes it if we cannot.
std::filesystem::path private_folder() {
    const auto* runtime = std::getenv("XDG_RUNTIME_DIR");
    const auto within = runtime && *runtime ? std::filesystem::path{runtime}
                                            : std::filesystem::temp_directory_path();
    auto name = (within / "stretto-cover-XXXXXX").string();
    if (!::mkdtemp(name.data())) throw output_error(name);
    return name;
}

}  // namespace

Artwork::~Artwork() {
    forget();
    std::error_code ignored;
    if (!folder_.empty()) std::filesystem::remove(folder_, ignored);
}

void Artwork::show(const song::Manifest& manifest) {
    if (manifest.id == song_) return;
    forget();
    song_ = manifest.id;
    ++shown_;
    asked_ = 0;
    if (manifest.covers.empty()) return;
    cover_ = manifest.covers.back();  // the largest
    ask();
}

void Artwork::ask() {
    if (asked_ >= presence_.edges().order().size()) return;
    const int edge = presence_.edges().order()[asked_++];
    const auto path = song::cover_path(hex(cover_.sha256));
    if (const auto* directory = presence_.directory(edge)) {
        if (!take_from(*directory, path)) ask();
        return;
    }
    http::Request request;
    request.method = "GET";
    request.target = '/' + song::song_path(song_, path);
    http::authorize(request, presence_.token().token());
    http::ask(presence_.upstream(edge), std::move(request), {}, song::most_cover_bytes,
              life_.guard([this, shown = shown_](const http::Whole& got) {
                  if (shown == shown_ && !(got.ok() && take(got.body))) ask();
              }));
}

bool Artwork::take_from(const Directory& directory, const std::string& path) try {
    const auto jpeg = directory.read(song_, path, song::most_cover_bytes);
    return jpeg && take(*jpeg);
} catch (const Error&) {  // it cannot be read; the song's own files tell of that
    return false;
}

/// @return false: it is not the picture that the manifest names
bool Artwork::take(BytesView jpeg) {
    const auto found = song::cover_of(cover_.px, jpeg);
    if (!found || *found != cover_) return false;
    try {
        keep(jpeg);
    } catch (const Error&) {  // a full disk: the desktop shows no cover
        forget();
    }
    return true;
}

void Artwork::keep(BytesView jpeg) {
    if (folder_.empty()) folder_ = private_folder();
    // desktops keep pictures by their names
    file_ = folder_ / (hex(cover_.sha256) + ".jpg");
    Draft draft{file_, 0600};
    draft.write(jpeg);
    draft.commit();
    url_ = "file://" + http::percent_encoded(std::filesystem::absolute(file_).string(), true);
}

void Artwork::forget() {
    url_.clear();
    std::error_code ignored;
    if (!file_.empty()) std::filesystem::remove(std::exchange(file_, {}), ignored);
}

}  // namespace stretto::listen

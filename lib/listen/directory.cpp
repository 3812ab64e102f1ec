#include "listen/directory.hpp"

#include "base/error.hpp"
#include "song/id.hpp"
#include "song/path.hpp"

namespace stretto::listen {

Directory::Directory(const std::filesystem::path& root) : tree_((store::check_store(root), root)) {}

std::optional<std::string> Directory::id_of(const std::string& song) const {
    if (song::is_id(song)) return song;
    const auto file = tree_.open("names/" + song);
    if (!file) return {};
    const auto bytes = read_rest(file->fd(), 64, song);
    if (!bytes) return {};
    std::string id{as_text(*bytes)};
    while (id.ends_with('\n') || id.ends_with('\r')) id.pop_back();
    if (!song::is_id(id)) return {};
    return id;
}

std::optional<Bytes> Directory::read(const std::string& song, const std::string& path,
                                     std::size_t most) const {
    const auto id = id_of(song);
    if (!id) return {};
    auto object = song::song_path(*id, path);
    std::optional<File> file;
    if (path == song::manifest_file && !song::is_id(song)) {  // a name may have its own tags
        auto own = song::song_path(*id, song::tags_path(song));
        if ((file = tree_.open(own))) object = std::move(own);
    }
    if (!file) file = tree_.open(object);
    if (!file) return {};
    return read_rest(file->fd(), most, (tree_.root() / object).string());
}

}  // namespace stretto::listen

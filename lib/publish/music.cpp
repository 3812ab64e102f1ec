#include "publish/music.hpp"

#include <algorithm>
#include <set>

#include "base/error.hpp"

namespace stretto::publish {
namespace {

namespace fs = std::filesystem;

bool audio_name(const fs::path& path) {
    static const std::set<std::string> known = {
        ".mp3", ".mp2", ".flac", ".ogg", ".oga", ".opus", ".m4a",  ".m4b", ".mp4",
        ".aac", ".wav", ".wv",   ".ape", ".aif", ".aiff", ".aifc", ".caf", ".w64",
        ".wma", ".mka", ".tta",  ".mpc", ".au",  ".ac3",  ".dsf",  ".spx", ".webm"};
    return known.contains(lower_case(path.extension().string()));
}

void search(const fs::path& folder, Music& found) {
    std::error_code failed;
    std::vector<fs::path> folders;
    fs::directory_iterator at{folder, failed};
    for (; !failed && at != fs::directory_iterator{}; at.increment(failed)) {
        std::error_code none;
        if (at->path().filename().string().starts_with('.')) continue;
        const bool link = at->is_symlink(none);
        if (link && at->is_regular_file(none)) found.links.push_back(at->path());
        if (at->is_directory(none) && !link)
            folders.push_back(at->path());
        else if (audio_name(at->path()) && at->is_regular_file(none))
            found.files.push_back(at->path());
    }
    if (failed) {
        errno = failed.value();
        found.unread.emplace_back(system_error("read", folder.string()).what());
    }
    for (const auto& inner : folders)
        if (!looks_like_store(inner)) search(inner, found);
}

}  // namespace

std::string lower_case(std::string name) {
    for (char& c : name)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return name;
}

fs::path picture_beside(const fs::path& folder) {
    static const std::vector<std::string> known = {
        "cover.jpg", "cover.jpeg", "cover.png", "folder.jpg", "folder.jpeg", "folder.png",
        "front.jpg", "front.jpeg", "front.png", "album.jpg",  "album.jpeg",  "album.png"};
    std::size_t best = known.size();
    fs::path found;
    std::error_code failed, none;
    for (fs::directory_iterator at{folder, failed}; !failed && at != fs::directory_iterator{};
         at.increment(failed)) {
        const auto rank = static_cast<std::size_t>(
            std::ranges::find(known, lower_case(at->path().filename().string())) - known.begin());
        if (rank >= best || !at->is_regular_file(none)) continue;
        best = rank;
        found = at->path();
    }
    return found;
}

std::vector<fs::path> sheets_in(const fs::path& folder) {
    std::vector<fs::path> found;
    std::error_code failed, none;
    for (fs::directory_iterator at{folder, failed}; !failed && at != fs::directory_iterator{};
         at.increment(failed))
        if (lower_case(at->path().extension().string()) == ".cue" && at->is_regular_file(none) &&
            !at->path().filename().string().starts_with('.'))
            found.push_back(at->path());
    std::ranges::sort(found);
    return found;
}

bool looks_like_store(const fs::path& folder) {
    std::error_code none;
    return fs::is_directory(folder / "songs", none) && fs::is_directory(folder / "names", none);
}

Music find_music(const fs::path& root) {
    Music found;
    search(root, found);
    std::ranges::sort(found.files);
    return found;
}

}  // namespace stretto::publish

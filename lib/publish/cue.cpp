#include "publish/cue.hpp"

#include <algorithm>
#include <charconv>
#include <map>

#include "base/text.hpp"
#include "publish/tags.hpp"

namespace stretto::publish {
namespace {

constexpr std::size_t most_bytes = 1u << 20;
constexpr int most_tracks = 999;

/// Words, or what stands in quotation marks, of a line.
std::vector<std::string> words_of(std::string_view line) {
    std::vector<std::string> words;
    for (std::size_t at = 0;;) {
        at = line.find_first_not_of(" \t\r", at);
        if (at == line.npos) return words;
        const bool quoted = line[at] == '"';
        if (quoted) ++at;
        const auto end =
            std::min(quoted ? line.find('"', at) : line.find_first_of(" \t\r", at), line.size());
        words.emplace_back(line.substr(at, end - at));
        at = std::min(quoted ? end + 1 : end, line.size());
    }
}

std::string upper(std::string word) {
    for (char& c : word)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return word;
}

std::optional<int> number_in(std::string_view text, int most) {
    int n = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (code != std::errc{} || end != text.data() + text.size() || n < 0 || n > most) return {};
    return n;
}

/// "MM:SS:FF", 75 frames to a second.
std::optional<std::int64_t> position(std::string_view text) {
    const auto first = text.find(':'), second = text.find(':', first == text.npos ? 0 : first + 1);
    if (first == text.npos || second == text.npos) return {};
    const auto minutes = number_in(text.substr(0, first), 99999);
    const auto seconds = number_in(text.substr(first + 1, second - first - 1), 59);
    const auto frames = number_in(text.substr(second + 1), 74);
    if (!minutes || !seconds || !frames) return {};
    return (std::int64_t{*minutes} * 60 + *seconds) * 75 + *frames;
}

class Reader {
   public:
    /// @return why not
    std::string read(const std::vector<std::string>& words) {
        if (words.size() < 2) return {};
        const auto command = upper(words[0]);
        if (command == "FILE") {
            file_ = words[1];
        } else if (command == "TRACK") {
            return begin_track(words[1]);
        } else if (command == "INDEX") {
            return words.size() < 3 ? "an INDEX without a position" : set_index(words[1], words[2]);
        } else if (command == "REM") {
            static const std::map<std::string, std::string> kept = {
                {"DATE", "DATE"}, {"GENRE", "GENRE"}, {"DISCNUMBER", "DISCNUMBER"}};
            const auto found = kept.find(upper(words[1]));
            if (found != kept.end() && words.size() > 2) set(found->second, words[2]);
        } else {
            static const std::map<std::string, std::string> of_track = {
                {"TITLE", "TITLE"}, {"PERFORMER", "ARTIST"}, {"ISRC", "ISRC"}};
            static const std::map<std::string, std::string> of_album = {
                {"TITLE", "ALBUM"}, {"PERFORMER", "ALBUMARTIST"}, {"CATALOG", "BARCODE"}};
            const auto& known = tracks_.empty() ? of_album : of_track;
            if (const auto key = known.find(command); key != known.end())
                set(key->second, words[1]);
        }
        return {};
    }

    Result<CueSheet> finish() {
        if (tracks_.empty()) return Malformed{"a cue sheet without a track"};
        if (const auto why = end_track(); !why.empty()) return Malformed{why};
        CueSheet sheet;
        for (auto& [track, tags, indexed] : tracks_) {
            for (const auto& [key, value] : album_) tags.try_emplace(key, value);
            if (const auto artist = tags.find("ALBUMARTIST"); artist != tags.end())
                tags.try_emplace("ARTIST", artist->second);
            tags["TRACKNUMBER"] = text(track.number);
            tags["TRACKTOTAL"] = text(tracks_.size());
            track.tags.assign(tags.begin(), tags.end());
            sheet.tracks.push_back(std::move(track));
        }
        return sheet;
    }

   private:
    using Tags = std::map<std::string, std::string>;
    struct Track {
        CueTrack track;
        Tags tags;
        bool indexed = false;
    };

    void set(const std::string& key, const std::string& value) {
        auto& tags = tracks_.empty() ? album_ : tracks_.back().tags;
        if (!value.empty()) tags.insert_or_assign(key, value);
    }
    std::string end_track() const {
        if (tracks_.empty() || tracks_.back().indexed) return {};
        return text("track ", tracks_.back().track.number, " has no INDEX 01");
    }
    std::string begin_track(const std::string& word) {
        const auto number = number_in(word, most_tracks);
        if (!number || *number < 1) return text("a track '", word, "'");
        if (auto why = end_track(); !why.empty()) return why;
        if (!tracks_.empty() && *number <= tracks_.back().track.number)
            return text("track ", *number, " comes after track ", tracks_.back().track.number);
        tracks_.push_back({{*number, {}, 0, {}}, {}, false});
        return {};
    }
    std::string set_index(const std::string& which, const std::string& where) {
        const auto at = position(where);
        if (tracks_.empty()) return "an INDEX in front of all tracks";
        if (!at) return text("a position '", where, "', not MM:SS:FF");
        if (number_in(which, 99) != 1) return {};
        auto& track = tracks_.back();
        if (track.indexed) return text("track ", track.track.number, " has two INDEX 01");
        // A sheet may return to a file that it has left.
        for (const auto& before : tracks_)
            if (&before != &track && before.track.file == file_ && before.track.begin >= *at)
                return text("track ", track.track.number, " begins before the one before");
        track.track.begin = *at;
        track.track.file = file_;
        track.indexed = true;
        return {};
    }

    std::string file_;
    Tags album_;
    std::vector<Track> tracks_;
};

}  // namespace

bool same_recording(std::string_view in_sheet, std::string_view file) {
    const auto stem = [](std::string_view path) {
        path = path.substr(path.find_last_of("/\\") + 1);
        return upper(std::string{path.substr(0, path.rfind('.'))});
    };
    return stem(in_sheet) == stem(file);
}

std::vector<const CueTrack*> CueSheet::tracks_in(std::string_view file) const {
    const bool several = tracks.front().file != tracks.back().file;
    std::vector<const CueTrack*> found;
    for (const auto& track : tracks)
        if (!several || same_recording(track.file, file)) found.push_back(&track);
    return found;
}

const CueTrack* CueSheet::track(int number) const {
    const auto found = std::ranges::find(tracks, number, &CueTrack::number);
    return found == tracks.end() ? nullptr : &*found;
}

std::optional<std::int64_t> CueSheet::end_of(const CueTrack& track) const {
    for (const auto& next : tracks)
        if (next.number > track.number && next.file == track.file) return next.begin;
    return {};
}

Result<CueSheet> parse_cue(std::string_view bytes) {
    if (bytes.size() > most_bytes) return Malformed{"a cue sheet of more than 1 MB"};
    if (bytes.starts_with("\xef\xbb\xbf")) bytes.remove_prefix(3);
    const auto all = from_unstated(bytes);
    Reader reader;
    int number = 0;
    for (std::size_t at = 0; at < all.size();) {
        const auto end = std::min(all.find('\n', at), all.size());
        ++number;
        const auto why = reader.read(words_of(std::string_view{all}.substr(at, end - at)));
        if (!why.empty()) return Malformed{text("line ", number, " of the cue sheet: ", why)};
        at = end + 1;
    }
    return reader.finish();
}

}  // namespace stretto::publish

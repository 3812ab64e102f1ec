#include "publish/tag_names.hpp"

#include <algorithm>
#include <array>

namespace stretto::publish {
namespace {

struct Name {
    std::string_view from, to;
};

constexpr Name frames[] = {{"TIT2", "TITLE"},
                           {"TT2", "TITLE"},
                           {"TPE1", "ARTIST"},
                           {"TP1", "ARTIST"},
                           {"TALB", "ALBUM"},
                           {"TAL", "ALBUM"},
                           {"TPE2", "ALBUMARTIST"},
                           {"TP2", "ALBUMARTIST"},
                           {"TRCK", "TRACKNUMBER"},
                           {"TRK", "TRACKNUMBER"},
                           {"TPOS", "DISCNUMBER"},
                           {"TPA", "DISCNUMBER"},
                           {"TDRC", "DATE"},
                           {"TYER", "DATE"},
                           {"TYE", "DATE"},
                           {"TDOR", "ORIGINALDATE"},
                           {"TORY", "ORIGINALDATE"},
                           {"TCON", "GENRE"},
                           {"TCO", "GENRE"},
                           {"TSRC", "ISRC"},
                           {"TRC", "ISRC"},
                           {"TCMP", "COMPILATION"},
                           {"TCP", "COMPILATION"},
                           {"TCOM", "COMPOSER"},
                           {"TCM", "COMPOSER"},
                           {"TEXT", "LYRICIST"},
                           {"TPE3", "CONDUCTOR"},
                           {"TPE4", "REMIXER"},
                           {"TPUB", "LABEL"},
                           {"TBPM", "BPM"},
                           {"TKEY", "KEY"},
                           {"TIT1", "GROUPING"},
                           {"TIT3", "SUBTITLE"},
                           {"TSST", "DISCSUBTITLE"},
                           {"TLAN", "LANGUAGE"},
                           {"TCOP", "COPYRIGHT"},
                           {"TENC", "ENCODEDBY"},
                           {"TSOP", "ARTISTSORT"},
                           {"TSOA", "ALBUMSORT"},
                           {"TSOT", "TITLESORT"},
                           {"TSO2", "ALBUMARTISTSORT"},
                           {"TSOC", "COMPOSERSORT"},
                           {"TMED", "MEDIA"},
                           {"TMOO", "MOOD"},
                           {"COMM", "COMMENT"},
                           {"COM", "COMMENT"},
                           {"USLT", "LYRICS"},
                           {"ULT", "LYRICS"}};

constexpr Name items[] = {{"\xa9nam", "TITLE"},
                          {"\xa9"
                           "ART",
                           "ARTIST"},
                          {"\xa9"
                           "alb",
                           "ALBUM"},
                          {"aART", "ALBUMARTIST"},
                          {"\xa9"
                           "day",
                           "DATE"},
                          {"\xa9gen", "GENRE"},
                          {"\xa9wrt", "COMPOSER"},
                          {"soar", "ARTISTSORT"},
                          {"soal", "ALBUMSORT"},
                          {"sonm", "TITLESORT"},
                          {"soaa", "ALBUMARTISTSORT"},
                          {"soco", "COMPOSERSORT"},
                          {"\xa9"
                           "cmt",
                           "COMMENT"},
                          {"\xa9lyr", "LYRICS"},
                          {"\xa9grp", "GROUPING"},
                          {"cprt", "COPYRIGHT"},
                          {"trkn", "TRACKNUMBER"},
                          {"disk", "DISCNUMBER"},
                          {"cpil", "COMPILATION"},
                          {"tmpo", "BPM"},
                          {"gnre", "GENRE"},
                          {"desc", "DESCRIPTION"}};

constexpr Name free_names[] = {{"ALBUM ARTIST", "ALBUMARTIST"},
                               {"ALBUM_ARTIST", "ALBUMARTIST"},
                               {"TRACK", "TRACKNUMBER"},
                               {"DISC", "DISCNUMBER"},
                               {"YEAR", "DATE"},
                               {"PUBLISHER", "LABEL"},
                               {"ACOUSTID ID", "ACOUSTID_ID"},
                               {"MUSICBRAINZ TRACK ID", "MUSICBRAINZ_TRACKID"},
                               {"MUSICBRAINZ RELEASE TRACK ID", "MUSICBRAINZ_RELEASETRACKID"},
                               {"MUSICBRAINZ ALBUM ID", "MUSICBRAINZ_ALBUMID"},
                               {"MUSICBRAINZ ARTIST ID", "MUSICBRAINZ_ARTISTID"},
                               {"MUSICBRAINZ ALBUM ARTIST ID", "MUSICBRAINZ_ALBUMARTISTID"},
                               {"MUSICBRAINZ RELEASE GROUP ID", "MUSICBRAINZ_RELEASEGROUPID"},
                               {"MUSICBRAINZ WORK ID", "MUSICBRAINZ_WORKID"},
                               {"MUSICBRAINZ DISC ID", "MUSICBRAINZ_DISCID"},
                               {"MUSICBRAINZ ALBUM TYPE", "RELEASETYPE"},
                               {"MUSICBRAINZ ALBUM STATUS", "RELEASESTATUS"},
                               {"MUSICBRAINZ ALBUM RELEASE COUNTRY", "RELEASECOUNTRY"}};

template <std::size_t N>
std::string_view look_up(const Name (&names)[N], std::string_view from) {
    const auto found = std::ranges::find(names, from, &Name::from);
    return found == std::end(names) ? std::string_view{} : found->to;
}

constexpr std::string_view genres[] = {"Blues",
                                       "Classic Rock",
                                       "Country",
                                       "Dance",
                                       "Disco",
                                       "Funk",
                                       "Grunge",
                                       "Hip-Hop",
                                       "Jazz",
                                       "Metal",
                                       "New Age",
                                       "Oldies",
                                       "Other",
                                       "Pop",
                                       "R&B",
                                       "Rap",
                                       "Reggae",
                                       "Rock",
                                       "Techno",
                                       "Industrial",
                                       "Alternative",
                                       "Ska",
                                       "Death Metal",
                                       "Pranks",
                                       "Soundtrack",
                                       "Euro-Techno",
                                       "Ambient",
                                       "Trip-Hop",
                                       "Vocal",
                                       "Jazz+Funk",
                                       "Fusion",
                                       "Trance",
                                       "Classical",
                                       "Instrumental",
                                       "Acid",
                                       "House",
                                       "Game",
                                       "Sound Clip",
                                       "Gospel",
                                       "Noise",
                                       "Alternative Rock",
                                       "Bass",
                                       "Soul",
                                       "Punk",
                                       "Space",
                                       "Meditative",
                                       "Instrumental Pop",
                                       "Instrumental Rock",
                                       "Ethnic",
                                       "Gothic",
                                       "Darkwave",
                                       "Techno-Industrial",
                                       "Electronic",
                                       "Pop-Folk",
                                       "Eurodance",
                                       "Dream",
                                       "Southern Rock",
                                       "Comedy",
                                       "Cult",
                                       "Gangsta",
                                       "Top 40",
                                       "Christian Rap",
                                       "Pop/Funk",
                                       "Jungle",
                                       "Native American",
                                       "Cabaret",
                                       "New Wave",
                                       "Psychedelic",
                                       "Rave",
                                       "Showtunes",
                                       "Trailer",
                                       "Lo-Fi",
                                       "Tribal",
                                       "Acid Punk",
                                       "Acid Jazz",
                                       "Polka",
                                       "Retro",
                                       "Musical",
                                       "Rock & Roll",
                                       "Hard Rock"};

}  // namespace

std::string_view name_of_frame(std::string_view frame) { return look_up(frames, frame); }
std::string_view name_of_item(std::string_view item) { return look_up(items, item); }

std::string name_of_free(std::string_view name) {
    std::string upper;
    for (char c : name) upper += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    const auto known = look_up(free_names, upper);
    return known.empty() ? upper : std::string{known};
}

std::string_view genre(unsigned number) {
    return number < std::size(genres) ? genres[number] : std::string_view{};
}

}  // namespace stretto::publish

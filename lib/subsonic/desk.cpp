#include "subsonic/desk.hpp"

#include <algorithm>
#include <cmath>

#include "base/text.hpp"
#include "events/line.hpp"

namespace stretto::subsonic {
namespace {

constexpr std::size_t most_listed = 500;
constexpr std::size_t most_scrobbles = 100;
// bytes in which words are looked for until others have their turn: about a millisecond
constexpr std::size_t looked_at_in_a_turn = 1u << 20;

Refusal refuse(Refusal::Code code, std::string why) { return {code, std::move(why)}; }
Refusal wrong(std::string why) { return {Refusal::generic, std::move(why)}; }
Refusal missing(std::string_view name) {
    return {Refusal::missing_parameter, text("the parameter ", name, " is missing")};
}
Refusal unknown(std::string_view what) {
    return {Refusal::not_found, text("there is no such ", what)};
}

std::int64_t whole_seconds(double seconds) { return std::llround(seconds); }

/// "2001-02-03T00:00:00Z" of what a tag says; stores do not know when a song was added.
std::string created(const Album& album) {
    const auto& date = album.date;
    const auto digits = [&](std::size_t at, std::size_t n) {
        return date.size() >= at + n &&
               std::all_of(date.begin() + static_cast<std::ptrdiff_t>(at),
                           date.begin() + static_cast<std::ptrdiff_t>(at + n),
                           [](char c) { return c >= '0' && c <= '9'; });
    };
    if (album.year() == 0 || !digits(0, 4)) return "1970-01-01T00:00:00Z";
    const auto part = [&](std::size_t at, int most) -> std::string {
        if (!digits(at, 2) || date[at - 1] != '-') return "01";
        const int value = (date[at] - '0') * 10 + (date[at + 1] - '0');
        return value >= 1 && value <= most ? date.substr(at, 2) : std::string{"01"};
    };
    const auto month = part(5, 12);
    return text(date.substr(0, 4), '-', month, '-', part(8, 28), "T00:00:00Z");
}

/// For clients that keep songs under their path: tags name no folder, and none above.
std::string part_of_path(std::string name) {
    for (auto& c : name)
        if (c == '/' || c == '\\') c = '_';
    if (name.starts_with('.')) name[0] = '_';
    return name;
}

Node node_of(const Library& library, const Song& song) {
    const auto& album = library.albums()[song.album_at];
    const auto* covered = song.covers.empty() ? library.covered(album) : &song;
    Node node;
    node.text("id", song.id)
        .text("parent", album.id)
        .flag("isDir", false)
        .text("title", song.title)
        .text("album", album.name)
        .text("artist", song.artist.empty() ? album.artist : song.artist)
        .number_if("track", song.track)
        .number_if("year", album.year())
        .text_if("coverArt", covered ? covered->id : "")
        .text("contentType", "audio/ogg")
        .text("suffix", "ogg")
        .number("duration", whole_seconds(song.seconds))
        .number("bitRate", song.kbps.back())
        .number("size", std::llround(song.seconds * song.kbps.back() * 125))  // about
        .text("path", text(part_of_path(album.artist), '/', part_of_path(album.name), '/',
                           part_of_path(song.title), ".ogg"))
        .number_if("discNumber", song.disc)
        .text("created", created(album))
        .text("albumId", album.id)
        .text("artistId", library.artists()[song.artist_at].id)
        .text("type", "music")
        .text("mediaType", "song")
        .flag("isVideo", false);
    return node;
}

Node node_of(const Library& library, const Album& album) {
    Node node;
    node.text("id", album.id)
        .text("name", album.name)
        .text("artist", album.artist)
        .text("artistId", library.artists()[album.artist_at].id)
        .text_if("coverArt", library.covered(album) ? album.id : "")
        .number("songCount", static_cast<std::int64_t>(album.end - album.begin))
        .number("duration", whole_seconds(album.seconds))
        .text("created", created(album))
        .number_if("year", album.year());
    return node;
}

/// An album as a folder, for clients that browse folders.
Node folder_of(const Library& library, const Album& album) {
    Node node;
    node.text("id", album.id)
        .text("parent", library.artists()[album.artist_at].id)
        .flag("isDir", true)
        .text("title", album.name)
        .text("album", album.name)
        .text("artist", album.artist)
        .number_if("year", album.year())
        .text_if("coverArt", library.covered(album) ? album.id : "");
    return node;
}

const Album* covered(const Library& library, const Artist& artist) {
    for (auto at = artist.begin; at < artist.end; ++at)
        if (library.covered(library.albums()[at])) return &library.albums()[at];
    return nullptr;
}

Node node_of(const Library& library, const Artist& artist) {
    Node node;
    node.text("id", artist.id).text("name", artist.name);
    node.text_if("coverArt", covered(library, artist) ? artist.id : "")
        .number("albumCount", static_cast<std::int64_t>(artist.end - artist.begin));
    return node;
}

/// Items of the library from one place to another, each as make(item).
template <class Item, class Make>
Elements each(const std::vector<Item>& items, std::size_t begin, std::size_t end, Make make) {
    return [&items, at = begin, end, make](Node& next) mutable {
        if (at >= end) return Step::end;
        next = make(items[at++]);
        return Step::more;
    };
}

Elements songs_of(const Library& library, const Album& album) {
    return each(library.songs(), album.begin, album.end,
                [&library](const Song& song) { return node_of(library, song); });
}

/// "A" for "Abba" and "abba"; "#" for what does not begin with a letter of ASCII.
std::string letter_of(const Artist& artist) {
    const char c = artist.haystack.empty() ? '#' : artist.haystack[0];
    return std::string(1, c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : '#');
}

/// The artists below their letters.
std::vector<Node> index_of(const Library& library) {
    std::vector<std::pair<std::string, std::vector<std::size_t>>> letters;
    for (std::size_t i = 0; i < library.artists().size(); ++i) {
        const auto letter = letter_of(library.artists()[i]);
        auto at = std::ranges::find(letters, letter, [](const auto& one) { return one.first; });
        if (at == letters.end()) at = letters.insert(letters.end(), {letter, {}});
        at->second.push_back(i);
    }
    std::vector<Node> nodes;
    for (auto& [letter, places] : letters) {
        Node node;
        node.text("name", letter)
            .list("artist",
                  [&library, places = std::move(places), at = std::size_t{0}](Node& next) mutable {
                      if (at == places.size()) return Step::end;
                      next = node_of(library, library.artists()[places[at++]]);
                      return Step::more;
                  });
        nodes.push_back(std::move(node));
    }
    return nodes;
}

class Desk {
   public:
    explicit Desk(const Asked& asked)
        : asked_(asked), library_(asked.library), parameters_(asked.parameters) {}

    Outcome ping() { return Node{}; }
    Outcome license() { return in("license", Node{}.flag("valid", true)); }
    Outcome token_info() { return in("tokenInfo", Node{}.text("username", asked_.listener.name)); }
    Outcome user() {
        Node node;
        node.text("username", asked_.listener.name).flag("scrobblingEnabled", true);
        for (const auto* role :
             {"adminRole", "settingsRole", "uploadRole", "playlistRole", "coverArtRole",
              "commentRole", "podcastRole", "jukeboxRole", "shareRole", "videoConversionRole"})
            node.flag(role, false);
        node.flag("downloadRole", true).flag("streamRole", true).numbers("folder", {1});
        return in("user", std::move(node));
    }
    Outcome folders() {
        std::vector<Node> one(1);
        one[0].number("id", 1).text("name", "Music");
        return in("musicFolders", Node{}.list("musicFolder", std::move(one)));
    }
    Outcome genres() { return in("genres", Node{}.list("genre", std::vector<Node>{})); }

    Outcome artists() {
        return in("artists", Node{}.text("ignoredArticles", "").list("index", index_of(library_)));
    }
    Outcome indexes() {
        return in("indexes", Node{}
                                 .text("ignoredArticles", "")
                                 .number("lastModified", asked_.now_ms)
                                 .list("index", index_of(library_)));
    }
    Outcome artist() {
        const auto id = id_of();
        if (!id) return missing("id");
        const auto* artist = library_.artist(*id);
        if (!artist) return unknown("artist");
        auto albums =
            each(library_.albums(), artist->begin, artist->end,
                 [&library = library_](const Album& album) { return node_of(library, album); });
        return in("artist", node_of(library_, *artist).list("album", std::move(albums)));
    }
    Outcome album() {
        const auto id = id_of();
        if (!id) return missing("id");
        const auto* album = library_.album(*id);
        if (!album) return unknown("album");
        return in("album", node_of(library_, *album).list("song", songs_of(library_, *album)));
    }
    Outcome directory() {
        const auto id = id_of();
        if (!id) return missing("id");
        Node node;
        Elements children;
        if (const auto* album = library_.album(*id)) {
            node.text("id", album->id)
                .text("parent", library_.artists()[album->artist_at].id)
                .text("name", album->name);
            children = songs_of(library_, *album);
        } else if (const auto* artist = library_.artist(*id)) {
            node.text("id", artist->id).text("name", artist->name);
            children = each(
                library_.albums(), artist->begin, artist->end,
                [&library = library_](const Album& album) { return folder_of(library, album); });
        } else {
            return unknown("directory");
        }
        return in("directory", node.list("child", std::move(children)));
    }
    Outcome song() {
        const auto id = id_of();
        if (!id) return missing("id");
        const auto* song = library_.song(*id);
        if (!song) return unknown("song");
        return in("song", node_of(library_, *song));
    }

    Outcome album_list() {
        const auto* type = parameters_.find("type");
        if (!type) return missing("type");
        const auto size = number("size", 10), offset = number("offset", 0);
        if (refusal_) return *refusal_;
        Chosen chosen{offset, std::min<std::uint64_t>(size, most_listed)};
        if (*type == "alphabeticalByArtist") {
            for (std::size_t at = 0; at < library_.albums().size(); ++at)
                if (!chosen.take(at)) break;
        } else if (*type == "alphabeticalByName") {
            choose(library_.by_name(), chosen);
        } else if (*type == "newest") {
            choose(library_.by_date(), chosen);
        } else if (*type == "byYear") {
            choose_years(chosen);
        } else if (*type == "random") {
            choose_random(library_.albums().size(), chosen);
        } else if (*type == "starred") {
            return wrong("stars are not supported");
        } else if (*type != "highest" && *type != "frequent" && *type != "recent" &&
                   *type != "byGenre") {
            return wrong("there is no such type of list");
        }  // of those nothing is known: an empty list
        if (refusal_) return *refusal_;
        std::vector<Node> albums;
        for (const auto at : chosen.places)
            albums.push_back(node_of(library_, library_.albums()[at]));
        return in("albumList2", Node{}.list("album", std::move(albums)));
    }

    Outcome random_songs() {
        const auto size = number("size", 10);
        if (refusal_) return *refusal_;
        Chosen chosen{0, std::min<std::uint64_t>(size, most_listed)};
        choose_random(library_.songs().size(), chosen);
        std::vector<Node> songs;
        for (const auto at : chosen.places)
            songs.push_back(node_of(library_, library_.songs()[at]));
        return in("randomSongs", Node{}.list("song", std::move(songs)));
    }

    Outcome search() {
        const auto* query = parameters_.find("query");
        if (!query) return missing("query");
        const auto words = words_of(*query);
        Node found;
        found.list("artist", matches(library_.artists(), words, "artist"))
            .list("album", matches(library_.albums(), words, "album"))
            .list("song", matches(library_.songs(), words, "song"));
        if (refusal_) return *refusal_;
        return in("searchResult3", std::move(found));
    }

    Outcome stream(bool download) {
        const auto id = id_of();
        if (!id) return missing("id");
        const auto* song = library_.song(*id);
        if (!song) return unknown("song");
        const auto most = download ? 0 : number("maxBitRate", 0);
        if (refusal_) return *refusal_;
        Forward forward{text("/stream/", song->song, "?kbps=", choose_kbps(*song, most)), {}};
        if (download) forward.file = song->title + ".ogg";
        return forward;
    }

    Outcome cover() {
        const auto id = id_of();
        if (!id) return missing("id");
        const auto px = number("size", 0);
        if (refusal_) return *refusal_;
        const auto* song = library_.song(*id);
        if (const auto* album = library_.album(*id)) song = library_.covered(*album);
        if (const auto* artist = library_.artist(*id))
            if (const auto* first = covered(library_, *artist)) song = library_.covered(*first);
        const auto* chosen =
            song ? choose_cover(song->covers, px == 0 ? ~std::uint64_t{0} : px) : nullptr;
        if (!chosen) return unknown("cover");
        return Forward{chosen->path, {}, true};
    }

    Outcome scrobble() {
        const auto ids = parameters_.all("id"), times = parameters_.all("time");
        if (ids.empty()) return missing("id");
        if (ids.size() > most_scrobbles)
            return wrong(text("more than ", most_scrobbles, " songs in one request"));
        std::vector<const Song*> songs;
        for (const auto& id : ids) {
            songs.push_back(library_.song(id));
            if (!songs.back()) return unknown("song");
        }
        // what is played just now is not a play yet
        if (parameters_.text("submission", "true") == "false") return Node{};
        Lines lines;
        for (std::size_t i = 0; i < ids.size(); ++i) {
            std::optional<std::int64_t> time;
            if (i < times.size()) {
                const auto said = parse_number(times[i]);
                if (!said) return wrong("time is not a number");
                time = static_cast<std::int64_t>(
                    std::min<std::uint64_t>(*said, static_cast<std::uint64_t>(asked_.now_ms)));
            }
            add_play(lines, *songs[i], time);
        }
        return Post{std::move(lines.text)};
    }

   private:
    /// A part of a list.
    struct Chosen {
        std::uint64_t offset, size;
        std::vector<std::size_t> places{};
        /// @return false: there are enough
        bool take(std::size_t place) {
            if (offset > 0) return --offset, true;
            if (places.size() == size) return false;
            places.push_back(place);
            return true;
        }
    };
    struct Lines : events::Sink {
        std::string text;
        void write(std::string_view lines, std::int64_t) override { text += lines; }
        void flush() override {}
    };

    static Outcome in(std::string_view name, Node node) {
        return std::move(Node{}.child(name, std::move(node)));
    }
    const std::string* id_of() const {
        const auto* id = parameters_.find("id");
        return id && !id->empty() ? id : nullptr;
    }
    /// 0 with a refusal_ if it is not a number.
    std::uint64_t number(std::string_view name, std::uint64_t otherwise) {
        const auto value = parameters_.number(name, otherwise);
        if (value) return *value;
        refusal_ = wrong(value.error().why);
        return 0;
    }

    static void choose(const std::vector<std::size_t>& from, Chosen& chosen) {
        for (const auto at : from)
            if (!chosen.take(at)) return;
    }
    /// From one year to another, which may be earlier: then the latest come first.
    void choose_years(Chosen& chosen) {
        if (!parameters_.find("fromYear") || !parameters_.find("toYear")) {
            refusal_ = missing("fromYear or toYear");
            return;
        }
        const auto from = number("fromYear", 0), to = number("toYear", 0);
        const auto in = [&](std::size_t at) {
            const auto year = static_cast<std::uint64_t>(library_.albums()[at].year());
            return year > 0 && year >= std::min(from, to) && year <= std::max(from, to);
        };
        const auto& latest = library_.by_date();
        std::vector<std::size_t> places;
        std::ranges::copy_if(latest, std::back_inserter(places), in);
        if (from <= to) std::ranges::reverse(places);
        choose(places, chosen);
    }
    /// Different ones, as many as there are.
    void choose_random(std::size_t n, Chosen& chosen) const {
        chosen.offset = 0;
        const auto count = std::min<std::uint64_t>(chosen.size, n);
        // Floyd's: a set of `count` numbers below n
        std::vector<std::size_t> places;
        for (auto last = n - count; last < n; ++last) {
            const auto at = asked_.chance(last + 1);
            places.push_back(std::ranges::find(places, at) == places.end() ? at : last);
        }
        for (auto i = places.size(); i > 1; --i) std::swap(places[i - 1], places[asked_.chance(i)]);
        choose(places, chosen);
    }

    template <class Item>
    Elements matches(const std::vector<Item>& items, const std::vector<std::string>& words,
                     const std::string& kind) {
        auto left = std::min<std::uint64_t>(number(kind + "Count", 20), most_listed);
        auto skip = number(kind + "Offset", 0);
        // clients read the whole list with an empty query
        const std::size_t begin = words.empty() ? std::min<std::uint64_t>(skip, items.size()) : 0;
        if (words.empty()) skip = 0;
        return [&library = library_, &items, words, left, skip, at = begin,
                looked = std::size_t{0}](Node& next) mutable {
            for (; left > 0 && at < items.size(); ++at) {
                const auto& text = items[at].haystack;
                if (looked > looked_at_in_a_turn) {
                    looked = 0;
                    return Step::later;
                }
                looked += words.size() * text.size();
                const bool all = std::ranges::all_of(
                    words, [&](const auto& word) { return text.find(word) != text.npos; });
                if (!all || (skip > 0 && skip-- > 0)) continue;
                --left;
                next = node_of(library, items[at++]);
                return Step::more;
            }
            return Step::end;
        };
    }

    /// The client says that the song was listened to, not for how long. By the convention of
    /// scrobbling that is half of it, or four minutes; a play takes 30 s (stretto-report(1)).
    /// @param time  when it began; nullopt: it is over now
    void add_play(Lines& lines, const Song& song, std::optional<std::int64_t> time) const {
        const auto all = static_cast<std::int64_t>(song.seconds * 1000);
        const auto heard =
            std::min(all, std::max<std::int64_t>(30'000, std::min<std::int64_t>(all / 2, 240'000)));
        const auto latest = asked_.now_ms - heard;
        const auto began = std::max<std::int64_t>(0, std::min(time.value_or(latest), latest));
        // a client that did not get the answer asks again with the same time: the same session,
        // whose lines count once
        const auto session = base32(sha256(
            as_bytes(text(asked_.listener.id, ' ', song.id, ' ', time ? *time : asked_.now_ms, ' ',
                          time ? std::size_t{0} : asked_.chance(1u << 30)))));
        events::Session events{lines, session.substr(0, 26), asked_.listener.id, "", song.song};
        events.tell(began, "start", {{"title", song.title}, {"artist", song.artist}});
        events.tell(began + heard, "end",
                    {{"heard_ms", heard}, {"why", "finished"}, {"audio_ms", all}});
    }

    const Asked& asked_;
    const Library& library_;
    const Parameters& parameters_;
    std::optional<Refusal> refusal_;
};

}  // namespace

bool is_public(std::string_view method) { return method == "getOpenSubsonicExtensions"; }

bool needs_library(std::string_view method) {
    return method != "ping" && method != "getLicense" && method != "tokenInfo" &&
           method != "getUser" && method != "getMusicFolders" && !is_public(method);
}

Node extensions() {
    std::vector<Node> all(2);
    all[0].text("name", "apiKeyAuthentication").numbers("versions", {1});
    all[1].text("name", "formPost").numbers("versions", {1});
    return std::move(Node{}.list("openSubsonicExtensions", std::move(all)));
}

Outcome answer(const Asked& asked) {
    Desk desk{asked};
    const auto& method = asked.method;
    if (method == "ping") return desk.ping();
    if (method == "getLicense") return desk.license();
    if (method == "getOpenSubsonicExtensions") return extensions();
    if (method == "tokenInfo") return desk.token_info();
    if (method == "getUser") return desk.user();
    if (method == "getMusicFolders") return desk.folders();
    if (method == "getGenres") return desk.genres();
    if (method == "getArtists") return desk.artists();
    if (method == "getIndexes") return desk.indexes();
    if (method == "getMusicDirectory") return desk.directory();
    if (method == "getArtist") return desk.artist();
    if (method == "getAlbum") return desk.album();
    if (method == "getAlbumList2") return desk.album_list();
    if (method == "getRandomSongs") return desk.random_songs();
    if (method == "getSong") return desk.song();
    if (method == "search3") return desk.search();
    if (method == "stream") return desk.stream(false);
    if (method == "download") return desk.stream(true);
    if (method == "getCoverArt") return desk.cover();
    if (method == "scrobble") return desk.scrobble();
    return refuse(Refusal::generic, "this method is not supported");
}

}  // namespace stretto::subsonic

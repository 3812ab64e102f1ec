// stretto-play: songs to the ears, from peers and edges. See stretto-play(1).
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iostream>
#include <random>

#include "base/draft.hpp"
#include "base/file.hpp"
#include "base/program.hpp"
#include "base/terminal.hpp"
#include "events/reader.hpp"
#include "http/address.hpp"
#include "http/blocking.hpp"
#include "http/message.hpp"
#include "http/place.hpp"
#include "http/token.hpp"
#include "listen/control.hpp"
#include "listen/fetcher.hpp"
#include "listen/memory.hpp"
#include "listen/mpris.hpp"
#include "listen/player.hpp"
#include "listen/playlist.hpp"
#include "listen/token.hpp"
#include "listener_options.hpp"
#include "song/id.hpp"

using namespace stretto;
namespace fs = std::filesystem;

namespace {

constexpr std::string_view examples =
    "  stretto-play --edge http://127.0.0.1:8481 frontiers machine-wars\n"
    "  stretto-play --events events.jsonl --network 4g frontiers\n"
    "  stretto-play --output wav:heard.wav --abr seed frontiers\n"
    "  stretto-play -O raw:- frontiers | aplay -f FLOAT_LE -r 44100 -c 2\n"
    "  stretto-play - < playlist.m3u8\n"
    "  stretto-play --search sweep";

struct Options {
    std::vector<std::string> songs;
    std::string output = "sdl", search, network, events, listener, store;
    std::string control, start;
    bool devices = false, data_saver = false, list = false, quiet = false, unpaced = false;
    bool shuffle = false, repeat = false, resume = false, no_mpris = false;
    bool volume_given = false;
    double volume = 100, buffer = 30, lead = 15;
    int patience = 90;
    int most_kbps = 0;
    ListenerOptions place;
    listen::Player::Options player;
    bool store_given = false;  ///< not by the environment
};

constexpr std::size_t most_playlist_bytes = 16u << 20;

/// A file rather than a song: "-", a path, or what ends as playlists do.
bool is_playlist(const std::string& argument) {
    return argument == "-" || argument.find('/') != std::string::npos ||
           argument.ends_with(".m3u8") || argument.ends_with(".m3u");
}

/// A playlist of a server.
bool is_playlist_address(const std::string& argument) {
    const auto path = argument.substr(0, argument.find('?'));
    return http::is_url(path) && path.ends_with(".m3u8");
}

/// The text at an address. The server is asked for the songs too, after edges that are given, and
/// before a store of the environment.
Bytes playlist_at(const std::string& address, Options& o) {
    const auto [server, target] = http::split_url(http::check_url(address));
    http::Request request{"GET", target, 1, {{"User-Agent", "stretto"}}};
    net::Loop loop;
    http::authorize(request, listen::TokenSource{loop, o.place.token(), note}.token());
    const auto answer = http::Blocking{server}.ask(std::move(request), {}, most_playlist_bytes);
    const bool refused = answer.status == 401 || answer.status == 403;
    if (!answer.ok())
        throw Error{
            answer.status == 404 ? EX_NOINPUT
            : refused            ? EX_NOPERM
                                 : EX_UNAVAILABLE,
            text("cannot get '", http::without_userinfo(address), "': ",
                 answer.status == 0 ? answer.why
                                    : text(answer.status, " ", http::reason(answer.status)))};
    if (!o.store_given) o.store.clear();
    if (std::ranges::count(o.place.edges, server) == 0) o.place.edges.push_back(server);
    return answer.body;
}

Bytes playlist_in(const std::string& argument) {
    if (const auto hint = song_hint(argument); !hint.empty() && !fs::is_regular_file(argument))
        throw Error{EX_USAGE, hint};
    const auto file = open_input(argument);
    auto bytes = read_rest(file.fd(), most_playlist_bytes, argument);
    if (!bytes) throw bad_data(argument, "the playlist is larger than 16 MB");
    return std::move(*bytes);
}

/// Songs that are named, and those of playlists. @param refused  lines of these name no song
std::vector<std::string> songs_of(Options& o, bool& refused) {
    std::vector<std::string> songs;
    for (const auto& argument : o.songs) {
        if (!is_playlist(argument)) {
            song::check_song(argument);
            songs.push_back(argument);
            continue;
        }
        const auto bytes =
            is_playlist_address(argument) ? playlist_at(argument, o) : playlist_in(argument);
        if (as_text(bytes).find('\0') != std::string_view::npos)
            throw Error{EX_USAGE, song_hint(argument, "a playlist")};
        const auto list = listen::parse_playlist(as_text(bytes));
        for (const auto& line : list.refused) note(text("'", argument, "': ", line));
        refused = refused || !list.refused.empty();
        songs.insert(songs.end(), list.songs.begin(), list.songs.end());
    }
    return songs;
}

/// Longer ones are foreign to who reads the events.
bool is_listener(const std::string& id) {
    return !id.empty() && id.size() <= events::most_name_bytes;
}

/// Lines between samples would be neither.
void check_outputs(const audio::Output& output, const std::string& events) {
    using Kind = audio::Output::Kind;
    if (events.empty() || (output.kind != Kind::wav && output.kind != Kind::raw)) return;
    std::error_code none;
    const bool same = events == "-" || output.path == "-"
                          ? events == output.path
                          : fs::weakly_canonical(fs::absolute(events, none), none) ==
                                    fs::weakly_canonical(fs::absolute(output.path, none), none) &&
                                !fs::is_character_file(events, none);
    if (same) throw Error{EX_USAGE, "--output and --events name the same file"};
}

/// The seed of all that is told of a listener: random, and the same for as long as the cache is.
std::string listener_of(const fs::path& cache) {
    const auto file = cache / "listener";
    std::error_code none;
    if (!cache.empty() && fs::exists(file, none)) {
        try {
            std::string id{as_text(read_file(file, events::most_name_bytes + 1))};
            if (id.ends_with('\n')) id.pop_back();
            if (is_listener(id)) return id;
            note(text("'", file.string(), "' holds no id of a listener: a new one is made"));
        } catch (const Error& error) {
            note(text(error.what(), ": a new id of the listener is made"));
        }
    }
    std::random_device random;
    char id[24];
    std::snprintf(id, sizeof id, "%08x%08x", random(), random());
    if (cache.empty()) return id;
    try {
        Draft draft{file};
        draft.write(as_bytes(text(id, "\n")));
        draft.commit();
    } catch (const Error&) {
        // a full disk: the next run is told as another listener
    }
    return id;
}

int most_kbps(const Options& o) {
    int most = o.most_kbps > 0 ? o.most_kbps : 65535;
    if (o.network == "4g") most = std::min(most, 160);
    if (o.network == "3g") most = std::min(most, 96);
    if (o.network == "2g") most = std::min(most, 45);
    if (o.data_saver) most = 1;  // the lowest there is
    if (o.network == "wifi") most = std::min(most, 320);
    return most;
}

void check_abr(const std::string& name) {
    if (abr::make_policy(name)) return;
    std::string known;
    for (const auto* other : abr::policy_names()) known += text(other, ", ");
    throw Error{EX_USAGE, text("no rule '", name, "': ", known, "or a bitrate such as 160")};
}

/// Which renditions the rule may use, and what it begins with before anything is known of the
/// network.
void set_bitrates(const Options& o, listen::Player::Options& p) {
    auto& wish = p.wish;
    wish.most_kbps = most_kbps(o);
    p.first_kbps = p.abr == "seed" ? 160 : 96;
    if (const int fixed = std::atoi(p.abr.c_str()); fixed > 0) {
        wish.most_kbps = std::min(wish.most_kbps, fixed);
        wish.least_kbps = p.first_kbps = wish.most_kbps;
    }
    if (p.abr == "seed" || wish.least_kbps > 0) p.first_least_kbps = 0;
    p.first_kbps = std::min(p.first_kbps, wish.most_kbps);
}

listen::Player::Key key_of(const Press& press) {
    using To = listen::Player::Key;
    switch (press.key) {
        case Key::space:
            return To::pause;
        case Key::left:
            return To::back;
        case Key::right:
            return To::forward;
        case Key::up:
            return To::louder;
        case Key::down:
            return To::quieter;
        case Key::character:
            break;
    }
    switch (press.character) {
        case 'n':
            return To::next;
        case 'p':
            return To::previous;
        case '+':
            return To::louder;
        case '-':
            return To::quieter;
        case 'q':
            return To::quit;
        default:
            return To::none;
    }
}

/// The status line and the keys on a terminal.
class Console {
   public:
    /// @param keys  whether keys are read: a program that writes a file may be one of a script's
    Console(listen::Player& player, bool keys) : player_(player), keys_(keys ? STDIN_FILENO : -1) {
        player.on_view([this](const listen::PanelView& view) {
            panel_.show(view);
            if (poll_) poll_->want(keys_.readable() ? net::Poll::readable : net::Poll::none);
        });
        player.on_note([this](const std::string& what) {
            panel_.wipe();
            note(what);
        });
        if (!keys_) return;
        poll_ = std::make_unique<net::Poll>(player.loop(), STDIN_FILENO, [this](int) { read(); });
        poll_->want(net::Poll::readable);
    }

   private:
    void read() {
        char bytes[64];
        if (!keys_.readable()) return poll_->want(net::Poll::none);
        const auto got = ::read(STDIN_FILENO, bytes, sizeof bytes);
        if (got <= 0) return poll_.reset();
        for (const auto& press : reader_.add({bytes, static_cast<std::size_t>(got)}))
            player_.key(key_of(press));
    }

    listen::Player& player_;
    listen::Panel panel_;
    KeyTerminal keys_;
    KeyReader reader_;
    std::unique_ptr<net::Poll> poll_;
};

/// A store is asked before edges; without a tracker that was named, it alone.
listen::Presence::Options presence(const Options& o) {
    auto place = o.place;
    place.store = store_url(o.store);
    return place.presence();
}

/// "90", "1:30" and "1:02:03.5" in seconds.
std::optional<double> parse_time(std::string_view text) {
    double seconds = 0;
    for (int parts = 0; parts < 3; ++parts) {
        const auto part = text.substr(0, std::min(text.find(':'), text.size()));
        const bool last = part.size() == text.size();
        double value = 0;
        const auto [end, code] = std::from_chars(part.data(), part.data() + part.size(), value,
                                                 std::chars_format::fixed);
        const bool plain = !part.empty() && part[0] >= '0' && part[0] <= '9' &&
                           code == std::errc{} && end == part.data() + part.size();
        if (!plain || (parts > 0 && value >= 60)) return {};
        seconds = seconds * 60 + value;
        if (last) return seconds < 1e6 ? std::optional{seconds} : std::nullopt;
        if (value != std::floor(value)) return {};
        text.remove_prefix(part.size() + 1);
    }
    return {};
}

void shuffle(std::vector<std::string>& songs) {
    std::ranges::shuffle(songs, std::mt19937{std::random_device{}()});
}

/// Go on where the last player with --resume ended, if it is to play the same songs.
void resume(Options& o, std::vector<std::string>& songs) {
    const auto remembered = listen::recall(listen::memory_file());
    if (!remembered && songs.empty())
        throw Error{EX_NOINPUT, "there is nothing to resume: name a song"};
    auto wanted = songs, known = remembered ? remembered->songs : songs;
    if (o.shuffle) std::ranges::sort(wanted), std::ranges::sort(known);
    if (remembered && !o.volume_given) o.volume = remembered->volume * 100;
    if (!remembered || (!songs.empty() && wanted != known)) {
        if (o.shuffle) shuffle(songs);
        return;
    }
    songs = remembered->songs;
    o.player.first = remembered->number;
    o.player.start_s = remembered->seconds;
}

/// Writes the file of --resume, however the player ends.
struct Closing {
    std::optional<listen::Memory>& memory;
    const listen::Player& player;
    ~Closing() {
        if (memory) memory->close(player.finished());
    }
};

int play_songs(Options& o) {
    auto& p = o.player;
    check_abr(p.abr);
    const auto output = audio::parse_output(o.output);
    if (!output) throw Error{EX_USAGE, text("output '", o.output, "': ", output.error().why)};
    p.output = *output;
    check_outputs(p.output, o.events);
    bool refused = false;
    o.place.trust();
    auto songs = songs_of(o, refused);  // a playlist tells where to look
    if (o.resume)
        resume(o, songs);
    else if (o.shuffle)
        shuffle(songs);
    if (o.repeat) p.repeat = listen::Repeat::all;
    if (!o.start.empty()) p.start_s = *parse_time(o.start);
    p.presence = presence(o);
    p.network = o.network;
    p.volume = o.volume / 100;
    p.share_seconds = o.place.share_seconds();
    set_bitrates(o, p);
    p.wish.session.most_s = o.buffer;
    p.wish.session.lead_s = std::min(o.lead, o.buffer);
    p.patience_s = o.patience;
    p.events = o.events;
    p.sink.paced = !o.unpaced;
    if (songs.empty()) throw Error{EX_NOINPUT, "the playlist contains no song"};
    p.listener = !o.listener.empty() ? o.listener
                 : !p.events.empty() ? listener_of(p.presence.cache)  // random without a cache
                                     : "";
    listen::Player player{p};
    std::optional<Console> console;
    using Kind = audio::Output::Kind;
    const bool heard = p.output.kind == Kind::device || p.output.kind == Kind::nowhere;
    if (!o.quiet) console.emplace(player, heard);
    std::optional<listen::Control> control;
    if (!o.control.empty()) control.emplace(player.loop(), player, o.control);
    std::optional<listen::Mpris> mpris;
    if (!o.no_mpris) mpris.emplace(player.loop(), player);
    if (mpris && mpris->connected()) player.show_covers();
    std::optional<listen::Memory> memory;
    if (o.resume) {
        memory.emplace(player.loop(), player, listen::memory_file());
        player.on_quit([&] { memory->look(); });
    }
    const Closing closing{memory, player};
    const int status = player.run(songs);
    if (status != 0)
        for (const auto& argument : o.songs)
            if (const auto hint = song_hint(argument); !is_playlist(argument) && !hint.empty())
                note(hint);
    return status == 0 && refused ? EX_DATAERR : status;
}

int list(const Options& o) {
    net::Loop loop;
    listen::Presence presence{loop, ::presence(o), note};
    return listen::list_songs(loop, presence, o.search, false);
}

int list_devices() {
    const auto names = audio::output_devices();
    for (const auto& name : names) std::cout << name << '\n';
    return names.empty() ? 1 : 0;
}

void add_options(Arguments& app, Options& o) {
    auto& p = o.player;
    app.group("What to play");
    app.add_flag("--list", o.list, "List the songs of the server or store");
    app.add_option("--search", o.search,
                   "List the songs that have these words in title, artist, album or name")
        ->type_name("TEXT");
    app.add_option("--start", o.start, "Begin the first song here: 90, 1:30 or 0:01:30.5")
        ->type_name("TIME")
        ->check([](const std::string& text) {
            return parse_time(text) ? "" : "'" + text + "' is not a time such as 1:30";
        });
    app.add_flag("--resume", o.resume,
                 "Go on with queue, position and volume where the last player with this option "
                 "ended");
    app.add_flag("--shuffle", o.shuffle, "Play the songs in random order");
    app.add_flag("--repeat", o.repeat, "Play the songs again and again");
    o.place.add_to(app);
    app.group("Sources");
    app.add_option("--store", o.store,
                   "Ask this store, a directory, a web server or s3://BUCKET/PREFIX, before edges; "
                   "if no tracker or edge is given, ask only the store")
        ->envname("STRETTO_STORE")
        ->type_name("DIR|URL");
    app.add_option("--patience", o.patience,
                   "Give up a song after this many seconds of silence without progress")
        ->range(1, 86400)
        ->type_name("SECONDS")
        ->capture_default_str();
    app.group("Sound");
    app.add_option("-O,--output", o.output,
                   "sdl: the system's sound; null: real time without sound; wav:FILE, raw:FILE or "
                   "raw:-: 32-bit float samples")
        ->type_name("OUTPUT")
        ->capture_default_str();
    app.add_option("--device", p.sink.device, "Sound device (the system's default)")
        ->type_name("NAME");
    app.add_flag("--devices", o.devices, "List the sound devices");
    app.add_option("--volume", o.volume, "Volume, 0 to 100")
        ->range(0, 100)
        ->type_name("PERCENT")
        ->capture_default_str();
    app.add_flag("--pause-without-device", p.pause_without_device,
                 "Pause when the sound device disappears, such as headphones");
    app.add_flag("--unpaced", o.unpaced, "Write files as fast as the song arrives");
    app.group("Bitrate and buffer");
    app.add_option("--abr", p.abr,
                   "Rule that selects the bitrate: stretto, bola, mpc, throughput, dynamic, seed, "
                   "or a fixed bitrate such as 160")
        ->type_name("RULE")
        ->capture_default_str();
    app.add_option("--max-bitrate", o.most_kbps, "Highest bitrate, kbit/s")
        ->range(1, 65535)
        ->type_name("KBPS");
    app.add_option("--network", o.network,
                   "Kind of network, which limits the bitrate to 320 (wifi), 160 (4g), 96 (3g) or "
                   "45 kbit/s (2g)")
        ->one_of({"wifi", "4g", "3g", "2g"})
        ->type_name("wifi|4g|3g|2g");
    app.add_flag("--data-saver", o.data_saver, "Use only the lowest bitrate");
    app.add_option("--buffer", o.buffer, "Highest buffer level, seconds of audio")
        ->range(2, 600)
        ->type_name("SECONDS")
        ->capture_default_str();
    app.add_option("--lead", o.lead,
                   "Highest buffer level until 30 seconds of a song have been played")
        ->range(2, 600)
        ->type_name("SECONDS")
        ->capture_default_str();
    app.group("Events");
    app.add_option("--events", o.events,
                   "Append events to this file, one line of JSON each, or post them to a server; - "
                   "is standard output")
        ->type_name("FILE|URL");
    app.add_option("--listener", o.listener,
                   "Id of the listener in the events (random, kept in the cache)")
        ->type_name("ID")
        ->check([](const std::string& id) {
            return is_listener(id) ? ""
                                   : text("an id has 1 to ", events::most_name_bytes, " bytes");
        });
    app.group("Remote control");
    app.add_option("--control", o.control,
                   "Accept commands on this Unix socket, as mpv does with --input-ipc-server")
        ->type_name("PATH");
    app.add_flag("--no-mpris", o.no_mpris, "Do not appear on the desktop's D-Bus");
    app.group("Messages");
    app.add_flag("-q,--quiet", o.quiet, "Show no line on the terminal and read no keys");
    app.add_option("SONG", o.songs,
                   "Ids or names of songs, or playlists: files, addresses, or - for standard "
                   "input");
}

}  // namespace

int main(int argc, char** argv) {
    Options o;
    Arguments app{"Play songs from the cache, peers and edges. The bitrate follows the network."};
    add_options(app, o);
    return program(app, argc, argv, examples, [&] {
        // named on the command line, edges and trackers are meant before a store of the environment
        if (app.count("--edge") + app.count("--tracker") > 0 && getenv("STRETTO_STORE"))
            o.store.clear();
        const char* store = getenv("STRETTO_STORE");
        o.store_given = !store || o.store != store;
        if (o.devices) return list_devices();
        if (o.list || app.count("--search") > 0) return list(o);
        o.volume_given = app.count("--volume") > 0;
        if (o.songs.empty() && !o.resume) throw Error{EX_USAGE, "name a song, or - for a playlist"};
        return play_songs(o);
    });
}

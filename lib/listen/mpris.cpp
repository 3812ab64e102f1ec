#include "listen/mpris.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "base/json.hpp"
#include "base/text.hpp"
#include "listen/sd_bus_library.hpp"

namespace stretto::listen {
namespace {

constexpr const char *path = "/org/mpris/MediaPlayer2", *root = "org.mpris.MediaPlayer2",
                     *player_interface = "org.mpris.MediaPlayer2.Player",
                     *properties = "org.freedesktop.DBus.Properties",
                     *introspectable = "org.freedesktop.DBus.Introspectable";
constexpr std::chrono::milliseconds between_looks{100};

constexpr const char* introspection = R"(<!DOCTYPE node PUBLIC
"-//freedesktop//DTD D-BUS Object Introspection 1.0//EN"
"http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd">
<node>
<interface name="org.freedesktop.DBus.Introspectable">
<method name="Introspect"><arg type="s" direction="out"/></method></interface>
<interface name="org.freedesktop.DBus.Properties">
<method name="Get"><arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="v" direction="out"/></method>
<method name="GetAll"><arg type="s" direction="in"/><arg type="a{sv}" direction="out"/></method>
<method name="Set"><arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="v" direction="in"/></method>
<signal name="PropertiesChanged"><arg type="s"/><arg type="a{sv}"/><arg type="as"/></signal></interface>
<interface name="org.mpris.MediaPlayer2">
<method name="Raise"/><method name="Quit"/>
<property name="CanQuit" type="b" access="read"/><property name="CanRaise" type="b" access="read"/>
<property name="HasTrackList" type="b" access="read"/><property name="Identity" type="s" access="read"/>
<property name="SupportedUriSchemes" type="as" access="read"/>
<property name="SupportedMimeTypes" type="as" access="read"/></interface>
<interface name="org.mpris.MediaPlayer2.Player">
<method name="Next"/><method name="Previous"/><method name="Pause"/><method name="PlayPause"/><method name="Stop"/><method name="Play"/>
<method name="Seek"><arg name="Offset" type="x" direction="in"/></method>
<method name="SetPosition"><arg name="TrackId" type="o" direction="in"/><arg name="Position" type="x" direction="in"/></method>
<method name="OpenUri"><arg name="Uri" type="s" direction="in"/></method>
<signal name="Seeked"><arg name="Position" type="x"/></signal>
<property name="PlaybackStatus" type="s" access="read"/><property name="LoopStatus" type="s" access="readwrite"/>
<property name="Rate" type="d" access="readwrite"/><property name="Shuffle" type="b" access="read"/>
<property name="Metadata" type="a{sv}" access="read"/><property name="Volume" type="d" access="readwrite"/>
<property name="Position" type="x" access="read"/><property name="MinimumRate" type="d" access="read"/>
<property name="MaximumRate" type="d" access="read"/><property name="CanGoNext" type="b" access="read"/>
<property name="CanGoPrevious" type="b" access="read"/><property name="CanPlay" type="b" access="read"/>
<property name="CanPause" type="b" access="read"/><property name="CanSeek" type="b" access="read"/>
<property name="CanControl" type="b" access="read"/></interface>
</node>
)";

/// Those of an interface; the first `watched` of the player's are told when they change.
constexpr const char* of_root[] = {
    "CanQuit", "CanRaise", "HasTrackList", "Identity", "SupportedUriSchemes", "SupportedMimeTypes"};
constexpr const char* of_player[] = {
    "PlaybackStatus", "LoopStatus",  "Metadata", "Volume",   "CanGoNext",
    "CanGoPrevious",  "CanSeek",     "Position", "Rate",     "Shuffle",
    "MinimumRate",    "MaximumRate", "CanPlay",  "CanPause", "CanControl"};
constexpr std::size_t watched = 7;

const char* playback(const RemoteState& state) {
    return state.over ? "Stopped" : state.paused ? "Paused" : "Playing";
}
const char* loop_status(Repeat repeat) {
    return repeat == Repeat::none ? "None" : repeat == Repeat::one ? "Track" : "Playlist";
}
std::int64_t microseconds(double seconds) { return std::llround(seconds * 1e6); }
/// Each play of a song is a track of its own.
std::string track_id(const RemoteState& state) { return text("/stretto/track/", state.plays); }
bool has_next(const RemoteState& state) {
    return state.number + 1 < state.queue.size() || state.repeat != Repeat::none;
}

}  // namespace

/// The connection. All of it is on the loop's thread.
struct Mpris::Bus {
    Bus(net::Loop& on, Remote& remote, const SdBusLibrary& library, SdBus* connection)
        : loop(on), player(remote), sd(library), bus(connection), tick(loop, [this] { look(); }) {}
    ~Bus() {
        poll.reset();
        sd.flush_close_unref(bus);
    }

    /// @return false: it cannot be used
    bool begin() {
        const int fd = sd.get_fd(bus);
        const auto name = text("org.mpris.MediaPlayer2.stretto.instance", ::getpid());
        if (fd < 0 || sd.add_object(bus, nullptr, path, call, this) < 0 ||
            sd.request_name_async(bus, nullptr, name.c_str(), 0, named, this) < 0)
            return false;
        poll = std::make_unique<net::Poll>(loop, fd, [this](int) { process(); });
        tick.every(between_looks);
        process();
        return true;
    }

    void process() {
        if (lost) return;
        int got = 0;
        while ((got = sd.process(bus, nullptr)) > 0) {
        }
        const int events = got < 0 ? got : sd.get_events(bus);
        if (events < 0) {  // the bus has gone: no more of it
            lost = true;
            poll.reset();
            tick.stop();
            return;
        }
        poll->want((events & POLLIN ? net::Poll::readable : 0) |
                   (events & POLLOUT ? net::Poll::writable : 0));
    }

    /// Without a name, nobody finds us; that ends nothing.
    static int named(SdMessage*, void*, void*) { return 1; }

    static int call(SdMessage* message, void* self, void*) {
        try {
            return static_cast<Bus*>(self)->answer(message) ? 1 : 0;
        } catch (...) {
            return -EIO;
        }
    }

    bool answer(SdMessage* m) {
        const auto is = [&](const char* interface, const char* member, const char* types) {
            return sd.message_is_method_call(m, interface, member) > 0 &&
                   std::strcmp(sd.message_get_signature(m, 1), types) == 0;
        };
        if (is(introspectable, "Introspect", ""))
            return sd.reply_method_return(m, "s", introspection) >= 0;
        if (is(properties, "Get", "ss")) return get(m);
        if (is(properties, "GetAll", "s")) return get_all(m);
        if (is(properties, "Set", "ssv")) return set(m);
        const auto state = player.state();
        if (is(root, "Raise", ""))
            ;
        else if (is(root, "Quit", ""))
            player.quit();
        else if (is(player_interface, "Next", ""))
            player.next();
        else if (is(player_interface, "Previous", ""))
            player.previous();
        else if (is(player_interface, "Pause", ""))
            player.pause(true);
        else if (is(player_interface, "Play", ""))
            player.pause(false);
        else if (is(player_interface, "PlayPause", ""))
            player.pause(!state.paused);
        else if (is(player_interface, "Stop", ""))
            player.pause(true), player.seek_to(0);
        else if (is(player_interface, "Seek", "x"))
            seek(m, state);
        else if (is(player_interface, "SetPosition", "ox"))
            set_position(m, state);
        else if (is(player_interface, "OpenUri", "s"))
            return refuse(m, "org.freedesktop.DBus.Error.NotSupported", "no addresses");
        else
            return false;
        return sd.reply_method_return(m, "") >= 0;
    }

    bool refuse(SdMessage* m, const char* name, const char* why) {
        return sd.reply_method_errorf(m, name, "%s", why) >= 0;
    }
    bool unknown(SdMessage* m) {
        return refuse(m, "org.freedesktop.DBus.Error.UnknownProperty", "there is no such property");
    }

    void seek(SdMessage* m, const RemoteState& state) {
        std::int64_t offset = 0;
        if (sd.message_read(m, "x", &offset) < 0) return;
        const auto by = static_cast<double>(offset) / 1e6;
        if (state.view.at + by > state.view.length && has_next(state)) return player.next();
        player.seek_by(by);
    }
    /// Of another track, or beyond it: nothing, as the specification says.
    void set_position(SdMessage* m, const RemoteState& state) {
        const char* track = nullptr;
        std::int64_t position = 0;
        if (sd.message_read(m, "ox", &track, &position) < 0 || track != track_id(state)) return;
        const auto to = static_cast<double>(position) / 1e6;
        if (to >= 0 && to <= state.view.length) player.seek_to(to);
    }

    bool get(SdMessage* m) {
        const char *interface = nullptr, *name = nullptr;
        if (sd.message_read(m, "ss", &interface, &name) < 0) return false;
        if (!known(interface, name)) return unknown(m);
        SdMessage* reply = nullptr;
        if (sd.message_new_method_return(m, &reply) < 0) return false;
        append(reply, name, player.state());
        return finish(reply);
    }
    bool get_all(SdMessage* m) {
        const char* interface = nullptr;
        if (sd.message_read(m, "s", &interface) < 0) return false;
        SdMessage* reply = nullptr;
        if (sd.message_new_method_return(m, &reply) < 0) return false;
        const auto state = player.state();
        sd.message_open_container(reply, 'a', "{sv}");
        const auto all = [&](const auto& names) {
            for (const auto* name : names) append_entry(reply, name, state);
        };
        if (std::strcmp(interface, root) == 0) all(of_root);
        if (std::strcmp(interface, player_interface) == 0) all(of_player);
        sd.message_close_container(reply);
        return finish(reply);
    }
    bool set(SdMessage* m) {
        const char *interface = nullptr, *name = nullptr, *contents = nullptr;
        char type = 0;
        if (sd.message_read(m, "ss", &interface, &name) < 0 ||
            sd.message_peek_type(m, &type, &contents) < 0 || type != 'v')
            return false;
        if (!known(interface, name)) return unknown(m);
        const std::string_view property{name}, types{contents};
        double number = 0;
        const char* word = nullptr;
        if ((property == "Volume" || property == "Rate") && types == "d") {
            if (sd.message_read(m, "v", "d", &number) < 0) return false;
            // there is one rate alone
            if (property == "Volume" && std::isfinite(number)) player.set_volume(number);
        } else if (property == "LoopStatus" && types == "s") {
            if (sd.message_read(m, "v", "s", &word) < 0) return false;
            const auto repeat = std::ranges::find_if(
                repeats, [&](Repeat one) { return std::strcmp(loop_status(one), word) == 0; });
            if (repeat == std::end(repeats))
                return refuse(m, "org.freedesktop.DBus.Error.InvalidArgs", "no such LoopStatus");
            player.set_repeat(*repeat);
        } else {
            return refuse(m, "org.freedesktop.DBus.Error.PropertyReadOnly", "it cannot be set");
        }
        return sd.reply_method_return(m, "") >= 0;
    }
    static constexpr Repeat repeats[] = {Repeat::none, Repeat::one, Repeat::all};

    static bool known(const char* interface, const char* name) {
        const auto in = [&](const auto& names) {
            return std::ranges::any_of(
                names, [&](const char* one) { return std::strcmp(one, name) == 0; });
        };
        return (std::strcmp(interface, root) == 0 && in(of_root)) ||
               (std::strcmp(interface, player_interface) == 0 && in(of_player));
    }

    bool finish(SdMessage* message) {
        const bool sent = sd.send(nullptr, message, nullptr) >= 0;
        sd.message_unref(message);
        return sent;
    }

    void append_entry(SdMessage* m, const char* name, const RemoteState& state) {
        sd.message_open_container(m, 'e', "sv");
        sd.message_append(m, "s", name);
        append(m, name, state);
        sd.message_close_container(m);
    }
    /// The value of a property, as a variant. D-Bus takes valid UTF-8 alone.
    void append(SdMessage* m, std::string_view name, const RemoteState& state) {
        const auto flag = [&](bool value) { sd.message_append(m, "v", "b", int{value}); };
        const auto real = [&](double value) { sd.message_append(m, "v", "d", value); };
        const auto word = [&](const char* value) { sd.message_append(m, "v", "s", value); };
        if (name == "Identity") return word("stretto");
        if (name == "SupportedUriSchemes" || name == "SupportedMimeTypes") {
            sd.message_append(m, "v", "as", 0);
            return;
        }
        if (name == "PlaybackStatus") return word(playback(state));
        if (name == "LoopStatus") return word(loop_status(state.repeat));
        if (name == "Volume") return real(state.volume);
        if (name == "Rate" || name == "MinimumRate" || name == "MaximumRate") return real(1);
        if (name == "Position") {
            sd.message_append(m, "v", "x", microseconds(state.view.at));
            return;
        }
        if (name == "Metadata") return append_metadata(m, state);
        if (name == "CanGoNext") return flag(has_next(state));
        if (name == "CanGoPrevious") return flag(true);  // or to the beginning of this one
        if (name == "CanSeek") return flag(state.view.length > 0);
        flag(name == "CanQuit" || name == "CanPlay" || name == "CanPause" || name == "CanControl");
    }
    void append_metadata(SdMessage* m, const RemoteState& state) {
        const auto artist = valid_utf8(state.view.artist), title = valid_utf8(state.view.title);
        sd.message_open_container(m, 'v', "a{sv}");
        sd.message_open_container(m, 'a', "{sv}");
        sd.message_append(m, "{sv}", "mpris:trackid", "o", track_id(state).c_str());
        if (state.view.length > 0)
            sd.message_append(m, "{sv}", "mpris:length", "x", microseconds(state.view.length));
        sd.message_append(m, "{sv}", "xesam:title", "s", title.c_str());
        if (!state.cover.empty())
            sd.message_append(m, "{sv}", "mpris:artUrl", "s", state.cover.c_str());
        if (!artist.empty()) sd.message_append(m, "{sv}", "xesam:artist", "as", 1, artist.c_str());
        sd.message_close_container(m);
        sd.message_close_container(m);
    }

    /// A text of a property that changes when the property does.
    static std::string fingerprint(std::string_view name, const RemoteState& state) {
        if (name == "PlaybackStatus") return playback(state);
        if (name == "LoopStatus") return loop_status(state.repeat);
        if (name == "Volume") return text(state.volume);
        if (name == "CanGoNext") return text(has_next(state));
        if (name == "CanSeek") return text(state.view.length > 0);
        if (name == "Metadata")
            return text(state.plays, ' ', state.view.length, ' ', state.view.title, '\0',
                        state.view.artist, '\0', state.cover);
        return {};
    }

    void look() {
        const auto state = player.state();
        std::vector<const char*> changed;
        for (std::size_t i = 0; i < watched; ++i)
            if (auto now = fingerprint(of_player[i], state); now != last[i]) {
                changed.push_back(of_player[i]);
                last[i] = std::move(now);
            }
        if (!changed.empty()) tell(changed, state);
        if (std::exchange(last_seeks, state.seeks) != state.seeks)
            sd.emit_signal(bus, path, player_interface, "Seeked", "x", microseconds(state.view.at));
        process();
    }
    void tell(const std::vector<const char*>& changed, const RemoteState& state) {
        SdMessage* m = nullptr;
        if (sd.message_new_signal(bus, &m, path, properties, "PropertiesChanged") < 0) return;
        sd.message_append(m, "s", player_interface);
        sd.message_open_container(m, 'a', "{sv}");
        for (const auto* name : changed) append_entry(m, name, state);
        sd.message_close_container(m);
        sd.message_append(m, "as", 0);
        finish(m);
    }

    net::Loop& loop;
    Remote& player;
    const SdBusLibrary& sd;
    SdBus* bus;
    std::unique_ptr<net::Poll> poll;
    net::Timer tick;
    bool lost = false;
    std::array<std::string, watched> last;
    std::uint64_t last_seeks = 0;
};

Mpris::Mpris(net::Loop& loop, Remote& player) : loop_(loop) {
    // with neither, sd-bus would find no bus; so its library need not be loaded
    if (!std::getenv("DBUS_SESSION_BUS_ADDRESS") && !std::getenv("XDG_RUNTIME_DIR")) return;
    const auto* sd = SdBusLibrary::get();
    SdBus* bus = nullptr;
    if (!sd || sd->open_user(&bus) < 0) return;
    bus_ = std::make_unique<Bus>(loop_, player, *sd, bus);
    if (!bus_->begin()) bus_.reset();
}

Mpris::~Mpris() = default;

}  // namespace stretto::listen

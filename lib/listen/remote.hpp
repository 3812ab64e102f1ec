#pragma once
// What a remote control sees of a player, and may do: for the control socket and for D-Bus.
#include <span>
#include <string>

#include "listen/panel.hpp"

namespace stretto::listen {

enum class Repeat { none, all, one };

struct RemoteState {
    PanelView view;     ///< of the current song
    std::string song;   ///< its id; empty: not known yet
    std::string cover;  ///< URL of a file, for programs of the desktop; may be empty
    std::span<const std::string> queue;  ///< ids and names; the player's, until it is told to act
    std::size_t number = 0;              ///< of the current song in the queue
    std::uint64_t plays = 0;             ///< songs that were begun: tells two plays of a song apart
    std::uint64_t seeks = 0;             ///< of the listener
    bool paused = false;
    bool over = false;  ///< the last song has ended
    double volume = 1;  ///< 0..1
    Repeat repeat = Repeat::none;
};

/// On the loop's thread.
class Remote {
   public:
    virtual ~Remote() = default;
    virtual RemoteState state() const = 0;
    virtual void pause(bool paused) = 0;
    /// Seconds from the position that is heard.
    virtual void seek_by(double seconds) = 0;
    virtual void seek_to(double seconds) = 0;
    virtual void next() = 0;
    virtual void previous() = 0;
    /// Play a song of the queue.
    virtual void go(std::size_t number) = 0;
    /// @param volume  0..1
    virtual void set_volume(double volume) = 0;
    virtual void set_repeat(Repeat repeat) = 0;
    /// @param song  an id or a name. @return false: the queue is full, or over
    virtual bool append(const std::string& song) = 0;
    /// Play it instead of the queue.
    virtual void replace(const std::string& song) = 0;
    virtual void quit() = 0;
};

}  // namespace stretto::listen

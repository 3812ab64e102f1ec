#pragma once
// Writes a listener's events to a file or a server (stretto-events(5)): of each playback, and of
// uploads during it. A failure is reported once; the music continues.
#include <functional>
#include <memory>
#include <optional>

#include "events/writer.hpp"
#include "listen/poster.hpp"

namespace stretto::listen {

class Diary {
   public:
    struct Options {
        std::string events;                       ///< a file, "-" or a URL; empty: none
        std::string listener, network;            ///< the id, and the kind of network
        std::string place;                        ///< "LAT,LON" or empty
        std::function<std::string()> token = {};  ///< for a server that events are posted to
    };
    Diary(net::Loop& loop, const Options& options, std::function<void(const std::string&)> say);

    /// Whether events are written at all.
    bool told() const noexcept { return writer_ != nullptr; }
    /// Events go to a server rather than to a file.
    bool posted() const noexcept { return poster_ != nullptr; }

    /// The events of one playback of a song.
    /// @param token  id of the listener's access token, never the token; empty: none
    void begin(std::optional<events::Session>& to, const std::string& session,
               const std::string& song, const std::string& title, const std::string& artist,
               const std::string& token);
    void tell(std::optional<events::Session>& session, std::string_view event,
              std::initializer_list<events::Field> more = {});
    /// The song has ended. Later uploads belong to it until the next song ends.
    void end(std::optional<events::Session>& session, double heard_s, const char* why,
             std::uint64_t given);
    /// The total of uploaded bytes.
    void given(std::optional<events::Session>& session, std::uint64_t bytes);
    /// No more events: `done` is called after they are delivered, or after five seconds.
    void finish(std::uint64_t given, std::function<void()> done);

   private:
    template <class Call>
    void guarded(Call call);

    std::string listener_, network_, place_;
    std::function<void(const std::string&)> say_;
    std::unique_ptr<events::Sink> writer_;
    Poster* poster_ = nullptr;             // the same, if they go to a server
    std::optional<events::Session> last_;  // of the song that ended last
    std::uint64_t told_ = 0;               // bytes given
};

}  // namespace stretto::listen

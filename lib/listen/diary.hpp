#pragma once
// What a listener tells as events, to a file or a server (stretto-events(5)): of each song that is
// heard, and of what is given to others meanwhile. A failure is said once; the music goes on.
#include <functional>
#include <memory>
#include <optional>

#include "events/writer.hpp"
#include "listen/poster.hpp"

namespace stretto::listen {

class Diary {
   public:
    struct Options {
        std::string events;             ///< a file, "-" or a URL; empty: none
        std::string listener, network;  ///< who, and what carries it
        std::string place;              ///< "LAT,LON" or empty
    };
    Diary(net::Loop& loop, const Options& options, std::function<void(const std::string&)> say);

    /// Whether anything is told at all.
    bool told() const noexcept { return writer_ != nullptr; }
    /// Events go to a server rather than to a file.
    bool posted() const noexcept { return poster_ != nullptr; }

    /// The events of one playing of a song.
    void begin(std::optional<events::Session>& to, const std::string& session,
               const std::string& song, const std::string& title, const std::string& artist);
    void tell(std::optional<events::Session>& session, std::string_view event,
              std::initializer_list<events::Field> more = {});
    /// The song is over; what is given to others after that is told of it until the next one ends.
    void end(std::optional<events::Session>& session, double heard_s, const char* why,
             std::uint64_t given);
    /// What others were given by now in all.
    void given(std::optional<events::Session>& session, std::uint64_t bytes);
    /// No more events: `done` is called when they are where they should be, or after five seconds.
    void finish(std::uint64_t given, std::function<void()> done);

   private:
    template <class Call>
    void guarded(Call call);

    std::string listener_, network_, place_;
    std::function<void(const std::string&)> say_;
    std::unique_ptr<events::Sink> writer_;
    Poster* poster_ = nullptr;             // the same, when they go to a server
    std::optional<events::Session> last_;  // of the song that ended last
    std::uint64_t told_ = 0;               // bytes given
};

}  // namespace stretto::listen

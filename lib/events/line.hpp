#pragma once
// The event lines of a player or a simulation: stretto-events(5).
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace stretto::events {

/// The value of a key: an integer, a boolean or a text. Texts are not copied.
class Value {
   public:
    template <std::integral T>
    Value(T number) {
        if constexpr (std::same_as<T, bool>)
            value_ = number;
        else
            value_ = static_cast<std::int64_t>(number);
    }
    Value(std::string_view text) : value_(text) {}
    Value(const char* text) : value_(std::string_view{text}) {}
    Value(const std::string& text) : value_(std::string_view{text}) {}

    void append_to(std::string& line) const;

   private:
    std::variant<std::int64_t, bool, std::string_view> value_;
};

struct Field {
    std::string_view key;
    Value value;
};

/// Append {"event": ..., fields...} and a line feed. Invalid UTF-8 becomes U+FFFD.
void append_line(std::string& to, std::string_view event, std::initializer_list<Field> always,
                 std::initializer_list<Field> more);

/// The destination of lines.
class Sink {
   public:
    virtual ~Sink() = default;
    /// One line or more, each with its line feed. @param time_ms  UTC, since 1970
    virtual void write(std::string_view lines, std::int64_t time_ms) = 0;
    /// Flush waiting lines now.
    virtual void flush() = 0;
};

/// One playback of one song: its lines contain listener and song, and are numbered from 0.
class Session {
   public:
    /// @param session   never used before, at most 64 bytes: a random id
    /// @param listener  the same for all sessions of a listener, at most 64 bytes
    /// @param place     "LAT,LON" to a tenth of a degree or a name, or empty
    /// @param song      the song's id
    Session(Sink& sink, std::string session, std::string listener, std::string place,
            std::string song);

    /// `tell(now, "chunk", {{"index", 3}, {"kbps", 160}, {"source", "edge"}, {"hit", true}})`.
    /// After an "end" line the sink is flushed; errors come from the sink.
    /// @param time_ms  UTC, since 1970
    void tell(std::int64_t time_ms, std::string_view event, std::initializer_list<Field> more = {});

    const std::string& id() const noexcept { return session_; }

   private:
    Sink& sink_;
    std::string session_, listener_, place_, song_, line_;
    std::int64_t seq_ = 0;
};

}  // namespace stretto::events

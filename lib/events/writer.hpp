#pragma once
// Event lines as a player or a simulation writes them: stretto-events(5).
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

#include "base/file.hpp"

namespace stretto::events {

/// What stands behind a key: an integer, a truth or a text. Texts are not copied.
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

/// Append {"event": ..., fields...} and a line feed. Bytes that are no UTF-8 become U+FFFD.
void append_line(std::string& to, std::string_view event, std::initializer_list<Field> always,
                 std::initializer_list<Field> more);

/// Where lines go.
class Sink {
   public:
    virtual ~Sink() = default;
    /// One line or more, each with its line feed. @param time_ms  UTC, since 1970
    virtual void write(std::string_view lines, std::int64_t time_ms) = 0;
    /// What waits must wait no longer.
    virtual void flush() = 0;
};

/// A file that grows by whole lines, under any number of writers. A line that a crash or a full
/// disk tore is ended before the next begins, so it takes none with it. When the file was renamed,
/// as for rotation, a new one is made.
class Writer : public Sink {
   public:
    /// @param path  appended to and made if need be; "-" is standard output
    explicit Writer(const std::filesystem::path& path);
    Writer(const Writer&) = delete;
    /// Flushes; what cannot be written then is lost in silence.
    ~Writer() override;

    /// They are in the file when this is a second, by `time_ms`, after those that wait there, or
    /// 64 kB wait.
    void write(std::string_view lines, std::int64_t time_ms) override;
    /// An Error (74) loses what waited; the writer can be used on.
    void flush() override;

   private:
    void follow_name();

    std::filesystem::path path_;
    File file_;
    std::string waiting_;
    std::int64_t since_ms_ = 0;  // time of the first line that waits
    bool torn_ = false;          // the file does not end in a line feed
};

/// One playing of one song: its lines carry who and what, and are numbered from 0.
class Session {
   public:
    /// @param session   never used before, at most 64 bytes: a random id
    /// @param listener  the same for all sessions of a listener, at most 64 bytes
    /// @param place     "LAT,LON" to a tenth of a degree or a name, or empty
    /// @param song      the song's id
    Session(Sink& sink, std::string session, std::string listener, std::string place,
            std::string song);

    /// `tell(now, "chunk", {{"index", 3}, {"kbps", 160}, {"source", "edge"}, {"hit", true}})`.
    /// Behind the line of an "end" the sink is flushed; errors are the sink's.
    /// @param time_ms  UTC, since 1970
    void tell(std::int64_t time_ms, std::string_view event, std::initializer_list<Field> more = {});

    const std::string& id() const noexcept { return session_; }

   private:
    Sink& sink_;
    std::string session_, listener_, place_, song_, line_;
    std::int64_t seq_ = 0;
};

}  // namespace stretto::events

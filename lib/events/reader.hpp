#pragma once
// Reads event lines for a report: one at a time, from strangers.
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace stretto::events {

enum class Kind {
    start,
    playing,
    chunk,
    switched,
    stall,
    resume,
    pause,
    seek,
    reject,
    upload,
    progress,
    end,
    other  ///< of a later version
};

/// One line. Texts are in the reader and the buffer, until the next line. Missing texts are empty,
/// and missing numbers are -1. See stretto-events(5).
struct Event {
    Kind kind = Kind::other;
    std::int64_t seq = -1, time_ms = -1;
    std::string_view session, listener, place, song;
    std::string_view title, artist, network, source, from, why;
    std::int64_t startup_ms = -1, first_byte_ms = -1, index = -1, kbps = -1, bytes = -1,
                 audio_ms = -1, ms = -1, used_ms = -1, heard_ms = -1, buffer_ms = -1;
    std::optional<bool> hit;
    // keys that a server adds
    std::int64_t received_ms = -1;  ///< when it took the line
    std::int64_t sent_ms = -1;      ///< when the post was sent, by the client's clock
    std::string_view address;       ///< address of the sender, shortened
    std::string_view token;         ///< user of the access token of the post
};

/// Kinds of lines that are not events: `torn`, not a whole JSON object; `foreign`, an object with a
/// required key missing, of the wrong type or out of range.
enum class Line { event, torn, foreign };

constexpr std::size_t most_line_bytes = 64 << 10;
constexpr std::size_t most_name_bytes = 64;    ///< session, listener, place, song, source, from
constexpr std::size_t most_text_bytes = 1024;  ///< title, artist, why; longer ones are cut
constexpr std::int64_t most_number = std::int64_t{1} << 50;
constexpr std::int64_t most_time_ms = 4102444800000;  ///< the year 2100

class Reader {
   public:
    /// Readable bytes after a line, with any content.
    static constexpr std::size_t padding = 64;

    Reader();
    ~Reader();
    /// @param line  without its line feed, `padding` more bytes are readable behind it
    Line read(std::string_view line, Event& event);
    /// The same with texts that stay: they are written to `texts`, which moves behind them.
    /// @param texts  has room for line.size() + padding bytes
    Line read(std::string_view line, Event& event, std::uint8_t*& texts);
    /// The same for a line for other readers: `read` ignores unknown keys, but this function checks
    /// them against RFC 8259 too and limits their depth.
    Line check(std::string_view line, Event& event);

   private:
    struct Parser;
    std::unique_ptr<Parser> parser_;
};

}  // namespace stretto::events

#pragma once
// The single rule for retries, for all requests of a listener: the definition of progress, the
// pause before the next request, the time to give up a song, and its exit status.
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>

namespace stretto::gather {

/// Reasons why a source did not send an object.
enum class Fault {
    busy,      ///< 503, 429: ask again later
    missing,   ///< 404, 410: it does not have it
    broken,    ///< refused, reset, truncated, 5xx, another response than requested
    stalled,   ///< no byte for too long, or far slower than another source
    wrong,     ///< bytes with a wrong hash, CRC or syntax
    denied,    ///< 401, 403, 407
    untrusted  ///< an untrusted certificate, or a network's login page instead
};

/// Whether another request to the same source is useless.
bool permanent(Fault fault) noexcept;
/// The word for it in reports and events: "hash", "stalled", "missing", ...
const char* word(Fault fault) noexcept;

struct Failure {
    Fault fault = Fault::broken;
    std::string why;  ///< for people
};

/// The object of a request, as far as retries are concerned.
struct Object {
    enum class What { manifest, index, chunk } what = What::manifest;
    int rendition = 0, chunk = 0;
    auto operator<=>(const Object&) const = default;
};

/// The end of a song that is given up.
struct End {
    int status = 0;  ///< of sysexits.h
    std::string why;
    bool operator==(const End&) const = default;
};

/// Progress is new verified audio, or a manifest or index that is right. Wrong bytes are not
/// progress, however many arrive.
///
/// Passing failures (refused, reset, DNS, 5xx, silence) are retried with pauses that grow from 0.1
/// s to 2 s, lengthened by chance by up to a quarter so that listeners do not return at the same
/// moment. Once every source has failed permanently (wrong bytes, 404, 401, 403, an untrusted
/// certificate; the only source is asked twice for wrong bytes and 404), pauses grow to 16 s, and
/// the song ends with that status as soon as its audio in hand has been heard. Otherwise it ends
/// when patience runs out, which is counted from the first failure after data became needed, and
/// never while playback is paused or audio is in hand.
class Retry {
   public:
    struct Options {
        double patience_s = 90;
        std::uint32_t seed = 0;  ///< of the pauses
        double first_pause_s = 0.1, longest_pause_s = 2, longest_hopeless_s = 16;
    };
    explicit Retry(const Options& options) : options_(options), chance_(options.seed) {}

    /// New verified audio has arrived.
    void progress() noexcept;
    /// The object is received and verified.
    void given(const Object& object);
    /// A source failed to send an object.
    /// @param needed   the listener waits: the buffer is empty, and playback is not paused
    /// @param source   the edge's number
    /// @param sources  number of known edges
    void failed(double now, bool needed, const Object& object, int source, const Failure& failure,
                int sources);

    /// The earliest time of the next request; 0: at once.
    double not_before() const noexcept { return not_before_; }
    int failures() const noexcept { return failures_; }  ///< in a row
    int total() const noexcept { return total_; }        ///< in all
    /// The last failure, for people; empty: none since the last progress.
    const std::string& waiting_for() const noexcept { return why_; }

    /// Whether to give up now. Call it whenever time has passed.
    std::optional<End> end(double now, bool needed);

   private:
    struct Tries {
        int count = 0;
        Fault fault{};
    };
    bool hopeless(int sources) const;
    double pause(int sources);

    Options options_;
    std::minstd_rand chance_;
    std::map<Object, std::map<int, Tries>> tries_;  // of objects that have not arrived yet
    Object last_;
    Fault fault_ = Fault::broken;
    std::string why_;
    int failures_ = 0, total_ = 0, sources_ = 0;
    double not_before_ = 0, since_ = -1;
};

}  // namespace stretto::gather

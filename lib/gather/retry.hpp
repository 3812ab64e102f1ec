#pragma once
// The one rule for progress and giving up, for everything that a listener asks for: what counts as
// progress, how long to pause before asking again, when a song is given up, and with which status.
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>

namespace stretto::gather {

/// Why a source did not give what it was asked for.
enum class Fault {
    busy,      ///< 503, 429: ask again later
    missing,   ///< 404, 410: it does not have it
    broken,    ///< refused, reset, cut short, 5xx, not what was asked for
    stalled,   ///< no byte for too long, or far slower than another source
    wrong,     ///< bytes that are not what their hash, CRC or syntax says
    denied,    ///< 401, 403, 407
    untrusted  ///< its certificate is not trusted, or a network's login page came in its place
};

/// Asking the same source again cannot help.
bool permanent(Fault fault) noexcept;
/// The word for it in reports and events: "hash", "stalled", "missing", ...
const char* word(Fault fault) noexcept;

struct Failure {
    Fault fault = Fault::broken;
    std::string why;  ///< for people
};

/// What was asked for, as far as retries are concerned.
struct Object {
    enum class What { manifest, index, chunk } what = What::manifest;
    int rendition = 0, chunk = 0;
    auto operator<=>(const Object&) const = default;
};

/// A song is given up.
struct End {
    int status = 0;  ///< of sysexits.h
    std::string why;
    bool operator==(const End&) const = default;
};

/// Progress is new verified audio, or a manifest or index that is right. Wrong bytes are no
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
    };
    explicit Retry(const Options& options)
        : patience_s_(options.patience_s), chance_(options.seed) {}

    /// New verified audio has come.
    void progress() noexcept;
    /// The object is here and right.
    void given(const Object& object);
    /// A source failed to give an object.
    /// @param needed   the listener waits for it: nothing is in hand, and playback is not paused
    /// @param source   the edge's number
    /// @param sources  edges that are known
    void failed(double now, bool needed, const Object& object, int source, const Failure& failure,
                int sources);

    /// When the next request may be made; 0: at once.
    double not_before() const noexcept { return not_before_; }
    int failures() const noexcept { return failures_; }  ///< in a row
    int total() const noexcept { return total_; }        ///< in all
    /// The last failure, for people; empty: none since the last progress.
    const std::string& waiting_for() const noexcept { return why_; }

    /// Whether to give up now. Call it whenever time has passed.
    std::optional<End> end(double now, bool needed);

    /// s; shown to tests, which check that every driver obeys them.
    static constexpr double first_pause_s = 0.1, longest_pause_s = 2, longest_hopeless_s = 16;

   private:
    struct Tries {
        int count = 0;
        Fault fault{};
    };
    bool hopeless(int sources) const;
    double pause(int sources);

    double patience_s_;
    std::minstd_rand chance_;
    std::map<Object, std::map<int, Tries>> tries_;  // of objects that were not given yet
    Object last_;
    Fault fault_ = Fault::broken;
    std::string why_;
    int failures_ = 0, total_ = 0, sources_ = 0;
    double not_before_ = 0, since_ = -1;
};

}  // namespace stretto::gather

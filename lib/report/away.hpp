#pragma once
// Open sessions that have had no line for long: in a file, until their next line or the end.
#include <functional>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "base/file.hpp"
#include "report/remembered.hpp"
#include "report/seen.hpp"
#include "report/session.hpp"

namespace stretto::report {

/// A session of which further lines may come.
struct OpenSession {
    Session session;
    Seen seen;
    std::uint64_t raw_listener = 0, touched = 0;
};

/// Keeps any number of sessions in a file under TMPDIR, as they were. A session takes about 300
/// bytes there, and 36 more a chunk.
class Away {
   public:
    /// @param in_memory        keys; see Remembered
    /// @param least_to_compact the file is written anew, without the sessions that were taken back,
    ///                         when it has this many bytes and half of them are of no use
    explicit Away(std::size_t in_memory, std::uint64_t least_to_compact = 64 << 20)
        : in_memory_(in_memory), least_to_compact_(least_to_compact), places_(in_memory) {}

    /// @param key  the same for the same id
    void put(std::uint64_t key, const std::string& id, OpenSession& open);
    /// Call this after some calls of put(), before anything else.
    void settle();
    /// Take a session back; nullopt: it is not here.
    std::optional<OpenSession> take(std::uint64_t key, const std::string& id);
    /// Call `take` for all that are here. Writes nothing.
    void each(const std::function<void(const std::string& id, Session&)>& take) const;
    std::uint64_t bytes() const noexcept { return end_; }

   private:
    struct Head;
    Bytes body(std::int64_t at, const Head& head) const;
    Head head(std::int64_t at) const;
    void each_there(const std::function<void(std::int64_t at, const Head&)>& take) const;
    void write(BytesView bytes);
    void flush();
    void compact();

    std::size_t in_memory_;
    std::uint64_t least_to_compact_;
    Remembered places_;  // in the file, by key; -1: taken back
    File file_;
    Bytes waiting_;  // to be written at its end
    std::uint64_t end_ = 0, live_ = 0;
};

}  // namespace stretto::report

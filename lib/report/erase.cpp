#include "report/erase.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "base/draft.hpp"
#include "base/error.hpp"
#include "base/own.hpp"
#include "base/text.hpp"
#include "events/reader.hpp"
#include "report/access.hpp"
#include "report/input.hpp"
#include "report/listening.hpp"
#include "report/partial.hpp"
#include "report/servers.hpp"
#include "report/strike.hpp"

namespace stretto::report {
namespace {

using events::Event;
using events::Line;

/// A line, followed by the padding that a reader needs.
Line read(std::string_view line, Event& event, std::string& room) {
    static thread_local events::Reader reader;
    room.assign(line).append(events::Reader::padding, '\0');
    return reader.read({room.data(), line.size()}, event);
}

enum class Packing { none, gzip, xz, zstd };

Packing packing_of(const File& file, const std::string& name) {
    std::uint8_t head[6] = {};
    const auto n = read_at(file.fd(), head, 0, name);
    const auto begins = [&](std::initializer_list<std::uint8_t> magic) {
        return n >= magic.size() && std::equal(magic.begin(), magic.end(), head);
    };
    if (begins({0x1f, 0x8b})) return Packing::gzip;
    if (begins({0xfd, '7', 'z', 'X', 'Z', 0})) return Packing::xz;
    return begins({0x28, 0xb5, 0x2f, 0xfd}) ? Packing::zstd : Packing::none;
}

/// Writes the remaining lines to the disk.
class Packed {
   public:
    Packed(Draft& draft, Packing packing) : draft_(draft) {
        if (packing == Packing::none) return;
        archive_.reset(::archive_write_new());
        if (!archive_) throw std::bad_alloc{};
        check(packing == Packing::gzip ? ::archive_write_add_filter_gzip(archive_.get())
              : packing == Packing::xz ? ::archive_write_add_filter_xz(archive_.get())
                                       : ::archive_write_add_filter_zstd(archive_.get()));
        check(::archive_write_set_format_raw(archive_.get()));
        ::archive_write_set_bytes_in_last_block(archive_.get(), 1);
        const auto put = [](archive*, void* self, const void* bytes, std::size_t n) -> la_ssize_t {
            auto& packed = *static_cast<Packed*>(self);
            try {
                packed.draft_.write({static_cast<const std::uint8_t*>(bytes), n});
                return static_cast<la_ssize_t>(n);
            } catch (...) {
                packed.failure_ = std::current_exception();
                return -1;
            }
        };
        check(::archive_write_open(archive_.get(), this, nullptr, put, nullptr));
        const std::unique_ptr<archive_entry, Freed<archive_entry_free>> entry{
            ::archive_entry_new()};
        ::archive_entry_set_filetype(entry.get(), AE_IFREG);
        check(::archive_write_header(archive_.get(), entry.get()));
    }
    void write(std::string_view text) {
        if (!archive_) return draft_.write(as_bytes(text));
        if (::archive_write_data(archive_.get(), text.data(), text.size()) < 0)
            check(ARCHIVE_FATAL);
    }
    void close() {
        if (archive_) check(::archive_write_close(archive_.get()));
    }

   private:
    void check(int code) {
        if (failure_) std::rethrow_exception(failure_);
        if (code != ARCHIVE_OK && code != ARCHIVE_WARN)
            throw Error{EX_IOERR, text("cannot pack: ", ::archive_error_string(archive_.get()))};
    }
    Draft& draft_;
    std::unique_ptr<archive, Freed<archive_write_free>> archive_;
    std::exception_ptr failure_;
};

struct stat status_of(const File& file, const std::string& name) {
    struct stat info;
    if (::fstat(file.fd(), &info) != 0) throw system_error("read", name);
    return info;
}

[[noreturn]] void in_use(const std::string& name) {
    throw Error{EX_TEMPFAIL, text("another program appends to '", name, "'")};
}

}  // namespace

bool Eraser::is_theirs(std::string_view listener) const {
    return what_.listener && (listener == *what_.listener ||
                              hex_key(listener_key(what_.salt, listener)) == *what_.listener);
}

bool Eraser::is_id(std::string_view value) const {
    return value == what_.listener || ids_.contains(value) || sessions_.contains(value);
}

/// For a line that cannot be parsed.
bool Eraser::names_them(std::string_view line) const {
    return what_.listener &&
           mentions(line, [this](std::string_view value) { return is_id(value); });
}

void Eraser::look(const std::string& name) {
    // before anything is rewritten: without the events, nobody knows which sessions of a log to
    // take
    if (const File file{::open(name.c_str(), O_RDONLY | O_CLOEXEC)};
        file && ::flock(file.fd(), LOCK_EX | LOCK_NB) != 0)
        in_use(name);
    if (!what_.listener) return;
    std::string room;
    Event event;
    const auto remember = [&](std::string session) {
        keys_.insert(session_key(session));
        sessions_.insert(std::move(session));
    };
    const auto wrong = each_line(name, [&](std::string_view line, bool whole) {
        if (!whole || line.empty() || line[0] != '{') return;
        if (is_partial(line)) {
            Dictionary names;
            auto partial = parse_partial(line, names);
            if (partial && !partial->id.empty() &&
                (hex_key(partial->session.listener) == *what_.listener ||
                 partial->session.listener == listener_key(what_.salt, *what_.listener)))
                remember(partial->id);
        } else if (read(line, event, room) == Line::event && is_theirs(event.listener)) {
            remember(std::string{event.session});
            ids_.insert(std::string{event.listener});
        }
    });
    if (!wrong.empty()) throw bad_data(name, wrong);
}

Eraser::Fate Eraser::decide_event(const std::string& line) const {
    std::string room;
    Event event;
    switch (read(line, event, room)) {
        case Line::torn:  // useless, and its listener is unknown
            return Fate::goes;
        case Line::foreign:
            return names_them(line) ? Fate::goes : Fate::stays;
        case Line::event:
            break;
    }
    const auto time = event.received_ms >= 0 ? event.received_ms : event.time_ms;
    if (what_.before_ms && time < *what_.before_ms) return Fate::goes;
    return is_theirs(event.listener) || sessions_.contains(event.session) ? Fate::goes
                                                                          : Fate::stays;
}

Eraser::Fate Eraser::decide_partial(std::string& line) const {
    Dictionary names;
    auto partial = parse_partial(line, names);
    if (!partial) return Fate::goes;
    if (partial->counts_only) return Fate::stays;
    if (partial->reported) return keys_.contains(*partial->reported) ? Fate::goes : Fate::stays;
    if (partial->logged) {
        if (what_.before_ms) return Fate::goes;  // it contains no time
        if (!keys_.contains(partial->logged->session)) return Fate::stays;
        partial->logged->session = 0;
        line = print_partial(*partial->logged, names);
        line.pop_back();
        return Fate::changed;
    }
    const auto& session = partial->session;
    if (what_.before_ms && session.clock.place(*what_.before_ms).last_ms < *what_.before_ms)
        return Fate::goes;
    return sessions_.contains(partial->id) ? Fate::goes : Fate::stays;
}

Eraser::Fate Eraser::decide_access(std::string& line) const {
    const auto access = parse_access(line);
    if (!access) return names_them(line) ? Fate::goes : Fate::stays;
    if (what_.before_ms && access->time_ms < *what_.before_ms) return Fate::goes;
    if (!what_.listener) return Fate::stays;
    switch (strike(line, [this](std::string_view value) { return is_id(value); })) {
        case Struck::nothing:
            return Fate::stays;
        case Struck::some:
            return Fate::changed;
        case Struck::refused:
            return Fate::goes;
    }
    return Fate::goes;
}

Eraser::Fate Eraser::decide(std::string& line, bool whole) const {
    if (!whole) return Fate::goes;
    if (line.empty()) return Fate::stays;
    if (is_partial(line)) return decide_partial(line);
    return line[0] == '{' ? decide_event(line) : decide_access(line);
}

Erased Eraser::rewrite(const std::string& name) {
    const File original{::open(name.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!original) throw system_error("open", name);
    const auto before = status_of(original, name);
    if (!S_ISREG(before.st_mode)) throw Error{EX_USAGE, text("'", name, "' is no file")};
    // who appends to it holds a lock: base/appendable
    if (::flock(original.fd(), LOCK_EX | LOCK_NB) != 0) in_use(name);
    Erased erased;
    Draft draft{name, 0600};
    draft.resemble(before);
    Packed packed{draft, packing_of(original, name)};
    const auto wrong = each_line(name, [&](std::string_view text, bool whole) {
        std::string line{text};
        const auto fate = decide(line, whole);
        if (fate == Fate::goes) {
            ++erased.dropped;
            return;
        }
        ++(fate == Fate::changed ? erased.changed : erased.kept);
        packed.write(line + '\n');
    });
    if (!wrong.empty()) throw bad_data(name, wrong);
    if (erased.dropped + erased.changed == 0) return erased;
    struct stat after;
    if (::stat(name.c_str(), &after) != 0) throw system_error("read", name);
    if (after.st_size != before.st_size || after.st_ino != before.st_ino) in_use(name);
    if (erased.kept + erased.changed == 0) {
        if (::unlink(name.c_str()) != 0) throw system_error("remove", name);
        return erased;
    }
    packed.close();
    draft.commit();
    // the server determines the day of its last events from this time
    const timespec times[2] = {before.st_atim, before.st_mtim};
    ::utimensat(AT_FDCWD, name.c_str(), times, 0);
    return erased;
}

}  // namespace stretto::report

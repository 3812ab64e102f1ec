#include "report/input.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <glob.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <utility>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/own.hpp"
#include "events/reader.hpp"

namespace stretto::report {
namespace {

namespace fs = std::filesystem;

bool is_events(const std::string& name) {
    std::string_view plain = name;
    for (const std::string_view packed : {".gz", ".xz", ".zst"})
        if (plain.ends_with(packed)) {
            plain.remove_suffix(packed.size());
            break;
        }
    // rotated: eu-west.log.1.gz
    const auto stem = plain.substr(0, plain.find_last_not_of("0123456789") + 1);
    if (stem.size() < plain.size() && stem.ends_with('.')) plain = stem.substr(0, stem.size() - 1);
    return plain.ends_with(".jsonl") || plain.ends_with(".json") || plain.ends_with(".log");
}

void cannot_read(const fs::path& path, const std::error_code& failed, const Unread& unread) {
    errno = failed.value();
    const auto why = system_error("read", path.string());
    if (!unread) throw why;
    unread(path.string(), why);
}

void search(const fs::path& top, const Unread& unread, std::vector<std::string>& found) {
    std::vector<fs::path> folders{top};
    while (!folders.empty()) {
        const auto folder = std::move(folders.back());
        folders.pop_back();
        std::error_code failed;
        fs::directory_iterator at{folder, failed};
        for (; !failed && at != fs::directory_iterator{}; at.increment(failed)) {
            std::error_code none, unknown;
            if (at->is_directory(none) && !at->is_symlink(none)) {
                folders.push_back(at->path());
            } else if (is_events(at->path().filename().string())) {
                if (at->is_regular_file(unknown)) found.push_back(at->path().string());
                if (unknown && unknown != std::errc::no_such_file_or_directory &&
                    unknown != std::errc::too_many_symbolic_link_levels)
                    cannot_read(at->path(), unknown, unread);
            }
        }
        // one that has disappeared since it was listed contains nothing
        if (failed && (folder == top || failed != std::errc::no_such_file_or_directory))
            cannot_read(folder, failed, unread);
    }
}

std::vector<std::string> inside(const fs::path& folder, const Unread& unread) {
    std::vector<std::string> found;
    search(folder, unread, found);
    std::sort(found.begin(), found.end());
    return found;
}

std::vector<std::string> matching(const std::string& pattern) {
    glob_t result{};
    const std::unique_ptr<glob_t, Freed<globfree>> owner{&result};
    if (::glob(pattern.c_str(), 0, nullptr, &result) != 0) return {};
    return {result.gl_pathv, result.gl_pathv + result.gl_pathc};
}

bool begins(BytesView head, std::initializer_list<std::uint8_t> magic) {
    return head.size() >= magic.size() && std::equal(magic.begin(), magic.end(), head.begin());
}
bool is_gzip(BytesView head) { return begins(head, {0x1f, 0x8b}); }
bool is_xz_or_zstd(BytesView head) {
    return begins(head, {0xfd, '7', 'z', 'X', 'Z', 0}) || begins(head, {0x28, 0xb5, 0x2f, 0xfd});
}

using Archive = std::unique_ptr<archive, Freed<archive_read_free>>;

constexpr std::size_t buffer_bytes = 2 * most_line_bytes;

}  // namespace

class Input::Stream {
   public:
    explicit Stream(const std::string& name) : name_(name), file_(open_input(name)) {
        head_.resize(6);
        head_.resize(read_some(file_.fd(), head_, name_));
        if (is_gzip(head_)) {
            if (::inflateInit2(&zlib_, 15 + 16) != Z_OK) throw std::bad_alloc{};
            inflating_ = true;
            packed_.resize(256 << 10);
        } else if (is_xz_or_zstd(head_)) {
            open_archive();
        }
    }
    ~Stream() {
        if (inflating_) ::inflateEnd(&zlib_);
    }
    Stream(const Stream&) = delete;

    std::size_t read(char* to, std::size_t most) {
        if (inflating_) return inflate(to, most);
        if (archive_) return read_archive(to, most);
        return read_plain({reinterpret_cast<std::uint8_t*>(to), most});
    }
    const std::string& broken() const noexcept { return broken_; }

   private:
    /// Read the bytes that were examined first, then the file; 0 at its end.
    std::size_t read_plain(std::span<std::uint8_t> to) {
        if (!head_.empty()) {
            const auto n = std::min(to.size(), head_.size());
            std::copy_n(head_.begin(), n, to.begin());
            head_.erase(head_.begin(), head_.begin() + static_cast<std::ptrdiff_t>(n));
            return n;
        }
        for (;;) {
            const ssize_t n = ::read(file_.fd(), to.data(), to.size());
            if (n >= 0) return static_cast<std::size_t>(n);
            if (errno != EINTR) throw system_error("read", name_);
        }
    }

    /// Reads all gzip members. Zeros after the last one are padding.
    std::size_t inflate(char* to, std::size_t most) {
        zlib_.next_out = reinterpret_cast<std::uint8_t*>(to);
        zlib_.avail_out = static_cast<unsigned>(most);
        while (zlib_.avail_out == most && !over_) {
            if (zlib_.avail_in == 0) {
                zlib_.next_in = packed_.data();
                zlib_.avail_in = static_cast<unsigned>(read_plain(packed_));
                if (zlib_.avail_in == 0) {
                    over_ = true;
                    if (within_) broken_ = "the gzip data end early";
                    break;
                }
            }
            if (!within_) {
                while (padding_ && zlib_.avail_in > 0 && *zlib_.next_in == 0)
                    ++zlib_.next_in, --zlib_.avail_in;
                if (zlib_.avail_in == 0) continue;
                within_ = true;
            }
            const int code = ::inflate(&zlib_, Z_NO_FLUSH);
            if (code == Z_STREAM_END) {
                within_ = false;
                padding_ = true;
                ::inflateReset(&zlib_);
            } else if (code != Z_OK && code != Z_BUF_ERROR) {
                over_ = true;
                broken_ = text("the gzip data are damaged", zlib_.msg ? ": " : "",
                               zlib_.msg ? zlib_.msg : "");
            }
        }
        return most - zlib_.avail_out;
    }

    void open_archive() {
        archive_.reset(::archive_read_new());
        if (!archive_) throw std::bad_alloc{};
        ::archive_read_support_filter_xz(archive_.get());
        ::archive_read_support_filter_zstd(archive_.get());
        ::archive_read_support_format_raw(archive_.get());
        packed_.resize(256 << 10);
        const auto more = [](archive*, void* self, const void** piece) -> la_ssize_t {
            auto& stream = *static_cast<Stream*>(self);
            *piece = stream.packed_.data();
            try {
                return static_cast<la_ssize_t>(stream.read_plain(stream.packed_));
            } catch (...) {
                stream.failure_ = std::current_exception();
                return -1;
            }
        };
        if (::archive_read_open(archive_.get(), this, nullptr, more, nullptr) != ARCHIVE_OK) fail();
        archive_entry* entry = nullptr;
        const int code = over_ ? ARCHIVE_EOF : ::archive_read_next_header(archive_.get(), &entry);
        if (code == ARCHIVE_EOF)
            over_ = true;
        else if (code != ARCHIVE_OK)
            fail();
    }
    std::size_t read_archive(char* to, std::size_t most) {
        if (over_) return 0;
        const auto n = ::archive_read_data(archive_.get(), to, most);
        if (n > 0) return static_cast<std::size_t>(n);
        over_ = true;
        if (n < 0) fail();
        return 0;
    }
    void fail() {
        if (failure_) std::rethrow_exception(failure_);
        const char* why = ::archive_error_string(archive_.get());
        broken_ = text("the packed data are damaged or end early", why ? ": " : "", why ? why : "");
        over_ = true;
    }

    std::string name_;
    File file_;
    Bytes head_, packed_;
    z_stream zlib_{};
    bool inflating_ = false, within_ = true, padding_ = false, over_ = false;
    Archive archive_;
    std::exception_ptr failure_;
    std::string broken_;
};

Input::Input(const std::string& name) : stream_(std::make_unique<Stream>(name)) {}
Input::~Input() = default;
std::size_t Input::read(char* to, std::size_t most) { return stream_->read(to, most); }
const std::string& Input::broken() const noexcept { return stream_->broken(); }

bool is_packed(BytesView head) { return is_gzip(head) || is_xz_or_zstd(head); }

std::vector<std::string> expand(const std::vector<std::string>& names, const Unread& unread) {
    std::vector<std::string> all;
    for (const auto& name : names) {
        std::vector<std::string> found;
        std::error_code failed;
        const auto is = fs::status(name, failed);
        if (name != "-" && !fs::status_known(is)) {  // neither there nor absent
            cannot_read(name, failed, unread);
            continue;
        }
        if (name == "-" || (fs::exists(is) && !fs::is_directory(is)))
            found = {name};
        else if (fs::is_directory(is))
            found = inside(name, unread);
        else
            found = matching(name);
        if (found.empty() && !fs::is_directory(is)) {
            errno = ENOENT;
            throw system_error("open", name);
        }
        all.insert(all.end(), found.begin(), found.end());
    }
    return all;
}

void each_line(const std::function<std::size_t(char* to, std::size_t most)>& read, Unfinished& left,
               bool last, const TakeLine& take) {
    std::string buffer(buffer_bytes + events::Reader::padding, '\0');
    std::size_t have = left.begun.copy(buffer.data(), buffer_bytes);
    auto& skipping = left.skipping;
    const auto line = [&](const char* from, const char* to) {
        const auto size = static_cast<std::size_t>(to - from);
        if (!skipping) take({from, size}, size <= most_line_bytes);
        skipping = false;
    };
    while (const auto n = read(buffer.data() + have, buffer_bytes - have)) {
        const char *from = buffer.data(), *const end = from + have + n;
        const char* look = from + have;  // the bytes before it contain no line feed
        while (const auto* feed = static_cast<const char*>(
                   std::memchr(look, '\n', static_cast<std::size_t>(end - look)))) {
            line(from, feed);
            from = look = feed + 1;
        }
        have = static_cast<std::size_t>(end - from);
        if (have > most_line_bytes) {
            if (!skipping) take({from, have}, false);
            skipping = true;
            have = 0;
        }
        std::memmove(buffer.data(), from, have);
    }
    if (last && have > 0) line(buffer.data(), buffer.data() + std::exchange(have, 0));
    left.begun.assign(buffer, 0, have);
}

std::string each_line(const std::string& name, const TakeLine& take) {
    Input input{name};
    Unfinished left;
    each_line([&](char* to, std::size_t most) { return input.read(to, most); }, left, true, take);
    return input.broken();
}

}  // namespace stretto::report

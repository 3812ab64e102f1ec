#include "report/input.hpp"

#include <glob.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/own.hpp"
#include "events/reader.hpp"

namespace stretto::report {
namespace {

namespace fs = std::filesystem;

bool is_events(const std::string& name) {
    for (const auto* ending : {".jsonl", ".jsonl.gz", ".json", ".json.gz", ".log", ".log.gz"})
        if (name.ends_with(ending)) return true;
    return false;
}

std::vector<std::string> inside(const fs::path& folder) {
    std::vector<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator{folder})
        if (entry.is_regular_file() && is_events(entry.path().filename().string()))
            found.push_back(entry.path().string());
    std::sort(found.begin(), found.end());
    return found;
}

std::vector<std::string> matching(const std::string& pattern) {
    glob_t result{};
    const std::unique_ptr<glob_t, Freed<globfree>> owner{&result};
    if (::glob(pattern.c_str(), 0, nullptr, &result) != 0) return {};
    return {result.gl_pathv, result.gl_pathv + result.gl_pathc};
}

/// A file's bytes, unpacked if need be. zlib passes plain ones through, slower than read(2) does.
class Stream {
   public:
    explicit Stream(const std::string& name) : name_(name), file_(open_input(name)) {
        std::uint8_t magic[2] = {};
        const bool known = ::lseek(file_.fd(), 0, SEEK_CUR) == 0;
        if (known && (!try_read_at(file_.fd(), magic, 0) || magic[0] != 0x1f || magic[1] != 0x8b))
            return;
        gzip_.reset(::gzdopen(file_.fd(), "rb"));
        if (!gzip_) throw system_error("read", name_);
        file_.release();
        ::gzbuffer(gzip_.get(), 256 << 10);
    }

    std::size_t read(char* to, std::size_t most) {
        if (!gzip_) {
            for (;;) {
                const ssize_t n = ::read(file_.fd(), to, most);
                if (n >= 0) return static_cast<std::size_t>(n);
                if (errno != EINTR) throw system_error("read", name_);
            }
        }
        errno = 0;
        const int n = ::gzread(gzip_.get(), to, static_cast<unsigned>(most));
        int code = Z_OK;
        ::gzerror(gzip_.get(), &code);
        if (code == Z_ERRNO) throw system_error("read", name_);
        if (n < 0 || code == Z_BUF_ERROR || code == Z_DATA_ERROR) broken_ = true;
        return n > 0 ? static_cast<std::size_t>(n) : 0;
    }
    bool broken() const noexcept { return broken_; }

   private:
    std::string name_;
    File file_;
    std::unique_ptr<gzFile_s, Freed<gzclose_r>> gzip_;
    bool broken_ = false;
};

constexpr std::size_t buffer_bytes = 1 << 20;

}  // namespace

std::vector<std::string> expand(const std::vector<std::string>& names) {
    std::vector<std::string> all;
    for (const auto& name : names) {
        std::vector<std::string> found;
        if (name == "-" || (fs::exists(name) && !fs::is_directory(name)))
            found = {name};
        else if (fs::is_directory(name))
            found = inside(name);
        else
            found = matching(name);
        if (found.empty() && !fs::is_directory(name)) {
            errno = ENOENT;
            throw system_error("open", name);
        }
        all.insert(all.end(), found.begin(), found.end());
    }
    return all;
}

bool each_line(const std::string& name,
               const std::function<void(std::string_view line, bool whole)>& take) {
    Stream stream{name};
    std::string buffer(buffer_bytes + events::Reader::padding, '\0');
    std::size_t have = 0;
    bool skipping = false;  // within a line that is too long
    const auto line = [&](const char* from, const char* to) {
        if (!skipping) take({from, static_cast<std::size_t>(to - from)}, true);
        skipping = false;
    };
    while (const auto n = stream.read(buffer.data() + have, buffer_bytes - have)) {
        const char *from = buffer.data(), *const end = from + have + n;
        const char* look = from + have;  // what was there holds no line feed
        while (const auto* feed = static_cast<const char*>(
                   std::memchr(look, '\n', static_cast<std::size_t>(end - look)))) {
            line(from, feed);
            from = look = feed + 1;
        }
        have = static_cast<std::size_t>(end - from);
        if (have > events::most_line_bytes) {
            if (!skipping) take({from, have}, false);
            skipping = true;
            have = 0;
        }
        std::memmove(buffer.data(), from, have);
    }
    if (have > 0) line(buffer.data(), buffer.data() + have);
    return !stream.broken();
}

}  // namespace stretto::report

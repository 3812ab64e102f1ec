#include "store/changes.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "base/clock.hpp"
#include "base/file.hpp"
#include "song/id.hpp"

namespace stretto::store {
namespace {

constexpr std::string_view changes_file = "changes";
constexpr std::uint64_t most_log_bytes = 4u << 20;  // above this, a new log is begun

/// Remove and return the text up to the next `end`, which is removed too; without one, all text.
std::string_view take(std::string_view& text, char end) {
    const auto at = text.find(end);
    const auto first = text.substr(0, at);
    text.remove_prefix(std::min(text.size(), first.size() + 1));
    return first;
}

std::optional<std::int64_t> parse_time(std::string_view digits) {
    std::int64_t time = 0;
    const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), time);
    if (code != std::errc{} || end != digits.data() + digits.size() || time < 0) return {};
    return time;
}

}  // namespace

std::optional<Change> parse_change(std::string_view line) {
    if (!parse_time(take(line, ' '))) return {};
    const auto kind = take(line, ' ');
    if (kind == "song" && song::is_id(line)) return Change{Change::song, std::string{line}};
    if (kind == "name" && song::is_name(line)) return Change{Change::name, std::string{line}};
    return {};
}

void note_change(const std::filesystem::path& store, const Change& change) {
    const auto path = store / changes_file;
    struct stat info;
    if (::stat(path.c_str(), &info) == 0 &&
        static_cast<std::uint64_t>(info.st_size) > most_log_bytes)
        ::unlink(path.c_str());
    const auto line =
        text(utc_ms(), change.kind == Change::song ? " song " : " name ", change.key, '\n');
    // not a FIFO, which would block, nor a link
    const File file{::open(
        path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW, 0666)};
    // in one write, so that the lines of two publishers do not mix; if it fails, servers find the
    // change a little later
    if (file) (void)!::write(file.fd(), line.data(), line.size());
}

Changes::Changes(const std::filesystem::path& store) : path_(store / changes_file), at_(place()) {}

Changes::Place Changes::place() const {
    struct stat info;
    if (::stat(path_.c_str(), &info) != 0) return {};
    return {info.st_dev, info.st_ino, static_cast<std::uint64_t>(info.st_size)};
}

std::optional<std::vector<Change>> Changes::poll() {
    const auto now = place();
    const bool first = at_.inode == 0 && now.inode != 0;  // then all lines are new
    const bool same = now.device == at_.device && now.inode == at_.inode;
    if (same && now.size == at_.size) return std::vector<Change>{};
    const auto from = first ? 0 : at_.size;
    at_ = now;
    if ((!same && !first) || now.size < from || now.size - from > most_log_bytes) return {};
    const File file{::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)};
    Bytes bytes(now.size - from);
    if (!file || !try_read_at(file.fd(), bytes, from)) return {};
    auto lines = as_text(bytes);
    const auto end = lines.rfind('\n') + 1;  // 0 where there is none
    at_.size = from + end;                   // the last line may still be incomplete
    lines = lines.substr(0, end);
    std::vector<Change> changes;
    while (!lines.empty()) {
        auto change = parse_change(take(lines, '\n'));
        if (!change) return {};
        changes.push_back(std::move(*change));
    }
    return changes;
}

}  // namespace stretto::store

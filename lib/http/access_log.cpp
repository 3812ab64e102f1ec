#include "http/access_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>

#include "base/error.hpp"

namespace stretto::http {
namespace {

/// What stands between quotes: quotes, backslashes and bytes that could drive a terminal as \xHH.
void append_quoted(std::string& to, std::string_view value) {
    constexpr char digits[] = "0123456789abcdef";
    to += '"';
    if (value.empty()) to += '-';
    for (const char c : value) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte >= 0x7f || c == '"' || c == '\\') {
            to += "\\x";
            to += digits[byte >> 4];
            to += digits[byte & 15];
        } else {
            to += c;
        }
    }
    to += '"';
}

File open_log(const std::filesystem::path& path) {
    File file{path == "-" ? ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
                          : ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640)};
    if (!file) throw system_error("open", path.string());
    return file;
}

}  // namespace

AccessLog::AccessLog(std::filesystem::path path, bool full_addresses)
    : path_(std::move(path)), full_(full_addresses) {
    if (enabled()) file_ = open_log(path_);
}

void AccessLog::reopen() {
    if (!enabled()) return;
    File fresh = open_log(path_);
    const std::lock_guard lock{mutex_};
    file_ = std::move(fresh);
}

void AccessLog::write(std::string_view lines) {
    const std::lock_guard lock{mutex_};
    while (!lines.empty()) {
        const ssize_t n = ::write(file_.fd(), lines.data(), lines.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) {
            lost_ += static_cast<std::uint64_t>(std::count(lines.begin(), lines.end(), '\n'));
            return;
        }
        lines.remove_prefix(static_cast<std::size_t>(n));
    }
}

void LogLines::add(const net::Address& peer, const LogEntry& entry) {
    if (!log_.enabled()) return;
    const std::int64_t now = std::time(nullptr);
    if (now != second_) {
        second_ = now;
        const std::time_t t = now;
        std::tm utc{};
        gmtime_r(&t, &utc);
        char text[40];
        const std::size_t n =
            std::strftime(text, sizeof text, " - - [%d/%b/%Y:%H:%M:%S +0000] ", &utc);
        time_.assign(text, n);
    }
    lines_ += log_.full_addresses() ? peer.host() : peer.network();
    lines_ += time_;
    std::string request;
    if (!entry.method.empty()) {
        request.reserve(entry.method.size() + entry.target.size() + 10);
        request.append(entry.method).append(" ").append(entry.target);
        request += entry.minor == 0 ? " HTTP/1.0" : " HTTP/1.1";
    }
    append_quoted(lines_, request);
    lines_ += ' ';
    lines_ += std::to_string(entry.status);
    lines_ += ' ';
    lines_ += std::to_string(entry.bytes);
    lines_ += ' ';
    append_quoted(lines_, entry.referer);
    lines_ += ' ';
    append_quoted(lines_, entry.agent);
    lines_ += ' ';
    lines_ += entry.cache.empty() ? "-" : entry.cache;
    lines_ += ' ';
    lines_ += std::to_string(entry.ms);
    lines_ += '\n';
    if (lines_.size() >= 65536) flush();
}

void LogLines::flush() {
    if (lines_.empty()) return;
    log_.write(lines_);
    lines_.clear();
}

}  // namespace stretto::http

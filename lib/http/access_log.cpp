#include "http/access_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <ctime>

#include "base/appendable.hpp"
#include "base/byte_set.hpp"
#include "base/error.hpp"
#include "http/structured.hpp"
#include "http/token.hpp"

namespace stretto::http {
namespace {

/// Whether a byte is printed unchanged.
constexpr ByteSet plain{
    " !#$%&'()*+,-./"
    "0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~"};

/// Print quotes, backslashes and control bytes as \xHH.
void append_escaped(std::string& to, std::string_view value) {
    constexpr char digits[] = "0123456789abcdef";
    while (!value.empty()) {
        const auto run = plain.count_leading(value);
        to.append(value.substr(0, run));
        value.remove_prefix(run);
        if (value.empty()) return;
        const auto byte = static_cast<unsigned char>(value[0]);
        to.append("\\x").append(1, digits[byte >> 4]).append(1, digits[byte & 15]);
        value.remove_prefix(1);
    }
}

void append_quoted(std::string& to, std::string_view value) {
    to += '"';
    append_escaped(to, value.empty() ? "-" : value);
    to += '"';
}

void append_number(std::string& to, std::uint64_t number) {
    char digits[20];
    to.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

/// The request line; "-" if it could not be read.
void append_request(std::string& to, const LogEntry& entry) {
    if (entry.method.empty()) return append_quoted(to, {});
    to += '"';
    append_escaped(to, entry.method);
    to += ' ';
    append_escaped(to, without_token(entry.target));
    to += entry.major == 2 ? " HTTP/2.0\"" : entry.minor == 0 ? " HTTP/1.0\"" : " HTTP/1.1\"";
}

File open_log(const std::filesystem::path& path) {
    return path == "-" ? appendable_output() : open_appendable(path, O_WRONLY, LOCK_SH);
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

std::string session_of(const Fields& request) {
    constexpr std::size_t most_bytes = 64;
    const auto field = request.joined("CMCD-Session");
    const auto members = field ? parse_dictionary(*field) : std::nullopt;
    if (!members) return {};
    for (const auto& [key, value] : *members)
        if (const auto* text = std::get_if<std::string>(&value); text && key == "sid")
            return text->substr(0, most_bytes);
    return {};
}

/// RFC 9110 7.6.3: protocol, receiver, and perhaps a comment.
std::string via_of(const Fields& request) {
    const auto field = request.joined("Via");
    if (!field) return {};
    const auto members = list_members(*field);
    if (members.empty()) return {};
    const std::string last{members.back()};
    const auto from = last.find_first_not_of(" \t", last.find_first_of(" \t"));
    return from == std::string::npos ? last
                                     : last.substr(from, last.find_first_of(" \t", from) - from);
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
    append_request(lines_, entry);
    lines_ += ' ';
    append_number(lines_, static_cast<std::uint64_t>(entry.status));
    lines_ += ' ';
    append_number(lines_, entry.bytes);
    lines_ += ' ';
    append_quoted(lines_, without_token(entry.referer));
    lines_ += ' ';
    append_quoted(lines_, entry.agent);
    lines_ += ' ';
    lines_ += entry.cache.empty() ? "-" : entry.cache;
    lines_ += ' ';
    append_number(lines_, entry.ms);
    lines_ += ' ';
    append_quoted(lines_, entry.session);
    lines_ += ' ';
    append_quoted(lines_, entry.via);
    lines_ += '\n';
    if (lines_.size() >= 65536) flush();
}

void LogLines::flush() {
    if (lines_.empty()) return;
    log_.write(lines_);
    lines_.clear();
}

}  // namespace stretto::http

#include "sign/scope.hpp"

#include <regex.h>

#include <algorithm>
#include <charconv>

#include "base/digest.hpp"
#include "sign/base64url.hpp"

namespace stretto::sign {
namespace {

constexpr std::string_view regex_prefix = "regex:", hash_prefix = "hash:",
                           sha256_prefix = "sha-256;";
constexpr std::string_view before_songs = "regex:[^:]+://[^/]+(/albums)?/(songs|stream)/(",
                           after_songs = ")([/?].*)?";
constexpr std::size_t regex_cost = 32768;  // of a compiled expression, roughly

std::string escaped(std::string_view song) {
    std::string out;
    for (const char c : song) {
        if (c == '.') out += '\\';
        out += c;
    }
    return out;
}

bool is_song_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

/// The songs of our own form; empty for any other, which only looks alike perhaps.
std::vector<std::string> songs_of(std::string_view container) {
    if (!container.starts_with(before_songs) || !container.ends_with(after_songs) ||
        container.size() < before_songs.size() + after_songs.size())
        return {};
    std::vector<std::string> songs{""};
    const auto list = container.substr(before_songs.size(),
                                       container.size() - before_songs.size() - after_songs.size());
    for (const char c : list) {
        if (c == '|')
            songs.emplace_back();
        else if (is_song_byte(c))
            songs.back() += c;
        else if (c != '\\')
            return {};
    }
    if (std::ranges::any_of(songs, [](const auto& song) { return song.empty(); })) return {};
    if (Scope::of_songs(songs) != container) return {};
    return songs;
}

/// What an expression may not have. A bracket expression is not looked into: there these bytes mean
/// themselves, and are refused all the same.
std::string why_not(std::string_view expression) {
    long repetitions = 1;
    for (std::size_t i = 0; i < expression.size(); ++i) {
        const char c = expression[i];
        if (c == '\0') return "a NUL";
        if (c == '\\' && i + 1 < expression.size()) {
            const char next = expression[++i];
            if (next >= '0' && next <= '9') return "a back-reference";
            continue;
        }
        if (c != '{') continue;
        const auto end = std::min(expression.find('}', i), expression.size());
        long most = 1;
        for (std::size_t at = i + 1; at < end;) {
            long number = 0;
            const auto [stop, code] =
                std::from_chars(expression.data() + at, expression.data() + end, number);
            if (code == std::errc::result_out_of_range) return "too many repetitions";
            if (code == std::errc{}) most = std::max(most, number);
            at = std::max(at + 1, static_cast<std::size_t>(stop - expression.data()));
        }
        if (most > Scope::most_repetitions || (repetitions *= most) > Scope::most_repetitions)
            return "too many repetitions";
    }
    return {};
}

struct Compiled {
    explicit Compiled(const std::string& expression)
        : good(::regcomp(&regex, expression.c_str(), REG_EXTENDED | REG_NOSUB) == 0) {}
    Compiled(const Compiled&) = delete;
    ~Compiled() {
        if (good) ::regfree(&regex);
    }
    regex_t regex{};
    bool good;
};

std::string hash_of(std::string_view uri) { return base64url(sha256(as_bytes(uri))); }

}  // namespace

std::string Scope::of_songs(const std::vector<std::string>& songs) {
    std::string list;
    for (const auto& song : songs) list += (list.empty() ? "" : "|") + escaped(song);
    return text(before_songs, list, after_songs);
}

std::string Scope::of_uri(std::string_view uri) {
    return text(hash_prefix, sha256_prefix, hash_of(uri));
}

Result<Scope> Scope::parse(std::string_view container) {
    if (container.size() > most_bytes) return Malformed{"'cdniuc' is longer than 2048 bytes"};
    Scope scope;
    if (container.starts_with(hash_prefix)) {
        auto hash = container.substr(hash_prefix.size());
        if (!hash.starts_with(sha256_prefix))
            return Malformed{"the hash in 'cdniuc' is not SHA-256"};
        hash.remove_prefix(sha256_prefix.size());
        const auto bytes = parse_base64url(hash);
        if (!bytes || bytes->size() != 32)
            return Malformed{"the hash in 'cdniuc' is not of 32 bytes"};
        scope.hash_ = hash;
        return scope;
    }
    if (!container.starts_with(regex_prefix))
        return Malformed{"'cdniuc' is neither 'regex:' nor 'hash:'"};
    scope.songs_ = songs_of(container);
    if (!scope.songs_.empty()) return scope;
    const auto expression = container.substr(regex_prefix.size());
    if (const auto why = why_not(expression); !why.empty())
        return Malformed{text("the expression in 'cdniuc' has ", why)};
    // on its own first: what it lacks must not come from the parentheses around it
    const Compiled alone{std::string{expression}};
    const auto compiled = std::make_shared<Compiled>(text("^(", expression, ")$"));
    if (!alone.good || !compiled->good)
        return Malformed{"'cdniuc' is not an extended regular expression"};
    scope.regex_ = {compiled, &compiled->regex};
    return scope;
}

bool Scope::holds_uri(const std::string& uri) const {
    if (!regex_) return hash_of(uri) == hash_;
    return ::regexec(static_cast<const regex_t*>(regex_.get()), uri.c_str(), 0, nullptr, 0) == 0;
}

bool Scope::holds(std::string_view authority, std::string_view target) const {
    if (authority.empty() || authority.size() + target.size() > most_uri_bytes) return false;
    if (authority.find_first_of("/\0?#") != authority.npos || !target.starts_with('/'))
        return false;
    if (target.find('\0') != target.npos) return false;
    if (!songs_.empty()) {
        constexpr std::string_view albums = "/albums", songs = "/songs/", stream = "/stream/";
        if (target.starts_with(albums)) target.remove_prefix(albums.size());
        if (target.starts_with(songs))
            target.remove_prefix(songs.size());
        else if (target.starts_with(stream))
            target.remove_prefix(stream.size());
        else
            return false;
        const auto song = target.substr(0, target.find_first_of("/?"));
        return std::ranges::find(songs_, song) != songs_.end();
    }
    const auto rest = text("://", authority, target);
    return holds_uri("https" + rest) || holds_uri("http" + rest);
}

std::size_t Scope::cost() const noexcept {
    std::size_t bytes = sizeof *this + hash_.size() + (regex_ ? regex_cost : 0);
    for (const auto& song : songs_) bytes += sizeof song + song.size();
    return bytes;
}

}  // namespace stretto::sign

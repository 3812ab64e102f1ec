#include "sign/scope.hpp"

#include <regex.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/digest.hpp"
#include "sign/base64url.hpp"

namespace stretto::sign {
namespace {

constexpr std::string_view regex_prefix = "regex:", hash_prefix = "hash:",
                           sha256_prefix = "sha-256;";
constexpr std::string_view before_songs = "regex:[^:]+://[^/]+(/albums)?/(songs|stream)/(",
                           after_songs = ")([/?].*)?";
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

/// Where a bracket expression that begins at `at` ends: behind its "]". npos: it does not.
std::size_t behind_bracket(std::string_view expression, std::size_t at) {
    ++at;
    if (at < expression.size() && expression[at] == '^') ++at;
    if (at < expression.size() && expression[at] == ']') ++at;
    while (at < expression.size()) {
        const char c = expression[at];
        if (c == ']') return at + 1;
        const char next = at + 1 < expression.size() ? expression[at + 1] : '\0';
        if (c != '[' || (next != ':' && next != '.' && next != '=')) {
            ++at;
            continue;
        }
        const char end[] = {next, ']'};
        const auto found = expression.find(std::string_view{end, 2}, at + 2);
        if (found == expression.npos) return found;
        at = found + 2;
    }
    return expression.npos;
}

/// "{3}", "{3,}", "{3,5}" at the front: how often it copies what it is of, and its length.
std::optional<std::pair<std::size_t, std::size_t>> interval(std::string_view text) {
    const char* const end = text.data() + text.size();
    std::size_t least = 0, most = 0;
    auto [at, code] = std::from_chars(text.data() + 1, end, least);
    if (code != std::errc{}) return {};
    most = least;
    if (at != end && *at == ',') {
        ++at;
        const auto [stop, upper] = std::from_chars(at, end, most);
        if (upper == std::errc::result_out_of_range) return {};
        if (upper != std::errc{}) most = least + 1;  // and a star
        at = stop;
    }
    if (at == end || *at != '}' || most > Scope::most_cost) return {};
    return std::pair{std::max<std::size_t>(1, most),
                     static_cast<std::size_t>(at + 1 - text.data())};
}

/// The C library copies what is repeated, for "+" too: one behind the other they double it each
/// time. So that is counted before it is compiled.
/// @return  its cost; Malformed: what is too much in it
Result<std::size_t> cost_of(std::string_view expression) {
    struct Group {
        std::size_t cost = 0, last = 0;         // of its last part
        std::size_t depth = 0, last_depth = 0;  // of repetitions in one another
    };
    std::vector<Group> open{{}};
    const auto part = [&](std::size_t cost) {
        open.back().cost += cost;
        open.back().last = cost;
        open.back().last_depth = 0;
    };
    for (std::size_t i = 0; i < expression.size(); ++i) {
        if (open.back().cost > Scope::most_cost) return Malformed{"too many repetitions"};
        const char c = expression[i];
        auto& group = open.back();
        std::size_t times = 0;
        switch (c) {
            case '\0':
                return Malformed{"a NUL"};
            case '\\':
                if (++i < expression.size() && expression[i] >= '0' && expression[i] <= '9')
                    return Malformed{"a back-reference"};
                part(1);
                continue;
            case '[': {
                const auto behind = behind_bracket(expression, i);
                if (behind == expression.npos) return Malformed{"a bracket that is not closed"};
                part(1);
                i = behind - 1;
                continue;
            }
            case '(':
                if (open.size() > Scope::most_levels) return Malformed{"too many levels"};
                open.emplace_back();
                continue;
            case ')':
                if (open.size() == 1) return Malformed{"a parenthesis that is not open"};
                {
                    const auto cost = group.cost + 1, depth = group.depth;
                    open.pop_back();
                    part(cost);
                    open.back().last_depth = depth;
                }
                continue;
            case '|':
                group.last = 0;
                ++group.cost;
                continue;
            case '*':
            case '?':
                times = 1;
                break;
            case '+':
                times = 2;
                break;
            case '{': {
                const auto found = interval(expression.substr(i));
                if (!found) return Malformed{"an interval that is none, or too large"};
                times = found->first;
                i += found->second - 1;
                break;
            }
            default:
                part(1);
                continue;
        }
        if (group.last == 0) part(1);  // where nothing is to be repeated it may stand for itself
        // each doubles the ways that the C library looks through
        if (++group.last_depth > Scope::most_depth)
            return Malformed{"too many repetitions in one another"};
        group.depth = std::max(group.depth, group.last_depth);
        group.cost += group.last * (times - 1);
        group.last *= times;
    }
    if (open.back().cost > Scope::most_cost) return Malformed{"too many repetitions"};
    return open.back().cost;
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

/// Hosts are the same in any case (RFC 3986 6.2.2.1).
std::string lower(std::string_view host) {
    std::string out{host};
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
    return out;
}

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
    const auto cost = cost_of(expression);
    if (!cost) return Malformed{text("the expression in 'cdniuc' has ", cost.error().why)};
    scope.expression_ = text("^(", expression, ")$");
    scope.expression_cost_ = *cost;
    // on its own first: what it lacks must not come from the parentheses around it
    if (!Compiled{std::string{expression}}.good || !Compiled{scope.expression_}.good)
        return Malformed{"'cdniuc' is not an extended regular expression"};
    return scope;
}

/// The C library keeps a state for each byte that it matches, up to 60 bytes times the cost of the
/// expression, as long as the compiled expression lives. So it does not outlive the question.
bool Scope::matches_one(std::initializer_list<std::string> uris) const {
    const Compiled compiled{expression_};
    return std::ranges::any_of(uris, [&](const auto& uri) {
        return uri.size() * expression_cost_ <= most_steps &&
               ::regexec(&compiled.regex, uri.c_str(), 0, nullptr, 0) == 0;
    });
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
    const bool expressed = !expression_.empty();
    if (expressed && target.starts_with("/songs/")) target = target.substr(0, target.find('?'));
    const auto rest = text("://", lower(authority), target);
    if (expressed) return matches_one({"https" + rest, "http" + rest});
    return hash_of("https" + rest) == hash_ || hash_of("http" + rest) == hash_;
}

bool Scope::holds_song(std::string_view song) const {
    return std::ranges::find(songs_, song) != songs_.end();
}

std::size_t Scope::cost() const noexcept {
    std::size_t bytes = sizeof *this + hash_.size() + expression_.size();
    for (const auto& song : songs_) bytes += sizeof song + song.size();
    return bytes;
}

}  // namespace stretto::sign

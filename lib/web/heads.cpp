#include "web/heads.hpp"

#include <algorithm>
#include <charconv>

#include "base/byte_set.hpp"
#include "base/text.hpp"

namespace stretto::web {
namespace {

constexpr std::size_t most_fields = 32, most_candidates = swarm::most_candidates;
constexpr ByteSet name_bytes{
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&'*+-.^_`|~"};
constexpr ByteSet hex_bytes{"0123456789abcdef"};

bool is_visible(std::string_view text, bool blanks) {
    return std::ranges::all_of(text, [&](char c) {
        return (c > 0x20 && c < 0x7f) || (blanks && (c == ' ' || c == '\t'));
    });
}

std::string lower(std::string_view text) {
    std::string out{text};
    for (auto& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

/// What is before `end`, which goes too; nullopt: there is none.
std::optional<std::string_view> take(std::string_view& text, std::string_view end) {
    const auto at = text.find(end);
    if (at == text.npos) return {};
    const auto before = text.substr(0, at);
    text.remove_prefix(at + end.size());
    return before;
}

template <class Number>
std::optional<Number> number(std::string_view text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return {};
    return value;
}

/// All lines after the first, up to the blank one at the end. @return false: they are none
bool read_fields(std::string_view text, http::Fields& fields) {
    for (std::size_t n = 0; n <= most_fields; ++n) {
        const auto line = take(text, "\r\n");
        if (!line) return false;
        if (line->empty()) return text.empty();
        const auto colon = line->find(':');
        const auto name = line->substr(0, colon);
        if (colon == line->npos || name.empty() || !name_bytes.has_all_of(name)) return false;
        auto value = line->substr(colon + 1);
        while (!value.empty() && (value[0] == ' ' || value[0] == '\t')) value.remove_prefix(1);
        while (!value.empty() && (value.back() == ' ' || value.back() == '\t'))
            value.remove_suffix(1);
        if (!is_visible(value, true)) return false;
        fields.add(lower(name), value);
    }
    return false;
}

/// The rest of the first line that begins so; empty: there is none.
std::string_view line_of(std::string_view sdp, std::string_view begin) {
    while (!sdp.empty()) {
        auto line = sdp.substr(0, sdp.find('\n'));
        sdp.remove_prefix(std::min(sdp.size(), line.size() + 1));
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.starts_with(begin)) return line.substr(begin.size());
    }
    return {};
}

/// "1 1 udp 2113937151 192.0.2.1 50000 typ host ...": RFC 8839 5.1.
std::optional<swarm::Candidate> candidate_of(std::string_view line) {
    std::string_view words[8];
    for (auto& word : words) {
        word = line.substr(0, line.find(' '));
        line.remove_prefix(std::min(line.size(), word.size() + 1));
    }
    const auto port = number<int>(words[5]);
    const auto priority = number<std::uint32_t>(words[3]);
    const bool host = words[7] == "host";
    if (words[1] != "1" || lower(words[2]) != "udp" || words[6] != "typ" || !port || !priority ||
        *port < 1 || *port > 65535 || *priority > 0x7fff'ffff || words[4].empty() ||
        words[4].size() > 64 || !is_visible(words[4], false) || (!host && words[7] != "srflx"))
        return {};
    return swarm::Candidate{host ? swarm::Candidate::Type::host : swarm::Candidate::Type::srflx,
                            std::string{words[4]}, *port, *priority};
}

}  // namespace

Result<http::Request> parse_request_head(std::string_view head) {
    http::Request request;
    const auto method = take(head, " "), target = take(head, " "), version = take(head, "\r\n");
    if (!method || !target || !version || *version != "HTTP/1.1" || target->empty() ||
        (*target)[0] != '/' || !is_visible(*target, false) || !name_bytes.has_all_of(*method) ||
        !read_fields(head, request.fields))
        return Malformed{"it asks for what is not HTTP"};
    for (const auto* name : {"content-length", "transfer-encoding"})
        if (request.fields.has(name)) return Malformed{"it asks with a body"};
    request.method = *method;
    request.target = *target;
    return request;
}

Result<http::Response> parse_response_head(std::string_view head) {
    http::Response response;
    const auto line = take(head, "\r\n");
    constexpr std::string_view version = "HTTP/1.1 ";
    if (!line || !line->starts_with(version) || !is_visible(*line, true) ||
        !read_fields(head, response.fields) || response.fields.count("content-length") > 1)
        return Malformed{"its answer is not HTTP"};
    auto rest = line->substr(version.size());
    const auto status = number<int>(rest.substr(0, rest.find(' ')));
    if (!status || *status < 100 || *status > 599) return Malformed{"its answer has no status"};
    response.status = *status;
    return response;
}

Result<swarm::Signal> parse_sdp(std::string_view sdp) {
    swarm::Signal signal;
    signal.ufrag = line_of(sdp, "a=ice-ufrag:");
    signal.password = line_of(sdp, "a=ice-pwd:");
    signal.fingerprint = lower(line_of(sdp, "a=fingerprint:sha-256 "));
    std::erase(signal.fingerprint, ':');
    signal.active = line_of(sdp, "a=setup:") == "active";
    if (signal.ufrag.size() < 4 || signal.ufrag.size() > 32 || signal.password.size() < 22 ||
        signal.password.size() > 256 || signal.fingerprint.size() != 64 ||
        !hex_bytes.has_all_of(signal.fingerprint) || !is_visible(signal.ufrag, false) ||
        !is_visible(signal.password, false))
        return Malformed{"a description without ufrag, password or fingerprint"};
    constexpr std::string_view begin = "a=candidate:";
    for (auto at = sdp.find(begin); at != sdp.npos; at = sdp.find(begin)) {
        sdp.remove_prefix(at);
        if (signal.candidates.size() == most_candidates) break;
        if (auto one = candidate_of(line_of(sdp, begin))) signal.candidates.push_back(*one);
        sdp.remove_prefix(begin.size());
    }
    return signal;
}

std::string print_sdp(const swarm::Signal& signal) {
    const bool offer = signal.kind == swarm::Signal::Kind::offer;
    std::string fingerprint;
    for (std::size_t i = 0; i < signal.fingerprint.size(); ++i) {
        if (i > 0 && i % 2 == 0) fingerprint += ':';
        const char c = signal.fingerprint[i];
        fingerprint += c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c;
    }
    auto sdp = text(
        "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\n"
        "a=ice-ufrag:",
        signal.ufrag, "\r\na=ice-pwd:", signal.password, "\r\na=fingerprint:sha-256 ", fingerprint,
        "\r\na=setup:",
        offer           ? "actpass"
        : signal.active ? "active"
                        : "passive",
        "\r\na=sctp-port:5000\r\na=max-message-size:65536\r\n");
    int n = 0;
    for (const auto& c : signal.candidates) {
        const bool host = c.type == swarm::Candidate::Type::host;
        sdp += text("a=candidate:", ++n, " 1 udp ", c.priority, " ", c.address, " ", c.port,
                    " typ ", host ? "host" : "srflx raddr 0.0.0.0 rport 0", "\r\n");
    }
    return sdp + "a=end-of-candidates\r\n";
}

}  // namespace stretto::web

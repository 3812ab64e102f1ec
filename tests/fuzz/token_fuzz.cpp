// Access tokens: signed JSON, its claims, key sets, the URIs of a scope, and where a request
// carries a token. The first byte says which.
#include <cstdint>
#include <string>

#include "http/token.hpp"
#include "sign/base64url.hpp"
#include "sign/pass.hpp"
#include "sign/scope.hpp"
#include "sign/token.hpp"

using namespace stretto;

namespace {

void check(bool holds) {
    if (!holds) __builtin_trap();
}

const sign::PrivateKey& key() {
    static const auto key = sign::PrivateKey::generate();
    return key;
}

const sign::KeySet& keys() {
    static const sign::KeySet keys{{{"k", key().public_key()}}};
    return keys;
}

void check_token(const sign::Token& token) {
    check(token.expires >= 0 && token.not_before >= 0 && token.kbps >= 0 && token.kbps < 65536);
    check(token.id.size() <= sign::most_id_bytes);
    check(sign::untimely(token, token.expires + sign::leeway_s, "").has_value());
}

void fuzz_text(std::string_view text) {
    if (const auto jws = sign::parse_jws(text)) {
        check(text.size() <= sign::Jws::most_bytes && jws->signature.size() == 64);
        check(text.starts_with(jws->text) && jws->text.size() < text.size());
        (void)sign::parse_token(*jws);
        // nobody knows our key
        check(sign::open_pass(*jws, key().public_key()).index() == 1);
    }
    // nobody knows our key
    check(sign::open_token(text, keys()).index() == 1);
}

/// Any claims, signed by us: they are printed and read back.
void fuzz_claims(std::string_view text) {
    const auto claims = Json::parse(text);
    if (!claims || !claims->is_object()) return;
    const auto token = sign::print_jws("JWT", *claims, key(), "k");
    const auto opened = sign::open_token(token, keys());
    if (const auto* good = std::get_if<sign::Token>(&opened)) {
        check_token(*good);
        const auto glance = sign::glance(token);
        check(glance && glance->kbps == good->kbps && glance->expires == good->expires);
    }
    const auto printed = sign::print_jws("stretto-pass", *claims, key(), "k");  // which pass views
    if (const auto pass = sign::parse_jws(printed))
        (void)sign::open_pass(*pass, key().public_key());
}

void fuzz_keys(std::string_view text) {
    const auto set = sign::parse_keys(text);
    if (!set) return;
    check(!set->keys.empty() && set->keys.size() <= sign::KeySet::most_keys);
    const auto again = sign::parse_keys(sign::print_keys(*set));
    check(again && again->keys.size() == set->keys.size());
}

/// "container LF target"
void fuzz_scope(std::string_view text) {
    const auto end = text.find('\n');
    const auto container = text.substr(0, end);
    const auto target = end == text.npos ? std::string_view{"/songs/a"} : text.substr(end + 1);
    const auto scope = sign::Scope::parse(container);
    if (!scope) return;
    const bool held = scope->holds("h.example:8480", target);
    check(!held || target.starts_with('/'));
    // our own form, which is compared without an expression, means what its expression means
    if (!container.starts_with("regex:")) return;
    if (target.size() > 100) return;  // the parentheses cost something
    const std::string inner{container.substr(6)};
    const auto slow = sign::Scope::parse("regex:(" + inner + ")");
    if (slow) check(slow->holds("h.example:8480", target) == held);
}

/// "target LF cookie LF authorization"
void fuzz_request(std::string_view text) {
    http::Request request;
    request.method = "GET";
    const auto next = [&] {
        const auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        return std::string{line};
    };
    request.target = next();
    if (const auto cookie = next(); !cookie.empty()) request.fields.add("Cookie", cookie);
    if (const auto value = next(); !value.empty()) request.fields.add("Authorization", value);
    const auto shown = http::without_token(request.target);
    check(http::without_token(shown) == shown);
    (void)http::take_token(request);
    const auto target = request.target;
    const auto left = http::take_token(request);
    check(left.token.empty() && request.target == target);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string text{reinterpret_cast<const char*>(data) + 1, size - 1};
    switch (data[0] % 8) {
        case 0:
            fuzz_text(text);
            break;
        case 1:
            fuzz_claims(text);
            break;
        case 2:
            fuzz_keys(text);
            break;
        case 3:
            fuzz_scope(text);
            break;
        case 4:
            fuzz_request(text);
            break;
        default:
            if (const auto bytes = sign::parse_base64url(text))
                check(sign::base64url(*bytes) == text);
    }
    return 0;
}

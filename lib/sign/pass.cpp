#include "sign/pass.hpp"

namespace stretto::sign {
namespace {

constexpr std::string_view type = "stretto-pass";

Result<Pass> parse_pass(const Jws& jws) {
    if (jws.type != type) return Malformed{"not a pass"};
    try {
        const auto& claims = jws.claims;
        Pass pass;
        pass.song = claims.at("song").string();
        pass.address = claims.at("address").string();
        pass.expires = claims.at("exp").integer();
        if (const auto* rtc = claims.find("rtc")) pass.rtc = rtc->string();
        if (const auto* kbps = claims.find("stretto_kbps")) {
            const auto most = kbps->integer();
            if (most < 1 || most > 65535) return Malformed{"its bitrate is wrong"};
            pass.kbps = static_cast<int>(most);
        }
        return pass;
    } catch (const Json::Wrong& wrong) {
        return Malformed{wrong.what()};
    }
}

}  // namespace

std::string print_pass(const Pass& pass, const PrivateKey& key, std::string_view key_id) {
    auto json = Json::object();
    json["exp"] = pass.expires;
    json["song"] = pass.song;
    json["address"] = pass.address;
    if (pass.kbps > 0) json["stretto_kbps"] = pass.kbps;
    if (!pass.rtc.empty()) json["rtc"] = pass.rtc;
    return print_jws(type, json, key, key_id);
}

std::variant<Pass, Refused> open_pass(const Jws& jws, const PublicKey& key) {
    if (!key.verifies(jws.text, jws.signature)) return Refused{Fault::forged, "wrong signature"};
    auto pass = parse_pass(jws);
    if (!pass) return Refused{Fault::malformed, pass.error().why};
    return std::move(*pass);
}

std::optional<Refused> unusable(const Pass& pass, const Shower& client, std::int64_t now_s) {
    if (now_s >= pass.expires + leeway_s) return Refused{Fault::expired, "expired"};
    if (client.rtc.empty() && pass.address != client.address)
        return Refused{Fault::not_for_us, "for another address"};
    if (!client.rtc.empty() && pass.rtc != client.rtc)
        return Refused{Fault::not_for_us, "for another peer"};
    return {};
}

}  // namespace stretto::sign

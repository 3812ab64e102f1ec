// Base64, by OpenSSL.
#include <openssl/evp.h>

#include "base/digest.hpp"

namespace stretto {

std::string base64(BytesView bytes) {
    std::string out(4 * ((bytes.size() + 2) / 3) + 1, '\0');  // OpenSSL ends it with a zero
    const int length = EVP_EncodeBlock(reinterpret_cast<std::uint8_t*>(out.data()), bytes.data(),
                                       static_cast<int>(bytes.size()));
    out.resize(static_cast<std::size_t>(length));
    return out;
}

std::optional<Bytes> parse_base64(std::string_view text) {
    std::string padded{text.substr(0, text.find('='))};
    const std::size_t bytes = padded.size() * 6 / 8;
    if (padded.size() % 4 == 1 || text.size() > padded.size() + 2) return {};
    padded.resize((padded.size() + 3) / 4 * 4, '=');
    Bytes out(padded.size() / 4 * 3);
    if (EVP_DecodeBlock(out.data(), reinterpret_cast<const std::uint8_t*>(padded.data()),
                        static_cast<int>(padded.size())) < 0)
        return {};
    out.resize(bytes);
    return out;
}

}  // namespace stretto

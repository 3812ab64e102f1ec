#pragma once
// The interface to a browser. Each function only starts an action; the result is reported to the
// Player later. In WebAssembly these are imports (core.cpp); tests use a scripted browser.
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.hpp"

namespace stretto::web {

/// Names and values of header fields.
using Fields = std::vector<std::pair<std::string, std::string>>;

/// A piece of sound for the device. Times are frames of the sound clock. This is the device's
/// clock, minus the time by which sound was late.
struct Block {
    int rate = 0, channels = 0;
    std::int64_t at = 0;             ///< the frame at which it begins
    std::span<const float> samples;  ///< one channel after the other
};

class Browser {
   public:
    virtual ~Browser() = default;

    /// GET a path from the server of the page, or a URL of another. Reported by Player::head(),
    /// data(), then ended() or failed().
    virtual void fetch(int number, const std::string& path, const Fields& fields) = 0;
    /// Cancel a fetch; nothing more is reported.
    virtual void cancel(int number) = 0;

    /// POST of JSON, or GET if that is empty, to another server: Player::answered().
    /// @param token  to be shown; empty: none
    virtual void request(int number, const std::string& url, const std::string& token,
                         std::string_view json) = 0;
    /// Verify the signature of a pass by any of these keys, a line each: Player::verified().
    virtual void verify(int number, const std::string& points, const std::string& pass) = 0;

    // Connections to other peers (WebRTC), by numbers of ours.

    /// Begin one: with an offer of our own, or with an answer to this one (SDP): then
    /// Player::described() has our end, with all its addresses.
    virtual void link(int link, const std::string& stun, std::string_view offer) = 0;
    /// The answer to our offer: then Player::opened(), or closed().
    virtual void accept(int link, std::string_view answer) = 0;
    virtual void send(int link, BytesView message) = 0;
    /// End it: nothing more is reported.
    virtual void unlink(int link) = 0;

    /// Read a stored file. Reported by Player::read().
    /// @param use  for the listener: files that were used last are removed last
    virtual void read(int number, const std::string& path, bool use) = 0;
    virtual void keep(const std::string& path, BytesView bytes) = 0;
    virtual void drop(const std::string& path) = 0;

    /// Open the device with this sample rate, Hz. The clock starts at 0.
    virtual void open(int rate) = 0;
    virtual void play(const Block& block) = 0;
    /// Stop all sound that was scheduled.
    virtual void silence() = 0;

    /// Post event lines to the server. Reported by Player::posted().
    virtual void post(std::string_view lines) = 0;
    /// JSON for the page; see Player::show().
    virtual void show(std::string_view json) = 0;

    /// 32 random bits.
    virtual std::uint32_t random() = 0;
};

}  // namespace stretto::web

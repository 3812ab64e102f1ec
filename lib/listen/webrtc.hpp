#pragma once
// The program stretto-rtc, which makes this listener a WebRTC peer: one whom browsers, and peers
// behind other NATs, can reach. It runs for as long as this object, and never outlives the process.
#include <functional>
#include <optional>
#include <string>

#include "base/file.hpp"
#include "net/loop.hpp"

namespace stretto::listen {

class WebRtc {
   public:
    /// Start the program from the directory of this one, else from PATH. If it is missing or fails,
    /// nothing happens.
    /// @param tracker  URL
    /// @param server   "HOST:PORT" of our peer server
    /// @param trusted  what the program shows to that server, see peer::Seeder::Options
    WebRtc(net::Loop& loop, const std::string& tracker, const std::string& server,
           const std::string& trusted);
    /// Ends the program and waits for it, for a second at most before it is killed.
    ~WebRtc();
    WebRtc(const WebRtc&) = delete;
    WebRtc& operator=(const WebRtc&) = delete;

    /// "http://127.0.0.1:PORT", where it listens for us; empty: not yet, or no longer.
    const std::string& url() const noexcept { return url_; }
    /// Our id as a WebRTC peer; empty as above.
    const std::string& peer_id() const noexcept { return peer_id_; }
    /// The URL of a peer that the tracker names "rtc:ID"; empty: there is no way to it.
    std::string url_of(std::string_view peer) const;

   private:
    void start(const std::string& tracker, const std::string& server, const std::string& trusted);
    void read();
    void reap();

    pid_t child_ = -1;
    std::string said_, url_, peer_id_;
    File out_;
    std::optional<net::Poll> poll_;
    net::Timer reap_;
};

}  // namespace stretto::listen

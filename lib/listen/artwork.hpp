#pragma once
// The cover of the song that plays, as a file that programs of the desktop can show.
#include <cstddef>
#include <filesystem>
#include <string>

#include "listen/presence.hpp"
#include "net/life.hpp"
#include "song/manifest.hpp"

namespace stretto::listen {

/// Desktops are given a file, not an edge's URL: they have no access token, would ask a server that
/// only a tracker named, and would not notice that a picture is not the manifest's.
class Artwork {
   public:
    explicit Artwork(Presence& presence) : presence_(presence) {}
    /// Removes the file, too.
    ~Artwork();
    Artwork(const Artwork&) = delete;

    /// This song plays. Its cover is fetched, from each edge at most once.
    void show(const song::Manifest& manifest);
    /// "file://..."; empty: another song plays, or its cover is not here, or there is none.
    std::string url(const std::string& song) const { return song == song_ ? url_ : ""; }

   private:
    void ask();
    bool take_from(const Directory& directory, const std::string& path);
    bool take(BytesView jpeg);
    void keep(BytesView jpeg);
    void forget();

    Presence& presence_;
    std::filesystem::path folder_, file_;
    std::string song_, url_;
    song::Cover cover_;
    std::size_t asked_ = 0;    // edges
    std::uint64_t shown_ = 0;  // songs
    net::Life life_;
};

}  // namespace stretto::listen

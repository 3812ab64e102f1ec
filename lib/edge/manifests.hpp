#pragma once
// Songs' manifests, parsed once: what a name means, what a song consists of.
#include <map>
#include <mutex>

#include "edge/objects.hpp"
#include "song/manifest.hpp"

namespace stretto::edge {

struct Song {
    std::shared_ptr<const song::Manifest> manifest;  ///< nullptr: see status and why
    int status = 404;
    std::string why;
};

/// Shared by all workers; bounded.
class Manifests {
   public:
    using Done = std::function<void(Song)>;
    /// @param song  id or name. The manifest's id is proven where an id was asked for; a name is as
    /// trusted as where it came from, and may have tags of its own.
    void get(Objects& objects, net::Loop& loop, const std::string& song, Done done);

   private:
    struct Known {
        std::weak_ptr<Entry> entry;
        std::shared_ptr<const song::Manifest> manifest;
    };
    void get_route(Objects& objects, net::Loop& loop, const Route& route, Done done);
    void get_named(Objects& objects, net::Loop& loop, const std::string& name, Done done);
    std::shared_ptr<const song::Manifest> parsed(const Route& route,
                                                 const std::shared_ptr<Entry>& entry);
    Song parse(const Route& route, const std::shared_ptr<Entry>& entry);

    static constexpr std::size_t most = 512;
    std::mutex mutex_;
    std::map<std::string, Known> known_;  // by path
};

/// All bytes of what was found, or the reason why not.
void read_whole(net::Loop& loop, Found found, std::uint64_t most,
                std::function<void(std::optional<Bytes>, int status, const std::string& why)> done);

}  // namespace stretto::edge

#pragma once
// A cache of parsed manifests, which resolves names to ids.
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
    /// @param song  id or name. The manifest is verified against an id. A name is as trustworthy as
    ///              its source, and may have its own tags.
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
    std::map<std::string, Known> known_;  // per path
};

/// All bytes of an object, or the reason why there are none.
void read_whole(net::Loop& loop, Found found, std::uint64_t most,
                std::function<void(std::optional<Bytes>, int status, const std::string& why)> done);

}  // namespace stretto::edge

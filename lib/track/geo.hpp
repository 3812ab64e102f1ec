#pragma once
// Where addresses are, by a MaxMind database (GeoLite2-City and the like), for clients that do not
// tell.
#include <filesystem>
#include <memory>
#include <optional>

#include "swarm/endpoint.hpp"
#include "swarm/location.hpp"

struct MMDB_s;

namespace stretto::track {

class Geo {
   public:
    /// An Error (66, 65) when it cannot be read.
    explicit Geo(const std::filesystem::path& file);

    /// Rounded; nullopt for addresses that the database has no coordinates for.
    std::optional<swarm::Location> find(const swarm::Ip& ip) const;

   private:
    struct Close {
        void operator()(MMDB_s* database) const noexcept;
    };
    std::unique_ptr<MMDB_s, Close> database_;
};

}  // namespace stretto::track

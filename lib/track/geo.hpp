#pragma once
// Locations of addresses, from a MaxMind database (such as GeoLite2-City), for clients that send
// none.
#include <filesystem>
#include <memory>
#include <optional>

#include "swarm/endpoint.hpp"
#include "swarm/location.hpp"

struct MMDB_s;

namespace stretto::track {

class Geo {
   public:
    /// An Error (66, 65) if it cannot be read.
    explicit Geo(const std::filesystem::path& file);

    /// Rounded; nullopt if the database has no coordinates for the address.
    std::optional<swarm::Location> find(const swarm::Ip& ip) const;

   private:
    struct Close {
        void operator()(MMDB_s* database) const noexcept;
    };
    std::unique_ptr<MMDB_s, Close> database_;
};

}  // namespace stretto::track

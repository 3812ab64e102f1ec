#include "track/geo.hpp"

#include <maxminddb.h>
#include <netinet/in.h>

#include <cmath>
#include <cstring>

#include "base/error.hpp"

namespace stretto::track {
namespace {

std::optional<double> number(MMDB_entry_s& entry, const char* key) {
    MMDB_entry_data_s data{};
    if (MMDB_get_value(&entry, &data, "location", key, nullptr) != MMDB_SUCCESS || !data.has_data ||
        data.type != MMDB_DATA_TYPE_DOUBLE)
        return {};
    return data.double_value;
}

MMDB_lookup_result_s look_up(MMDB_s* database, const swarm::Ip& ip, int& error) {
    sockaddr_in v4{};
    sockaddr_in6 v6{};
    v4.sin_family = AF_INET;
    v6.sin6_family = AF_INET6;
    std::memcpy(&v4.sin_addr, ip.bytes.data() + 12, 4);
    std::memcpy(&v6.sin6_addr, ip.bytes.data(), 16);
    const auto* address = ip.is_v4() ? reinterpret_cast<const sockaddr*>(&v4)
                                     : reinterpret_cast<const sockaddr*>(&v6);
    return MMDB_lookup_sockaddr(database, address, &error);
}

}  // namespace

void Geo::Close::operator()(MMDB_s* database) const noexcept {
    MMDB_close(database);
    delete database;
}

Geo::Geo(const std::filesystem::path& file) {
    auto database = std::make_unique<MMDB_s>();
    const int code = MMDB_open(file.c_str(), MMDB_MODE_MMAP, database.get());
    if (code == MMDB_FILE_OPEN_ERROR || code == MMDB_IO_ERROR)
        throw system_error("open", file.string());
    if (code != MMDB_SUCCESS) throw bad_data(file.string(), MMDB_strerror(code));
    database_.reset(database.release());
}

std::optional<swarm::Location> Geo::find(const swarm::Ip& ip) const {
    int error = MMDB_SUCCESS;
    auto found = look_up(database_.get(), ip, error);
    if (error != MMDB_SUCCESS || !found.found_entry) return {};
    const auto lat = number(found.entry, "latitude"), lon = number(found.entry, "longitude");
    if (!lat || !lon || !(std::abs(*lat) <= 90) || !(std::abs(*lon) <= 180)) return {};
    return swarm::rounded({static_cast<float>(*lat), static_cast<float>(*lon)});
}

}  // namespace stretto::track

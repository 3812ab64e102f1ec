#pragma once
// The bitrate that was chosen for a client and a song, so that later requests for the same song,
// including ranges, get the same bytes.
#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/file.hpp"

namespace stretto::edge {

/// Shared by all workers; bounded. With a file, the choices survive a restart or a crash: 16 bytes
/// per choice, with a keyed hash instead of the address and the song.
class Choices {
   public:
    static constexpr std::size_t most = 65536;        ///< remembered, in two generations
    static constexpr std::uint32_t for_minutes = 60;  ///< since the last request
    using Now = std::function<std::uint32_t()>;

    /// @param file  empty: no file. If it cannot be written, choices are kept in memory only.
    /// @param now   minutes of the system's clock
    explicit Choices(std::filesystem::path file = {}, Now now = minutes);

    /// The bitrate of this client for this song; calls `choose` if none is known.
    int of(const std::string& source, const std::string& song, const std::function<int()>& choose);

    static std::uint32_t minutes();

   private:
    struct Choice {
        std::uint32_t minute = 0;
        std::uint16_t kbps = 0;
    };
    using Table = std::unordered_map<std::uint64_t, Choice>;
    std::uint64_t key_of(const std::string& source, const std::string& song) const;
    std::optional<Choice> find(std::uint64_t key, std::uint32_t now) const;
    void put(std::uint64_t key, Choice choice);
    void append(std::uint64_t key, Choice choice);
    void load();
    bool write_anew();

    Now now_;
    std::filesystem::path path_;
    std::mutex mutex_;  // guards all below
    std::uint64_t salt_ = 0;
    Table young_, old_;
    File file_;
    std::size_t records_ = 0;  // in the file
    bool told_ = false;        // that it cannot be written
};

}  // namespace stretto::edge

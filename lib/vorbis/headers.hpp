#pragma once
// The three header packets of a Vorbis stream, and the length of each audio packet (Vorbis I
// specification, sections 4.2, 4.3.1 and 5). Nothing is decoded, and the codebooks are checked
// before libvorbis reads them (codebooks.hpp).
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"

struct vorbis_info;

namespace stretto::vorbis {

struct Identification {
    int channels = 0;
    int rate = 0;         ///< Hz
    int nominal_bps = 0;  ///< 0 if the encoder did not state it
    int short_block = 0;  ///< samples, a power of two
    int long_block = 0;
};

/// True for the first packet of a Vorbis stream.
bool is_vorbis(BytesView packet);

Result<Identification> parse_identification(BytesView packet);

/// The user comments, "KEY=value" each; at most 64 kB of them are kept.
Result<std::vector<std::string>> parse_comments(BytesView packet);
/// The values of a key, of any length, where they lie in the packet; none if it is damaged.
/// @param key  in capitals
std::vector<std::string_view> comment_values(BytesView packet, std::string_view key);
Bytes print_comments(std::string_view vendor, const std::vector<std::string>& comments);

/// libvorbis with a stream's headers. Copies share them.
class Blocks {
   public:
    /// @param identification  a packet that parse_identification() accepts
    static Result<Blocks> parse(BytesView identification, BytesView setup);

    /// Block size of an audio packet in samples; 0 for a packet without audio.
    int size(BytesView packet) const noexcept;
    /// Samples that a packet adds to the output after one of block size `before`.
    static int samples(int before, int size) noexcept { return before / 4 + size / 4; }

   private:
    std::shared_ptr<vorbis_info> info_;
};

}  // namespace stretto::vorbis

#pragma once
// Checks the codebooks of a stranger's setup header before libvorbis unpacks them.
#include "base/bytes.hpp"
#include "base/error.hpp"

namespace stretto::vorbis {

/// Malformed if the codebooks are invalid, or would take more memory than any encoder's: a hostile
/// kilobyte makes libvorbis reserve gigabytes. The length of a setup header limits its other parts,
/// and libvorbis checks those.
///
/// Vorbis I specification, sections 3.2.1 and 4.2.4.
/// @param setup  the third header packet
Result<bool> check_codebooks(BytesView setup);

}  // namespace stretto::vorbis

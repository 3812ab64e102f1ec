#pragma once
// The codebooks of a stranger's setup header, weighed before libvorbis unpacks them.
#include "base/bytes.hpp"
#include "base/error.hpp"

namespace stretto::vorbis {

/// Malformed when the codebooks are none, or would take more memory than any encoder's do: a
/// kilobyte of hostile ones makes libvorbis reserve gigabytes. What else a setup header holds is
/// bounded by its own length, and libvorbis checks it.
///
/// Vorbis I specification, sections 3.2.1 and 4.2.4.
/// @param setup  the third header packet
Result<bool> check_codebooks(BytesView setup);

}  // namespace stretto::vorbis

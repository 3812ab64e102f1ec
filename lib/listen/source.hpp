#pragma once
// Where a song's bytes come from: a directory or a web server now; the caller checks every byte, so
// none needs trust.
#include <memory>
#include <string>

#include "song/manifest.hpp"

namespace stretto::listen {

class Source {
   public:
    virtual ~Source() = default;
    /// The object at a path of the store ("songs/<id>/96/chunk_0.ogg").
    /// Throws an Error: 69 when it is not there, 75 when another try later may help, 65 when it is
    /// longer than `most`.
    virtual Bytes get(const std::string& path, std::size_t most) = 0;
    /// For messages: the store's path or address.
    virtual std::string name() const = 0;
};

/// A directory, or "http://server/prefix" and "https://...".
std::unique_ptr<Source> open_source(const std::string& where);

/// The manifest of a song given by id or name, checked against the id. From a name it is as trusted
/// as the source.
song::Manifest get_manifest(Source& source, const std::string& song);

/// A chunk or index whose hash is right; asks once more before a wrong one is an Error (65).
Bytes get_checked(Source& source, const std::string& path, std::size_t bytes, const Digest& sha256);

}  // namespace stretto::listen

#pragma once
// A bundle into a store: everything recomputed, then there at once or not at all. And the proof
// that a store is whole.
#include <functional>
#include <string>

#include "publish/bundle.hpp"
#include "song/manifest.hpp"
#include "store/directory.hpp"

namespace stretto::publish {

/// Read a bundle to its end and hand each entry on once it was checked, the manifest last. Nothing
/// in it is believed: names and their order, sizes, every hash, length, page CRC, granule position,
/// index entry and the id are recomputed from the chunks.
/// @param keep  takes entries that are right so far; what it kept is of no use when this throws an
/// Error (65)
song::Manifest check_bundle(BundleReader& bundle, const std::string& subject,
                            const std::function<void(const std::string& path, Bytes bytes)>& keep);

/// Publish: durable before it is visible. The same song again changes nothing, but for new tags and
/// damage that it mends.
song::Manifest publish(store::Directory& store, BundleReader& bundle, const std::string& subject);

/// Give a checked song that is all on disk its place; the same song again changes nothing, but for
/// new tags and damage that it mends.
void admit(store::Directory& store, store::Incoming& incoming, const song::Manifest& manifest);

/// What is wrong with a song in a store, a line each; empty when all of it hashes to what its id
/// promises.
std::vector<std::string> damage_of_song(const store::Directory& store, const std::string& id);
/// The same for every song and name.
/// @param progress  called after each song with songs done and songs in all
std::vector<std::string> damage_of_store(
    const store::Directory& store, const std::function<void(std::size_t, std::size_t)>& progress);

/// The manifest of a song in a store, checked; Error 65 when damaged, 66 when there is none.
song::Manifest load_manifest(const store::Directory& store, const std::string& id);

}  // namespace stretto::publish

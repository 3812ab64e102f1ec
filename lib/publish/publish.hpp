#pragma once
// Publishes a bundle in a store: computes everything again, then adds the song as a whole or not at
// all. Also verifies a store.
#include <functional>
#include <string>

#include "publish/bundle.hpp"
#include "song/manifest.hpp"
#include "store/directory.hpp"

namespace stretto::publish {

/// Read a bundle to its end and pass on each verified entry, the manifest last. Nothing in it is
/// trusted: names, order, sizes, every hash, length, page CRC, granule position and index entry,
/// and the id are computed again from the chunks.
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

/// The faults of a song in a store, one per line; empty if all of it matches its
/// id.
std::vector<std::string> damage_of_song(const store::Directory& store, const std::string& id);
/// The same for every song and name.
/// @param progress  called after each song with songs done and songs in all
std::vector<std::string> damage_of_store(
    const store::Directory& store, const std::function<void(std::size_t, std::size_t)>& progress);

/// The verified manifest of a song in a store; Error 65 if it is damaged, 66 if it is missing.
song::Manifest load_manifest(const store::Directory& store, const std::string& id);

}  // namespace stretto::publish

#pragma once
// Publishes a bundle in a store: computes everything again, then adds the song as a whole or not at
// all. Also verifies a store.
#include <functional>
#include <map>
#include <string>

#include "publish/bundle.hpp"
#include "song/manifest.hpp"
#include "store/store.hpp"

namespace stretto::publish {

/// Read a bundle to its end and pass on each verified entry, the manifest last. Nothing in it is
/// trusted: names, order, sizes, every hash, length, page CRC, granule position and index entry,
/// and the id are computed again from the chunks.
/// @param keep  takes entries that are right so far; what it kept is of no use when this throws an
/// Error (65)
song::Manifest check_bundle(BundleReader& bundle, const std::string& subject,
                            const std::function<void(const std::string& path, Bytes bytes)>& keep);

/// What to do with the tags of a song whose audio is there already under others.
struct Retagging {
    std::string name;      ///< that will mean the song; empty: none
    bool replace = false;  ///< they take the place of the song's own
    std::string earlier;   ///< where an earlier call put the tags that these replace; empty: none
};

/// Publish: durable before it is visible. The same song again mends what is damaged; its audio is
/// stored once. Other tags are kept beside those that are there:
/// - with a name, as the name's own; if it is the song's only name, they replace the song's;
/// - without one, as a further set.
song::Manifest publish(store::Store& store, BundleReader& bundle, const std::string& subject,
                       const Retagging& how);

/// The same with a checked song that lies in `incoming`, but for its manifest.
/// @return where its tags are: the id when they are the song's own, else the key of a set
///         (song/path.hpp)
std::string admit(store::Store& store, store::Incoming& incoming, const song::Manifest& manifest,
                  const Retagging& how);

/// A song's manifest under each of its sets of tags, by key; what is damaged is left out.
std::map<std::string, song::Manifest> tag_sets(const store::Store& store, const std::string& id);

/// The faults of a song in a store, one per line; empty if all of it matches its
/// id.
std::vector<std::string> damage_of_song(const store::Store& store, const std::string& id);
/// The same for every song and name.
/// @param progress  called after each song with songs done and songs in all
std::vector<std::string> damage_of_store(
    const store::Store& store, const std::function<void(std::size_t, std::size_t)>& progress);

/// The verified manifest of a song in a store; Error 65 if it is damaged, 66 if it is missing.
song::Manifest load_manifest(const store::Store& store, const std::string& id);

}  // namespace stretto::publish

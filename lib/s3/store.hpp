#pragma once
// A store in a bucket. Every object is written once and whole; a song is there from the moment its
// manifest.json is.
//
// What needs a condition (If-Match, If-None-Match) are the objects that are read, changed and
// written: manifest.json, the parts of the catalogue, the removal log. A server that does not know
// conditions (501) is asked without: then the last of two writers at the same moment wins, whole,
// and what the catalogue lacks is mended by clean(). See stretto-store(5).
#include <atomic>
#include <chrono>
#include <map>

#include "s3/bucket.hpp"
#include "store/store.hpp"

namespace stretto::s3 {

class Store final : public store::Store {
   public:
    /// Asks for the first object. An Error: 66 when there is no such bucket, and, with
    /// `existing`, when there is no store in it; 77 when the credentials are not right.
    enum class Open { existing, create };
    Store(Location location, Open how, Patience patience = {});
    ~Store() override;

    std::string where(const std::string& path) const override { return bucket_.where(path); }
    std::optional<Bytes> read(const std::string& path, std::size_t most) const override;
    bool has(const std::string& id) const override;
    /// A file without a name here, until the song is complete and checked: a bundle that breaks off
    /// or is bad costs the server nothing.
    std::unique_ptr<store::Incoming> incoming() override;
    void set_name(const std::string& name, const std::string& id) override;
    std::optional<std::string> id_of(const std::string& name) const override;
    std::vector<std::string> names_of(const std::string& id) const override;
    std::vector<std::string> tag_sets(const std::string& id) const override;
    std::vector<std::string> ids() const override;
    std::vector<std::string> names() const override;
    bool remove(const std::string& id) override;
    std::optional<std::vector<store::Summary>> catalogue() const override;
    std::vector<std::string> leftovers() const override;
    /// Of an unfinished song: objects that were written at least `age_s` ago.
    void clean(std::int64_t age_s, const Told& told) override;
    std::optional<Bytes> read_note(const std::string& name, std::size_t most) const override;
    void append_note(const std::string& name, const std::string& line) override;

    Bucket& bucket() const noexcept { return bucket_; }

   private:
    class Coming;
    using Rows = std::vector<store::Summary>;
    using Times = std::map<std::string, std::int64_t>;  ///< by path: when it was written, in s
    struct Survey;

    /// Read, change, write; again while others come between. `change` gets the object (nullopt:
    /// there is none), and returns what is to be written; nullopt: it may stay as it is.
    using Change = std::function<std::optional<Bytes>(const std::optional<Bytes>&)>;
    void change(const std::string& path, std::size_t most, const Change& change);
    /// @param tag  that it has now; empty: it is not there. @return false: that is not so any more
    bool put_if(const std::string& path, Bytes bytes, const std::string& tag);
    void put(const std::string& path, Bytes bytes);
    void must_be_stored(const Answer& answer, const std::string& path) const;
    Error not_done(const Answer& answer, const std::string& path) const;
    /// Empty: there is no such object.
    std::string tag_of(const std::string& path) const;
    void remove_objects(const std::vector<std::string>& paths);
    std::vector<std::string> keys_below(const std::string& prefix) const;

    std::vector<std::string> names_listed(const std::string& id) const;
    /// A manifest in a song's folder; nullopt: it is not there, or damaged.
    std::optional<song::Manifest> manifest_at(const std::string& id, const std::string& path) const;
    Rows rows_of(const std::string& id, const std::vector<std::string>& names) const;
    /// The song's rows in the catalogue as the song is now.
    void note_song(const std::string& id,
                   const std::function<void(std::vector<std::string>& names)>& rename = {});
    void note_removed(const std::string& id, bool removed, bool anew = false);
    void settle(const std::string& id);
    void remove_names(const std::string& id);
    void flush_notes();
    Survey survey() const;
    Times times_of(const std::string& id) const;
    bool remove_strays(const std::string& id, const std::vector<std::string>& strays,
                       const Times& before, const Told& told);
    bool mend(const std::string& path,
              const std::map<std::string, std::vector<std::string>>& songs);

    mutable Bucket bucket_;
    std::mutex mutex_;  // over what follows
    std::map<std::string, std::string> notes_;
    std::chrono::steady_clock::time_point flushed_ = std::chrono::steady_clock::now();
    enum class Conditions { quoted, bare, none };
    std::atomic<Conditions> conditions_ = Conditions::quoted;  // as the server takes them
};

/// Content-Type and Cache-Control of the object at this path, also for servers that are none of
/// ours.
http::Fields fields_of(std::string_view path);

}  // namespace stretto::s3

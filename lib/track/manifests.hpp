#pragma once
// Songs as the origin has them: their manifests and what their names mean today, kept for a while.
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "http/upstream.hpp"
#include "swarm/inventory.hpp"

namespace stretto::track {

struct Song {
    std::string id;
    swarm::Layout layout;
    std::string manifest;  ///< JSON
};

/// A song, or the status to answer instead and why: 404, 502, 503 or 504.
struct Found {
    std::shared_ptr<const Song> song;
    int status = 0;
    std::string why;
};

class Manifests {
   public:
    struct Limits {
        std::size_t bytes = 64u << 20;  ///< of manifests
        std::size_t names = 10'000, failures = 10'000;
        std::uint64_t fresh_ms = 60'000;  ///< then asked for again, the old one serving meanwhile
        std::uint64_t missing_ms = 10'000, failed_ms = 2'000;  ///< then it may be there after all
    };
    using Done = std::function<void(const Found&)>;

    /// @param origin  "http://host:port"
    Manifests(net::Loop& loop, const std::string& origin, const Limits& limits);

    /// May call back at once. However many ask for one that is not here, the origin is asked once.
    void get(const std::string& id_or_name, Done done);
    /// What is here; nullptr otherwise.
    std::shared_ptr<const Song> peek(const std::string& id) const;

    std::size_t kept() const noexcept { return songs_.size(); }
    std::uint64_t asked() const noexcept { return asked_; }
    std::uint64_t failed() const noexcept { return failed_; }

   private:
    struct Kept {
        std::shared_ptr<const Song> song;
        std::uint64_t asked_ms;
        std::list<std::string>::iterator turn;
    };
    struct Name {
        std::string id;
        std::uint64_t asked_ms;
        bool own;  // it has tags of its own: a song under the key of both
    };
    struct Failure {
        Found found;
        std::uint64_t until_ms;
    };
    struct Flight {
        std::unique_ptr<http::Fetch> fetch;
        int status = 0;
        std::string body;
        bool too_long = false;
        std::vector<Done> waiting;
    };
    void get_song(const std::string& key, Done done);
    void get_name(const std::string& name, Done done);
    const Found* failure(const std::string& key);
    void ask(const std::string& key, Done done);
    void landed(const std::string& key, const http::Failure* failure);
    void tags_landed(const std::string& key, const std::vector<Done>& waiting, const Found& found);
    Found keep(const std::string& key, const std::string& json);
    void forget(const std::string& key);
    void make_room();
    void fail(const std::string& key, const Found& found);

    net::Loop& loop_;
    Limits limits_;
    http::Upstream origin_;
    std::unordered_map<std::string, Kept> songs_;  // by id, or by "ID NAME" with the name's tags
    std::list<std::string> turns_;                 // of songs_, the one asked for last in front
    std::size_t bytes_ = 0;
    std::unordered_map<std::string, Name> names_;
    std::unordered_map<std::string, Failure> failures_;
    std::unordered_map<std::string, Flight> flights_;
    std::uint64_t asked_ = 0, failed_ = 0;
};

}  // namespace stretto::track

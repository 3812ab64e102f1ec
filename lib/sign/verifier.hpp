#pragma once
// Verifies tokens, and remembers those that were right: a song takes dozens of requests with the
// same one, and a signature costs as much as an answer.
#include <atomic>
#include <filesystem>
#include <mutex>
#include <unordered_map>

#include "sign/token.hpp"

namespace stretto::sign {

/// The keys of a file, which all threads share.
class Keyring {
   public:
    /// Throws an Error: 66 if it cannot be read, 65 if it is not a key set.
    explicit Keyring(std::filesystem::path file);
    explicit Keyring(KeySet keys);

    /// Read the file again. On an Error the keys stay as they were.
    void reload();
    void replace(KeySet keys);

    std::shared_ptr<const KeySet> keys() const;
    /// Rises with each change.
    std::uint64_t generation() const noexcept { return generation_; }

   private:
    std::filesystem::path file_;
    mutable std::mutex mutex_;
    std::shared_ptr<const KeySet> keys_;  // guarded by mutex_
    std::atomic<std::uint64_t> generation_{1};
};

/// One for each thread.
class Verifier {
   public:
    /// Of tokens that are remembered, with all that they take.
    static constexpr std::size_t most_bytes = 8u << 20;

    explicit Verifier(const Keyring& keyring) : keyring_(keyring) {}

    /// What a token says, if it is in time, for `audience`, and its signature is right.
    std::variant<std::shared_ptr<const Token>, Refused> verify(std::string_view text,
                                                               std::int64_t now_s,
                                                               std::string_view audience);

    std::size_t remembered() const noexcept { return young_.size() + old_.size(); }
    std::size_t bytes() const noexcept { return young_bytes_ + old_bytes_; }
    std::uint64_t verified() const noexcept { return verified_; }  ///< signatures

   private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept {
            return std::hash<std::string_view>{}(text);
        }
    };
    using Known =
        std::unordered_map<std::string, std::shared_ptr<const Token>, Hash, std::equal_to<>>;
    std::shared_ptr<const Token> recall(std::string_view text);
    void remember(std::string_view text, std::shared_ptr<const Token> token);

    const Keyring& keyring_;
    std::uint64_t generation_ = 0, verified_ = 0;
    std::shared_ptr<const KeySet> keys_;
    // two generations: what was not asked for while one filled up goes with the old one
    Known young_, old_;
    std::size_t young_bytes_ = 0, old_bytes_ = 0;
};

}  // namespace stretto::sign

#include "sign/verifier.hpp"

#include "base/file.hpp"

namespace stretto::sign {
namespace {

KeySet read_keys(const std::filesystem::path& file) {
    return must(parse_keys(as_text(read_file(file, KeySet::most_bytes))), file.string());
}

std::size_t cost(std::string_view text, const Token& token) {
    constexpr std::size_t of_map = 64;
    return of_map + sizeof token + text.size() + token.id.size() + token.scope.cost();
}

}  // namespace

Keyring::Keyring(std::filesystem::path file) : file_(std::move(file)) { reload(); }
Keyring::Keyring(KeySet keys) { replace(std::move(keys)); }

void Keyring::reload() { replace(read_keys(file_)); }

void Keyring::replace(KeySet keys) {
    auto fresh = std::make_shared<const KeySet>(std::move(keys));
    const std::lock_guard lock{mutex_};
    keys_ = std::move(fresh);
    ++generation_;
}

std::shared_ptr<const KeySet> Keyring::keys() const {
    const std::lock_guard lock{mutex_};
    return keys_;
}

std::shared_ptr<const Token> Verifier::recall(std::string_view text) {
    if (const auto found = young_.find(text); found != young_.end()) return found->second;
    const auto found = old_.find(text);
    if (found == old_.end()) return nullptr;
    auto token = found->second;
    remember(text, token);
    return token;
}

void Verifier::remember(std::string_view text, std::shared_ptr<const Token> token) {
    const auto bytes = cost(text, *token);
    if (young_bytes_ + bytes > most_bytes / 2) {
        old_ = std::exchange(young_, {});
        old_bytes_ = std::exchange(young_bytes_, 0);
    }
    young_bytes_ += bytes;
    young_.emplace(text, std::move(token));
}

std::variant<std::shared_ptr<const Token>, Refused> Verifier::verify(std::string_view text,
                                                                     std::int64_t now_s,
                                                                     std::string_view audience) {
    if (const auto now = keyring_.generation(); now != generation_) {
        generation_ = now;
        keys_ = keyring_.keys();
        young_.clear();
        old_.clear();
        young_bytes_ = old_bytes_ = 0;
    }
    auto known = recall(text);
    const bool fresh = known == nullptr;
    if (fresh) {
        ++verified_;
        auto opened = open_token(text, *keys_);
        if (auto* refused = std::get_if<Refused>(&opened)) return std::move(*refused);
        known = std::make_shared<const Token>(std::move(std::get<Token>(opened)));
    }
    if (auto refused = untimely(*known, now_s, audience)) return std::move(*refused);
    if (fresh) remember(text, known);
    return known;
}

}  // namespace stretto::sign

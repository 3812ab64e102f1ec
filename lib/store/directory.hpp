#pragma once
// A store in a directory: songs/<id>/..., names/<name>. Readers, any web server among them, see
// whole songs only.
#include <filesystem>

#include "base/file.hpp"
#include "store/store.hpp"

namespace stretto::store {

class Directory final : public Store {
   public:
    /// Opens an existing store (otherwise Error 66), or creates one.
    enum class Open { existing, create };
    Directory(std::filesystem::path root, Open how);

    const std::filesystem::path& root() const noexcept { return root_; }
    std::filesystem::path song(const std::string& id) const { return root_ / "songs" / id; }

    std::string where(const std::string& path) const override { return (root_ / path).string(); }
    std::optional<Bytes> read(const std::string& path, std::size_t most) const override;
    bool has(const std::string& id) const override;
    /// A hidden folder beside the songs. No other program touches it while we live. If we are
    /// killed, the next publisher removes it.
    std::unique_ptr<Incoming> incoming() override;
    void set_name(const std::string& name, const std::string& id) override;
    std::optional<std::string> id_of(const std::string& name) const override;
    std::vector<std::string> names_of(const std::string& id) const override;
    std::vector<std::string> tag_sets(const std::string& id) const override;
    std::vector<std::string> ids() const override;
    std::vector<std::string> names() const override;
    bool remove(const std::string& id) override;
    void clean(std::int64_t age_s, const Told& told) override;
    std::optional<Bytes> read_note(const std::string& name, std::size_t most) const override;
    void append_note(const std::string& name, const std::string& line) override;

   private:
    std::filesystem::path staging() const { return root_ / ".staging"; }
    struct Stage;
    class Coming;
    Stage stage() const;
    /// Keeps all others from changing songs and names, until its owner is gone.
    std::shared_ptr<void> lock_songs() const;
    /// Each folder of a publisher who died, locked.
    void each_left(const std::function<void(const std::filesystem::path&)>& call) const;
    void take_place(Stage& stage, const std::string& id);
    void note_removed(const std::string& id, bool removed);

    std::filesystem::path root_;
};

}  // namespace stretto::store

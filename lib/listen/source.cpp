#include "listen/source.hpp"

#include <filesystem>
#include <thread>

#include "base/file.hpp"
#include "http/blocking.hpp"
#include "song/id.hpp"

namespace stretto::listen {
namespace {

class DirectorySource : public Source {
   public:
    explicit DirectorySource(std::filesystem::path root) : root_(std::move(root)) {
        if (!std::filesystem::is_directory(root_))
            throw Error{EX_UNAVAILABLE, text("no store in '", root_.string(), "'")};
    }
    Bytes get(const std::string& path, std::size_t most) override {
        if (!std::filesystem::exists(root_ / path))
            throw Error{EX_UNAVAILABLE, text("no '", path, "' in '", root_.string(), "'")};
        return read_file(root_ / path, most);
    }
    std::string name() const override { return root_.string(); }

   private:
    std::filesystem::path root_;
};

class HttpSource : public Source {
   public:
    explicit HttpSource(const std::string& base) : client_(base) {}
    Bytes get(const std::string& path, std::size_t most) override {
        constexpr int tries = 5;
        for (int attempt = 1;; ++attempt) {
            auto answer = client_.get("/" + path, most);
            const auto fail = [&](int exit, std::string_view why) {
                return Error{exit, text("cannot get '", name(), "/", path, "': ", why)};
            };
            if (answer.portal()) throw fail(EX_UNAVAILABLE, http::portal_why);
            if (answer.ok()) return std::move(answer.body);
            if (!answer.passing()) throw fail(exit_of(answer), answer.why);
            if (attempt == tries) throw fail(EX_TEMPFAIL, answer.why);
            std::this_thread::sleep_for(std::chrono::milliseconds{100 << attempt});
        }
    }
    std::string name() const override { return client_.url(); }

   private:
    /// Of a failure that another try would not mend.
    static int exit_of(const http::Whole& answer) {
        if (answer.status == 401 || answer.status == 403 || answer.status == 407) return EX_NOPERM;
        const bool bad = answer.failed && *answer.failed != http::Failure::Kind::certificate;
        return bad ? EX_DATAERR : EX_UNAVAILABLE;
    }

    http::Blocking client_;
};

}  // namespace

std::unique_ptr<Source> open_source(const std::string& where) {
    if (where.starts_with("http://") || where.starts_with("https://"))
        return std::make_unique<HttpSource>(where);
    return std::make_unique<DirectorySource>(where);
}

song::Manifest get_manifest(Source& source, const std::string& song) {
    std::string id = song;
    if (!song::is_id(song)) {
        id = std::string{as_text(source.get("names/" + song, 64))};
        while (id.ends_with('\n') || id.ends_with('\r')) id.pop_back();
        if (!song::is_id(id))
            throw bad_data(source.name(), text("the name '", song, "' means no song's id"));
    }
    const auto json = source.get("songs/" + id + "/manifest.json", song::most_manifest_bytes);
    auto manifest = must(song::parse_manifest(as_text(json)), source.name());
    if (manifest.id != id)
        throw bad_data(source.name(), text("the manifest of ", id, " is that of ", manifest.id));
    return manifest;
}

Bytes get_checked(Source& source, const std::string& path, std::size_t bytes,
                  const Digest& digest) {
    for (int attempt = 1;; ++attempt) {
        auto got = source.get(path, bytes);
        if (sha256(got) == digest) return got;
        if (attempt == 2)
            throw bad_data(source.name(),
                           text("the bytes of '", path, "' are not what the manifest promises"));
    }
}

}  // namespace stretto::listen

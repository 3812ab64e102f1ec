#include "publish/bundle.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <cerrno>

#include "base/file.hpp"

namespace stretto::publish {
namespace {

using OwnedEntry = std::unique_ptr<archive_entry, Freed<archive_entry_free>>;

}  // namespace

struct BundleWriter::Output {
    int fd;
    std::string subject;
    std::optional<Error> failure;
    bool open = true;

    /// libarchive leaks when its own writing to a descriptor fails, and keeps the reason for
    /// itself: it is told that all went well, and add() and finish() throw what really happened.
    static la_ssize_t write(archive*, void* self, const void* data, std::size_t size) noexcept {
        auto& output = *static_cast<Output*>(self);
        if (output.open) try {
                write_all(output.fd, {static_cast<const std::uint8_t*>(data), size},
                          output.subject);
            } catch (const Error& e) {
                output.failure = e;
                output.open = false;
            }
        return static_cast<la_ssize_t>(size);
    }
};

BundleWriter::BundleWriter(int fd, std::string subject)
    : output_(std::make_unique<Output>(Output{fd, std::move(subject), {}})),
      archive_(archive_write_new()) {
    widen_pipe(fd);
    check(archive_write_set_format_ustar(archive_.get()));
    // no blocking: else the end of each chunk would wait for the next chunk
    check(archive_write_set_bytes_per_block(archive_.get(), 0));
    check(archive_write_set_bytes_in_last_block(archive_.get(), 1));
    check(archive_write_open(archive_.get(), output_.get(), nullptr, Output::write, nullptr));
}

BundleWriter::~BundleWriter() {
    output_->open = false;  // libarchive would end the archive as if it were whole
}

void BundleWriter::check(std::ptrdiff_t code) const {
    if (output_->failure) throw Error{*output_->failure};
    if (code >= ARCHIVE_OK) return;
    const char* why = archive_error_string(archive_.get());
    throw Error{EX_SOFTWARE, text("tar: ", why ? why : "unknown error")};
}

void BundleWriter::add(const std::string& path, BytesView bytes) {
    OwnedEntry entry{archive_entry_new()};
    archive_entry_set_pathname(entry.get(), path.c_str());
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), 0644);
    archive_entry_set_mtime(entry.get(), 0, 0);
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(bytes.size()));
    check(archive_write_header(archive_.get(), entry.get()));
    check(archive_write_data(archive_.get(), bytes.data(), bytes.size()));
    check(archive_write_finish_entry(archive_.get()));
}

void BundleWriter::finish() { check(archive_write_close(archive_.get())); }

BundleReader::BundleReader(int fd, std::size_t most_entry_bytes)
    : archive_(archive_read_new()), most_(most_entry_bytes) {
    archive_read_support_format_tar(archive_.get());
    archive_read_support_filter_none(archive_.get());
    if (archive_read_open_fd(archive_.get(), fd, 65536) != ARCHIVE_OK) {
        // an empty or foreign stream is told by next(); only a failed read ends here
        if (const int code = archive_errno(archive_.get());
            code > 0 && code != EINVAL && code != EILSEQ)
            throw Error{EX_IOERR,
                        text("cannot read the bundle: ", archive_error_string(archive_.get()))};
    }
}

Result<std::optional<Entry>> BundleReader::next() {
    archive_entry* header = nullptr;
    const int code = archive_read_next_header(archive_.get(), &header);
    if (code == ARCHIVE_EOF) return std::optional<Entry>{};
    const auto why = [&] {
        const char* s = archive_error_string(archive_.get());
        return std::string{s ? s : "unreadable"};
    };
    if (code != ARCHIVE_OK) return Malformed{text("not a bundle: ", why())};
    const char* path = archive_entry_pathname(header);
    Entry entry{path ? path : "", {}};
    if (archive_entry_filetype(header) != AE_IFREG || archive_entry_hardlink(header) ||
        archive_entry_symlink(header) || archive_entry_sparse_count(header) > 0)
        return Malformed{text("'", entry.path, "' is not a plain file")};
    if (!archive_entry_size_is_set(header) || archive_entry_size(header) < 0 ||
        static_cast<std::uint64_t>(archive_entry_size(header)) > most_)
        return Malformed{text("'", entry.path, "' is too large")};
    // grown as bytes come: a header's word alone reserves nothing
    const auto size = static_cast<std::size_t>(archive_entry_size(header));
    while (entry.bytes.size() < size) {
        const std::size_t had = entry.bytes.size();
        entry.bytes.resize(std::min(size, had + (1u << 20)));
        const la_ssize_t n =
            archive_read_data(archive_.get(), entry.bytes.data() + had, entry.bytes.size() - had);
        if (n <= 0) return Malformed{text("'", entry.path, "' is cut short")};
        entry.bytes.resize(had + static_cast<std::size_t>(n));
    }
    return std::optional{std::move(entry)};
}

}  // namespace stretto::publish

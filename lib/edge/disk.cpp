#include "edge/disk.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "base/digest.hpp"
#include "base/error.hpp"

namespace stretto::edge {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view magic = "STRETTO2";
constexpr std::uint64_t most_meta_bytes = 256u << 10;
constexpr std::string_view draft_prefix = "new-";

nlohmann::json print_fields(const http::Fields& fields) {
    auto list = nlohmann::json::array();
    for (const auto& field : fields) list.push_back({field.name, field.value});
    return list;
}

http::Fields parse_fields(const nlohmann::json& list) {
    http::Fields fields;
    for (const auto& field : list)
        fields.add(field.at(0).get_ref<const std::string&>(),
                   field.at(1).get_ref<const std::string&>());
    return fields;
}

nlohmann::json print_sums(const Sums& sums) {
    Bytes bytes;
    for (const auto sum : sums)
        for (int i = 0; i < 64; i += 8) bytes.push_back(static_cast<std::uint8_t>(sum >> i));
    return nlohmann::json::binary(std::move(bytes));
}

Sums parse_sums(const nlohmann::json& json) {
    const Bytes bytes = json.get_binary();
    Sums sums(bytes.size() / 8);
    for (std::size_t i = 0; i < 8 * sums.size(); ++i)
        sums[i / 8] |= std::uint64_t{bytes[i]} << 8 * (i % 8);
    return sums;
}

std::uint32_t crc_of(BytesView bytes) {
    return static_cast<std::uint32_t>(::crc32(0, bytes.data(), static_cast<uInt>(bytes.size())));
}

/// As CBOR: fields may hold bytes that are no UTF-8, and must come back as they were.
Bytes print_meta(const Disk::Meta& meta) {
    return nlohmann::json::to_cbor({{"key", meta.key},
                                    {"length", meta.length},
                                    {"asked", meta.asked},
                                    {"sums", print_sums(meta.sums)},
                                    {"status", meta.stored.status},
                                    {"fields", print_fields(meta.stored.fields)},
                                    {"vary", print_fields(meta.stored.vary)},
                                    {"requested", meta.stored.requested.time_since_epoch().count()},
                                    {"received", meta.stored.received.time_since_epoch().count()}});
}

/// get() would convert a double that no integer holds, which C++ does not define.
template <class Integer>
Integer integer(const nlohmann::json& json) {
    if (!json.is_number_integer())
        throw nlohmann::json::type_error::create(302, "not an integer", &json);
    return json.get<Integer>();
}

std::optional<Disk::Meta> parse_meta(BytesView bytes) {
    try {
        const auto json = nlohmann::json::from_cbor(bytes);
        Disk::Meta meta;
        meta.key = json.at("key").get<std::string>();
        meta.length = integer<std::uint64_t>(json.at("length"));
        if (const auto asked = json.find("asked"); asked != json.end())
            meta.asked = integer<std::uint64_t>(*asked);
        meta.sums = parse_sums(json.at("sums"));
        if (meta.sums.size() != blocks_of(meta.length)) return {};
        meta.stored.status = integer<int>(json.at("status"));
        meta.stored.fields = parse_fields(json.at("fields"));
        meta.stored.vary = parse_fields(json.at("vary"));
        meta.stored.requested =
            http::Time{http::Seconds{integer<std::int64_t>(json.at("requested"))}};
        meta.stored.received =
            http::Time{http::Seconds{integer<std::int64_t>(json.at("received"))}};
        return meta;
    } catch (const nlohmann::json::exception&) {
        return {};
    }
}

bool is_hex(std::string_view text) {
    return std::ranges::all_of(
        text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::uint64_t from_hex(std::string_view text) {
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value, 16);
    return value;
}

std::string to_hex(std::uint64_t value) {
    std::uint8_t bytes[8];
    for (int i = 0; i < 8; ++i) bytes[i] = static_cast<std::uint8_t>(value >> (56 - 8 * i));
    return hex(bytes);
}

std::uint64_t first_64(BytesView bytes) {
    std::uint64_t value = 0;
    for (const auto byte : bytes.first(8)) value = value << 8 | byte;
    return value;
}

std::optional<Disk::Name> parse_name(std::string_view file) {
    if (file.size() != 49 || file[32] != '-' || !is_hex(file.substr(0, 32)) ||
        !is_hex(file.substr(33)))
        return {};
    return Disk::Name{{from_hex(file.substr(0, 16)), from_hex(file.substr(16, 16))},
                      from_hex(file.substr(33))};
}

}  // namespace

Disk::Disk(fs::path folder) : folder_(std::move(folder)) {
    make_folders();
    lock();
}

void Disk::make_folders() {
    constexpr std::string_view digits = "0123456789abcdef";
    fs::create_directories(folder_);
    for (const char a : digits)
        for (const char b : digits) fs::create_directory(folder_ / std::string{a, b});
}

void Disk::lock() {
    lock_ = File{::open((folder_ / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
    if (!lock_) throw system_error("open", (folder_ / "lock").string());
    if (::flock(lock_.fd(), LOCK_EX | LOCK_NB) != 0)
        throw Error{EX_TEMPFAIL,
                    text("another program uses the cache in '", folder_.string(), "'")};
}

std::string Disk::Name::file() const {
    return to_hex(path_hash[0]) + to_hex(path_hash[1]) + '-' + to_hex(variant_hash);
}

std::uint64_t Disk::Name::number() const {
    return path_hash[0] ^ (variant_hash * 0x9e3779b97f4a7c15);
}

Disk::PathHash Disk::path_hash(const std::string& key) {
    const auto digest = sha256(as_bytes(key));
    return {first_64(digest), first_64(BytesView{digest}.subspan(8))};
}

Disk::Name Disk::name_of(const std::string& key, const http::Fields& vary) {
    std::string fields;
    for (const auto& field : vary) fields += field.name + ": " + field.value + '\n';
    return {path_hash(key), first_64(sha256(as_bytes(fields)))};
}

fs::path Disk::path_of(const Name& name) const {
    auto file = name.file();
    return folder_ / file.substr(0, 2) / file;
}

std::uint64_t Disk::own_bytes() const {
    // file systems differ: 4 kB a folder, or nothing
    struct stat info;
    return ::stat(path_of(name_of("", {})).parent_path().c_str(), &info) == 0
               ? 257 * static_cast<std::uint64_t>(info.st_size)
               : 0;
}

std::uint64_t Disk::size_of(int fd) {
    struct stat info;
    return ::fstat(fd, &info) == 0 ? static_cast<std::uint64_t>(info.st_size) : 0;
}

std::optional<Disk::Room> Disk::room() const {
    struct statvfs info;
    if (::statvfs(folder_.c_str(), &info) != 0) return {};
    return Room{info.f_bavail * info.f_frsize, info.f_favail, info.f_blocks * info.f_frsize,
                info.f_files};
}

std::optional<std::vector<Disk::Name>> Disk::names_in(unsigned folder) const {
    std::vector<Name> names;
    const std::uint8_t byte[] = {static_cast<std::uint8_t>(folder)};
    std::error_code none;
    for (fs::directory_iterator at{folder_ / hex(byte), none}, end; !none && at != end;
         at.increment(none))
        if (auto name = parse_name(at->path().filename().string()))
            names.push_back(std::move(*name));
    if (none && none != std::errc::no_such_file_or_directory) return {};
    return names;
}

std::vector<Disk::Found> Disk::scan() {
    std::vector<Found> all;
    for (const auto& part : fs::directory_iterator{folder_}) {
        const auto file = part.path().filename().string();
        if (file.starts_with(draft_prefix)) {
            std::error_code ignored;
            fs::remove(part.path(), ignored);
        }
        if (file.size() != 2 || !is_hex(file)) continue;
        for (const auto& entry : fs::directory_iterator{part.path()}) {
            auto name = parse_name(entry.path().filename().string());
            struct stat info;
            if (!name || ::lstat(entry.path().c_str(), &info) != 0 || !S_ISREG(info.st_mode))
                continue;
            all.push_back({std::move(*name), static_cast<std::uint64_t>(info.st_size),
                           info.st_mtim.tv_sec * std::int64_t{1000000000} + info.st_mtim.tv_nsec});
        }
    }
    std::sort(all.begin(), all.end(),
              [](const Found& a, const Found& b) { return a.modified < b.modified; });
    return all;
}

std::optional<Disk::Draft> Disk::draft() {
    Draft draft;
    draft.path = folder_ / text(draft_prefix, drafts_++);
    const auto open = [&] {
        draft.file = File{
            ::open(draft.path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600)};
        return static_cast<bool>(draft.file);
    };
    if (open()) return draft;
    if (errno != ENOENT) return {};
    try {
        const std::lock_guard guard{mutex_};
        make_folders();
        lock();
    } catch (const std::exception&) {  // no permission, or another program was faster
        errno = ENOENT;
        return {};
    }
    if (!open()) return {};
    return draft;
}

bool Disk::write_meta(int fd, const Meta& meta) {
    Bytes tail = print_meta(meta);
    const std::uint64_t length = tail.size();
    if (length > most_meta_bytes) return false;
    const auto crc = crc_of(tail);
    append_u32(tail, static_cast<std::uint32_t>(length));
    append_u32(tail, crc);
    append(tail, as_bytes(magic));
    return try_write_at(fd, tail, meta.length) &&
           ::ftruncate(fd, static_cast<off_t>(meta.length + tail.size())) == 0;
}

std::optional<Disk::Meta> Disk::read_meta(const fs::path& path) {
    const File file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
    return file ? read_meta(file.fd()) : std::nullopt;
}

std::optional<Disk::Meta> Disk::read_meta(int fd) {
    struct stat info;
    if (::fstat(fd, &info) != 0) return {};
    const auto size = static_cast<std::uint64_t>(info.st_size);
    Bytes end(16);
    if (size < end.size() || !try_read_at(fd, end, size - end.size()) ||
        as_text(end).substr(8) != magic)
        return {};
    const std::uint64_t length = read_u32(end, 0);
    if (length > most_meta_bytes || length + end.size() > size) return {};
    Bytes cbor(length);
    const std::uint64_t at = size - end.size() - length;
    if (!try_read_at(fd, cbor, at) || crc_of(cbor) != read_u32(end, 4)) return {};
    auto meta = parse_meta(cbor);
    if (!meta || meta->length != at) return {};
    return meta;
}

bool Disk::rewrite_meta(const fs::path& path, const Meta& meta) {
    const File file{::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW)};
    return file && write_meta(file.fd(), meta);
}

bool Disk::keep(const Draft& draft, const Name& name) {
    const auto path = path_of(name);
    if (::rename(draft.path.c_str(), path.c_str()) == 0) return true;
    if (errno != ENOENT || ::mkdir(path.parent_path().c_str(), 0777) != 0) return false;
    return ::rename(draft.path.c_str(), path.c_str()) == 0;
}

}  // namespace stretto::edge

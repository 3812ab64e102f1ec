#include "edge/choices.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <random>
#include <utility>

#include "base/clock.hpp"
#include "base/digest.hpp"
#include "base/draft.hpp"
#include "base/note.hpp"
#include "base/text.hpp"

namespace stretto::edge {
namespace {

constexpr std::size_t record_bytes = 16;
constexpr std::uint16_t salt_mark = 0xffff;  // in place of kbps, in the first record
constexpr std::uint32_t told_again_minutes = 10;
constexpr std::size_t most_records = 4 * Choices::most;

std::uint64_t read_u64(BytesView bytes, std::size_t at) {
    return read_u32(bytes, at) | std::uint64_t{read_u32(bytes, at + 4)} << 32;
}

void append_record(Bytes& to, std::uint64_t key, std::uint32_t minute, std::uint16_t kbps) {
    append_u32(to, static_cast<std::uint32_t>(key));
    append_u32(to, static_cast<std::uint32_t>(key >> 32));
    append_u32(to, minute);
    append_u32(to, kbps);
}

}  // namespace

Choices::Choices(std::filesystem::path file, Now now)
    : now_(std::move(now)), path_(std::move(file)) {
    std::random_device random;
    salt_ = std::uint64_t{random()} << 32 | random();
    if (path_.empty()) return;
    load();
    write_anew();
}

std::uint32_t Choices::minutes() { return static_cast<std::uint32_t>(utc_ms() / 60'000); }

int Choices::of(const std::string& source, const std::string& song,
                const std::function<int()>& choose) {
    const std::lock_guard lock{mutex_};
    const auto key = key_of(source, song);
    const auto now = now_();
    const auto known = find(key, now);
    if (known && now - known->minute < told_again_minutes) return known->kbps;
    const Choice choice{now, known ? known->kbps : static_cast<std::uint16_t>(choose())};
    put(key, choice);
    append(key, choice);
    return choice.kbps;
}

std::uint64_t Choices::key_of(const std::string& source, const std::string& song) const {
    const auto digest = sha256(as_bytes(std::to_string(salt_) + '\n' + source + '\n' + song));
    return read_u64(digest, 0);
}

std::optional<Choices::Choice> Choices::find(std::uint64_t key, std::uint32_t now) const {
    for (const auto* table : {&young_, &old_}) {
        const auto found = table->find(key);
        if (found == table->end()) continue;
        // a clock that was set back makes nothing immortal
        const bool valid = found->second.minute <= now && now - found->second.minute < for_minutes;
        return valid ? std::optional{found->second} : std::nullopt;
    }
    return {};
}

void Choices::put(std::uint64_t key, Choice choice) {
    if (young_.size() >= most / 2 && !young_.contains(key)) old_ = std::exchange(young_, {});
    young_[key] = choice;
}

void Choices::append(std::uint64_t key, Choice choice) {
    if (!file_) return;
    if (records_ >= most_records && !write_anew()) return;
    Bytes record;
    append_record(record, key, choice.minute, choice.kbps);
    // one write, so that a kill leaves it whole or a rest that the next start cuts off
    if (::write(file_.fd(), record.data(), record.size()) != static_cast<ssize_t>(record.size()))
        file_ = {};
    ++records_;
}

void Choices::load() {
    const File file{::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
    if (!file) return;
    const auto bytes = read_rest(file.fd(), (most_records + 2) * record_bytes, path_.string());
    if (!bytes || bytes->size() < record_bytes || read_u32(*bytes, 12) != salt_mark) return;
    salt_ = read_u64(*bytes, 0);
    for (std::size_t at = record_bytes; at + record_bytes <= bytes->size(); at += record_bytes) {
        const auto kbps = read_u32(*bytes, at + 12);
        if (kbps > 0 && kbps < salt_mark)
            put(read_u64(*bytes, at), {read_u32(*bytes, at + 8), static_cast<std::uint16_t>(kbps)});
    }
}

/// Only what still counts.
bool Choices::write_anew() {
    try {
        file_ = {};
        const auto now = now_();
        Bytes all;
        append_record(all, salt_, 0, salt_mark);
        records_ = 1;
        for (const auto* table : {&old_, &young_})
            for (const auto& [key, choice] : *table)
                if (find(key, now)) {
                    append_record(all, key, choice.minute, choice.kbps);
                    ++records_;
                }
        std::filesystem::create_directories(path_.parent_path());
        Draft draft{path_, 0600};
        draft.write(all);
        draft.commit();
        file_ = File{::open(path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW)};
    } catch (const std::exception& failure) {  // it works without, until the next start
        if (!std::exchange(told_, true))
            note(text(failure.what(), "; the bitrates of streams are forgotten at the next start"));
    }
    return static_cast<bool>(file_);
}

}  // namespace stretto::edge

#include "edge/cache.hpp"

#include <unistd.h>

#include <algorithm>

#include "edge/route.hpp"

namespace stretto::edge {
namespace {

// what a file takes beside its body: its tail, half a block and an inode
constexpr std::uint64_t file_overhead = 4096;
// what an entry in memory takes beside its body
constexpr std::uint64_t entry_overhead = 1024;
constexpr std::size_t most_variants = 16;

Disk::Name name_of(const Entry& entry) {
    return Disk::name_of(entry.key(), entry.head()->stored.vary);
}

}  // namespace

cache::Hint hint_of(const std::string& key) {
    const auto where = route(key.substr(0, key.find('?')));
    cache::Hint hint;
    switch (where.kind) {
        case Route::manifest:
            hint.kind = cache::Hint::Kind::manifest;
            break;
        case Route::index:
            hint.kind = cache::Hint::Kind::index;
            break;
        case Route::rendition_chunk:
            hint.kind = cache::Hint::Kind::chunk;
            break;
        default:
            return hint;
    }
    hint.song = std::hash<std::string>{}(where.song);
    hint.chunk = static_cast<std::uint32_t>(where.chunk);
    hint.kbps = static_cast<std::uint16_t>(where.kbps);
    return hint;
}

Cache::Cache(Options options)
    : options_(std::move(options)),
      stored_(options_.folder.empty() ? options_.memory_bytes : options_.disk_bytes),
      memory_(options_.memory_bytes) {
    if (options_.folder.empty()) return;
    disk_ = std::make_unique<Disk>(options_.folder);
    for (auto& found : disk_->scan()) {
        const auto number = found.name.number();
        unloaded_[found.name.path_hash].push_back(number);
        by_number_[number] = {nullptr, std::move(found.name)};
        for (const auto dropped : stored_.insert(number, found.bytes + file_overhead))
            remove(dropped);
    }
}

/// Entries of a path that are known by their file names only.
void Cache::load(const std::string& key) {
    if (unloaded_.empty()) return;
    const auto found = unloaded_.find(Disk::path_hash(key));
    if (found == unloaded_.end()) return;
    const auto numbers = std::move(found->second);
    unloaded_.erase(found);
    for (const auto number : numbers) {
        const auto slot = by_number_.find(number);
        if (slot == by_number_.end()) continue;
        const auto path = disk_->path_of(slot->second.name);
        auto meta = Disk::read_meta(path);
        if (!meta || meta->key != key) {
            stored_.erase(number);
            remove(number);
            continue;
        }
        auto content = std::make_shared<Content>(path, meta->length);
        auto entry = std::make_shared<Entry>(key, Head::of_upstream(std::move(meta->stored)),
                                             std::move(content));
        entry->number = number;
        by_key_[key].push_back(entry);
        slot->second.entry = std::move(entry);
    }
}

std::shared_ptr<Entry> Cache::find(const std::string& key, const http::Request& request) {
    const std::lock_guard lock{mutex_};
    auto found = by_key_.find(key);
    if (disk_ && !unloaded_.empty()) {
        load(key);
        found = by_key_.find(key);
    }
    if (found == by_key_.end()) return nullptr;
    for (const auto& entry : found->second) {
        const auto head = entry->head();
        if (head->has_vary && !http::vary_matches(head->stored, request)) continue;
        const auto opened = entry->content()->open();
        if (opened == Content::Opened::failed) {  // somebody took its file away
            take_out(*entry);
            return nullptr;
        }
        note_use(entry, opened == Content::Opened::now);
        return entry;
    }
    return nullptr;
}

void Cache::note_use(const std::shared_ptr<Entry>& entry, bool opened) {
    stored_.hit(entry->number);
    if (!disk_) return;
    if (entry->content()->has_bytes()) {
        if (!memory_.hit(entry->number)) remember(entry);
    } else if (opened) {
        keep_open(entry);
    }
}

bool Cache::has_other(const std::string& key) {
    const std::lock_guard lock{mutex_};
    return by_key_.contains(key);
}

std::shared_ptr<Entry> Cache::begin(const std::string& key, std::shared_ptr<const Head> head,
                                    std::optional<std::uint64_t> length, bool store) {
    const bool fits = !length || *length <= stored_.capacity() / 8;
    std::optional<Disk::Draft> draft;
    if (disk_ && store && fits) draft = disk_->draft();
    File file;
    if (draft) file = File{::dup(draft->file.fd())};
    auto content = std::make_shared<Content>(Content::Growing{}, std::move(file), length);
    auto entry = std::make_shared<Entry>(key, std::move(head), std::move(content));
    if (draft) {
        const std::lock_guard lock{mutex_};
        drafts_.emplace(entry.get(), std::move(*draft));
    }
    return entry;
}

void Cache::commit(const std::shared_ptr<Entry>& entry) {
    const auto& content = entry->content();
    const auto name = name_of(*entry);
    std::optional<Disk::Draft> draft;
    {
        const std::lock_guard lock{mutex_};
        const auto found = drafts_.find(entry.get());
        if (found != drafts_.end()) {
            draft = std::move(found->second);
            drafts_.erase(found);
        }
    }
    const std::uint64_t length = content->size();
    if (disk_) {
        const Disk::Meta meta{entry->key(), entry->head()->stored, length};
        const bool kept = draft && content->on_disk() && Disk::write_meta(draft->file.fd(), meta) &&
                          disk_->keep(*draft, name);
        if (!kept) {
            if (draft) ::unlink(draft->path.c_str());
            const std::lock_guard lock{mutex_};
            ++unstored_;
            return;
        }
        content->set_path(disk_->path_of(name));
        if (content->has_bytes()) content->close_file();
    }
    const std::lock_guard lock{mutex_};
    put(entry, name, length + (disk_ ? file_overhead : entry_overhead));
}

/// Into the index, in place of what has the same name, or was selected by other fields.
void Cache::put(const std::shared_ptr<Entry>& entry, const Disk::Name& name, std::uint64_t bytes) {
    if (disk_) load(entry->key());
    const auto number = entry->number = name.number();
    if (const auto before = by_number_.find(number); before != by_number_.end()) {
        // its file has been replaced already
        if (before->second.entry) forget(*before->second.entry);
        by_number_.erase(before);
        stored_.erase(number);
        memory_.erase(number);
    }
    const auto vary = entry->head()->stored.fields.joined("Vary");
    const auto others = by_key_[entry->key()];
    for (std::size_t i = 0; i < others.size(); ++i)
        if (i + 1 >= most_variants || others[i]->head()->stored.fields.joined("Vary") != vary)
            take_out(*others[i]);
    auto& variants = by_key_[entry->key()];
    variants.insert(variants.begin(), entry);
    by_number_[number] = {entry, name};
    for (const auto dropped : stored_.insert(number, bytes, hint_of(entry->key()))) {
        ++evicted_;
        remove(dropped);
    }
    if (!disk_ || !by_number_.contains(number)) return;
    if (entry->content()->has_bytes())
        remember(entry);
    else
        keep_open(entry);
}

/// Its bytes are in memory beside the disk: others may have to leave it.
void Cache::remember(const std::shared_ptr<Entry>& entry) {
    const auto bytes = entry->content()->size() + entry_overhead;
    for (const auto dropped : memory_.insert(entry->number, bytes, hint_of(entry->key()))) {
        const auto found = by_number_.find(dropped);
        if (found != by_number_.end() && found->second.entry)
            found->second.entry->content()->forget_bytes();
    }
}

/// Its file is open: another, opened long ago, may have to be closed.
void Cache::keep_open(const std::shared_ptr<Entry>& entry) {
    open_.push_back(entry);
    while (open_.size() > options_.open_files) {
        if (const auto old = open_.front().lock()) old->content()->close_file();
        open_.pop_front();
    }
}

void Cache::take_out(const Entry& entry) {
    const auto number = entry.number;
    stored_.erase(number);
    remove(number);
}

/// Take an entry out of the index and off the disk; the evictions know already.
void Cache::remove(Number number) {
    const auto found = by_number_.find(number);
    if (found == by_number_.end()) return;
    const Slot slot = std::move(found->second);
    by_number_.erase(found);
    memory_.erase(number);
    if (slot.entry) forget(*slot.entry);
    if (disk_) ::unlink(disk_->path_of(slot.name).c_str());
}

void Cache::forget(const Entry& entry) {
    const auto found = by_key_.find(entry.key());
    if (found == by_key_.end()) return;
    std::erase_if(found->second, [&](const auto& one) { return one.get() == &entry; });
    if (found->second.empty()) by_key_.erase(found);
}

void Cache::abandon(const std::shared_ptr<Entry>& entry) {
    const std::lock_guard lock{mutex_};
    const auto found = drafts_.find(entry.get());
    if (found == drafts_.end()) return;
    ::unlink(found->second.path.c_str());
    drafts_.erase(found);
}

void Cache::freshen(const std::shared_ptr<Entry>& entry, std::shared_ptr<const Head> head) {
    const auto before = name_of(*entry), after = Disk::name_of(entry->key(), head->stored.vary);
    entry->set_head(head);
    const std::lock_guard lock{mutex_};
    const auto found = by_number_.find(entry->number);
    if (found == by_number_.end() || found->second.entry != entry) return;
    const Disk::Meta meta{entry->key(), head->stored, entry->content()->size()};
    // where Vary has changed, its file has the wrong name
    if (before.number() != after.number() ||
        (disk_ && !Disk::rewrite_meta(disk_->path_of(before), meta)))
        take_out(*entry);
}

void Cache::invalidate(const std::string& key) {
    const std::lock_guard lock{mutex_};
    if (disk_) load(key);
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return;
    const auto entries = found->second;
    for (const auto& entry : entries) take_out(*entry);
}

void Cache::drop(const std::shared_ptr<Entry>& entry) {
    const std::lock_guard lock{mutex_};
    const auto found = by_number_.find(entry->number);
    if (found != by_number_.end() && found->second.entry == entry) take_out(*entry);
}

Cache::Numbers Cache::numbers() {
    const std::lock_guard lock{mutex_};
    Numbers n;
    n.objects = by_number_.size();
    n.disk_bytes = disk_ ? stored_.bytes() : 0;
    n.memory_bytes = disk_ ? memory_.bytes() : stored_.bytes();
    n.evicted = evicted_;
    n.unstored = unstored_;
    return n;
}

}  // namespace stretto::edge

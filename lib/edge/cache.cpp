#include "edge/cache.hpp"

#include <unistd.h>

#include <algorithm>

#include "base/error.hpp"
#include "edge/route.hpp"

namespace stretto::edge {
namespace {

// what a file takes beside its bytes: most of its last block, an inode and a name
constexpr std::uint64_t file_overhead = 4096;
// what an entry in memory takes beside its body
constexpr std::uint64_t entry_overhead = 1024;
constexpr std::size_t most_variants = 16;

// a body of unknown length gets room in steps
constexpr std::uint64_t grow_bytes = 64u << 10;
constexpr std::size_t most_invalidated = 4096;
constexpr std::uint32_t most_joined = 1000;

std::uint64_t room(const Cache::Options& options, const Disk* disk) {
    if (!disk) return options.memory_bytes;
    const auto own = disk->own_bytes();
    if (options.disk_bytes <= own)
        throw Error{EX_USAGE, text("the cache's folders alone take ", own, " bytes")};
    return options.disk_bytes - own;
}

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
      disk_(options_.folder.empty() ? nullptr : std::make_unique<Disk>(options_.folder)),
      stored_(room(options_, disk_.get())),
      memory_(options_.memory_bytes) {
    if (!disk_) return;
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
    const std::uint64_t needs = length.value_or(grow_bytes) + file_overhead;
    std::optional<Disk::Draft> draft;
    // of what is on its way at most half of the disk, so that what is stored stays
    const bool reserved = disk_ && store && fits && reserve(needs, stored_.capacity() / 2);
    if (reserved) draft = disk_->draft();
    File file;
    if (draft) file = File{::dup(draft->file.fd())};
    auto content = std::make_shared<Content>(Content::Growing{}, std::move(file), length);
    auto entry = std::make_shared<Entry>(key, std::move(head), std::move(content));
    if (!reserved) return entry;
    const std::lock_guard lock{mutex_};
    if (draft) {
        fillings_.emplace(entry.get(), Filling{std::move(*draft), needs});
    } else {
        stored_.give_back(needs);
        ++unstored_;
    }
    return entry;
}

/// Others may have to leave the disk. False when more than `most` would be on its way.
bool Cache::reserve(std::uint64_t bytes, std::uint64_t most) {
    const std::lock_guard lock{mutex_};
    if (stored_.reserved() + bytes > most) return false;
    for (const auto dropped : stored_.reserve(bytes)) {
        ++evicted_;
        remove(dropped);
    }
    return true;
}

bool Cache::grow(const std::shared_ptr<Entry>& entry, std::uint64_t bytes) {
    std::uint64_t lacks = 0;
    {
        const std::lock_guard lock{mutex_};
        const auto found = fillings_.find(entry.get());
        if (found == fillings_.end() || bytes + file_overhead <= found->second.reserved)
            return true;
        lacks = std::max(grow_bytes, bytes + file_overhead - found->second.reserved);
    }
    if (!reserve(lacks, stored_.capacity())) return false;
    const std::lock_guard lock{mutex_};
    fillings_.at(entry.get()).reserved += lacks;
    return true;
}

/// What was being written; its room is given back.
std::optional<Cache::Filling> Cache::take_filling(const Entry& entry) {
    const auto found = fillings_.find(&entry);
    if (found == fillings_.end()) return {};
    auto filling = std::move(found->second);
    fillings_.erase(found);
    stored_.give_back(filling.reserved);
    return filling;
}

void Cache::commit(const std::shared_ptr<Entry>& entry, std::uint64_t asked) {
    const auto& content = entry->content();
    const auto name = name_of(*entry);
    const std::uint64_t length = content->size();
    const Disk::Meta meta{entry->key(), entry->head()->stored, length};
    int draft = -1;
    if (disk_) {
        const std::lock_guard lock{mutex_};
        const auto found = fillings_.find(entry.get());
        if (found == fillings_.end()) return;  // it was too much, or the disk would not have it
        draft = found->second.draft.file.fd();
    }
    bool whole = !disk_ || (content->on_disk() && Disk::write_meta(draft, meta));
    const auto bytes = disk_ ? Disk::size_of(draft) + file_overhead : length + entry_overhead;

    const std::lock_guard lock{mutex_};
    const auto filling = take_filling(*entry);
    const bool valid = !invalidated_since(entry->key(), asked);
    // under the lock, so that the file of this name is that of the entry in the index
    if (disk_) whole = whole && valid && disk_->keep(filling->draft, name);
    if (disk_ && !whole) {
        ::unlink(filling->draft.path.c_str());
        if (valid) ++unstored_;
    }
    if (!whole || !valid) return;
    if (disk_) {
        content->set_path(disk_->path_of(name));
        if (content->has_bytes()) content->close_file();
    }
    put(entry, name, bytes);
    for (auto n = std::min(entry->joined.load(), most_joined); n > 0; --n)
        stored_.hit(entry->number);
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
    if (const auto filling = take_filling(*entry)) ::unlink(filling->draft.path.c_str());
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

std::uint64_t Cache::moment() {
    const std::lock_guard lock{mutex_};
    return moment_;
}

bool Cache::invalidated_since(const std::string& key, std::uint64_t asked) const {
    const auto found = invalidated_.find(std::hash<std::string>{}(key));
    return asked < forgotten_ || (found != invalidated_.end() && asked < found->second);
}

void Cache::invalidate(const std::string& key) {
    const std::lock_guard lock{mutex_};
    if (invalidated_.size() >= most_invalidated) {
        invalidated_.clear();
        forgotten_ = moment_;  // what was asked for before may have been among them
    }
    invalidated_[std::hash<std::string>{}(key)] = ++moment_;
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

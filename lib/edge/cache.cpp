#include "edge/cache.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <sstream>

#include "base/draft.hpp"
#include "base/error.hpp"
#include "edge/answer.hpp"
#include "edge/route.hpp"

namespace stretto::edge {
namespace {

// what a file takes beside its bytes: most of its last block, an inode and a name
constexpr std::uint64_t file_overhead = 4096;
// what an entry in memory takes beside its body
constexpr std::uint64_t entry_overhead = 1024;
constexpr std::size_t most_variants = 16;
// what an entry takes in memory while its head is on the disk: a slot, its place among the
// unloaded, and one in the eviction of the disk (measured: 230)
constexpr std::uint64_t index_overhead = 300;

// a body of unknown length gets room in steps
constexpr std::uint64_t grow_bytes = 64u << 10;
constexpr std::size_t most_invalidated = 4096;
// every removal of an origin's log, which is read anew at each start, and as many again
constexpr std::size_t most_removed = 2'000'000;
constexpr std::uint32_t most_joined = 1000;
constexpr std::uint64_t never_seen = UINT64_MAX;
constexpr const char* purges_file = "purges";
constexpr std::string_view purges_end = "end";

std::uint64_t room(const Cache::Options& options, const Disk* disk) {
    if (!disk) return options.memory_bytes;
    const auto own = disk->own_bytes();
    if (options.disk_bytes <= own)
        throw Error{EX_USAGE, text("the empty folders of the cache take ", own, " bytes")};
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

Cache::Cache(Options options, Troubles& troubles)
    : options_(std::move(options)),
      troubles_(troubles),
      disk_(options_.folder.empty() ? nullptr : std::make_unique<Disk>(options_.folder)),
      stored_(room(options_, disk_.get())),
      memory_(options_.memory_bytes) {
    if (!disk_) return;
    read_purges();
    for (auto& found : disk_->scan()) {
        const auto number = found.name.number();
        add(number, {nullptr, found.name});
        drop_all(stored_.insert(number, found.bytes + file_overhead));
        keep_index_small();
    }
    evicted_ = 0;
}

/// At least one entry always stays.
void Cache::keep_index_small() {
    while (by_number_.size() > 1 && index_bytes() > options_.memory_bytes / 2) {
        const auto dropped = stored_.drop();
        if (!dropped) return;
        drop_all({*dropped});
    }
}

/// Of memory, reserved there.
std::uint64_t Cache::index_bytes() const { return disk_ ? by_number_.size() * index_overhead : 0; }

void Cache::add(Number number, Slot slot) {
    slot.stored_at = ++stored_count_;
    if (slot.entry) {
        slot.entry->number = number;
        slot.entry->stored_at = slot.stored_at;
    }
    if (disk_) unload(memory_.reserve(index_overhead));
    const auto path_hash = slot.name.path_hash[0];
    // of a path all are loaded or none
    if (slot.entry && !(disk_ && unloaded_.contains(path_hash))) {
        auto& variants = by_key_[slot.entry->key()];
        variants.insert(variants.begin(), slot.entry);
    } else {
        slot.entry = nullptr;
        unloaded_.emplace(path_hash, number);
    }
    by_number_[number] = std::move(slot);
}

/// Out of the index; the evictions of its bytes are the caller's.
std::optional<Cache::Slot> Cache::take(Number number) {
    const auto found = by_number_.find(number);
    if (found == by_number_.end()) return {};
    Slot slot = std::move(found->second);
    by_number_.erase(found);
    if (disk_) memory_.give_back(index_overhead);
    if (slot.entry) {
        const auto path = by_key_.find(slot.entry->key());
        std::erase(path->second, slot.entry);
        if (path->second.empty()) by_key_.erase(path);
    } else {
        erase_unloaded(slot.name, number);
    }
    return slot;
}

void Cache::erase_unloaded(const Disk::Name& name, Number number) {
    auto [at, end] = unloaded_.equal_range(name.path_hash[0]);
    while (at != end && at->second != number) ++at;
    if (at != end) unloaded_.erase(at);
}

/// All that is stored of a path, newest first. It need not stay loaded for longer than the caller
/// holds it.
Cache::Entries Cache::entries_of(const std::string& key) {
    const auto found = by_key_.find(key);
    if (found != by_key_.end()) return found->second;
    return disk_ ? load(key) : Entries{};
}

/// Entries of a path that are known by their file names only.
Cache::Entries Cache::load(const std::string& key) {
    Entries loaded;
    if (unloaded_.empty()) return loaded;
    const auto path_hash = Disk::path_hash(key);
    const auto [begin, end] = unloaded_.equal_range(path_hash[0]);
    std::vector<Number> numbers;
    for (auto at = begin; at != end; ++at)
        if (by_number_.at(at->second).name.path_hash == path_hash) numbers.push_back(at->second);
    for (const auto number : numbers) {
        auto entry = load(key, number, by_number_.at(number));
        if (entry) loaded.push_back(std::move(entry));
    }
    if (loaded.empty()) return loaded;
    std::ranges::sort(loaded, std::greater{}, &Entry::stored_at);
    by_key_[key] = loaded;
    for (const auto& entry : loaded) remember(entry);
    return loaded;
}

/// One of them; what is no longer as it was is removed.
std::shared_ptr<Entry> Cache::load(const std::string& key, Number number, Slot& slot) {
    const auto path = disk_->path_of(slot.name);
    auto meta = Disk::read_meta(path);
    if (!meta || meta->key != key) {
        if (::access(path.c_str(), F_OK) == 0) damaged_locked(key);
        stored_.erase(number);
        remove(number);
        return nullptr;
    }
    auto content = std::make_shared<Content>(path, meta->length, std::move(meta->sums));
    auto entry = std::make_shared<Entry>(
        key, Head::of_upstream(std::move(meta->stored), meta->asked), std::move(content));
    entry->number = number;
    entry->stored_at = slot.stored_at;
    entry->content()->on_damage([this, weak = std::weak_ptr{entry}] {
        const auto damaged = weak.lock();
        const std::lock_guard lock{mutex_};
        if (damaged && is_stored(damaged)) {
            damaged_locked(damaged->key());
            take_out(*damaged);
        }
    });
    erase_unloaded(slot.name, number);
    slot.entry = entry;
    return entry;
}

/// Whether the index knows it, perhaps by its file's name only or as another object.
bool Cache::is_stored(const std::shared_ptr<Entry>& entry) const {
    const auto found = by_number_.find(entry->number);
    return found != by_number_.end() && entry->stored_at != 0 &&
           found->second.stored_at == entry->stored_at;
}

void Cache::damaged_locked(const std::string& key) {
    ++damaged_;
    troubles_.tell("damage", text("'", key, "' has changed on the disk, and is fetched again"));
}

std::shared_ptr<Entry> Cache::selected(const std::string& key, const http::Request& request) {
    const auto of = [&](const Entries& entries) -> std::shared_ptr<Entry> {
        for (const auto& entry : entries) {
            const auto head = entry->head();
            if (!head->has_vary || http::vary_matches(head->stored, request)) return entry;
        }
        return nullptr;
    };
    const std::lock_guard lock{mutex_};
    const auto found = by_key_.find(key);
    if (found != by_key_.end()) return of(found->second);
    return disk_ ? of(load(key)) : nullptr;
}

std::shared_ptr<Entry> Cache::find(const std::string& key, const http::Request& request) {
    auto entry = selected(key, request);
    if (!entry) return nullptr;
    const auto opened = entry->content()->open();  // may read a block: not under our lock
    const std::lock_guard lock{mutex_};
    if (is_purged(*entry)) {
        if (is_stored(entry)) take_out(*entry);
        return nullptr;
    }
    if (opened == Content::Opened::before || opened == Content::Opened::now) {
        if (is_stored(entry)) note_use(entry, opened == Content::Opened::now);
        return entry;
    }
    if (opened == Content::Opened::busy) return nullptr;
    if (is_stored(entry)) {  // its file was removed, or the disk lost it
        if (opened == Content::Opened::damaged) damaged_locked(key);
        take_out(*entry);
    }
    return nullptr;
}

void Cache::note_use(const std::shared_ptr<Entry>& entry, bool opened) {
    stored_.hit(entry->number);
    if (!disk_) return;
    if (opened || !memory_.hit(entry->number)) remember(entry);
    if (opened && !entry->content()->has_bytes()) keep_open(entry);
}

/// Whether it is gone by a purge; a soft one makes it invalid.
bool Cache::is_purged(Entry& entry) const {
    if (entry.purges_seen == purge_count_) return false;
    const auto purged = purged_by(entry.key(), *entry.head());
    entry.invalid = purged.soft;
    entry.purges_seen = purge_count_;
    return purged.hard;
}

Cache::Purged Cache::purged_by(const std::string& key, const Head& head) const {
    Purged purged{head.asked < all_soft_, head.asked < all_hard_};
    const auto covers = [&](const Purges& purges, const std::string& what) {
        const auto found = purges.find(what);
        return found != purges.end() && head.asked < found->second;
    };
    const auto look = [&](const std::string& what) {
        purged.soft = purged.soft || covers(soft_purges_, what);
        purged.hard = purged.hard || covers(hard_purges_, what);
    };
    look(key);
    // also what came from a server that knows no groups
    if (const auto where = route(key.substr(0, key.find('?'))); !where.song.empty())
        look(where.song);
    for (const auto& group : head.groups) look(group);
    return purged;
}

void Cache::purge(const std::string& what, bool hard, http::Time now) {
    // microseconds: if a crash loses the saved moments, those of the next run are still greater
    const auto by_clock = 1'000'000 * static_cast<std::uint64_t>(std::max<std::int64_t>(
                                          0, now.time_since_epoch().count()));
    const std::lock_guard lock{mutex_};
    moment_.purges = std::max(moment_.purges + 1, by_clock);
    ++purge_count_;
    hard ? purge_hard(what) : purge_softly(what);
}

void Cache::purge_softly(const std::string& what) {
    if (soft_purges_.size() >= most_invalidated && !soft_purges_.contains(what)) {
        soft_purges_.clear();  // better all are validated than one is not
        all_soft_ = moment_.purges;
    }
    soft_purges_[what] = moment_.purges;
}

void Cache::purge_hard(const std::string& what) {
    if (hard_purges_.size() >= most_removed && !hard_purges_.contains(what)) {
        hard_purges_.clear();  // better all go than one stays
        all_hard_ = moment_.purges;
    }
    hard_purges_[what] = moment_.purges;
    sweep_wanted_ = true;
}

std::vector<std::string> Cache::groups_of(const std::string& key) {
    const std::lock_guard lock{mutex_};
    std::vector<std::string> all;
    for (const auto& entry : entries_of(key))
        for (const auto& group : entry->head()->groups)
            if (std::ranges::find(all, group) == all.end()) all.push_back(group);
    return all;
}

/// The file of an earlier run: lines "soft MOMENT WHAT" and "hard MOMENT WHAT", where WHAT is "*"
/// for all; "last MOMENT", since the last purge may have been forgotten; and "end". One that cannot
/// be read may have named anything.
void Cache::read_purges() {
    std::ifstream file{options_.folder / purges_file};
    if (!file) return;
    std::string line;
    bool whole = false;
    while (std::getline(file, line))
        if (whole = line == purges_end; whole || !read_purge(line)) break;
    if (!whole) {
        const auto now = static_cast<std::uint64_t>(wall_clock().time_since_epoch().count());
        moment_.purges = all_soft_ = std::max(moment_.purges + 1, 1'000'000 * now);
    }
    purge_count_ = 1;
    purges_kept_ = whole ? 1 : 0;
    sweep_wanted_ = true;  // it may not have come to its end
}

bool Cache::read_purge(const std::string& line) {
    std::istringstream words{line};
    std::uint64_t moment = 0;
    std::string kind, what;
    words >> kind >> moment;
    if (!words) return false;
    moment_.purges = std::max(moment_.purges, moment);
    if (kind == "last") return true;
    const bool hard = kind == "hard";
    if ((!hard && kind != "soft") || words.get() != ' ' || !std::getline(words, what)) return false;
    auto& purges = hard ? hard_purges_ : soft_purges_;
    if (purges.size() >= (hard ? most_removed : most_invalidated)) return false;
    if (what == "*")
        (hard ? all_hard_ : all_soft_) = moment;
    else
        purges[what] = moment;
    return true;
}

std::string Cache::print_purges() const {
    std::string lines = text("last ", moment_.purges, '\n');
    const auto add = [&](const char* kind, std::uint64_t moment, const std::string& what) {
        lines += text(kind, ' ', moment, ' ', what, '\n');
    };
    add("soft", all_soft_, "*");
    add("hard", all_hard_, "*");
    for (const auto& [what, moment] : soft_purges_) add("soft", moment, what);
    for (const auto& [what, moment] : hard_purges_) add("hard", moment, what);
    return lines.append(purges_end) += '\n';
}

bool Cache::keep_purges() {
    if (!disk_) return true;
    const std::lock_guard one_at_a_time{purges_file_mutex_};
    std::string lines;
    std::uint64_t count = 0;
    {
        const std::lock_guard lock{mutex_};
        if (purges_kept_ == purge_count_) return true;
        count = purge_count_;
        lines = print_purges();
    }
    try {
        Draft draft{options_.folder / purges_file, 0600};
        draft.write(as_bytes(lines));
        draft.commit();
    } catch (const Error& error) {
        troubles_.tell("disk", error.what());
        const std::lock_guard lock{mutex_};
        purges_trouble_ = text("purges cannot be saved: ", error.what());
        return false;
    }
    const std::lock_guard lock{mutex_};
    purges_kept_ = count;
    purges_trouble_.clear();
    return true;
}

void Cache::sweep(const std::function<bool()>& go_on) {
    std::uint64_t begin = 0;
    {
        const std::lock_guard lock{mutex_};
        if (!std::exchange(sweep_wanted_, false)) return;
        begin = moment_.purges;
        std::vector<std::shared_ptr<Entry>> gone;
        for (const auto& [_, entries] : by_key_)
            for (const auto& entry : entries)
                if (is_purged(*entry)) gone.push_back(entry);
        for (const auto& entry : gone) take_out(*entry);
    }
    bool whole = true;
    for (unsigned part = 0; disk_ && part < 256; ++part) {
        const auto names = disk_->names_in(part);
        whole = whole && names;
        if (!names) continue;
        for (const auto& name : *names) {
            if (!go_on()) return;
            whole = sweep_file(name) && whole;
        }
    }
    const std::lock_guard lock{mutex_};
    if (whole)
        forget_hard_purges(begin);
    else
        sweep_wanted_ = true;
}

/// Up to this moment: nothing stored is left to them, and what was requested before them is not
/// stored any more.
void Cache::forget_hard_purges(std::uint64_t until) {
    std::erase_if(hard_purges_, [&](const auto& one) { return one.second <= until; });
    if (hard_purges_.empty()) Purges{}.swap(hard_purges_);  // its buckets too
    swept_ = until;
    purges_kept_ = never_seen;
}

/// @return  false: it could not be read
bool Cache::sweep_file(const Disk::Name& name) {
    const auto path = disk_->path_of(name);
    const File file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
    if (!file) return errno == ENOENT;
    const std::lock_guard lock{mutex_};  // nobody freshens it meanwhile
    const auto meta = Disk::read_meta(file.fd());
    if (meta && purged_by(meta->key, *Head::of_upstream(meta->stored, meta->asked)).hard)
        remove_file(name, file.fd());
    return true;
}

/// The stored response of this name, if the file is still its.
bool Cache::remove_file(const Disk::Name& name, int fd) {
    struct stat read, now;
    const auto found = by_number_.find(name.number());
    if (found == by_number_.end() || ::fstat(fd, &read) != 0 ||
        ::lstat(disk_->path_of(name).c_str(), &now) != 0 || read.st_ino != now.st_ino)
        return false;  // another one has taken its place
    const auto number = found->first;
    stored_.erase(number);
    remove(number);
    return true;
}

bool Cache::has_other(const std::string& key) {
    const std::lock_guard lock{mutex_};
    if (by_key_.contains(key)) return true;
    return disk_ && !unloaded_.empty() && unloaded_.contains(Disk::path_hash(key)[0]);
}

Cache::Begun Cache::begin(const std::string& key, std::shared_ptr<const Head> head,
                          std::optional<std::uint64_t> length, bool store) {
    if (store && !length) {
        const std::lock_guard lock{mutex_};
        if (oversize_.contains(std::hash<std::string>{}(key))) return {};
    }
    const auto whole = [&](const cache::Eviction& budget) {
        return !length || *length <= budget.capacity() / 8;
    };
    Filling filling;
    filling.reserved = length.value_or(grow_bytes) + (disk_ ? file_overhead : entry_overhead);
    // of what is on its way at most half of the disk, so that what is stored stays
    filling.store =
        store && whole(stored_) && reserve(stored_, filling.reserved, stored_.capacity() / 2);
    filling.budget = filling.store ? &stored_ : nullptr;
    if (disk_ && filling.store) filling.draft = new_draft(filling.reserved);
    if (disk_ && filling.store && !filling.draft) {
        const auto why = errno;
        const std::lock_guard lock{mutex_};
        stored_.give_back(filling.reserved);
        unstored_locked(key, std::strerror(why));
        filling.store = false;
        filling.budget = nullptr;
    }
    auto& memory = disk_ ? memory_ : stored_;
    if (!filling.store && ((store && !length) || !whole(memory) ||
                           !reserve(memory, filling.reserved, memory.capacity() / 2)))
        return {};
    if (!filling.store) filling.budget = &memory;
    if (!filling.draft) {
        // what was dropped and is still being sent takes its memory until it has been
        filling.lease = std::make_shared<Lease>(alive_);
        filling.lease->set(filling.reserved);
        if (alive_ > memory.capacity()) {
            const std::lock_guard lock{mutex_};
            filling.budget->give_back(filling.reserved);
            return {};
        }
    }
    File file;
    if (filling.draft) file = File{::dup(filling.draft->file.fd())};
    auto content = std::make_shared<Content>(Content::Growing{}, std::move(file), length);
    content->hold(filling.lease);
    if (filling.draft)
        content->on_full([this](std::uint64_t bytes) { return make_room(bytes, 16); });
    auto entry = std::make_shared<Entry>(key, std::move(head), std::move(content));
    const bool storing = filling.store;
    const std::lock_guard lock{mutex_};
    fillings_.emplace(entry.get(), std::move(filling));
    return {std::move(entry), storing};
}

/// A file to write to, when the disk is full in place of others; nothing, with errno set.
std::optional<Disk::Draft> Cache::new_draft(std::uint64_t needs) {
    if (!keep_floor(needs)) {
        errno = ENOSPC;
        return {};
    }
    auto draft = disk_->draft();
    if (!draft && (errno == ENOSPC || errno == EDQUOT) && make_room(needs, 16))
        draft = disk_->draft();
    return draft;
}

/// Whether so much can be written and the file system keeps its free part; others may have to
/// leave.
bool Cache::keep_floor(std::uint64_t needs) {
    const auto lacks = [&]() -> std::pair<std::uint64_t, std::uint64_t> {
        const auto room = disk_->room();
        if (!room) return {};
        const auto bytes = needs + options_.min_free.value_or(room->all_bytes / 100);
        const auto files = room->all_files > 0 ? room->all_files / 100 + 1 : 0;
        return {bytes - std::min(bytes, room->bytes), files - std::min(files, room->files)};
    };
    const auto [bytes, files] = lacks();
    if (bytes == 0 && files == 0) return true;
    make_room(bytes, files);
    // what is being sent leaves the disk later: what counts is what is free
    const auto after = lacks();
    return after.first == 0 && after.second == 0;
}

/// Drop so many bytes, and so many objects, of those least wanted. False when there was nothing.
bool Cache::make_room(std::uint64_t bytes, std::size_t objects) {
    const std::lock_guard lock{mutex_};
    const auto before = stored_.bytes();
    std::size_t count = 0;
    while (before - stored_.bytes() < bytes || count < objects) {
        const auto dropped = stored_.drop();
        if (!dropped) break;
        ++count;
        drop_all({*dropped});
    }
    return count > 0;
}

void Cache::unstored_locked(const std::string& key, std::string_view why) {
    ++unstored_;
    trouble_ = text("the cache cannot store: ", why);
    troubles_.tell("disk", text("'", key, "' cannot be stored: ", why));
}

void Cache::drop_all(const std::vector<Number>& dropped) {
    evicted_ += dropped.size();
    for (const auto number : dropped) remove(number);
}

/// Others may have to leave. False when more than `most` would be on its way.
bool Cache::reserve(cache::Eviction& budget, std::uint64_t bytes, std::uint64_t most) {
    const std::lock_guard lock{mutex_};
    const auto index = &budget == &memory_ ? index_bytes() : 0;
    if (budget.reserved() - index + bytes > most) return false;
    const auto dropped = budget.reserve(bytes);
    if (&budget == &stored_)
        drop_all(dropped);
    else
        unload(dropped);
    return true;
}

bool Cache::grow(const std::shared_ptr<Entry>& entry, std::uint64_t bytes) {
    std::uint64_t lacks = 0;
    cache::Eviction* budget = nullptr;
    std::shared_ptr<Lease> lease;
    const auto overhead = disk_ ? file_overhead : entry_overhead;
    {
        const std::lock_guard lock{mutex_};
        const auto found = fillings_.find(entry.get());
        if (found == fillings_.end()) return false;
        auto& filling = found->second;
        if (bytes + overhead <= filling.reserved) return true;
        budget = filling.budget;
        lease = filling.lease;
        if (bytes > budget->capacity() / 8) {
            // the next time it passes through from its first byte on
            if (oversize_.size() >= most_invalidated) oversize_.clear();
            oversize_.insert(std::hash<std::string>{}(entry->key()));
            return false;
        }
        lacks = std::max(grow_bytes, bytes + overhead - filling.reserved);
    }
    if (lease && alive_ + lacks > budget->capacity()) return false;
    if (!reserve(*budget, lacks, budget->capacity() / 2)) return false;
    const std::lock_guard lock{mutex_};
    fillings_.at(entry.get()).reserved += lacks;
    if (lease) lease->set(lease->bytes + lacks);
    return true;
}

/// What was on its way; its room is given back.
std::optional<Cache::Filling> Cache::take_filling(const Entry& entry) {
    const auto found = fillings_.find(&entry);
    if (found == fillings_.end()) return {};
    auto filling = std::move(found->second);
    fillings_.erase(found);
    filling.budget->give_back(filling.reserved);
    return filling;
}

void Cache::commit(const std::shared_ptr<Entry>& entry, const Moment& asked) {
    const auto& content = entry->content();
    const auto name = name_of(*entry);
    const std::uint64_t length = content->size();
    int draft = -1;
    {
        const std::lock_guard lock{mutex_};
        const auto found = fillings_.find(entry.get());
        if (found == fillings_.end()) return;
        if (found->second.draft) draft = found->second.draft->file.fd();
    }
    bool whole = !disk_;
    int why = ENOSPC;
    if (draft >= 0 && content->on_disk()) {
        const auto head = entry->head();
        const Disk::Meta meta{entry->key(), head->stored, length, head->asked,
                              content->take_sums()};
        whole = Disk::write_meta(draft, meta) ||
                (make_room(file_overhead, 16) && Disk::write_meta(draft, meta));
    }
    const auto bytes = draft >= 0 ? Disk::size_of(draft) + file_overhead
                                  : length + index_overhead + entry->head_bytes();

    const std::lock_guard lock{mutex_};
    const auto filling = take_filling(*entry);
    if (!filling || !filling->store) return;
    const bool valid = still_valid(*entry, asked);
    // under the lock, so that the file of this name is that of the entry in the index
    if (whole && valid && disk_) {
        whole = disk_->keep(*filling->draft, name);
        why = errno;
    }
    if (disk_ && !(whole && valid)) ::unlink(filling->draft->path.c_str());
    if (valid && !whole) unstored_locked(entry->key(), std::strerror(why));
    if (!whole || !valid) return;
    trouble_.clear();
    if (disk_) {
        content->set_path(disk_->path_of(name));
        if (content->has_bytes()) content->close_file();
    }
    if (filling->lease) filling->lease->set(bytes);
    put(entry, name, bytes);
    for (auto n = std::min(entry->joined.load(), most_joined); n > 0; --n)
        stored_.hit(entry->number);
}

/// Into the index, in place of what has the same name, or was selected by other fields.
void Cache::put(const std::shared_ptr<Entry>& entry, const Disk::Name& name, std::uint64_t bytes) {
    const auto number = name.number();
    if (take(number)) {  // its file has been replaced already
        stored_.erase(number);
        memory_.erase(number);
    }
    const auto vary = entry->head()->stored.fields.joined("Vary");
    const auto others = entries_of(entry->key());
    for (std::size_t i = 0; i < others.size(); ++i)
        if (i + 1 >= most_variants || others[i]->head()->stored.fields.joined("Vary") != vary)
            take_out(*others[i]);
    add(number, {entry, name});
    drop_all(stored_.insert(number, bytes, hint_of(entry->key())));
    keep_index_small();
    if (!disk_ || !by_number_.contains(number)) return;
    remember(entry);
    if (!entry->content()->has_bytes()) keep_open(entry);
}

/// Its head and perhaps its bytes are in memory beside the disk: others may have to leave it.
void Cache::remember(const std::shared_ptr<Entry>& entry) {
    const auto found = by_number_.find(entry->number);
    if (found == by_number_.end() || found->second.entry != entry) return;
    const auto bytes = entry->head_bytes() + entry->content()->memory();
    unload(memory_.insert(entry->number, bytes, hint_of(entry->key())));
}

void Cache::unload(const std::vector<Number>& dropped) {
    for (const auto number : dropped) unload(number);
}

/// Out of memory, with what else is stored of its path; all of it stays on the disk.
void Cache::unload(Number number) {
    const auto found = by_number_.find(number);
    if (found == by_number_.end() || !found->second.entry) return;
    const auto path = by_key_.extract(found->second.entry->key());
    for (const auto& entry : path.mapped()) {
        auto& slot = by_number_.at(entry->number);
        unloaded_.emplace(slot.name.path_hash[0], entry->number);
        memory_.erase(entry->number);
        entry->content()->forget_bytes();
        slot.entry = nullptr;
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
    const auto slot = take(number);
    if (!slot) return;
    memory_.erase(number);
    if (disk_) ::unlink(disk_->path_of(slot->name).c_str());
}

void Cache::abandon(const std::shared_ptr<Entry>& entry) {
    const std::lock_guard lock{mutex_};
    const auto filling = take_filling(*entry);
    if (filling && filling->draft) ::unlink(filling->draft->path.c_str());
}

void Cache::freshen(const std::shared_ptr<Entry>& entry, std::shared_ptr<const Head> head) {
    const auto before = name_of(*entry), after = Disk::name_of(entry->key(), head->stored.vary);
    const bool regrouped = entry->head()->groups != head->groups;
    entry->set_head(head);
    entry->purges_seen = never_seen;
    const std::lock_guard lock{mutex_};
    if (!is_stored(entry)) return;
    // where Vary has changed, its file has the wrong name
    // and forgotten purges may have named its new groups
    if (before.number() != after.number() || (regrouped && head->asked < swept_) ||
        (disk_ && !rewrite(before, *head)))
        return take_out(*entry);
    if (const auto& other = by_number_.at(entry->number).entry; other && other != entry) {
        other->set_head(head);
        other->purges_seen = never_seen;
    }
}

bool Cache::rewrite(const Disk::Name& name, const Head& head) const {
    const auto path = disk_->path_of(name);
    auto meta = Disk::read_meta(path);
    if (!meta) return false;
    meta->stored = head.stored;
    meta->asked = head.asked;
    return Disk::rewrite_meta(path, *meta);
}

Cache::Moment Cache::moment() {
    const std::lock_guard lock{mutex_};
    return moment_;
}

bool Cache::invalidated_since(const std::string& key, std::uint64_t asked) const {
    const auto found = invalidated_.find(std::hash<std::string>{}(key));
    return asked < forgotten_ || (found != invalidated_.end() && asked < found->second);
}

/// What is complete now may be stored.
bool Cache::still_valid(const Entry& entry, const Moment& asked) const {
    return !invalidated_since(entry.key(), asked.invalidations) && asked.purges >= swept_ &&
           !purged_by(entry.key(), *entry.head()).hard;
}

void Cache::invalidate(const std::string& key) {
    const std::lock_guard lock{mutex_};
    if (invalidated_.size() >= most_invalidated) {
        invalidated_.clear();
        forgotten_ = moment_.invalidations;  // what was asked for before may have been among them
    }
    invalidated_[std::hash<std::string>{}(key)] = ++moment_.invalidations;
    for (const auto& entry : entries_of(key)) take_out(*entry);
}

void Cache::drop(const std::shared_ptr<Entry>& entry) {
    const std::lock_guard lock{mutex_};
    if (is_stored(entry)) take_out(*entry);
}

void Cache::scrub(unsigned part, const std::function<bool(std::uint64_t)>& pause) {
    if (!disk_) return;
    const auto names = disk_->names_in(part);
    if (!names) return;
    for (const auto& name : *names)
        if (!scrub_file(name, pause)) return;
}

/// @return  false: enough
bool Cache::scrub_file(const Disk::Name& name, const std::function<bool(std::uint64_t)>& pause) {
    const auto path = disk_->path_of(name);
    const File file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
    if (!file) return true;
    std::optional<Disk::Meta> meta;
    {
        const std::lock_guard lock{mutex_};  // nobody freshens it meanwhile
        meta = Disk::read_meta(file.fd());
    }
    bool right = meta.has_value();
    for (std::size_t i = 0; right && i < meta->sums.size(); ++i) {
        right = block_is_right(file.fd(), meta->length, meta->sums, i);
        const auto bytes = std::min(sum_block, meta->length - i * sum_block);
        scrubbed_ += bytes;
        if (!pause(bytes)) return false;
    }
    if (right) return true;
    const std::lock_guard lock{mutex_};
    if (remove_file(name, file.fd())) damaged_locked(meta ? meta->key : name.file());
    return true;
}

std::string Cache::trouble() {
    const std::lock_guard lock{mutex_};
    return purges_trouble_.empty() ? trouble_ : purges_trouble_;
}

Cache::Numbers Cache::numbers() {
    const std::lock_guard lock{mutex_};
    Numbers n;
    n.objects = by_number_.size();
    n.disk_bytes = disk_ ? stored_.bytes() : 0;
    n.memory_bytes = disk_ ? memory_.bytes() + index_bytes() : stored_.bytes();
    n.evicted = evicted_;
    n.unstored = unstored_;
    n.filling_bytes = disk_ ? stored_.reserved() + alive_
                            : alive_ - std::min<std::uint64_t>(alive_, stored_.bytes());
    n.damaged = damaged_;
    n.scrubbed_bytes = scrubbed_;
    return n;
}

}  // namespace stretto::edge

#include "edge/librarian.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>

#include "base/draft.hpp"
#include "base/note.hpp"

namespace stretto::edge {
namespace {

using namespace std::chrono_literals;

constexpr auto between_looks = 100ms;
constexpr auto verify_time = 2ms;  // of each of these: a fiftieth of a core
constexpr auto verify_again = 5s;  // a small store is not looked at all day
/// For songs that were copied in, which the change log does not tell. Listing 100,000 folders takes
/// 50 ms.
constexpr auto compare_again = 10s;
constexpr auto save_again = 60s;
constexpr auto show_again = 500ms;  // while much is read
constexpr std::size_t most_file_bytes = 2u << 30;

/// Requests come first.
void be_nice() { ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), 10); }

}  // namespace

Librarian::Librarian(store::Tree& tree, std::filesystem::path file, Told told)
    : tree_(tree),
      file_(std::move(file)),
      told_(std::move(told)),
      catalogue_(tree),
      changes_(tree.root()) {
    sigset_t all, before;  // signals are the main loop's
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    thread_ = std::thread{[this] { run(); }};
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Librarian::~Librarian() {
    {
        const std::lock_guard lock{mutex_};
        stop_ = true;
    }
    wake_.notify_all();
    thread_.join();
}

std::shared_ptr<const Listing> Librarian::listing() const {
    const std::lock_guard lock{mutex_};
    return listing_;
}

bool Librarian::stopping() {
    const std::lock_guard lock{mutex_};
    return stop_;
}

/// @return false: the librarian ends
bool Librarian::pause(std::chrono::milliseconds time) {
    std::unique_lock lock{mutex_};
    return !wake_.wait_for(lock, time, [this] { return stop_; });
}

/// A failing disk does not end the server: the known songs stay listed, and the next turn tries
/// again.
void Librarian::run() {
    be_nice();
    std::string told;
    bool started = false;
    do {
        try {
            if (!std::exchange(started, true)) start();
            follow();
        } catch (const std::exception& failure) {
            if (told != failure.what()) note(failure.what());
            told = failure.what();
        }
    } while (pause(between_looks));
    save();
}

/// Lists the songs of the file at once, then looks at the whole store.
void Librarian::start() {
    if (!file_.empty()) {
        const File file{::open(file_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
        const auto bytes =
            file ? read_rest(file.fd(), most_file_bytes, file_.string()) : std::optional<Bytes>{};
        if (bytes && catalogue_.read(*bytes)) {
            show();
            saved_ = listing();
        }
    }
    catalogue_.doubt();
    catch_up();
    if (stopping()) return;
    show();
    compared_at_ = doubted_at_ = Clock::now();
    save();
}

/// Reads all that is queued, as fast as it can, and shows a part of it now and then.
void Librarian::catch_up() {
    auto shown = Clock::now();
    whole_ = false;
    while (catalogue_.look([&, n = 0]() mutable { return ++n % 256 == 0; })) {
        if (stopping()) return;
        if (!listing() || Clock::now() - shown < show_again) continue;
        show();
        shown = Clock::now();
    }
    whole_ = true;
}

void Librarian::follow() {
    const auto now = Clock::now();
    if (tree_.follow()) {
        if (told_.swapped) told_.swapped();
        catalogue_.compare();
        catch_up();
        catalogue_.doubt();
        verifying_ = true;
        compared_at_ = now;
    }
    const auto changes = changes_.poll();
    if (changes) catalogue_.look(*changes);
    // changes that the log does not tell are found in the folders: at once if it tells nothing
    const bool explained = changes && !changes->empty();
    if (!changes ||
        (catalogue_.folders_changed() && (!explained || now - compared_at_ >= compare_again))) {
        catalogue_.compare();
        catch_up();
        compared_at_ = now;
        if (!changes) catalogue_.doubt();
        verifying_ = true;
    }
    verify();
    show();
    if (now - saved_at_ >= save_again) save();
}

/// Looks at a part of the queue; from time to time at the whole store, as tags may be copied over a
/// manifest.
void Librarian::verify() {
    const auto begin = Clock::now();
    if (!verifying_) {
        if (begin - doubted_at_ < verify_again) return;
        catalogue_.doubt();
        doubted_at_ = begin;
        verifying_ = true;
    }
    verifying_ = catalogue_.look([&] { return Clock::now() - begin >= verify_time; });
}

void Librarian::show() {
    auto now = catalogue_.listing();
    {
        const std::lock_guard lock{mutex_};
        listing_.swap(now);
    }
    const auto gone = catalogue_.take_gone();
    if (!gone.empty() && told_.gone) told_.gone(gone);
}

/// Without the file the next start is slower; that is all. A part of the songs is not saved: the
/// next start would list it as if it were all.
void Librarian::save() {
    saved_at_ = Clock::now();
    const auto now = listing();
    if (file_.empty() || !whole_ || !now || now == saved_) return;
    try {
        std::filesystem::create_directories(file_.parent_path());
        Draft draft{file_, 0600};
        draft.write(catalogue_.print());
        draft.commit();
        saved_ = now;
    } catch (const std::exception&) {
    }
}

}  // namespace stretto::edge

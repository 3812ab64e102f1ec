// A store in a directory while several change it: everybody waits for their turn.
#include "store/directory.hpp"

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <future>
#include <thread>

#include "../folder.hpp"
#include "song/removals.hpp"

using namespace stretto;
using namespace stretto::store;

namespace {

const std::string id(32, 'a');

struct Fixture : Folder {
    Fixture() : directory(path, Directory::Open::create) { publish(); }
    void publish() {
        const auto incoming = directory.incoming();
        const auto turn = incoming->begin(id);
        incoming->admit();
    }
    bool is_noted() const {
        const auto log = directory.read(std::string{song::removals_path}, 1 << 20);
        return log && as_text(*log).find(id) != std::string_view::npos;
    }
    /// Somebody waits for a lock on the folder of songs, as the kernel sees it.
    bool is_awaited() const {
        struct stat folder;
        BOOST_REQUIRE(::stat((path / "songs").c_str(), &folder) == 0);
        const auto number = text(":", folder.st_ino, " ");
        std::ifstream locks{"/proc/locks"};
        for (std::string line; std::getline(locks, line);)
            if (line.find("->") != line.npos && line.find(number) != line.npos) return true;
        return false;
    }
    /// Begin it on a thread. @return once it has ended or waits for its turn, as far as the kernel
    /// tells (it does not of every file system: then it is long enough to wait)
    template <class Job>
    std::future<void> begin(Job job) {
        auto done = std::async(std::launch::async, job);
        for (int i = 0; i < 3000 && !is_awaited(); ++i)
            if (done.wait_for(std::chrono::milliseconds{1}) == std::future_status::ready) break;
        return done;
    }
    static bool is_over(const std::future<void>& job) {
        return job.wait_for(std::chrono::seconds{0}) == std::future_status::ready;
    }
    Directory directory;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(store_directory)

BOOST_AUTO_TEST_CASE(a_removal_waits_for_a_publisher_and_is_noted) {
    Fixture store;
    const auto incoming = store.directory.incoming();
    auto turn = incoming->begin(id);
    bool removed = false;
    auto removal = store.begin([&] { removed = store.directory.remove(id); });
    BOOST_TEST(!Fixture::is_over(removal));
    BOOST_TEST(!store.is_noted());
    BOOST_TEST(store.directory.has(id));
    incoming->admit();  // takes the song's line out of the log
    turn.reset();
    removal.get();
    BOOST_TEST(removed);
    BOOST_TEST(!store.directory.has(id));
    BOOST_TEST(store.is_noted());
}

BOOST_AUTO_TEST_CASE(one_of_two_removals_finds_nothing) {
    Fixture store;
    const auto incoming = store.directory.incoming();
    auto turn = incoming->begin(id);
    std::atomic<int> removed = 0;
    const auto remove = [&] { removed += store.directory.remove(id); };
    auto one = store.begin(remove), two = std::async(std::launch::async, remove);
    turn.reset();
    one.get();
    two.get();
    BOOST_TEST(removed == 1);
}

BOOST_AUTO_TEST_CASE(a_song_that_was_removed_gets_no_name) {
    Fixture store;
    BOOST_TEST(store.directory.remove(id));
    BOOST_CHECK_EXCEPTION(store.directory.set_name("song", id), Error,
                          [](const Error& e) { return e.exit() == EX_TEMPFAIL; });
    BOOST_TEST(store.directory.names().empty());
    store.publish();
    store.directory.set_name("song", id);
    BOOST_TEST(store.directory.id_of("song").value() == id);
}

BOOST_AUTO_TEST_SUITE_END()

// What a listener keeps: whole files, shared by programs, the least valuable first to go.
#include "store/kept.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>

#include "base/error.hpp"
#include "base/file.hpp"

using namespace stretto;
using store::Kept;
namespace fs = std::filesystem;

namespace {

struct Folder {
    Folder() {
        std::string name = (fs::temp_directory_path() / "stretto-kept-XXXXXX").string();
        BOOST_REQUIRE(::mkdtemp(name.data()));
        path = name;
    }
    ~Folder() { fs::remove_all(path); }
    fs::path path;
};

const std::string a(32, 'a'), b(32, 'b'), c(32, 'c');
const Bytes kilobyte(1000, 7);

/// Last used so many hours ago.
void age(const Folder& folder, const std::string& id, int hours) {
    const timespec then{std::time(nullptr) - hours * 3600, 0};
    const timespec times[]{then, then};
    BOOST_REQUIRE(::utimensat(AT_FDCWD, (folder.path / "songs" / id).c_str(), times, 0) == 0);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(store_kept)

BOOST_AUTO_TEST_CASE(cached_chunks_are_found_by_the_next_program) {
    const Folder folder;
    {
        Kept kept{folder.path, 1'000'000};
        BOOST_TEST(kept.keep(a, "320/chunk_2.ogg", kilobyte));
        BOOST_TEST(kept.keep(a, "320/index", kilobyte));
        BOOST_TEST(kept.bytes() == 2000u);
    }
    const Kept kept{folder.path, 1'000'000};
    BOOST_TEST(kept.bytes() == 2000u);
    BOOST_TEST((kept.songs() == std::vector{a}));
    BOOST_TEST((kept.chunks(a).at(320) == std::vector<bool>{false, false, true}));
    BOOST_TEST((kept.read(a, "320/chunk_2.ogg", 1000) == kilobyte));
    BOOST_TEST(!kept.read(a, "320/chunk_2.ogg", 999));
    BOOST_TEST(!kept.read(a, "320/chunk_1.ogg", 1000));
}

BOOST_AUTO_TEST_CASE(a_store_is_no_cache) {
    for (const auto* sign : {".staging", "changes", "names"}) {
        const Folder folder;
        fs::create_directories(folder.path / "songs" / a);
        fs::create_directory(folder.path / sign);
        BOOST_CHECK_EXCEPTION((Kept{folder.path, 0}), Error,
                              [](const Error& e) { return e.exit() == EX_USAGE; });
        BOOST_TEST(!fs::exists(folder.path / ".incoming"), sign);
        const Kept reader{folder.path, 0, Kept::Use::read};
        BOOST_TEST(!fs::exists(folder.path / ".incoming"), sign);
        BOOST_TEST(!store::is_cache(folder.path), sign);
    }
}

BOOST_AUTO_TEST_CASE(a_cache_that_was_published_into_is_a_store) {
    const Folder folder;
    Kept{folder.path, 0}.keep_name("tune", a);
    BOOST_TEST(store::is_cache(folder.path));
    Kept{folder.path, 0};
    fs::create_directory(folder.path / ".staging");
    BOOST_CHECK_THROW((Kept{folder.path, 0}), Error);
}

BOOST_AUTO_TEST_CASE(a_cache_of_an_earlier_version_goes_on) {
    const Folder folder;
    for (const auto* part : {"songs", ".incoming", "names"})
        fs::create_directory(folder.path / part);
    Kept{folder.path, 0};
    fs::remove(folder.path / ".incoming");  // the mark alone will do from here on
    BOOST_TEST(store::is_cache(folder.path));
    Kept{folder.path, 0};
}

BOOST_AUTO_TEST_CASE(what_is_no_song_is_neither_counted_nor_removed) {
    const Folder folder;
    Kept kept{folder.path, 5'000};
    const auto diary = folder.path / "songs/mine/diary.txt";
    fs::create_directory(diary.parent_path());
    const File file{::open(diary.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644)};
    write_all(file.fd(), Bytes(20'000, 7), "diary");
    for (const auto& id : {a, b, c})
        for (int k = 0; k < 3; ++k)
            BOOST_TEST(kept.keep(id, "96/chunk_" + std::to_string(k) + ".ogg", kilobyte));
    BOOST_TEST(kept.bytes() <= 5'000u);
    BOOST_TEST(fs::file_size(diary) == 20'000u);
    store::remove_cache(folder.path);
    BOOST_TEST(fs::file_size(diary) == 20'000u);
    fs::remove_all(diary.parent_path());
    Kept{folder.path, 0}.keep_name("tune", a);
    store::remove_cache(folder.path);
    BOOST_TEST(!fs::exists(folder.path));
}

BOOST_AUTO_TEST_CASE(one_song_is_known_before_all_are) {
    const Folder folder;
    {
        Kept before{folder.path, 1'000'000};
        before.keep(a, "320/chunk_0.ogg", kilobyte);
        before.keep(b, "320/chunk_1.ogg", kilobyte);
    }
    Kept kept{folder.path, 1'000'000};
    kept.use(a);
    BOOST_TEST(kept.chunks(a).at(320).size() == 1u);
    BOOST_TEST(kept.chunks(c).empty());
    BOOST_TEST(kept.keep(a, "320/chunk_1.ogg", kilobyte));
    BOOST_TEST(kept.bytes() == 3000u);
    BOOST_TEST(kept.chunks(a).at(320).size() == 2u);
    BOOST_TEST(kept.songs().size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_limit_counts_chunks_of_earlier_programs) {
    const Folder folder;
    {
        Kept before{folder.path, 10'000};
        for (int k = 0; k < 8; ++k)
            before.keep(a, "96/chunk_" + std::to_string(k) + ".ogg", kilobyte);
    }
    Kept kept{folder.path, 4'000};
    BOOST_TEST(kept.keep(b, "96/chunk_0.ogg", kilobyte));
    BOOST_TEST(kept.chunks(a).empty());
    BOOST_TEST(kept.bytes() == 1000u);
}

BOOST_AUTO_TEST_CASE(a_name_refers_to_the_song_that_was_assigned_last) {
    const Folder folder;
    Kept kept{folder.path, 10'000};
    BOOST_TEST(!kept.named("tune").has_value());
    kept.keep_name("tune", a);
    BOOST_TEST((kept.named("tune") == a));
    kept.keep_name("tune", b);
    BOOST_TEST((Kept{folder.path, 10'000}.named("tune") == b));
}

BOOST_AUTO_TEST_CASE(a_damaged_chunk_is_not_read_and_is_removed) {
    const Folder folder;
    Kept kept{folder.path, 1'000'000};
    kept.keep(a, "96/chunk_0.ogg", kilobyte);
    BOOST_TEST(kept.read(a, "96/chunk_0.ogg", 1000, sha256(kilobyte)).has_value());
    kept.keep(a, "96/chunk_0.ogg", Bytes(1000, 8));
    BOOST_TEST(!kept.read(a, "96/chunk_0.ogg", 1000, sha256(kilobyte)));
    BOOST_TEST(!fs::exists(folder.path / "songs" / a / "96/chunk_0.ogg"));
    BOOST_TEST((kept.chunks(a).at(96) == std::vector<bool>{false}));
}

BOOST_AUTO_TEST_CASE(it_stays_below_its_limit_and_keeps_recent_songs) {
    const Folder folder;
    Kept kept{folder.path, 10'000};
    for (const auto& id : {a, b})
        for (int k = 0; k < 4; ++k)
            BOOST_TEST(kept.keep(id, "96/chunk_" + std::to_string(k) + ".ogg", kilobyte));
    age(folder, a, 1);
    age(folder, b, 5);
    for (int k = 0; k < 4; ++k) {
        BOOST_TEST(kept.keep(c, "96/chunk_" + std::to_string(k) + ".ogg", kilobyte));
        BOOST_TEST(kept.bytes() <= 10'000u);
    }
    BOOST_TEST(!kept.chunks(a).empty());
    BOOST_TEST(kept.chunks(b).empty());
}

BOOST_AUTO_TEST_CASE(complete_songs_stay_longer_than_parts) {
    const Folder folder;
    Kept kept{folder.path, 10'000};
    for (const auto& id : {a, b})
        for (int k = 0; k < 4; ++k)
            kept.keep(id, "96/chunk_" + std::to_string(k) + ".ogg", kilobyte);
    kept.complete(a);
    age(folder, a, 3);
    age(folder, b, 1);
    for (int k = 0; k < 4; ++k) kept.keep(c, "96/chunk_" + std::to_string(k) + ".ogg", kilobyte);
    BOOST_TEST(!kept.chunks(a).empty());
    BOOST_TEST(kept.chunks(b).empty());
}

BOOST_AUTO_TEST_CASE(the_next_program_knows_which_songs_are_complete) {
    const Folder folder;
    {
        Kept before{folder.path, 10'000};
        for (const auto& id : {a, b})
            for (int k = 0; k < 4; ++k)
                before.keep(id, "96/chunk_" + std::to_string(k) + ".ogg", kilobyte);
        before.complete(a);
    }
    age(folder, a, 3);
    age(folder, b, 1);
    Kept kept{folder.path, 10'000};
    for (int k = 0; k < 4; ++k) kept.keep(c, "96/chunk_" + std::to_string(k) + ".ogg", kilobyte);
    BOOST_TEST(!kept.chunks(a).empty());
    BOOST_TEST(kept.chunks(b).empty());
}

BOOST_AUTO_TEST_CASE(a_file_written_over_or_removed_counts_once_or_not_at_all) {
    const Folder folder;
    Kept kept{folder.path, 10'000};
    kept.keep(a, "manifest.json", kilobyte);
    kept.keep(a, "manifest.json", Bytes(400));
    BOOST_TEST(kept.bytes() == 400u);
    kept.keep(a, "96/chunk_0.ogg", kilobyte);
    BOOST_TEST(!kept.read(a, "96/chunk_0.ogg", 1000, Digest{}));
    BOOST_TEST(kept.bytes() == 400u);
}

BOOST_AUTO_TEST_CASE(a_song_in_use_is_never_evicted) {
    const Folder folder;
    Kept kept{folder.path, 5'000};
    kept.use(a);
    for (int k = 0; k < 4; ++k)
        BOOST_TEST(kept.keep(a, "96/chunk_" + std::to_string(k) + ".ogg", kilobyte));
    BOOST_TEST(kept.keep(b, "96/chunk_0.ogg", kilobyte));
    BOOST_TEST(!kept.keep(c, "96/chunk_0.ogg", Bytes(2000)));
    BOOST_TEST(kept.chunks(a).at(96).size() == 4u);
    BOOST_TEST(!kept.keep(c, "96/chunk_0.ogg", Bytes(6000)));
}

BOOST_AUTO_TEST_CASE(two_programs_share_one_folder) {
    const Folder folder;
    Kept one{folder.path, 10'000}, other{folder.path, 10'000};
    for (int k = 0; k < 6; ++k) one.keep(a, "96/chunk_" + std::to_string(k) + ".ogg", kilobyte);
    other.refresh();
    BOOST_TEST(other.chunks(a).at(96).size() == 6u);
    age(folder, a, 5);
    for (int k = 0; k < 9; ++k)
        BOOST_TEST(other.keep(b, "96/chunk_" + std::to_string(k) + ".ogg", kilobyte));
    BOOST_TEST(!one.read(a, "96/chunk_0.ogg", 1000));  // gone, and no harm done
    BOOST_TEST(one.keep(a, "96/chunk_0.ogg", kilobyte));
}

BOOST_AUTO_TEST_SUITE_END()

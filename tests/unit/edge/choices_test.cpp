#include "edge/choices.hpp"

#include <fcntl.h>

#include <boost/test/unit_test.hpp>

#include "../folder.hpp"

using namespace stretto;
using namespace stretto::edge;

namespace {

/// What a client is told, when `fresh` would be chosen now.
int told(Choices& choices, const std::string& who, const std::string& song, int fresh) {
    return choices.of(who, song, [=] { return fresh; });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(edge_choices)

BOOST_AUTO_TEST_CASE(the_first_choice_holds_for_an_hour_after_its_last_use) {
    std::uint32_t now = 1000;
    Choices choices{{}, [&] { return now; }};
    BOOST_TEST(told(choices, "a", "song", 160) == 160);
    BOOST_TEST(told(choices, "a", "song", 320) == 160);
    BOOST_TEST(told(choices, "b", "song", 320) == 320);
    BOOST_TEST(told(choices, "a", "other", 96) == 96);
    for (int i = 0; i < 10; ++i) {
        now += 59;
        BOOST_TEST(told(choices, "a", "song", 320) == 160);
    }
    now += 60;
    BOOST_TEST(told(choices, "a", "song", 320) == 320);
    now -= 500;
    BOOST_TEST(told(choices, "a", "song", 96) == 96);
}

BOOST_AUTO_TEST_CASE(it_outlives_the_program) {
    const Folder folder;
    const auto file = folder.path / "state" / "choices";
    std::uint32_t now = 1000;
    const auto clock = [&] { return now; };
    {
        Choices choices{file, clock};
        BOOST_TEST(told(choices, "a", "song", 320) == 320);
        BOOST_TEST(told(choices, "b", "song", 96) == 96);
    }
    now += 50;
    {
        Choices choices{file, clock};
        BOOST_TEST(told(choices, "a", "song", 160) == 320);
    }
    std::filesystem::resize_file(file, std::filesystem::file_size(file) - 3);  // torn
    now += 20;
    Choices choices{file, clock};
    BOOST_TEST(told(choices, "b", "song", 160) == 160);
}

BOOST_AUTO_TEST_CASE(an_invalid_file_is_replaced) {
    const Folder folder;
    const auto file = folder.path / "choices";
    for (const std::string bytes : {"", "x", "not what it should be, but long enough for some"}) {
        write_all(File{::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600)}.fd(),
                  as_bytes(bytes), "f");
        Choices choices{file};
        BOOST_TEST(told(choices, "a", "song", 320) == 320);
        Choices again{file};
        BOOST_TEST(told(again, "a", "song", 96) == 320);
    }
    Choices nowhere{"/proc/none/choices"};
    BOOST_TEST(told(nowhere, "a", "song", 320) == 320);
}

BOOST_AUTO_TEST_CASE(the_number_of_choices_is_bounded) {
    const Folder folder;
    std::uint32_t now = 1000;
    Choices choices{folder.path / "choices", [&] { return now; }};
    for (std::size_t i = 0; i < 5 * Choices::most; ++i) told(choices, std::to_string(i), "s", 96);
    BOOST_TEST(std::filesystem::file_size(folder.path / "choices") <= 16 * (4 * Choices::most + 2));
    BOOST_TEST(told(choices, std::to_string(5 * Choices::most - 1), "s", 320) == 96);
    BOOST_TEST(told(choices, "0", "s", 320) == 320);
}

BOOST_AUTO_TEST_SUITE_END()

#include "listen/panel.hpp"

#include <boost/test/unit_test.hpp>

#include "base/terminal.hpp"

using namespace stretto;
using namespace stretto::listen;
using From = PanelView::From;

namespace {

PanelView view() {
    return {PanelView::State::playing,
            "Frontiers",
            "ASC",
            83,
            210,
            15,
            30,
            320,
            {From::cache, From::peer, From::peer, From::edge},
            3,
            80};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(stream_panel)

BOOST_AUTO_TEST_CASE(it_shows_the_song_the_buffer_level_and_the_sources) {
    BOOST_TEST(
        panel_line(view(), 120, false) ==
        "> Frontiers - ASC  1:23 / 3:30  #####..... 15 s  320 kbit/s  _--#  3 peers  volume 80 %");
    BOOST_TEST(panel_line(view(), 120, true) ==
               "\u25b6 Frontiers - ASC  1:23 / 3:30  "
               "\u2588\u2588\u2588\u2588\u2588\u2591\u2591\u2591\u2591\u2591 15 s  320 kbit/s  "
               "\u2581\u2584\u2584\u2588  3 peers  volume 80 %");
    auto quiet = view();
    quiet.state = PanelView::State::no_device;
    quiet.kbps = quiet.peers = 0;
    quiet.volume = 100;
    quiet.sources.clear();
    quiet.artist.clear();
    BOOST_TEST(panel_line(quiet, 120, false) ==
               "! Frontiers  1:23 / 3:30  no sound device  #####..... 15 s");
}
BOOST_AUTO_TEST_CASE(the_line_fits_any_width_and_title) {
    auto long_one = view();
    long_one.title = "\u97f3\u697d\u97f3\u697d with a very long title that goes on and on";
    long_one.artist = "\x1b]0;owned\a";
    long_one.sources.assign(100, From::peer);
    for (const bool utf8 : {true, false})
        for (std::size_t columns = 1; columns < 160; ++columns) {
            const auto line = panel_line(long_one, columns, utf8);
            BOOST_TEST(columns_of(line) <= columns);
            BOOST_TEST(line.find('\x1b') == std::string::npos);
        }
    // what is narrow loses the end, not the title
    BOOST_TEST(panel_line(view(), 40, false) == "> Frontiers - ASC  1:23 / 3:30");
}

BOOST_AUTO_TEST_SUITE_END()

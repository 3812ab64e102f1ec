#include "subsonic/reader.hpp"

#include <algorithm>

#include "base/note.hpp"
#include "base/text.hpp"

namespace stretto::subsonic {
namespace {

constexpr std::size_t most_page_bytes = 16u << 20;  // of 1000 songs
constexpr int most_pages = 10'000;
constexpr std::chrono::milliseconds first_pause{500}, longest_pause{30'000};
// a large list is read for at most a twentieth of the time, but one slow moment of the upstream
// server does not hide new songs for longer than this
constexpr std::uint64_t share = 20;
constexpr std::chrono::milliseconds longest_rest = std::chrono::minutes{10};

bool is_cursor(std::string_view after) {
    return after.size() <= 512 && std::ranges::all_of(after, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                      c == '.' || c == '-' || c == '_';
           });
}

}  // namespace

Reader::Reader(net::Loop& loop, http::Upstream& upstream, std::chrono::seconds every)
    : loop_(loop), upstream_(upstream), every_(every), again_(loop, [this] { begin(); }) {
    begin();
}

void Reader::begin() {
    builder_ = std::make_unique<LibraryBuilder>();
    albums_ = true;
    after_.clear();
    pages_ = 0;
    began_ms_ = loop_.now_ms();
    ask();
}

void Reader::ask() {
    http::get(upstream_,
              text("/songs?limit=1000", albums_ ? "&list=albums" : "",
                   after_.empty() ? "" : "&after=", after_),
              most_page_bytes, [this](const http::Whole& answer) { take(answer); });
}

void Reader::take(const http::Whole& answer) {
    if (!answer.ok()) return fail(answer.status == 0 ? answer.why : text("status ", answer.status));
    const auto page = as_text(answer.body);
    auto next = albums_ ? builder_->add_albums(page) : builder_->add_songs(page);
    if (!next) return fail("the list of songs: " + next.error().why);
    if (!is_cursor(*next) || (!next->empty() && *next == after_) || ++pages_ > most_pages)
        return fail("the list of songs does not end");
    after_ = std::move(*next);
    if (after_.empty() && !std::exchange(albums_, false)) return finish();
    ask();
}

/// The list that was read before stays in use.
void Reader::fail(std::string why) {
    if (trouble_.empty()) note(text("'", upstream_.url(), "': ", why));
    trouble_ = std::move(why);
    builder_.reset();
    again_.once(std::min(longest_pause, first_pause * (1 << std::min(failures_++, 10))));
}

void Reader::finish() {
    library_ = std::make_shared<const Library>(builder_->finish());
    builder_.reset();
    if (!trouble_.empty()) note(text("'", upstream_.url(), "' answers again"));
    trouble_.clear();
    failures_ = 0;
    const auto took = loop_.now_ms() - began_ms_;
    again_.once(std::max(every_, std::min(longest_rest, std::chrono::milliseconds{took * share})));
}

}  // namespace stretto::subsonic

// Parameters of /rest from a stranger, and pages of a server: each method has one outcome, what is
// printed is whole JSON or XML, and what goes upstream is a target of ours.
#include "base/bytes.hpp"
#include "base/json_value.hpp"
#include "subsonic/desk.hpp"

using namespace stretto;
using namespace stretto::subsonic;

namespace {

void check(bool holds) {
    if (!holds) __builtin_trap();
}

constexpr std::string_view albums =
    R"({"albums":[{"id":"0123456789abcdefghjkmnpqrstvwxyz","date":"1999-12-31"}],"next":null})";
constexpr std::string_view songs = R"({"songs":[
{"id":"0123456789abcdefghjkmnpqrstvwxyz","names":["a"],"title":"One & <two>","artist":"Ada","album":"\"Her\"",
 "album_artist":"","disc":"1","track":"3/9","seconds":218.4,"bitrates":[96,320],"artist_id":"1","album_id":
 "0123456789abcdefghjkmnpqrstvwxyz","covers":{"96":"/songs/x/cover/y.jpg","600":"/songs/x/cover/z.jpg"}},
{"id":"00000000000000000000000000000000","names":[],"title":"","artist":"","album":"","album_artist":"",
 "disc":"","track":"","seconds":20,"bitrates":[128],"artist_id":null,"album_id":null,"covers":{}}],"next":null})";

Library library_of(std::string_view page) {
    LibraryBuilder builder;
    (void)builder.add_albums(albums);
    (void)builder.add_songs(page);
    return builder.finish();
}

/// Every tag that begins ends, quotes are closed, and there are no bytes that XML forbids.
void check_xml(std::string_view xml) {
    check(xml.starts_with("<?xml ") && xml.ends_with("</subsonic-response>\n"));
    xml.remove_prefix(xml.find("?>") + 2);
    std::vector<std::string_view> open;
    for (std::size_t at = xml.find('<'); at != xml.npos; at = xml.find('<', at)) {
        const auto end = xml.find('>', at);
        check(end != xml.npos);
        const auto tag = xml.substr(at + 1, end - at - 1);
        check(tag.find('<') == tag.npos);
        if (tag.starts_with('/')) {
            check(!open.empty() && open.back() == tag.substr(1));
            open.pop_back();
        } else {
            check(std::count(tag.begin(), tag.end(), '"') % 2 == 0);
            open.push_back(tag.substr(0, tag.find(' ')));
        }
        at = end;
    }
    check(open.empty());
    for (const char c : xml) check(static_cast<unsigned char>(c) >= ' ' || c == '\n');
}

void check_body(const std::function<std::string(Format)>& print) {
    const auto json = Json::parse(print(Format::json));
    check(json && json->at("subsonic-response").at("version").string() == "1.16.1");
    check_xml(print(Format::xml));
}

void check_outcome(const Outcome& outcome) {
    if (const auto* node = std::get_if<Node>(&outcome))
        check_body([&](Format format) { return print(format, *node); });
    if (const auto* refusal = std::get_if<Refusal>(&outcome))
        check_body([&](Format format) { return print(format, *refusal); });
    if (const auto* forward = std::get_if<Forward>(&outcome)) {
        const auto& target = forward->target;
        check(target.starts_with("/stream/") || target.starts_with("/songs/"));
        for (const char c : target) check(c > ' ' && c < '\x7f' && c != '#');
    }
    if (const auto* post = std::get_if<Post>(&outcome)) {
        auto rest = std::string_view{post->lines};
        check(!rest.empty() && rest.ends_with('\n'));
        while (!rest.empty()) {
            const auto line = rest.substr(0, rest.find('\n'));
            check(static_cast<bool>(Json::parse(line)));
            rest.remove_prefix(line.size() + 1);
        }
    }
}

void check_call(const std::string& method, const Parameters& parameters, const Library& library) {
    const Listener anna{"anna", "0123"};
    check_outcome(answer({method, parameters, library, anna, 1'764'000'000'000,
                          [](std::size_t n) { return n / 2; }}));
}

}  // namespace

/// The method, a line feed, parameters, a line feed, and a page of songs; or none.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto text = as_text({data, size});
    const auto line = [&] {
        const auto part = text.substr(0, std::min(text.find('\n'), text.size()));
        text.remove_prefix(std::min(part.size() + 1, text.size()));
        return std::string{part};
    };
    const auto method = line(), query = line();
    const auto parameters = Parameters::parse(query, {});
    static const auto usual = library_of(songs);
    if (parameters) {
        check_call(method, *parameters, usual);
        if (!text.empty()) check_call(method, *parameters, library_of(text));
    }
    (void)Keys::parse(query);
    return 0;
}

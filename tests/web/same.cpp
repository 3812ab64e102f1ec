// What the rules and the decoder do with a song, as text and samples: built natively and for
// WebAssembly, both must say the same (same.t).
//   same orders STORE ID LINKS    the player's orders on so many scripted links
//   same pcm STORE ID KBPS        the song's samples, as 32-bit floats
//   same refusals FILE...         what is said of each manifest
#include <cstdlib>

#include "scripted.hpp"

using namespace stretto;

namespace {

std::optional<Bytes> read_whole(const std::string& path) {
    std::FILE* file = std::fopen(path.c_str(), "rb");
    if (!file) return {};
    Bytes bytes;
    std::uint8_t part[65536];
    for (std::size_t n; (n = std::fread(part, 1, sizeof part, file)) > 0;)
        bytes.insert(bytes.end(), part, part + n);
    std::fclose(file);
    return bytes;
}

/// From 40 kbit/s to 4 Mbit/s; each second it varies, and in one of ten nothing comes.
web::Scripted::Link link(int number) {
    double mean = 5000;
    for (int i = 0; i < number; ++i) mean *= 1.1;
    if (mean > 500'000) mean = 500'000;
    web::Scripted::Link link;
    link.rtt_s = 0.02 + 0.01 * (number % 20);
    link.bytes_per_s = [number, mean](double now) {
        auto chance = static_cast<std::uint32_t>(number * 1000 + static_cast<int>(now));
        for (int i = 0; i < 3; ++i) chance = chance * 1664525 + 1013904223;
        return (chance >> 8) % 10 == 0 ? 0 : mean * (0.4 + (chance >> 16) % 1000 / 1000.0);
    };
    return link;
}

int orders(const std::string& store, const std::string& id, int links) {
    for (int number = 0; number < links; ++number) {
        web::Scripted browser{
            [&](const std::string& path) { return read_whole(store + "/" + path); }, link(number)};
        browser.seed = static_cast<std::uint32_t>(number);
        browser.notes_sound = false;
        web::Player::Options options;
        options.keeps = number % 2 == 0;
        options.server = "edge";
        options.listener = "nobody";
        web::Player player{browser, options};
        player.play(id, number % 5 == 4 ? 7.5 : 0);
        const auto ended = [&] {
            return !browser.shown.empty() &&
                   browser.shown.back().find("\"state\":\"playing\"") == std::string::npos &&
                   browser.shown.back().find("\"next\"") != std::string::npos;
        };
        if (number % 3 == 2) {  // somebody moves about in the song
            browser.run(player, 12, ended);
            player.seek(3);
            browser.run(player, 4, ended);
            player.seek(19);
        }
        const bool whole = browser.run(player, 200, ended);
        std::printf("link %d%s\n", number, whole ? "" : ", not to its end");
        for (const auto& line : browser.orders) std::printf("%s\n", line.c_str());
        std::printf("%s", browser.posted.c_str());
    }
    return 0;
}

int pcm(const std::string& store, const std::string& id, int kbps) {
    web::Scripted browser{[&](const std::string& path) { return read_whole(store + "/" + path); },
                          {[](double) { return 1e6; }}};
    web::Player::Options options;
    options.wish.least_kbps = options.wish.most_kbps = kbps;
    web::Player player{browser, options};
    player.play(id, 0);
    const bool ended = browser.run(player, 1000, [&] {
        return !browser.shown.empty() && browser.shown.back().find("\"next\"") != std::string::npos;
    });
    if (!ended) return 1;
    const auto samples = browser.heard(2);
    std::fwrite(samples.data(), sizeof samples[0], samples.size(), stdout);
    return 0;
}

int refusals(int files, char** names) {
    for (int i = 0; i < files; ++i) {
        const auto json = read_whole(names[i]);
        if (!json) return 66;
        const auto manifest = song::parse_manifest(as_text(*json));
        std::printf("%s: %s\n", names[i], manifest ? "accepted" : manifest.error().why.c_str());
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string what = argc > 1 ? argv[1] : "";
    if (what == "orders" && argc == 5) return orders(argv[2], argv[3], std::atoi(argv[4]));
    if (what == "pcm" && argc == 5) return pcm(argv[2], argv[3], std::atoi(argv[4]));
    if (what == "refusals" && argc > 2) return refusals(argc - 2, argv + 2);
    return 64;
}

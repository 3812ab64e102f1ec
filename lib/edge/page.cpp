#include "edge/page.hpp"

#include <array>
#include <vector>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "edge/gzip.hpp"

// Paths are from the project's root, where make runs the compiler.
#define EMBED(name, path)                                           \
    extern "C" const char stretto_##name[], stretto_##name##_end[]; \
    asm(".section .rodata\n"                                        \
        ".global stretto_" #name                                    \
        "\n"                                                        \
        ".global stretto_" #name                                    \
        "_end\n"                                                    \
        "stretto_" #name                                            \
        ":\n"                                                       \
        ".incbin \"" path                                           \
        "\"\n"                                                      \
        "stretto_" #name                                            \
        "_end:\n"                                                   \
        ".byte 0\n"                                                 \
        ".previous\n")
#define EMBEDDED(name)                                                                  \
    std::string_view {                                                                  \
        stretto_##name, static_cast<std::size_t>(stretto_##name##_end - stretto_##name) \
    }

EMBED(page, "lib/web/page.html");
EMBED(access, "lib/web/access.js");
EMBED(style, "lib/web/page.css");
EMBED(parts, "lib/web/parts.js");
EMBED(queue, "lib/web/queue.js");
EMBED(lists, "lib/web/lists.js");
EMBED(controls, "lib/web/controls.js");
#ifdef STRETTO_CORE
EMBED(worker, "lib/web/worker.js");
EMBED(sound, "lib/web/sound.js");
EMBED(links, "lib/web/links.js");
EMBED(core, STRETTO_CORE);
EMBED(core_gz, STRETTO_CORE ".gz");
#endif

namespace stretto::edge {

std::span<const Asset> assets() {
#ifdef STRETTO_CORE
    static const auto all = [] {
        Sha256 sum;
        for (const auto bytes :
             {EMBEDDED(worker), EMBEDDED(sound), EMBEDDED(links), EMBEDDED(core)})
            sum.add(as_bytes(bytes));
        const auto base = std::string{web_folder} + hex(sum.finish()).substr(0, 16) + "/";
        constexpr std::string_view script = "text/javascript; charset=utf-8";
        static const std::array compressed{gzip_bytes(as_bytes(EMBEDDED(worker))),
                                           gzip_bytes(as_bytes(EMBEDDED(sound))),
                                           gzip_bytes(as_bytes(EMBEDDED(links)))};
        return std::vector<Asset>{
            {base + "worker.js", script, EMBEDDED(worker), as_text(compressed[0])},
            {base + "sound.js", script, EMBEDDED(sound), as_text(compressed[1])},
            {base + "links.js", script, EMBEDDED(links), as_text(compressed[2])},
            {base + "core.wasm", "application/wasm", EMBEDDED(core), EMBEDDED(core_gz)}};
    }();
    return all;
#else
    return {};
#endif
}

std::string connections(const PageOptions& options) {
    std::string all = "'self'";
    for (const auto& edge : options.edges) all += ' ' + edge;
    if (!options.tracker.empty()) all += ' ' + options.tracker;
    // the rest of a URL in a policy would be compared in another way than in requests
    if (const auto& url = options.tokens; !url.empty())
        all += ' ' + url.substr(0, std::min(url.size(), url.find('/', url.find("://") + 3)));
    return all;
}

std::string page(const PageOptions& options) {
    std::string html{EMBEDDED(page)};
    const auto put = [&](std::string_view place, std::string_view value) {
        if (const auto at = html.find(place); at != html.npos)
            html.replace(at, place.size(), value);
    };
    put("{style}", EMBEDDED(style));
    put("{script}", text(EMBEDDED(access), EMBEDDED(parts), EMBEDDED(queue), EMBEDDED(lists),
                         EMBEDDED(controls)));
    std::string base;
    if (!assets().empty()) {
        base = assets().front().path;
        base.resize(base.rfind('/') + 1);
    }
    put("{web}", base);
    std::string edges;
    for (const auto& edge : options.edges) edges += edge + ' ';
    put("{tokens}", options.tokens);
    put("{edges}", edges);
    put("{tracker}", options.tracker);
    return html;
}

}  // namespace stretto::edge

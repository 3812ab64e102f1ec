#include "gather/cmcd.hpp"

#include <algorithm>

namespace stretto::gather {

std::vector<std::pair<std::string, std::string>> cmcd(const std::string& session,
                                                      const Listening& rules,
                                                      const song::Manifest& manifest,
                                                      const play::Session::Heard& heard,
                                                      const Ask& ask) {
    if (!rules.found()) return {{"CMCD-Session", text("sf=o,sid=\"", session, "\",st=v")}};
    const auto& r = manifest.renditions[static_cast<std::size_t>(ask.rendition)];
    const auto& row = r.chunks[static_cast<std::size_t>(ask.chunk)];
    const auto buffer_ms =
        std::max<std::int64_t>(0, (rules.session().have() - heard.position) * 1000 / manifest.rate);
    const auto rounded = (buffer_ms + 50) / 100 * 100;
    std::vector<std::pair<std::string, std::string>> fields{
        {"CMCD-Object", text("br=", r.kbps, ",d=", row.samples * 1000 / manifest.rate,
                             ",ot=a,tb=", manifest.renditions.back().kbps)},
        {"CMCD-Request", text("bl=", rounded, ",dl=", rounded, heard.started ? "" : ",su")},
        {"CMCD-Session", text("cid=\"", manifest.id, "\",sf=o,sid=\"", session, "\",st=v")}};
    if (heard.started && !heard.playing) fields.emplace_back("CMCD-Status", "bs");
    return fields;
}

}  // namespace stretto::gather

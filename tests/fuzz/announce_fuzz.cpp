// What peers and trackers say to each other, from a stranger: what is taken is bounded, and printed
// it is read back as the same.
#include "base/bytes.hpp"
#include "swarm/announce.hpp"
#include "swarm/endpoint.hpp"
#include "swarm/inventory.hpp"

using namespace stretto;
using namespace stretto::swarm;

namespace {

void check(bool holds) {
    if (!holds) __builtin_trap();
}

void check_announce(std::string_view json) {
    const auto announce = parse_announce(json);
    if (!announce) return;
    check(announce->songs.size() <= most_songs && announce->port >= 0 && announce->port <= 65535);
    const Layout layout{{96, 160, 320}, 22};
    for (const auto& [id, have] : announce->songs) {
        const auto word = inventory_of(layout, have);
        check(inventory_of(layout, have_of(layout, word)) == word);
    }
}

void check_answers(std::string_view json) {
    if (const auto peers = parse_peers_answer(json)) check(peers->size() <= most_peers);
    if (const auto edges = parse_edges_answer(json)) check(edges->size() <= most_edges);
    if (const auto song = parse_song_answer(json)) check(song->peers.size() <= most_peers);
    (void)parse_announce_answer(json);
    (void)parse_edges_file(json);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = as_text({data, size});
    check_announce(text);
    check_answers(text);
    (void)parse_peers_query(text);
    (void)parse_report(text);
    if (const auto place = parse_location(text)) check(place->lat >= -90 && place->lat <= 90);
    if (const auto ip = parse_ip(text)) check(parse_ip(ip->print()) == ip);
    return 0;
}

#include "redis/entry.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>

#include "swarm/announce.hpp"

namespace stretto::redis {
namespace {

using swarm::Endpoint;
using swarm::Health;
using swarm::Ip;
using swarm::Layout;
using swarm::Point;

constexpr std::size_t entry_bytes = 29;                      // and the id
constexpr std::size_t most_id_bytes = 64, also_http = 0x80;  // beside the length of an id
constexpr std::uint32_t most_kbps = 10'000'000;
constexpr unsigned path_bits = 2 * most_level;

/// Big endian.
class Printer {
   public:
    Printer& add(std::uint64_t n, unsigned bytes) {
        for (unsigned shift = 8 * bytes; shift > 0;) bytes_ += static_cast<char>(n >> (shift -= 8));
        return *this;
    }
    Printer& add(std::string_view bytes) {
        bytes_ += bytes;
        return *this;
    }
    /// 16 bits: three digits.
    Printer& add_short(float f) { return add(std::bit_cast<std::uint32_t>(f) >> 16, 2); }
    std::string take() { return std::move(bytes_); }

   private:
    std::string bytes_;
};

class Reader {
   public:
    explicit Reader(std::string_view bytes) : bytes_(bytes) {}
    /// 0 beyond the end.
    std::uint64_t take(unsigned n) {
        std::uint64_t all = 0;
        for (unsigned i = 0; i < n; ++i)
            all = all << 8 | (at_ < bytes_.size() ? static_cast<unsigned char>(bytes_[at_++]) : 0u);
        return all;
    }
    float take_short() { return finite(static_cast<std::uint32_t>(take(2)) << 16); }
    float take_float() { return finite(static_cast<std::uint32_t>(take(4))); }
    std::string_view rest() const { return bytes_.substr(at_); }

   private:
    static float finite(std::uint32_t bits) {
        const auto f = std::bit_cast<float>(bits);
        return std::isfinite(f) && f >= 0 ? std::min(f, 1e7f) : 0.0f;
    }
    std::string_view bytes_;
    std::size_t at_ = 0;
};

std::string_view bytes_of(const Ip& ip) {
    const std::string_view all{reinterpret_cast<const char*>(ip.bytes.data()), ip.bytes.size()};
    return ip.is_v4() ? all.substr(12) : all;
}
Ip mapped() {
    Ip ip;
    ip.bytes[10] = ip.bytes[11] = 0xff;
    return ip;
}

struct Field {
    Endpoint at;
    std::uint16_t home = 0;
};
std::optional<Field> parse_field(std::string_view bytes) {
    const auto n = bytes.size();
    if (n != 6 && n != 8 && n != 18 && n != 20) return {};
    const std::size_t address = n < 10 ? 4 : 16;
    Field field;
    if (address == 4) field.at.ip = mapped();
    std::memcpy(field.at.ip.bytes.data() + (16 - address), bytes.data(), address);
    if (address == 16 && field.at.ip.is_v4()) return {};
    Reader rest{bytes.substr(address)};
    field.at.port = static_cast<std::uint16_t>(rest.take(2));
    const bool long_one = n == address + 4;
    field.home = static_cast<std::uint16_t>(rest.take(2));
    if (field.at.port == 0 || long_one != field.at.is_rtc()) return {};
    return field;
}

/// Letters, digits, - and _ take six bits each.
constexpr std::string_view letters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
std::string pack(std::string_view id) {
    std::string out;
    unsigned bits = 0, held = 0;
    for (const char c : id.substr(0, most_id_bytes)) {
        held = held << 6 | static_cast<unsigned>(std::min<std::size_t>(letters.find(c), 63));
        if ((bits += 6) < 8) continue;
        bits -= 8;
        out += static_cast<char>(held >> bits);
    }
    if (bits) out += static_cast<char>(held << (8 - bits));
    return out;
}
std::optional<std::string> unpack(std::string_view bytes, std::size_t length) {
    if (length == 0 || length > most_id_bytes || bytes.size() != (length * 6 + 7) / 8) return {};
    std::string id;
    unsigned bits = 0, held = 0;
    for (const char c : bytes) {
        held = held << 8 | static_cast<unsigned char>(c);
        for (bits += 8; bits >= 6 && id.size() < length;) id += letters[held >> (bits -= 6) & 63];
    }
    return id;
}

void add(Printer& to, const Point& point) {
    for (const auto part : point.parts()) to.add(static_cast<std::uint16_t>(part), 2);
}
Point take_point(Reader& from) {
    std::array<std::int16_t, 3> parts;
    for (auto& part : parts) part = static_cast<std::int16_t>(from.take(2));
    return Point{parts};
}

std::optional<unsigned> number(std::string_view text) {
    unsigned n = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (code != std::errc{} || end != text.data() + text.size()) return {};
    return n;
}

}  // namespace

std::string print_field(const Endpoint& at, std::uint16_t home) {
    Printer field;
    field.add(bytes_of(at.ip)).add(at.port, 2);
    if (at.is_rtc()) field.add(home, 2);
    return field.take();
}

std::string print_value_health(const Health& health) {
    const auto success = std::lround(255 * std::clamp(health.success, 0.0f, 1.0f));
    return Printer{}
        .add(static_cast<std::uint64_t>(success), 1)
        .add_short(health.speed_kbps)
        .take();
}

std::string print_value(const Entry& entry) {
    Printer value;
    value.add(entry.expires_s, 4).add(entry.serial, 4).add(entry.have, 8);
    add(value, entry.point);
    const auto kbps = std::clamp(std::llround(entry.upload_kbps), 0ll, 0ll + most_kbps);
    value.add(static_cast<std::uint64_t>(kbps), 3);
    value.add(print_value_health(entry.health));
    const auto length = std::min(entry.id.size(), most_id_bytes);
    value.add(length | (entry.also_http ? also_http : 0), 1).add(pack(entry.id));
    return value.take();
}

std::optional<Entry> parse_entry(std::string_view field, std::string_view value) {
    const auto who = parse_field(field);
    if (!who || value.size() <= entry_bytes) return {};
    Entry entry;
    entry.at = who->at;
    entry.home = who->home;
    Reader reader{value};
    entry.expires_s = static_cast<std::uint32_t>(reader.take(4));
    entry.serial = static_cast<std::uint32_t>(reader.take(4));
    entry.have = reader.take(8);
    entry.point = take_point(reader);
    entry.upload_kbps = static_cast<float>(std::min<std::uint64_t>(reader.take(3), most_kbps));
    entry.health.success = static_cast<float>(reader.take(1)) / 255;
    entry.health.speed_kbps = reader.take_short();
    const auto length = static_cast<std::size_t>(reader.take(1));
    entry.also_http = length & also_http;
    auto id = unpack(reader.rest(), length & ~also_http);
    if (!id) return {};
    entry.id = std::move(*id);
    return entry;
}

std::uint32_t expiry_of(std::string_view value) noexcept {
    return value.size() <= entry_bytes ? 0 : static_cast<std::uint32_t>(Reader{value}.take(4));
}

// Pages

Path path_of(swarm::Cell cell, std::uint64_t network, std::uint64_t peer) noexcept {
    return static_cast<Path>(cell) << 14 | static_cast<Path>(network & 0xff) << 6 |
           static_cast<Path>(peer & 0x3f);
}
unsigned level_of(Node node) noexcept {
    return (static_cast<unsigned>(std::bit_width(node)) - 1) / 2;
}
Node node_of(Path path, unsigned level) noexcept {
    return 1u << 2 * level | path >> (path_bits - 2 * level);
}
swarm::Region region_of(Node node) noexcept {
    const auto level = level_of(node);
    const Path first = (node ^ 1u << 2 * level) << (path_bits - 2 * level);
    return {static_cast<swarm::Cell>(first >> 14),
            static_cast<std::uint8_t>(std::min(level, place_levels))};
}

Node Directory::leaf(Path path) const {
    for (unsigned level = 0;; ++level) {
        const Node node = redis::node_of(path, level);
        const auto change = changes.find(node);
        if (level == most_level || change == changes.end() || !change->second.divided) return node;
    }
}

std::vector<Node> Directory::pages(Path path, std::uint32_t since_s) const {
    std::vector<Node> found;
    for (unsigned level = 0;; ++level) {
        const Node node = redis::node_of(path, level);
        const auto change = changes.find(node);
        if (level == most_level || change == changes.end()) {
            found.push_back(node);
            return found;
        }
        const bool recent = change->second.at_s >= since_s;
        if (!change->second.divided || recent) found.push_back(node);
        if (!change->second.divided && !recent) return found;
    }
}

Directory::Pages Directory::all(std::uint32_t since_s) const {
    Pages pages;
    struct Visit {
        Node node;
        bool former;
    };
    std::vector<Visit> left{{1, false}};
    while (!left.empty()) {
        const auto [node, former] = left.back();
        left.pop_back();
        const auto change = changes.find(node);
        const bool changed = change != changes.end() && level_of(node) < most_level;
        const bool divided = changed && change->second.divided;
        const bool recent = changed && change->second.at_s >= since_s;
        if (!divided || recent) (former || divided ? pages.former : pages.leaves).push_back(node);
        if (divided || recent)
            for (Node child = 0; child < 4; ++child)
                left.push_back({node << 2 | child, former || !divided});
    }
    return pages;
}

std::string print_layout(const Layout& layout) {
    Printer out;
    out.add(static_cast<std::uint64_t>(layout.chunks), 3);
    for (const auto kbps : layout.kbps) out.add(kbps, 2);
    return out.take();
}

std::optional<Layout> parse_layout(std::string_view bytes) {
    Layout layout;
    if (bytes.size() < 5 || bytes.size() % 2 == 0 || bytes.size() > 3 + 2 * layout.kbps.capacity())
        return {};
    Reader reader{bytes};
    layout.chunks = static_cast<int>(reader.take(3));
    if (layout.chunks < 1 || layout.chunks > swarm::most_chunk + 1) return {};
    while (!reader.rest().empty()) {
        const auto kbps = static_cast<std::uint16_t>(reader.take(2));
        if (kbps == 0 || (!layout.kbps.empty() && kbps <= layout.kbps.back())) return {};
        layout.kbps.push_back(kbps);
    }
    return layout;
}

std::string print_node(Node node) { return std::to_string(node); }

std::string print_elder_field(const Endpoint& at, std::uint16_t home) {
    return "e" + print_field(at, home);
}

std::string print_change(const Directory::Change& change) {
    return Printer{}.add(change.divided, 1).add(change.at_s, 4).take();
}

void read_field(Directory& directory, std::string_view field, std::string_view value) {
    if (field == "l") {
        if (auto layout = parse_layout(value)) directory.layout = std::move(layout);
        return;
    }
    if (field.starts_with("e")) {
        if (directory.elders.size() >= most_elders_read) return;
        if (auto entry = parse_entry(field.substr(1), value))
            directory.elders.push_back(std::move(*entry));
        return;
    }
    const auto node = number(field);
    if (!node || *node == 0 || std::bit_width(*node) % 2 == 0 || level_of(*node) >= most_level ||
        value.size() != 5 || directory.changes.size() >= most_changes)
        return;
    Reader reader{value};
    const bool divided = reader.take(1) == 1;
    directory.changes[*node] = {divided, static_cast<std::uint32_t>(reader.take(4))};
}

// Peers

std::string print_state(const State& state) {
    Printer out;
    out.add(static_cast<std::uint64_t>(state.here) | std::uint64_t{state.reached} << 1, 1)
        .add(state.turn, 1)
        .add(state.cell, 2)
        .add(state.since_s, 4)
        .add(state.expires_s, 4)
        .add(state.stamp, 4)
        .add(bytes_of(state.at.ip))
        .add(state.at.port, 2);
    return out.take();
}

std::string print_health(const Health& health) {
    Printer out;
    out.add(std::bit_cast<std::uint32_t>(health.success), 4)
        .add(std::bit_cast<std::uint32_t>(health.speed_kbps), 4)
        .add(health.at_s, 4);
    for (const auto reporter : health.reporters) out.add(reporter, 2);
    out.add(health.latest, 1);
    for (const auto& harm : health.harms) out.add(harm.song, 1).add(harm.by, 1);
    return out.add(health.harms_min, 2).take();
}

std::string print_seconds(std::uint32_t s) { return Printer{}.add(s, 4).take(); }

std::string print_songs(const std::vector<SongKey>& songs, std::size_t field) {
    std::string out;
    for (std::size_t i = field * songs_a_field; i < songs.size() && i < (field + 1) * songs_a_field;
         ++i)
        out.append(reinterpret_cast<const char*>(songs[i].data()), songs[i].size());
    return out;
}

void read_field(State& state, std::string_view field, std::string_view value) {
    Reader reader{value};
    if (field == "a" && (value.size() == 22 || value.size() == 34)) {
        const auto flags = reader.take(1);
        state.here = flags & 1;
        state.reached = flags & 2;
        state.turn = static_cast<std::uint8_t>(reader.take(1));
        state.cell = static_cast<swarm::Cell>(reader.take(2));
        state.since_s = static_cast<std::uint32_t>(reader.take(4));
        state.expires_s = static_cast<std::uint32_t>(reader.take(4));
        state.stamp = static_cast<std::uint32_t>(reader.take(4));
        const auto who = reader.rest();
        state.at.ip = who.size() == 6 ? mapped() : Ip{};
        std::memcpy(state.at.ip.bytes.data() + (who.size() == 6 ? 12 : 0), who.data(),
                    who.size() - 2);
        state.at.port = static_cast<std::uint16_t>(Reader{who.substr(who.size() - 2)}.take(2));
    } else if (field == "h" && value.size() == 27) {
        auto& health = state.health;
        health.success = std::min(reader.take_float(), 1.0f);
        health.speed_kbps = reader.take_float();
        health.at_s = static_cast<std::uint32_t>(reader.take(4));
        for (auto& reporter : health.reporters)
            reporter = static_cast<std::uint16_t>(reader.take(2));
        health.latest = static_cast<std::uint16_t>(reader.take(1) % health.reporters.size());
        for (auto& harm : health.harms) {
            harm.song = static_cast<std::uint8_t>(reader.take(1));
            harm.by = static_cast<std::uint8_t>(reader.take(1));
        }
        health.harms_min = static_cast<std::uint16_t>(reader.take(2));
    } else if (field == "m" && value.size() == 4) {
        state.moved_s = static_cast<std::uint32_t>(reader.take(4));
    } else if (field == "f" && value.size() == 4) {
        state.failed_until_s = static_cast<std::uint32_t>(reader.take(4));
    } else if (number(field) && value.size() % sizeof(SongKey) == 0) {
        for (; !value.empty() && state.songs.size() < most_state_songs;
             value.remove_prefix(sizeof(SongKey))) {
            SongKey key;
            std::memcpy(key.data(), value.data(), key.size());
            state.songs.push_back(key);
        }
    }
}

std::string print_place(const Place& place) {
    return Printer{}.add(place.expires_s, 4).add(place.reached, 1).take();
}
std::optional<Place> parse_place(std::string_view value) {
    if (value.size() != 5) return {};
    Reader reader{value};
    const auto expires_s = static_cast<std::uint32_t>(reader.take(4));
    return Place{expires_s, reader.take(1) == 1};
}
std::optional<Ip> parse_field_ip(std::string_view field) {
    const auto who = parse_field(field);
    if (!who) return {};
    return who->at.ip;
}

}  // namespace stretto::redis

// The player for JavaScript: a browser made of imported functions, and exported calls. Texts and
// bytes are a pointer and a length; fields are lines "Name: value". worker.js is the other side.
#ifdef __wasm__

#include <memory>

#include "song/ladder.hpp"
#include "web/player.hpp"

// NOLINTBEGIN: names are those of JavaScript
#define IMPORT(name) extern "C" __attribute__((import_module("browser"), import_name(#name)))
#define EXPORT(name) extern "C" __attribute__((export_name(#name)))
// NOLINTEND

IMPORT(fetch)
void js_fetch(int number, const char* path, std::size_t, const char* fields, std::size_t);
IMPORT(cancel) void js_cancel(int number);
IMPORT(request)
void js_request(int number, const char* url, std::size_t, const char* token, std::size_t,
                const char* json, std::size_t);
IMPORT(verify)
void js_verify(int number, const char* points, std::size_t, const char* pass, std::size_t);
IMPORT(link)
void js_link(int link, const char* stun, std::size_t, const char* offer, std::size_t);
IMPORT(accept) void js_accept(int link, const char* answer, std::size_t);
IMPORT(send) void js_send(int link, const std::uint8_t* bytes, std::size_t);
IMPORT(unlink) void js_unlink(int link);
IMPORT(read) void js_read(int number, const char* path, std::size_t, bool use);
IMPORT(keep) void js_keep(const char* path, std::size_t, const std::uint8_t* bytes, std::size_t);
IMPORT(drop) void js_drop(const char* path, std::size_t);
IMPORT(open) void js_open(int rate);
IMPORT(play)
void js_play(int rate, int channels, double at, const float* samples, std::size_t count);
IMPORT(silence) void js_silence();
IMPORT(post) void js_post(const char* lines, std::size_t);
IMPORT(show) void js_show(const char* json, std::size_t);
IMPORT(random) std::uint32_t js_random();

namespace stretto::web {
namespace {

class JavaScript final : public Browser {
    void fetch(int number, const std::string& path, const Fields& fields) override {
        std::string lines;
        for (const auto& [name, value] : fields) lines += name + ": " + value + "\n";
        js_fetch(number, path.data(), path.size(), lines.data(), lines.size());
    }
    void cancel(int number) override { js_cancel(number); }
    void request(int number, const std::string& url, const std::string& token,
                 std::string_view json) override {
        js_request(number, url.data(), url.size(), token.data(), token.size(), json.data(),
                   json.size());
    }
    void verify(int number, const std::string& points, const std::string& pass) override {
        js_verify(number, points.data(), points.size(), pass.data(), pass.size());
    }
    void link(int link, const std::string& stun, std::string_view offer) override {
        js_link(link, stun.data(), stun.size(), offer.data(), offer.size());
    }
    void accept(int link, std::string_view answer) override {
        js_accept(link, answer.data(), answer.size());
    }
    void send(int link, BytesView message) override {
        js_send(link, message.data(), message.size());
    }
    void unlink(int link) override { js_unlink(link); }
    void read(int number, const std::string& path, bool use) override {
        js_read(number, path.data(), path.size(), use);
    }
    void keep(const std::string& path, BytesView bytes) override {
        js_keep(path.data(), path.size(), bytes.data(), bytes.size());
    }
    void drop(const std::string& path) override { js_drop(path.data(), path.size()); }
    void open(int rate) override { js_open(rate); }
    void play(const Block& block) override {
        js_play(block.rate, block.channels, static_cast<double>(block.at), block.samples.data(),
                block.samples.size());
    }
    void silence() override { js_silence(); }
    void post(std::string_view lines) override { js_post(lines.data(), lines.size()); }
    void show(std::string_view json) override { js_show(json.data(), json.size()); }
    std::uint32_t random() override { return js_random(); }
};

JavaScript javascript;
std::unique_ptr<Player> player;
Bytes scratch;

/// "Name: value" lines, as fetch gives a response's header.
Fields parse_fields(std::string_view lines) {
    Fields fields;
    while (!lines.empty()) {
        const auto line = lines.substr(0, lines.find('\n'));
        lines.remove_prefix(std::min(lines.size(), line.size() + 1));
        if (const auto colon = line.find(": "); colon != line.npos)
            fields.emplace_back(line.substr(0, colon), line.substr(colon + 2));
    }
    return fields;
}

}  // namespace

/// Room for the bytes of the next call.
EXPORT(room) std::uint8_t* room(std::size_t bytes) {
    scratch.resize(std::max(scratch.size(), bytes));
    return scratch.data();
}
/// @param lines  server, listener, network, tracker: one after the other, a line each; then the
/// edges, a line each
EXPORT(start) void start(const char* lines, std::size_t length, bool keeps, bool verifies) {
    std::string_view text{lines, length};
    Player::Options options;
    for (auto* to : {&options.server, &options.listener, &options.network, &options.tracker}) {
        *to = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), to->size() + 1));
    }
    while (!text.empty()) {
        const auto edge = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), edge.size() + 1));
        if (!edge.empty()) options.edges.emplace_back(edge);
    }
    if (options.network.ends_with("2g")) options.first_kbps = song::default_ladder[0];
    options.keeps = keeps;
    options.verifies = verifies;
    player = std::make_unique<Player>(javascript, options);
}
EXPORT(at) void at(double now_s, double utc_ms) {
    player->at(now_s, static_cast<std::int64_t>(utc_ms));
}
EXPORT(clock) void sound_clock(double frame, bool running) {
    player->clock(static_cast<std::int64_t>(frame), running);
}
EXPORT(kept) void kept(const char* path, std::size_t length, double bytes, double used_ms) {
    player->kept({path, length}, static_cast<std::uint64_t>(bytes),
                 static_cast<std::int64_t>(used_ms));
}
EXPORT(play) void play(const char* id, std::size_t length, double from_s) {
    player->play({id, length}, from_s);
}
EXPORT(next) void next(const char* id, std::size_t length) { player->next({id, length}); }
EXPORT(pause) void pause(bool paused) { player->pause(paused); }
EXPORT(seek) void seek(double at_s) { player->seek(at_s); }
EXPORT(wish) void wish(int least_kbps, int most_kbps) { player->wish(least_kbps, most_kbps); }
/// @param lines  kind of network, then SDP
EXPORT(share) void share(const char* lines, std::size_t length, bool wanted, bool save_data) {
    const std::string_view text{lines, length};
    const auto end = std::min(text.find('\n'), length);
    player->share({wanted, save_data, std::string{text.substr(0, end)},
                   std::string{text.substr(std::min(end + 1, length))}});
}
/// @param lines  token, id
EXPORT(token) void token(const char* lines, std::size_t length, int most_kbps) {
    const std::string_view text{lines, length};
    const auto end = std::min(text.find('\n'), length);
    player->token(std::string{text.substr(0, end)},
                  std::string{text.substr(std::min(end + 1, length))}, most_kbps);
}
EXPORT(stop) void stop() { player->stop(); }
EXPORT(head) void head(const char* lines, std::size_t length, int number, int status) {
    player->head(number, status, parse_fields({lines, length}));
}
EXPORT(data) void data(const std::uint8_t* bytes, std::size_t length, int number) {
    player->data(number, {bytes, length});
}
EXPORT(ended) void ended(int number) { player->ended(number); }
EXPORT(failed) void failed(int number) { player->failed(number); }
EXPORT(read) void read(const std::uint8_t* bytes, std::size_t length, int number) {
    player->read(number, BytesView{bytes, length});
}
EXPORT(lost) void lost(int number) { player->read(number, {}); }
/// @param bytes  fields in lines, of `head` bytes, then the body
EXPORT(answered)
void answered(const std::uint8_t* bytes, std::size_t length, int number, int status,
              std::size_t head) {
    const BytesView all{bytes, length};
    player->answered(number, status, all.subspan(head), parse_fields(as_text(all.first(head))));
}
/// @param text  header, of `head` bytes, and claims of a pass; empty: it is wrong
EXPORT(verified)
void verified(const char* text, std::size_t length, int number, std::size_t head) {
    const std::string_view all{text, length};
    player->verified(number, all.substr(0, head), all.substr(head));
}
EXPORT(described) void described(const char* sdp, std::size_t length, int link) {
    player->described(link, {sdp, length});
}
EXPORT(opened) void opened(int link) { player->opened(link); }
EXPORT(message) void message(const std::uint8_t* bytes, std::size_t length, int link) {
    player->message(link, {bytes, length});
}
EXPORT(drained) void drained(int link, double bytes) {
    player->drained(link, static_cast<std::uint64_t>(bytes));
}
EXPORT(closed) void closed(int link) { player->closed(link); }
EXPORT(posted) void posted(int status, double retry_after_ms) {
    player->posted(status, static_cast<std::int64_t>(retry_after_ms));
}
EXPORT(tick) double tick() { return player->tick(); }

}  // namespace stretto::web

#endif

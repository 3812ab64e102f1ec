#pragma once
// A browser that is a script: a store in memory behind a link of so many bytes in each second, on a
// virtual clock. It notes every order of the player, and all sound that the player schedules.
#include <algorithm>
#include <cstdio>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "web/player.hpp"

namespace stretto::web {

class Scripted final : public Browser {
   public:
    using Read = std::function<std::optional<Bytes>(const std::string& path)>;
    struct Link {
        std::function<double(double)> bytes_per_s;  ///< at a time
        double rtt_s = 0.05;
    };
    Scripted(Read read, Link link) : read_(std::move(read)), link_(std::move(link)) {}

    std::vector<std::string> orders;
    std::vector<std::string> shown;
    std::string posted;
    std::map<std::string, Bytes> kept;
    /// What the device plays, by frame: the last that was scheduled and not silenced.
    std::map<std::int64_t, std::pair<int, std::vector<float>>> sound;
    std::uint32_t seed = 1;
    bool broken = false;  ///< the server does not answer
    bool whole = false;   ///< it gives the whole file, whatever the range
    bool notes_sound = true;

    void fetch(int number, const std::string& path, const Fields& fields) override {
        std::string line = text("fetch ", number, " ", path);
        Transfer transfer;
        transfer.begins = now_ + link_.rtt_s;
        for (const auto& [name, value] : fields) {
            if (!name.starts_with("CMCD") && value != "max-age=31536000")
                line += text(" ", name, "=", value);
            if (name == "Range" && !whole)
                std::sscanf(value.c_str(), "bytes=%zu-%zu", &transfer.at, &transfer.last);
            if (name == "X-User-Bitrate") transfer.kbps = value;
        }
        note(line);
        auto target = path.substr(1);
        const auto first = target.find("/chunk_0.ogg");
        if (!transfer.kbps.empty() && first != target.npos)
            target.insert(first, "/" + transfer.kbps);
        auto body = broken ? std::nullopt : read_(target);
        transfer.status = broken ? 0 : !body ? 404 : transfer.last > 0 ? 206 : 200;
        if (body) transfer.body = std::move(*body);
        transfer.last = transfer.last > 0 ? transfer.last + 1 : transfer.body.size();
        transfer.size = transfer.body.size();
        transfers_[number] = std::move(transfer);
    }
    /// To the tracker; and what the connections of a browser do: noted, and done by the test.
    std::function<void(int number, const std::string& url, std::string_view json)> on_request;
    std::string shown_token;  ///< with the last request
    std::function<void(int link, const std::string& stun, std::string_view offer)> on_link;
    std::function<void(int link, std::string_view answer)> on_accept;
    std::function<void(int link, BytesView message)> on_send;
    std::function<void(int link)> on_unlink;
    void verify(int number, const std::string&, const std::string&) override {
        note(text("verify ", number));
    }
    void request(int number, const std::string& url, const std::string& token,
                 std::string_view json) override {
        shown_token = token;
        note(text("request ", number, " ", url, " ", json));
        if (on_request) on_request(number, url, json);
    }
    void link(int link, const std::string& stun, std::string_view offer) override {
        note(text("link ", link, offer.empty() ? " offers" : " answers"));
        if (on_link) on_link(link, stun, offer);
    }
    void accept(int link, std::string_view answer) override {
        note(text("accept ", link));
        if (on_accept) on_accept(link, answer);
    }
    void send(int link, BytesView message) override {
        if (on_send) on_send(link, message);
    }
    void unlink(int link) override {
        note(text("unlink ", link));
        if (on_unlink) on_unlink(link);
    }
    /// What is to be done on a later turn.
    std::vector<std::function<void(Player&)>> later;

    void cancel(int number) override {
        if (transfers_.erase(number) > 0) note(text("cancel ", number));
    }
    void read(int number, const std::string& path, bool) override {
        note(text("read ", number, " ", path));
        reads_.emplace_back(number, path);
    }
    void keep(const std::string& path, BytesView bytes) override {
        note(text("keep ", path, " ", bytes.size()));
        kept[path].assign(bytes.begin(), bytes.end());
    }
    void drop(const std::string& path) override {
        note("drop " + path);
        kept.erase(path);
    }
    void open(int rate) override {
        note(text("open ", rate));
        rate_ = rate;
        opened_ = now_;
    }
    void play(const Block& block) override {
        const auto channels = static_cast<std::size_t>(block.channels);
        note(text("play ", block.at, " ", block.samples.size() / channels));
        if (notes_sound)
            sound[block.at] = {block.channels, {block.samples.begin(), block.samples.end()}};
    }
    void silence() override {
        note("silence");
        // a block that sounds is cut
        const auto now = frame();
        sound.erase(sound.lower_bound(now), sound.end());
        if (sound.empty()) return;
        auto& [at, last] = *sound.rbegin();
        auto& [channels, samples] = last;
        const auto frames = samples.size() / static_cast<std::size_t>(channels);
        const auto left = std::min(frames, static_cast<std::size_t>(now - at));
        std::vector<float> cut;
        for (int c = 0; c < channels; ++c)
            cut.insert(
                cut.end(),
                samples.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(c) * frames),
                samples.begin() +
                    static_cast<std::ptrdiff_t>(static_cast<std::size_t>(c) * frames + left));
        samples = std::move(cut);
    }
    void post(std::string_view lines) override {
        posted += lines;
        posts_ = true;
    }
    void show(std::string_view json) override { shown.emplace_back(json); }
    std::uint32_t random() override { return seed = seed * 1664525 + 1013904223; }

    double now() const { return now_; }
    std::int64_t frame() const { return static_cast<std::int64_t>((now_ - opened_) * rate_ + 0.5); }

    /// Until `done`, or so many s more. @return whether it was done
    bool run(Player& player, double seconds, const std::function<bool()>& done) {
        constexpr double step_s = 0.01;
        const double end = now_ + seconds;
        while (!done()) {
            if (now_ >= end) return false;
            now_ += step_s;
            player.at(now_, 1'700'000'000'000 + static_cast<std::int64_t>(now_ * 1000 + 0.5));
            if (rate_ > 0) player.clock(frame(), true);
            for (const auto& [number, path] : std::exchange(reads_, {})) {
                const auto file = kept.find(path);
                if (file == kept.end())
                    player.read(number, {});
                else
                    player.read(number, Bytes{file->second});
            }
            if (std::exchange(posts_, false)) player.posted(202, 0);
            for (const auto& act : std::exchange(later, {})) act(player);
            carry(player, step_s);
            if (now_ >= due_) due_ = now_ + player.tick();
        }
        return true;
    }

    /// Interleaved, from the first frame that sounds to the last; a gap is zeros.
    std::vector<float> heard(int channels) const {
        std::vector<float> all;
        if (sound.empty()) return all;
        const auto begin = sound.begin()->first;
        for (const auto& [at, block] : sound) {
            const auto frames = block.second.size() / static_cast<std::size_t>(channels);
            const auto from = static_cast<std::size_t>(at - begin);
            all.resize(std::max(all.size(), (from + frames) * static_cast<std::size_t>(channels)));
            for (std::size_t i = 0; i < frames; ++i)
                for (std::size_t c = 0; c < static_cast<std::size_t>(channels); ++c)
                    all[(from + i) * static_cast<std::size_t>(channels) + c] =
                        block.second[c * frames + i];
        }
        return all;
    }

   private:
    struct Transfer {
        int status = 0;
        Bytes body;
        std::string kbps;
        std::size_t at = 0, last = 0, size = 0;
        double begins = 0;
        bool headed = false;
    };

    void note(std::string line) {
        char time[32];
        std::snprintf(time, sizeof time, "%.2f ", now_);
        orders.push_back(time + std::move(line));
    }

    /// All transfers share the link.
    void carry(Player& player, double step_s) {
        std::vector<int> open;
        for (auto& [number, t] : transfers_)
            if (t.begins <= now_) open.push_back(number);
        if (open.empty()) return;
        left_ += link_.bytes_per_s(now_) * step_s;
        const auto share = static_cast<std::size_t>(left_) / open.size();
        left_ -= static_cast<double>(share * open.size());
        for (const int number : open) {
            const auto found = transfers_.find(number);
            if (found == transfers_.end()) continue;
            auto& t = found->second;
            if (t.status == 0) {
                transfers_.erase(found);
                player.failed(number);
                continue;
            }
            if (!t.headed) {
                t.headed = true;
                Fields fields{{"x-cache", "HIT"}};
                if (!t.kbps.empty()) fields.emplace_back("x-bitrate", t.kbps);
                if (t.status == 206)
                    fields.emplace_back("content-range",
                                        text("bytes ", t.at, "-", t.last - 1, "/", t.size));
                player.head(number, t.status, fields);
                if (!transfers_.contains(number)) continue;
            }
            const auto now = std::min(share, t.last - t.at);
            if (now > 0) {
                t.at += now;
                const auto from = t.body.begin() + static_cast<std::ptrdiff_t>(t.at - now);
                player.data(number, Bytes{from, from + static_cast<std::ptrdiff_t>(now)});
            }
            const auto still = transfers_.find(number);
            if (still == transfers_.end() || still->second.at < still->second.last) continue;
            transfers_.erase(still);
            player.ended(number);
        }
    }

    Read read_;
    Link link_;
    std::map<int, Transfer> transfers_;
    std::vector<std::pair<int, std::string>> reads_;
    double now_ = 0, due_ = 0, left_ = 0, opened_ = 0;
    int rate_ = 0;
    bool posts_ = false;
};

}  // namespace stretto::web

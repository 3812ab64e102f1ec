#pragma once
// A listener that plays a song, and skips it or not, as listen::Download and listen::Player do.
#include "play/session.hpp"
#include "sim/crowd_client.hpp"

namespace stretto::sim {

/// What is heard of what comes: sound, stalls, the playhead; s since the play began.
class Ears {
   public:
    explicit Ears(double song_s) : song_s_(song_s) {}
    /// There is audio till `audio_s`, which may be less than before, of what was not heard yet.
    void audio(double now, double audio_s, const play::Session::Options& rules);
    void advance(double now);
    double playhead() const { return playhead_; }
    double buffer() const { return audio_ - playhead_; }
    bool playing() const { return playing_; }
    bool started() const { return sound_at_ >= 0; }
    double sound_at() const { return sound_at_; }
    double stalled_s() const { return stalled_s_; }
    int stalls() const { return stalls_; }

   private:
    double song_s_, now_ = 0, audio_ = 0, playhead_ = 0, sound_at_ = -1, stalled_s_ = 0;
    int stalls_ = 0;
    bool playing_ = false;
};

class CrowdPlayer final : public CrowdClient {
   public:
    CrowdPlayer(CrowdState& crowd, std::uint32_t listener, std::uint32_t song, int highest);
    ~CrowdPlayer() override;
    void pump() override;

   private:
    void on_bytes(int number, Request& request, std::uint32_t bytes) override;
    void on_end(int number, Request& request) override;
    void on_fault(int number, Request& request, gather::Fault fault) override;
    void have_changed(int, int) override {}
    void on_found();
    void on_time();
    void sleep();

    void act();
    play::Session::Heard heard() const;
    play::Session::Offer offer();
    void order(const play::Session::Want& want);
    bool from_kept(const play::Session::Want& want);
    void whole();
    void cancel();
    void hear();

    void pump_pieces();
    bool able(const Link& link) const;
    void take_pieces(int number, Request& request);

    double at() const { return now_s() - outcome_.began_s; }

    play::Session::Options options_;
    std::unique_ptr<abr::Policy> policy_;
    play::Session session_;
    Ears ears_;
    double until_s_;  // of the song, when it is skipped
    bool found_ = false, poll_best_ = false;
    int requests_made_ = 0;
    std::optional<play::Session::Want> want_;
    int request_ = -1;  // of the edge, for what is wanted
    int early_ = -1;    // rendition of chunk 0, asked for before anything was known
    std::unique_ptr<gather::Picker> pieces_;     // of what is wanted from peers
    std::map<int, std::pair<int, int>> orders_;  // by request: the picker's order, its next piece
    int passed_ = 0;
    Millis due_ = 0;
};

}  // namespace stretto::sim

#pragma once
// Plays a song: fetches the wants of a Session from the cache, from peers or from an edge, and
// plays bytes while they arrive.
#include <deque>
#include <set>

#include "gather/budget.hpp"
#include "gather/conductor.hpp"

namespace stretto::gather {

class Listening final : public Conductor {
   public:
    struct Wish {
        int least_kbps = 0, most_kbps = 1'000'000;  ///< renditions to use
        play::Session::Options session;             ///< lowest and highest aside
    };
    /// @param policy  outlives this
    Listening(Edges& edges, const Options& options, abr::Policy& policy, const Wish& wish);

    double due(double now) const override;
    void checked(int rendition, int chunk, bool right, double now) override;
    void lost(int rendition, int chunk, double now) override;
    void decoded(const Pass& pass, std::optional<std::int64_t> audio, double now) override;
    void seek(std::int64_t sample);

    /// The whole song has arrived.
    bool complete() const { return session_ && session_->complete(); }
    const play::Session& session() const { return *session_; }
    int lowest() const noexcept { return wish_.session.lowest; }
    int highest() const noexcept { return wish_.session.highest; }

   private:
    /// A chunk whose end alone was played: the bytes before it are worth fetching later.
    struct Tail {
        int rendition = 0, chunk = 0, tries = 0;
    };

    void on_found(double now) override;
    void look(double now) override;
    bool needed() const override;
    void on_received(Transfer& transfer, std::uint32_t bytes, double now) override;
    void on_piece(Transfer& transfer, int piece, double now) override;
    void on_ended(Transfer& transfer, double now) override;
    void on_failed(Transfer& transfer, const Failure& failure, double now) override;
    void on_index(int rendition, double now) override;
    void on_mistaken(Transfer& transfer, double now) override;
    void on_peers(double) override {}

    void adopt_early(double now);
    play::Session::Offer offer(double now);
    double lost_to_peers(double now) const;
    void settle_waiting(bool waits, double now);
    double most() const;
    void order(const play::Session::Orders& orders, double now);
    void of_peers(const play::Session::Want& want, double now);
    void of_edge(const play::Session::Want& want, int edge, double now);
    void pass(Transfer& transfer);
    void know_headers(int rendition, bool here);
    static std::uint32_t begin_of(const Ask& ask) { return ask.makes_headers ? 0 : ask.begin; }
    void pass_pieces(Batch& batch);
    void tell_picker(Batch& batch, double now);
    void pump_peers(Batch& batch, double now);
    void drop_want(double now);
    void drop_batch(std::unique_ptr<Batch>& batch, double now);
    void want_failed(Transfer& transfer, const Failure& failure, double now);
    void want_ended(double now);
    void note_bytes(int rendition, int chunk, std::uint32_t begin, std::uint32_t stop);
    void forget(std::pair<int, int> key);
    void next_index(double now);
    void complete_tail(double now);
    std::uint32_t spare_bytes() const;
    void pause_tail(double now);
    void tail_failed(double now);
    std::int64_t used() const;
    double in_hand() const;
    bool current(const Transfer& transfer) const { return transfer.ask.number == want_; }

    abr::Policy& policy_;
    Wish wish_;
    std::optional<play::Session> session_;
    std::vector<bool> headers_, indexed_;  // by rendition; known, or unavailable
    std::vector<bool> odd_;  // by rendition: a chunk was wrong with headers that were made
    std::set<std::pair<int, int>> made_;  // the chunks that have such headers
    play::Session::Part part_;
    int want_ = -1;             // the request for the current want, to an edge or the cache
    std::uint32_t passed_ = 0;  // bytes of it that were passed to the decoder
    std::unique_ptr<Batch> peers_want_, peers_tail_;
    std::uint32_t peers_passed_ = 0;
    bool begun_ = false;  // its part was announced
    int header_ = -1, index_ = -1, tail_request_ = -1;
    std::map<std::pair<int, int>, Spans> spans_;  // by (rendition, chunk): received bytes
    std::deque<std::pair<int, int>> spans_age_;   // the oldest first
    std::deque<Tail> tails_;
    std::optional<Tail> tail_;                  // being completed
    std::map<std::pair<int, int>, int> giver_;  // the single edge that sent all bytes, or -1
    double needs_ = 0;                          // bytes/s of the highest rendition to use
    double edge_from_ = 0;  // share of the song heard, before the rest of tails is asked of an edge
    int last_rendition_ = -1;
    bool poll_best_ = false;
    bool helped_ = false;  // an edge had to help with the last request to peers
    Budget budget_;
    double waiting_since_ = -1;                // for peers, with nothing under way
    std::map<int, std::vector<int>> missing_;  // rendition -> edges that do not have it
};

}  // namespace stretto::gather

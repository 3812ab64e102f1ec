#pragma once
// Fetches a whole song for a file: all chunks of one rendition, rare ones first or in order.
#include "gather/conductor.hpp"

namespace stretto::gather {

class Fetching final : public Conductor {
   public:
    struct Wish {
        int kbps = 320;            ///< the highest rendition to take
        bool in_order = false;     ///< instead of rare chunks first
        bool peers_first = false;  ///< the edge only while peers send less than twice the bitrate
        bool index = false;        ///< the song is complete only with its index
        std::uint32_t seed = 0;
    };
    Fetching(Edges& edges, const Options& options, const Wish& wish);

    double due(double now) const override;
    bool eager(double now) const override;
    void checked(int rendition, int chunk, bool right, double now) override;
    void lost(int rendition, int chunk, double now) override;
    void spare_edges() override;

    int rendition() const noexcept { return rendition_; }
    /// All chunks are delivered.
    bool complete() const {
        return found() && delivered_ == shape().chunks() && (divided_ || !wish_.index);
    }

   private:
    void on_found(double now) override;
    void look(double now) override;
    bool needed() const override { return true; }
    void on_received(Transfer& transfer, std::uint32_t bytes, double now) override;
    void on_piece(Transfer& transfer, int piece, double now) override;
    void on_ended(Transfer& transfer, double now) override;
    void on_failed(Transfer& transfer, const Failure& failure, double now) override;
    void on_index(int rendition, double now) override;
    void on_mistaken(Transfer& transfer, double now) override;
    void on_peers(double now) override;

    double enough_of_peers() const;
    void adopt_early(double now);
    void ask_index(double now);
    void deliver();
    Picker& picker() { return batch_->picker; }

    Wish wish_;
    int rendition_ = 0;
    std::unique_ptr<Batch> batch_;
    std::vector<bool> ready_;  // verified chunks
    int delivered_ = 0;
    bool divided_ = false;      // the index is known
    std::map<int, int> whole_;  // chunks without pieces -> the edge that sent them
    int index_ = -1, index_tries_ = 0;
    double index_not_before_ = 0;
};

}  // namespace stretto::gather

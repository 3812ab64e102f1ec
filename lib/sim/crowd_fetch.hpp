#pragma once
// A listener that fetches a song whole, chunks in any order, as listen::Loader does.
#include "sim/crowd_client.hpp"

namespace stretto::sim {

class CrowdFetch final : public CrowdClient {
   public:
    CrowdFetch(CrowdState& crowd, std::uint32_t listener, std::uint32_t song, int rendition);
    void pump() override;

   private:
    void on_bytes(int number, Request& request, std::uint32_t bytes) override;
    void on_end(int number, Request& request) override;
    void on_fault(int number, Request& request, gather::Fault fault) override;
    void have_changed(int link, int rendition) override;
    void on_tracker();
    void on_index();
    void tick();
    void order(const gather::Order& wanted);
    void take_pieces(int number, Request& request);

    int rendition_;
    const std::vector<std::uint32_t>& bytes_;
    const std::vector<std::vector<std::uint32_t>>& starts_;
    std::unique_ptr<gather::Picker> picker_;
    std::map<int, int> next_piece_;  // by order
    bool divided_ = false;
};

}  // namespace stretto::sim

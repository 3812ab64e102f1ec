#pragma once
// Transfers as fluids: each runs through the sender's way up and the receiver's way down, and
// shares both with whoever else is there. Nothing of packets but TCP's slow start.
#include <cstdint>
#include <vector>

namespace stretto::sim {

class Flows {
   public:
    /// Bytes that came of a flow within a step.
    struct Came {
        int flow = 0;
        std::uint64_t user = 0;  ///< what start() was told
        std::uint32_t bytes = 0;
    };

    /// @return its number, from 0
    int add_pipe(double bytes_per_s);

    struct Start {
        int from = 0, to = 0;
        double rtt_s = 0;        ///< the window doubles in each
        double delay_s = 0;      ///< of the next step, that pass before the first byte
        double window_rate = 0;  ///< bytes/s, of a connection that was in use just now
        std::uint64_t user = 0;
    };
    /// @param rtt_s   its window doubles in each
    /// @param delay_s of the next step, that pass before its first byte
    int start(const Start& how);
    /// @return its window_rate by now
    double stop(int flow);
    bool idle() const noexcept { return running_.empty(); }

    /// Let all run for so long. Rates are max-min fair to a few percent: shares of what is left are
    /// given out four times over. No pipe carries more than it can.
    void step(double seconds, std::vector<Came>& came);

   private:
    struct Pipe {
        double bytes_per_s = 0;
        double left = 0;  // of this step's rate
        int open = 0;     // flows that may still get more
    };
    struct Flow {
        int from = 0, to = 0;
        double rate = 0, more = 0;
        double window_rate = 0, growth = 1;  // bytes/s; its factor a step
        double fraction = 0;                 // of a byte
        double rtt_s = 0, delay_s = 0;
        std::uint64_t user = 0;
        std::size_t place = 0;  // in running_
    };
    void share();
    void give(std::vector<int>& open);

    std::vector<Pipe> pipes_;
    std::vector<Flow> flows_;
    std::vector<int> free_, running_, open_;
    double step_s_ = 0;
};

}  // namespace stretto::sim

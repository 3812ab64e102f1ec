#pragma once
// Transfers as fluids. Each one passes the sender's uplink and the receiver's downlink, and shares
// both with all other transfers there. TCP's slow start and the rate that losses allow are the only
// effects of packets.
#include <cstdint>
#include <vector>

namespace stretto::sim {

class Flows {
   public:
    /// Bytes of a flow that arrived within a step.
    struct Came {
        int flow = 0;
        std::uint64_t user = 0;  ///< as given to start()
        std::uint32_t bytes = 0;
    };
    /// Bytes that arrived in earlier steps and were not reported.
    struct Held {
        std::uint32_t bytes = 0;
        std::uint64_t step = 0;  ///< the last one that brought some
    };

    /// @return its number, from 0
    int add_pipe(double bytes_per_s);

    struct Start {
        int from = 0, to = 0;
        double rtt_s = 0;        ///< the window doubles in each
        double delay_s = 0;      ///< of the next step, that pass before the first byte
        double window_rate = 0;  ///< bytes/s, of a connection that was in use just now
        std::uint64_t user = 0;
        double loss = 0;  ///< share of packets
    };
    /// @param rtt_s   its window doubles in each
    /// @param delay_s of the next step, that pass before its first byte
    int start(const Start& how);
    /// @return its window_rate by now
    double stop(int flow);
    /// Do not report its bytes before so many have arrived. Most bytes of a crowd decide nothing.
    void quiet(int flow, std::uint32_t bytes) { at(flow).quiet = bytes; }
    /// Whether to report all bytes from this pipe from now on.
    void report_all(int pipe, bool all) { pipes_[static_cast<std::size_t>(pipe)].loud = all; }
    /// What was held back. While the results of a step are handled in their order, that is without
    /// the bytes of this step that come later in this order.
    /// @param handled  results of the last step that were handled, including the one at hand
    Held take_held(int flow, std::size_t handled);
    std::uint64_t steps() const noexcept { return steps_; }
    bool idle() const noexcept { return running_.empty(); }

    /// Advance all flows by this time. Rates are max-min fair to a few percent: four rounds divide
    /// the remaining capacity. No pipe exceeds its capacity.
    void step(double seconds, std::vector<Came>& came);

   private:
    struct Pipe {
        double bytes_per_s = 0;
        double left = 0;  // of this step's rate
        int open = 0;     // flows that may still get more
        bool loud = false;
    };
    struct Flow {
        int from = 0, to = 0;
        double rate = 0, more = 0;
        double window_rate = 0, growth = 1;  // bytes/s; its factor a step
        double most_rate = 0;                // bytes/s, by losses
        double fraction = 0;                 // of a byte
        double rtt_s = 0, delay_s = 0;
        std::uint64_t user = 0;
        std::size_t place = 0;                          // in running_
        std::uint32_t quiet = 0, held = 0, newest = 0;  // bytes; held before the last step; in it
        std::uint64_t held_step = 0, newest_step = 0;
        std::size_t newest_at = 0;  // results of that step before it
    };
    Flow& at(int flow) { return flows_[static_cast<std::size_t>(flow)]; }
    static void settle(Flow& flow);
    void share();
    void give(std::vector<int>& open);

    std::vector<Pipe> pipes_;
    std::vector<Flow> flows_;
    std::vector<int> free_, running_, open_;
    double step_s_ = 0;
    std::uint64_t steps_ = 0;
};

}  // namespace stretto::sim

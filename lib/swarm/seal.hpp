#pragma once
// A keyed function from a peer and a network to a tag, which makes tickets hard to forge.
#include <cstdint>
#include <span>

#include "swarm/endpoint.hpp"
#include "swarm/lookup.hpp"

namespace stretto::swarm {

class Seal {
   public:
    struct Block {
        std::uint64_t peer = 0;
        Network reporter = 0;
    };
    virtual ~Seal() = default;
    /// A tag for each block, under a key of this hour.
    virtual void tags(std::uint64_t hour, std::span<const Block> blocks,
                      std::span<std::uint64_t> tags) = 0;
};

/// For simulations and tests without forgers: enough tags reveal the seed.
class PlainSeal final : public Seal {
   public:
    explicit PlainSeal(std::uint64_t seed) noexcept : hash_(seed) {}
    void tags(std::uint64_t hour, std::span<const Block> blocks,
              std::span<std::uint64_t> tags) override {
        for (std::size_t i = 0; i < blocks.size(); ++i)
            tags[i] = hash_(hash_(blocks[i].peer, blocks[i].reporter), hour);
    }

   private:
    Hash hash_;
};

}  // namespace stretto::swarm

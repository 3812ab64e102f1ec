#pragma once
// The folder beside an output that holds verified chunks until the output is complete, so that the
// next run continues what an interrupted one has begun.
#include <filesystem>

#include "base/file.hpp"

namespace stretto::store {

class Partial {
   public:
    /// Takes the folder, or creates it; no other program has it while we live. An Error: 75 when
    /// another program has it, 73 when something else is there: neither a cache nor empty.
    explicit Partial(std::filesystem::path folder);

    const std::filesystem::path& folder() const noexcept { return folder_; }
    /// Remove it, but nothing that is not a cache's.
    void remove();

   private:
    std::filesystem::path folder_;
    File lock_;
};

}  // namespace stretto::store

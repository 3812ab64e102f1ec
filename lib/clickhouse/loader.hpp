#pragma once
// Loads files of events into a database.
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "clickhouse/engine.hpp"
#include "clickhouse/statements.hpp"
#include "report/ahead.hpp"

namespace stretto::clickhouse {

/// What became of a file.
struct Loaded {
    std::string name;
    std::int64_t events = 0;    ///< sent to the engine now
    std::int64_t before = 0;    ///< lines that an earlier run had loaded
    std::int64_t skipped = 0;   ///< torn lines and lines of no known form
    std::int64_t requests = 0;  ///< lines of access logs, which are not loaded
};

/// The engine recognizes a line by its session and number, so a line may be sent any number of
/// times, by any number of loaders. After the lines the engine is told how far each file was
/// loaded; another run goes on there.
class Loader {
   public:
    using Done = std::function<void(const Loaded&)>;
    /// @param start_s  seconds since 1970: of lines of a session, earlier loads come first
    /// @param done     called for each file when its lines are stored
    Loader(Engine& engine, std::uint32_t start_s, Done done);

    /// Load a file, or standard input ("-"), of which a part may stay here until finish().
    /// @return why it is bad; empty: it is not
    std::string load(const std::string& name);
    void finish() { flush(); }

    /// Lines are sent when there are so many, or so many bytes for a shard.
    static constexpr std::size_t batch_lines = 200'000, batch_bytes = 32 << 20;

   private:
    class File;
    void add(const events::Event& event);
    bool full() const noexcept;
    void flush();

    Engine& engine_;
    std::uint64_t position_;
    Done done_;
    std::vector<Bytes> batches_;  // a shard each
    std::size_t lines_ = 0;       // in these
    std::vector<Progress> progress_;
    std::vector<Loaded> loaded_;
};

/// The sum of a file's first lines: after each 8,192 lines SHA-256 of the sum before and of these
/// lines.
class LineSum {
   public:
    void add(std::string_view line);
    std::uint64_t lines() const noexcept { return lines_; }
    /// Whether sum() may be called and lines be added after it.
    bool at_boundary() const noexcept { return lines_ % block_lines == 0; }
    /// Unless at a boundary, the last call.
    std::string sum();

   private:
    static constexpr std::uint64_t block_lines = 8192;
    std::uint64_t lines_ = 0;
    Digest before_{};
    Sha256 block_ = begun(before_);
    static Sha256 begun(const Digest& before);
};

}  // namespace stretto::clickhouse

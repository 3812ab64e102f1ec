#pragma once
// The lines of files, folders and standard input, packed by gzip, xz or zstd, or not.
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"

namespace stretto::report {

/// Folders become the *.jsonl, *.json and *.log in them, packed (.gz, .xz, .zst) and rotated
/// (.log.1) too, by name; a name with * ? [ that is no file becomes the files that it means. An
/// Error (66) for one that means none.
std::vector<std::string> expand(const std::vector<std::string>& names);

/// Longer lines are not read. A partial session of 4,096 chunks from 256 servers has 200 kB.
constexpr std::size_t most_line_bytes = 512 << 10;

/// What of a file was read behind its last line feed.
struct Unfinished {
    std::string begun;
    bool skipping = false;  ///< within a line that is too long to be read
};
using TakeLine = std::function<void(std::string_view line, bool whole)>;
/// Each line of all that `read` gives now, until it gives 0, as each_line() does.
/// @param last  there is no more: what is unfinished is a line too
void each_line(const std::function<std::size_t(char* to, std::size_t most)>& read, Unfinished& left,
               bool last, const TakeLine& take);

/// Is it packed by gzip, xz or zstd, by a file's first bytes?
bool is_packed(BytesView head);

/// The bytes of a file, unpacked if need be. Its first bytes say how, whatever its name is; pipes
/// too. "-" is standard input.
class Input {
   public:
    explicit Input(const std::string& name);
    ~Input();
    /// Up to `most` bytes; 0 at the end. An Error (74) when reading fails.
    std::size_t read(char* to, std::size_t most);
    /// Why not all was read: packed data end early or are damaged, which loses what is behind;
    /// empty: all was.
    const std::string& broken() const noexcept;

   private:
    class Stream;
    std::unique_ptr<Stream> stream_;
};

/// Each line without its line feed, with events::Reader::padding readable bytes behind it.
/// @param take  whole: false for a line too long to be read, of which this is the beginning
/// @return      see Input::broken()
std::string each_line(const std::string& name, const TakeLine& take);

}  // namespace stretto::report

#pragma once
// The lines of files, folders and standard input, plain or compressed by gzip, xz or zstd.
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"

namespace stretto::report {

/// Expand folders and patterns to file names. A folder yields its *.jsonl, *.json and *.log files,
/// including compressed (.gz, .xz, .zst) and rotated (.log.1) ones, sorted by name. A name with
/// * ? [ that is not a file is a pattern. Throws an Error (66) for a name that matches no file, and
/// one (74) for a part of a folder that cannot be read, unless `unread` takes it. Links to folders
/// are not followed; links that lead nowhere are no files.
using Unread = std::function<void(const std::string& name, const Error& why)>;
std::vector<std::string> expand(const std::vector<std::string>& names, const Unread& unread = {});

/// Longer lines are skipped. A partial session of 4,096 chunks from 256 servers has 200 kB.
constexpr std::size_t most_line_bytes = 512 << 10;

/// The incomplete line at the end of the bytes read so far.
struct Unfinished {
    std::string begun;
    bool skipping = false;  ///< the line is too long; skip it to its end
};
using TakeLine = std::function<void(std::string_view line, bool whole)>;
/// Pass each line to `take`, as each_line(name) does, until `read` returns 0.
/// @param read  writes up to `most` bytes to `to`, and returns their number
/// @param left  the incomplete line, kept between calls
/// @param last  no more bytes will follow, so pass the incomplete line too
void each_line(const std::function<std::size_t(char* to, std::size_t most)>& read, Unfinished& left,
               bool last, const TakeLine& take);

/// Whether these first bytes of a file are those of gzip, xz or zstd.
bool is_packed(BytesView head);

/// Reads a file, a pipe, or standard input ("-"), and decompresses it if necessary. The first bytes
/// determine the compression, not the name.
class Input {
   public:
    explicit Input(const std::string& name);
    ~Input();
    /// Read up to `most` bytes. @return their number; 0 at the end. Throws an Error (74) if reading
    /// fails.
    std::size_t read(char* to, std::size_t most);
    /// Why the rest of the file was not read: the compressed data are truncated or damaged. Empty
    /// if all was read.
    const std::string& broken() const noexcept;

   private:
    class Stream;
    std::unique_ptr<Stream> stream_;
};

/// Pass each line of a file to `take`, without its line feed. events::Reader::padding bytes after
/// the line are readable.
/// @param take  called with `whole` false for a line that is too long, with its beginning
/// @return      see Input::broken()
std::string each_line(const std::string& name, const TakeLine& take);

}  // namespace stretto::report

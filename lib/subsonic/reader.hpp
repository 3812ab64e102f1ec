#pragma once
// Reads the upstream server's list of songs, page by page, and again and again.
#include <memory>
#include <string>

#include "http/ask.hpp"
#include "net/loop.hpp"
#include "subsonic/library.hpp"

namespace stretto::subsonic {

class Reader {
   public:
    /// @param every  pause between the end of one reading and the next; longer for a list that
    /// takes
    ///               long to read
    Reader(net::Loop& loop, http::Upstream& upstream, std::chrono::seconds every);

    /// nullptr: it was not read yet.
    const std::shared_ptr<const Library>& library() const noexcept { return library_; }
    /// Why the last reading failed; empty: it did not.
    const std::string& trouble() const noexcept { return trouble_; }

   private:
    void begin();
    void ask();
    void take(const http::Whole& answer);
    void fail(std::string why);
    void finish();

    net::Loop& loop_;
    http::Upstream& upstream_;
    std::chrono::milliseconds every_;
    net::Timer again_;
    std::shared_ptr<const Library> library_;
    std::unique_ptr<LibraryBuilder> builder_;
    bool albums_ = true;  // first albums, then songs
    std::string after_, trouble_;
    std::uint64_t began_ms_ = 0;
    int failures_ = 0, pages_ = 0;
};

}  // namespace stretto::subsonic

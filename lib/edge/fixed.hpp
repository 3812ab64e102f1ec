#pragma once
// Bytes that stay the same while a server runs, and how they are sent: as they are, or by gzip.
#include <string>
#include <string_view>

#include "http/server.hpp"

namespace stretto::edge {

class Fixed {
   public:
    /// @param fields  of each response, printed; others are added to them
    /// @param bytes   live as long as the program, as `gzip` does
    /// @param gzip    the same compressed; empty: they are compressed here
    Fixed(std::string_view type, std::string_view fields, std::string_view bytes,
          std::string_view gzip);
    /// Of bytes that are copied.
    Fixed(std::string_view type, std::string_view fields, const std::string& bytes);

    /// Answers GET and HEAD with 200, 304 or 412. There are no ranges.
    void send(const http::Request& request, const http::Reply& reply) const;

   private:
    /// A representation: each has its own strong tag (RFC 9110 8.8.3).
    struct Coded {
        explicit Coded(http::Slice bytes);
        http::Slice slice;
        std::string etag, of_content;
    };
    std::string fields_, type_;
    Coded plain_, gzip_;
};

}  // namespace stretto::edge

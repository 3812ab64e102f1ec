#pragma once
// The answers of S3 that are XML: lists of objects, and errors.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace stretto::s3 {

struct Object {
    std::string key, tag;  ///< the tag with its quotes
    std::int64_t bytes = 0;
    std::int64_t changed_s = 0;  ///< since 1970
    bool operator==(const Object&) const = default;
};

/// A page of ListObjectsV2, asked for with encoding-type=url.
struct ListPage {
    std::vector<Object> objects;
    std::vector<std::string> prefixes;  ///< that end with the delimiter
    std::string next;                   ///< asks for the next page; empty: this is the last
};
Result<ListPage> parse_list(std::string_view xml);

struct Refusal {
    std::string code;     ///< "SlowDown"; empty: the answer is no error of S3
    std::string message;  ///< for people, printable
};
Refusal parse_error(std::string_view xml);

}  // namespace stretto::s3

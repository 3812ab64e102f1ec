#pragma once
// What people write about buckets: s3://bucket/prefix, and the files of AWS.
#include <map>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace stretto::s3 {

/// "s3://bucket/prefix"
bool is_location(std::string_view text);

struct Location {
    std::string bucket, prefix;  ///< "music", and "a/b" or nothing
    bool operator==(const Location&) const = default;
};
Result<Location> parse_location(std::string_view text);

/// An AWS file: its sections ("default", "profile x") and their keys. Lines of no known form are
/// passed over, and so are indented ones, which belong to settings of other programs.
using Profiles = std::map<std::string, std::map<std::string, std::string>>;
Profiles parse_profiles(std::string_view text);

}  // namespace stretto::s3

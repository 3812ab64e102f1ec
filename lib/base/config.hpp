#pragma once
// Configuration files of servers: TOML, https://toml.io/en/v1.0.0. Keys are long options.
#include <string>
#include <string_view>
#include <vector>

namespace stretto {

struct Setting {
    std::string name;                 ///< of the option, without dashes
    std::vector<std::string> values;  ///< as on the command line; more than one only from a list
    unsigned line = 0;                ///< from 1
};

/// @param file  named in errors
/// @throws Error (78): not TOML, a table, or a value that is no string, number, boolean or list
std::vector<Setting> parse_config(std::string_view toml, const std::string& file);

/// A value as TOML: a number or a string that parse_config() reads as this text again.
std::string toml_value(std::string_view text);

}  // namespace stretto

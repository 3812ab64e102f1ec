#pragma once
// Addresses that people give to a program: checked when it starts, not when a request fails.
#include <string>
#include <string_view>

namespace stretto::http {

/// Whether an http or https URL is meant, rather than a file: it begins so, in any case.
bool is_url(std::string_view text) noexcept;

/// The URL of one thing, with its scheme in lower case. An Error (64) if it is no http or https URL
/// with a host and a port that can be connected to.
std::string check_url(const std::string& url);

/// The same of a server, to which paths are appended: without query and fragment.
std::string check_server(const std::string& url);

}  // namespace stretto::http

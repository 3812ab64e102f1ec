#pragma once
// libcurl's objects and codes, for the files that use it.
#include <curl/curl.h>

#include <memory>

#include "base/error.hpp"
#include "base/own.hpp"

namespace stretto::http {

using Easy = std::unique_ptr<CURL, Freed<curl_easy_cleanup>>;
using Lines = std::unique_ptr<curl_slist, Freed<curl_slist_free_all>>;
using Url = std::unique_ptr<CURLU, Freed<curl_url_cleanup>>;

inline void check(CURLcode code, const char* what) {
    if (code != CURLE_OK) throw Error{EX_SOFTWARE, text(what, ": ", curl_easy_strerror(code))};
}
inline void check(CURLMcode code, const char* what) {
    if (code != CURLM_OK) throw Error{EX_SOFTWARE, text(what, ": ", curl_multi_strerror(code))};
}

template <class T>
void set(CURL* easy, CURLoption option, T value) {
    check(curl_easy_setopt(easy, option, value), "curl_easy_setopt");
}
template <class T>
void set(CURLM* multi, CURLMoption option, T value) {
    check(curl_multi_setopt(multi, option, value), "curl_multi_setopt");
}

}  // namespace stretto::http

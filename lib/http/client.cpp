#include "http/client.hpp"

#include <curl/curl.h>

#include "base/error.hpp"

namespace stretto::http {
namespace {

void check(CURLcode code, const char* what) {
    if (code != CURLE_OK) throw Error{EX_SOFTWARE, text(what, ": ", curl_easy_strerror(code))};
}

struct Body {
    CURL* easy;
    Bytes bytes;
    std::size_t most;
};

std::size_t take(char* data, std::size_t, std::size_t n, void* to) noexcept {
    auto& body = *static_cast<Body*>(to);
    long status = 0;
    if (curl_easy_getinfo(body.easy, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK) return 0;
    if (status != 200) return n;  // what a server says beside an error is for browsers
    if (n > body.most - body.bytes.size()) return 0;
    append(body.bytes, {reinterpret_cast<const std::uint8_t*>(data), n});
    return n;
}

template <class T>
void set(CURL* easy, CURLoption option, T value) {
    check(curl_easy_setopt(easy, option, value), "curl_easy_setopt");
}

}  // namespace

Client::Client() {
    check(curl_global_init(CURL_GLOBAL_DEFAULT), "curl_global_init");
    easy_.reset(curl_easy_init());
    if (!easy_) throw Error{EX_SOFTWARE, "curl_easy_init failed"};
    CURL* easy = easy_.get();
    set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    set(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    set(easy, CURLOPT_FOLLOWLOCATION, 1L);
    set(easy, CURLOPT_MAXREDIRS, 3L);
    set(easy, CURLOPT_NOSIGNAL, 1L);
    set(easy, CURLOPT_CONNECTTIMEOUT_MS, 5000L);
    set(easy, CURLOPT_LOW_SPEED_LIMIT, 100L);  // bytes/s: a link below this carries no song
    set(easy, CURLOPT_LOW_SPEED_TIME, 15L);
    set(easy, CURLOPT_ACCEPT_ENCODING, "");
    set(easy, CURLOPT_USERAGENT, "stretto");
    set(easy, CURLOPT_WRITEFUNCTION, take);
}

Answer Client::get(const std::string& url, std::size_t most) {
    Body body{easy_.get(), {}, most};
    set(easy_.get(), CURLOPT_URL, url.c_str());
    set(easy_.get(), CURLOPT_WRITEDATA, &body);
    const CURLcode code = curl_easy_perform(easy_.get());
    Answer answer;
    if (code != CURLE_OK) {
        answer.why = curl_easy_strerror(code);
        answer.again = code != CURLE_URL_MALFORMAT && code != CURLE_UNSUPPORTED_PROTOCOL &&
                       code != CURLE_WRITE_ERROR && code != CURLE_TOO_MANY_REDIRECTS;
        return answer;
    }
    long status = 0;
    check(curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status), "curl_easy_getinfo");
    answer.status = static_cast<int>(status);
    answer.body = std::move(body.bytes);
    answer.again = status == 408 || status == 429 || status >= 500;
    if (status != 200) answer.why = text("HTTP status ", status);
    return answer;
}

}  // namespace stretto::http

#pragma once
// HTTP requests through libcurl, one at a time on one kept-alive connection.
#include <memory>
#include <string>

#include "base/bytes.hpp"
#include "base/own.hpp"

extern "C" void curl_easy_cleanup(void*);

namespace stretto::http {

struct Answer {
    int status = 0;  ///< 0: no answer came; `why` says what happened
    Bytes body;
    std::string why;
    bool again = false;  ///< another try may help: no connection, a timeout, a body cut short, 408,
                         ///< 429 or 5xx
};

class Client {
   public:
    Client();
    /// @param most  bytes; a longer body is no answer
    Answer get(const std::string& url, std::size_t most);

   private:
    std::unique_ptr<void, Freed<curl_easy_cleanup>> easy_;
};

}  // namespace stretto::http

#pragma once
// What all parts of a page share: the browser, what it keeps, and the time of the call that is
// being handled.
#include "web/browser.hpp"
#include "web/shelf.hpp"

namespace stretto::web {

struct Page {
    Browser& browser;
    Shelf& shelf;
    double now = 0;           ///< s, rising
    std::int64_t utc_ms = 0;  ///< the same moment
    int numbers = 0;          ///< of requests
    bool keeps = false;       ///< the browser keeps files
    std::string token = {};   ///< of the listener, for servers and the tracker; empty: none
    int most_kbps = 0;        ///< that the token is for; 0: no limit
};

}  // namespace stretto::web

#include "http/blocking.hpp"

namespace stretto::http {
namespace {

Upstream::Limits limits() {
    Upstream::Limits limits;
    limits.connections = 2;
    limits.connect = std::chrono::milliseconds{5000};
    limits.stall = std::chrono::seconds{15};
    limits.least_bytes_per_s = 100;  // a link below this carries no song
    limits.proxy = limits.follow_redirects = limits.decode = true;
    return limits;
}

}  // namespace

Blocking::Blocking(std::string_view base) : Blocking(base, limits()) {}
Blocking::Blocking(std::string_view base, const Upstream::Limits& limits)
    : upstream_(loop_, base, limits) {}

Blocking Blocking::at(const std::filesystem::path& socket) {
    auto here = limits();
    here.proxy = false;
    here.unix_socket = socket.string();
    return Blocking{"http://localhost", here};
}

Whole Blocking::get(const std::string& target, std::size_t most) {
    return ask({"GET", target, 1, {{"User-Agent", "stretto"}}}, {}, most);
}

Whole Blocking::ask(Request request, Bytes body, std::size_t most) {
    Whole answer;
    http::ask(upstream_, std::move(request), std::move(body), most, [&](Whole got) {
        answer = std::move(got);
        loop_.stop();
    });
    loop_.run();
    return answer;
}

}  // namespace stretto::http

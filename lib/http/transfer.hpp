#pragma once
// One request through libcurl: its options and the callbacks for its response. The part of a Fetch
// that the Upstream's loop drives.
#include <array>
#include <optional>

#include "http/curl.hpp"
#include "http/place.hpp"
#include "http/signer.hpp"
#include "http/upstream.hpp"

namespace stretto::http {

struct Fetch::Transfer {
    Transfer(net::Loop& on, FetchCalls what, const Request& request, Bytes content);

    /// Set all of libcurl's options. Throws an Error (70).
    void prepare(const Place& place, const Upstream::Limits& limits);
    /// The result: continue with `next_url` if it is set; nullopt for a whole response.
    std::optional<Failure> outcome(CURLcode code) const;
    /// The response was a redirection: prepare a request to the new place.
    void follow(const Place& place, const Upstream::Limits& limits);
    /// The reason to give up now: silence, or a rate that is too low.
    std::optional<Failure> given_up(const Upstream::Limits& limits);
    /// What did not come until now does not count.
    void excuse();
    void resume();
    bool paused() const noexcept { return paused_; }
    /// Whether its connection speaks HTTP/2.
    bool http2() const noexcept;

    net::Loop& loop;
    Upstream::Multi* owner = nullptr;  ///< until it has ended
    Easy easy;
    FetchCalls calls;
    bool cancelled = false;
    std::string next_url;  ///< where a redirection leads

   private:
    std::size_t line(std::string_view line);
    std::size_t data(BytesView bytes);
    std::size_t on_head(Response&& response);
    std::size_t refuse(Failure::Kind kind, std::string why);
    bool redirects(const Response& response);
    void go_to(const Place& place, const Upstream::Limits& limits, const std::string& url);
    void set_fields(const Place& place, bool elsewhere);
    void sign();
    void set_method();
    void set_callbacks();
    static curl_socket_t open(void* self, curlsocktype, curl_sockaddr* to) noexcept;
    void hear() { heard_ms_ = loop.now_ms(); }
    template <class Call>
    std::size_t guarded(Call call) noexcept;

    std::string method_, target_;
    Signer signer_;  // empty: requests to this place are not signed
    Fields fields_;
    Bytes body_;
    Lines lines_;
    std::string url_;
    int redirections_ = 0;
    bool follows_ = false, shares_ = false;  // a connection with other requests
    std::function<bool(const net::Address&)> allow_;
    std::array<char, CURL_ERROR_SIZE> error_{};

    std::string head_;  // lines of the response's head so far
    bool headed_ = false, sent_ = false, paused_ = false;
    std::uint64_t received_ = 0, most_ = 0;  // bytes of the body
    std::uint64_t heard_ms_ = 0;             // when something last came, or bytes went out
    curl_off_t uploaded_ = 0;                // bytes of the request's body
    std::uint64_t window_ms_ = 0;            // when the window of the least rate began
    std::uint64_t window_bytes_ = 0;         // in it
    std::optional<Failure> refused_;         // why the response cannot be used
};

}  // namespace stretto::http

#include "subsonic/site.hpp"

#include <chrono>
#include <cstdlib>

#include "base/clock.hpp"
#include "base/text.hpp"
#include "edge/pipe.hpp"
#include "http/forwarded.hpp"
#include "http/parser.hpp"

namespace stretto::subsonic {
namespace {

constexpr std::string_view open_to_pages = "Access-Control-Allow-Origin: *\r\n";
constexpr std::size_t most_answer_bytes = 64u << 10;

http::Outgoing begin_answer(Format format, std::string_view more = {}) {
    http::Outgoing out;
    out.fields = text(
        "Content-Type: ", format == Format::json ? "application/json" : "text/xml; charset=utf-8",
        "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n", open_to_pages, more);
    return out;
}

void send(const http::Reply& reply, Format format, std::string body, int status = 200,
          std::string_view more = {}) {
    auto out = begin_answer(format, more);
    out.status = status;
    out.length = body.size();
    out.body = http::body_of(std::move(body));
    reply.send(std::move(out));
}

/// A list of any length, of which a piece is made in each turn of the loop, and only as the client
/// reads: neither other clients nor memory feel how long it is.
class ListBody : public http::Body {
   public:
    static constexpr std::size_t piece_bytes = 64u << 10;

    /// @param piece  the first, which was taken of `text`
    ListBody(net::Loop& loop, std::shared_ptr<const Library> library, Text text, std::string piece)
        : loop_(loop),
          library_(std::move(library)),
          text_(std::move(text)),
          piece_(std::move(piece)) {}

    std::size_t held() const noexcept override { return piece_.capacity(); }
    State next(http::Slice& slice, const std::function<void()>& wake) override {
        if (!std::exchange(given_, true) && !piece_.empty()) {
            slice.bytes = as_bytes(piece_);
            return State::ready;
        }
        if (ended_) return State::end;
        make(wake);
        return State::wait;
    }

   private:
    void make(const std::function<void()>& wake) {
        loop_.post([this, wake, there = std::weak_ptr{there_}] {
            if (there.expired()) return;
            piece_.clear();
            const auto step = text_.more(piece_, piece_bytes);
            ended_ = step == Step::end;
            given_ = false;
            if (step == Step::later && piece_.empty()) return make(wake);
            wake();
        });
    }

    net::Loop& loop_;
    std::shared_ptr<const Library> library_;  // of which the text tells
    Text text_;
    std::string piece_;
    bool given_ = false, ended_ = false;
    std::shared_ptr<bool> there_ = std::make_shared<bool>();
};

/// At once, if it is not long.
void send(net::Loop& loop, const http::Reply& reply, Format format,
          std::shared_ptr<const Library> library, Node content) {
    Text text{format, std::move(content)};
    std::string piece;
    if (text.more(piece, ListBody::piece_bytes) == Step::end)
        return send(reply, format, std::move(piece));
    auto out = begin_answer(format);
    out.length = std::nullopt;
    out.body =
        std::make_unique<ListBody>(loop, std::move(library), std::move(text), std::move(piece));
    reply.send(std::move(out));
}

void preflight(const http::Reply& reply) {
    http::Outgoing out;
    out.status = 204;
    out.fields = text(
        "Access-Control-Allow-Methods: GET, HEAD, POST, OPTIONS\r\n"
        "Access-Control-Allow-Headers: Content-Type, Range, If-Range, If-None-Match\r\n"
        "Access-Control-Max-Age: 86400\r\n",
        open_to_pages);
    reply.send(std::move(out));
}

/// "getAlbum" of "/rest/getAlbum" and "/rest/getAlbum.view"; empty for other paths.
std::string method_of(std::string_view path) {
    constexpr std::string_view before = "/rest/", after = ".view";
    if (!path.starts_with(before)) return {};
    path.remove_prefix(before.size());
    if (path.ends_with(after)) path.remove_suffix(after.size());
    return std::string{path};
}

bool is_form(const http::Fields& fields) {
    const auto* type = fields.find("Content-Type");
    return type && http::same_token(std::string_view{*type}.substr(0, type->find(';')),
                                    "application/x-www-form-urlencoded");
}

/// RFC 6266 and 8187: for a browser that saves it.
std::string disposition(const std::string& file) {
    std::string out = "attachment; filename*=UTF-8''";
    for (const char c : file) {
        const auto byte = static_cast<unsigned char>(c);
        const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                           (c >= 'a' && c <= 'z') || c == '.' || c == '-' || c == '_';
        if (plain)
            out += c;
        else
            (out += '%') += {"0123456789ABCDEF"[byte >> 4], "0123456789ABCDEF"[byte & 15]};
    }
    return out;
}

/// What a client may know of an answer from upstream.
constexpr std::string_view kept_fields[] = {
    "Content-Type", "Content-Range", "ETag", "Last-Modified", "Accept-Ranges", "Age", "Date"};

}  // namespace

struct Site::Client {
    http::Reply reply;
    Format format = Format::xml;
    std::string source;

    void refuse(const Refusal& refusal, int status = 200, std::string_view more = {}) const {
        send(reply, format, print(format, refusal), status, more);
    }
};

Site::Site(net::Loop& loop, const Upstreams& upstreams, http::Status& status, Keys keys,
           unsigned wrong_keys, std::chrono::seconds every, std::uint64_t seed)
    : loop_(loop),
      upstreams_(upstreams),
      status_(status),
      keys_(std::move(keys)),
      wrong_keys_(wrong_keys),
      reader_(loop, upstreams.own, every),
      random_(seed) {
    status_.add([this](std::vector<http::Metric>& metrics) { add_metrics(metrics); });
    status_.add_trouble([this] {
        return reader_.trouble().empty() ? std::string{} : "upstream: " + reader_.trouble();
    });
}

void Site::handle(http::Incoming&& incoming, http::Reply reply) {
    const auto& request = incoming.request;
    const auto target = http::parse_target(request.target);
    if (!target) return reply.send(400, target.error().why);
    const bool get = request.method == "GET" || request.method == "HEAD";
    if (get && target->path == "/healthz") return status_.health(reply);
    if (get && target->path == "/metrics") return status_.metrics(reply);
    if (get && target->path == "/stats.json") return status_.stats(reply);
    if (!target->path.starts_with("/rest/"))
        return reply.send(404, "not found; the API is at /rest/");
    if (request.method == "OPTIONS") return preflight(reply);
    if (!get && request.method != "POST")
        return reply.send(405, "method not allowed", "Allow: GET, HEAD, POST, OPTIONS\r\n");
    const bool form = !get && is_form(request.fields);
    const auto parameters =
        Parameters::parse(target->query, form ? as_text(incoming.body) : std::string_view{});
    Client client{reply, Format::xml, incoming.peer.source()};
    if (!parameters) return client.refuse({Refusal::generic, parameters.error().why});
    const auto format = parameters->text("f", "xml");
    if (format != "xml" && format != "json")
        return client.refuse({Refusal::generic, "f is xml or json"});
    if (format == "json") client.format = Format::json;
    call(incoming, method_of(target->path), *parameters, client);
}

void Site::call(const http::Incoming& incoming, const std::string& method,
                const Parameters& parameters, const Client& client) {
    if (is_public(method))
        return send(client.reply, client.format, print(client.format, extensions()));
    const auto now = loop_.now_ms();
    if (wrong_keys_.too_many(client.source, now)) {
        ++refused_;
        return client.refuse({Refusal::generic, "too many wrong keys; try again in a minute"}, 429,
                             "Retry-After: 60\r\n");
    }
    const auto let = let_in(parameters);
    if (const auto* refusal = std::get_if<Refusal>(&let)) {
        if (refusal->code == Refusal::wrong_key || refusal->code == Refusal::wrong_password) {
            ++wrong_;
            wrong_keys_.add(client.source, now);
        }
        return client.refuse(*refusal);
    }
    const auto library = reader_.library();
    static const Library none;
    if (!library && needs_library(method))
        return client.refuse({Refusal::generic, "the list of songs is being read"}, 503,
                             "Retry-After: 5\r\n");
    const auto chance = [this](std::size_t n) {
        return std::uniform_int_distribution<std::size_t>{0, n - 1}(random_);
    };
    const auto& listener = *std::get<const Listener*>(let);
    auto outcome =
        answer({method, parameters, library ? *library : none, listener, utc_ms(), chance});
    if (auto* node = std::get_if<Node>(&outcome))
        return send(loop_, client.reply, client.format, library, std::move(*node));
    if (const auto* refusal = std::get_if<Refusal>(&outcome)) return client.refuse(*refusal);
    if (const auto* what = std::get_if<Forward>(&outcome))
        return forward(incoming, *what, listener.name, client);
    post(incoming, std::get<Post>(outcome), client);
}

std::variant<const Listener*, Refusal> Site::let_in(const Parameters& parameters) {
    const auto* key = parameters.find("apiKey");
    const auto* name = parameters.find("u");
    if (key) {
        if (name) return Refusal{Refusal::two_mechanisms, "give apiKey without u"};
        if (const auto* listener = keys_.find(*key)) return listener;
        return Refusal{Refusal::wrong_key, "this API key is not valid"};
    }
    if (!name) return Refusal{Refusal::missing_parameter, "the parameter apiKey or u is missing"};
    const auto* said = parameters.find("p");
    if (!said && parameters.find("t"))
        return Refusal{Refusal::no_token_and_salt,
                       "token and salt are not supported, because they need the password in plain "
                       "text; use an API key, or send the app password as p"};
    if (!said) return Refusal{Refusal::missing_parameter, "the parameter p is missing"};
    auto password = *said;
    if (password.starts_with("enc:")) {
        std::string encoded;
        for (std::size_t i = 4; i < password.size(); ++i)
            (encoded += i % 2 == 0 ? "%" : "") += password[i];
        password = decode_form(encoded).value_or("");
    }
    if (const auto* listener = keys_.find(password); listener && listener->name == *name)
        return listener;
    return Refusal{Refusal::wrong_password, "wrong name or app password"};
}

void Site::forward(const http::Incoming& incoming, const Forward& what, const std::string& listener,
                   const Client& client) {
    std::shared_ptr<void> place;  // of a song among those that are sent, for as long as its fetch
    if (!what.cover) {
        if (sending_->all >= most_songs)
            return client.refuse({Refusal::generic, "too many songs are being sent"}, 503,
                                 "Retry-After: 5\r\n");
        auto& mine = sending_->of[listener];
        if (mine >= most_songs_of_one)
            return client.refuse(
                {Refusal::generic, "too many songs are being sent to this listener"}, 429,
                "Retry-After: 5\r\n");
        ++mine, ++sending_->all;
        place = {nullptr, [sending = sending_, listener](void*) {
                     --sending->all;
                     const auto found = sending->of.find(listener);
                     if (--found->second == 0) sending->of.erase(found);
                 }};
    }
    http::Request request{incoming.request.method == "HEAD" ? "HEAD" : "GET", what.target, 1, {}};
    for (const auto* name : {"Range", "If-Range", "If-None-Match", "If-Modified-Since", "If-Match",
                             "If-Unmodified-Since"})
        if (const auto value = incoming.request.fields.joined(name))
            request.fields.add(name, *value);
    const auto pipe = std::make_shared<edge::Pipe>();
    const auto headed = std::make_shared<bool>(false);
    const bool head = request.method == "HEAD";
    http::FetchCalls calls;
    calls.head = [client, pipe, headed, head, file = what.file](http::Response&& response) {
        *headed = true;
        const int status = response.status;
        if (status != 200 && status != 206 && status != 304 && status != 412 && status != 416) {
            const bool gone = status == 404 || status == 410;
            client.refuse(gone ? Refusal{Refusal::not_found, "it is not there any more"}
                               : Refusal{Refusal::generic, text("upstream: status ", status)},
                          gone ? 200 : 502);
            // nobody reads the rest; this call may not outlive its fetch
            const auto kept = pipe;
            return kept->fail();
        }
        http::Outgoing out;
        out.status = status;
        for (const auto name : kept_fields)
            if (const auto value = response.fields.joined(name))
                http::append_field(out.fields, name, *value);
        out.dated = response.fields.has("Date");
        out.fields += text("Cache-Control: ", status >= 400 ? "no-store" : "private, max-age=3600",
                           "\r\n", open_to_pages,
                           "Access-Control-Expose-Headers: Content-Range, ETag\r\n"
                           "X-Content-Type-Options: nosniff\r\n");
        if (!file.empty()) http::append_field(out.fields, "Content-Disposition", disposition(file));
        const auto* length = response.fields.find("Content-Length");
        out.length = std::nullopt;
        if (length) out.length = std::strtoull(length->c_str(), nullptr, 10);
        if (!head && status != 304) out.body = edge::Pipe::body(pipe);
        client.reply.send(std::move(out));
    };
    calls.data = [pipe, place](BytesView bytes) { return pipe->push(bytes); };
    calls.end = [client, pipe, headed](const http::Failure* failure) {
        if (failure && !*headed)
            client.refuse({Refusal::generic, "upstream: " + failure->why}, 502,
                          "Retry-After: 1\r\n");
        if (failure)
            pipe->fail();
        else
            pipe->end();
    };
    auto& upstream = what.cover ? upstreams_.covers : upstreams_.songs;
    pipe->own(upstream.fetch(request, {}, std::move(calls)), [] {});
    // it may go before there is a body to notice it
    client.reply.when_gone([weak = std::weak_ptr{pipe}] {
        if (const auto open = weak.lock()) open->fail();
    });
}

void Site::post(const http::Incoming& incoming, const Post& what, const Client& client) {
    http::Request request{
        "POST", text("/events?sent_ms=", utc_ms()), 1, {{"Content-Type", "application/x-ndjson"}}};
    // the report groups listeners by their networks, of which a gateway's is one
    http::forward_client(request.fields, incoming.peer, incoming.told);
    const auto bytes = as_bytes(what.lines);
    http::ask(upstreams_.own, std::move(request), Bytes{bytes.begin(), bytes.end()},
              most_answer_bytes, [this, client](const http::Whole& answer) {
                  if (answer.status / 100 == 2) {
                      ++scrobbles_;
                      return send(client.reply, client.format, print(client.format, Node{}));
                  }
                  client.refuse({Refusal::generic, answer.status == 404
                                                       ? "the server does not record plays"
                                                       : "the play was not recorded; try again"});
              });
}

void Site::add_metrics(std::vector<http::Metric>& metrics) const {
    const auto add = [&](std::string name, std::string help, double value) {
        metrics.push_back({std::move(name), std::move(help), value, {}});
    };
    const auto& library = reader_.library();
    add("listed_songs", "Songs in the list.",
        library ? static_cast<double>(library->songs().size()) : 0);
    add("keys", "Valid keys.", static_cast<double>(keys_.size()));
    add("wrong_keys_total", "Requests with a wrong key.", static_cast<double>(wrong_));
    add("wrong_keys_refused_total", "Requests refused after too many wrong keys.",
        static_cast<double>(refused_));
    add("scrobbles_total", "Requests whose plays were recorded.", static_cast<double>(scrobbles_));
}

}  // namespace stretto::subsonic

#include "peer/seeder.hpp"

#include <ctime>

#include "base/digest.hpp"
#include "edge/answer.hpp"
#include "http/token.hpp"
#include "peer/have.hpp"

namespace stretto::peer {
namespace {

constexpr std::uint64_t step = 16384;  // what one upload takes at a time

http::Limits server_limits() {
    http::Limits limits;
    limits.connections = 256;
    limits.body_bytes = 4096;
    return limits;
}

}  // namespace

Bucket::Bucket(net::Loop& loop, double bytes_per_s)
    : loop_(loop), rate_(bytes_per_s), filled_ms_(loop.now_ms()), timer_(loop, [this] {
          for (auto& wake : std::exchange(waiting_, {})) wake();
      }) {}

void Bucket::refill() {
    const auto now = loop_.now_ms();
    // a burst of a fifth of a second, and one step at least
    const double most = std::max<double>(step, rate_ / 5);
    tokens_ = std::min(most, tokens_ + rate_ * static_cast<double>(now - filled_ms_) / 1000);
    filled_ms_ = now;
}

std::uint64_t Bucket::take(std::uint64_t most) {
    if (rate_ <= 0) return most;
    refill();
    const auto n = std::min({most, step, static_cast<std::uint64_t>(tokens_)});
    if (n < std::min<std::uint64_t>(most, 1024)) return 0;  // crumbs cost more than they bring
    tokens_ -= static_cast<double>(n);
    return n;
}

void Bucket::wait(std::function<void()> wake) {
    waiting_.push_back(std::move(wake));
    if (!timer_.active()) timer_.once(std::chrono::milliseconds{10});
}

/// An answer's body, as fast as the bucket lets it.
class Seeder::Upload : public http::Body {
   public:
    Upload(Seeder& seeder, std::unique_ptr<http::Body> inner)
        : seeder_(seeder), seeder_there_(seeder.life_.watch()), inner_(std::move(inner)) {
        ++seeder_.uploads_;
    }
    ~Upload() override {
        if (seeder_there_) --seeder_.uploads_;
    }
    State next(http::Slice& slice, const std::function<void()>& wake) override {
        if (rest_.size() == 0)
            if (const auto state = inner_->next(rest_, wake); state != State::ready) return state;
        const auto n = seeder_.bucket_.take(rest_.size());
        if (n == 0) {
            seeder_.bucket_.wait(life_.guard(wake));
            return State::wait;
        }
        seeder_.given_ += n;
        slice = rest_;
        if (slice.fd >= 0)
            slice.length = n;
        else
            slice.bytes = slice.bytes.first(n);
        rest_.consume(n);
        return State::ready;
    }

   private:
    Seeder& seeder_;
    net::Life::Watch seeder_there_;
    std::unique_ptr<http::Body> inner_;
    http::Slice rest_;
    net::Life life_;
};

Seeder::Seeder(net::Loop& loop, const store::Kept& kept, const Options& options,
               const Unfinished* unfinished)
    : loop_(loop),
      kept_(kept),
      unfinished_(unfinished),
      options_(options),
      tree_(kept.root()),
      origin_(tree_, 64, 1 << 20),
      bucket_(loop, options.upload_bytes_per_s),
      log_("", false),
      limiter_(0),
      shared_{{}, log_, limiter_},
      server_(std::make_unique<http::Server>(loop, *this, server_limits(), shared_)) {
    if (!options.listen.empty()) {
        listen(options.listen);
        return;
    }
    listen("0.0.0.0:0");
    try {
        listen("[::]:" + std::to_string(port_));
    } catch (const Error&) {
        // a machine without IPv6
    }
}

Seeder::~Seeder() = default;

void Seeder::listen(const std::string& where) {
    auto addresses = net::parse_listen(where);
    if (!addresses) throw Error{EX_USAGE, addresses.error().why};
    for (const auto& address : *addresses) {
        auto sockets = net::listen(address, 1);
        const auto local = net::local_address(sockets[0].fd());
        port_ = local.port();
        address_ = local.print();
        server_->listen(std::move(sockets[0]));
    }
}

/// Our chunks of the requested rendition and pieces of others, so that clients need not ask in
/// vain.
std::string Seeder::have(const edge::Route& route) const {
    std::string fields;
    const auto& chunks = kept_.chunks(route.song);
    if (const auto found = chunks.find(route.kbps); found != chunks.end())
        fields = text("Stretto-Have: ", print_have(found->second), "\r\n");
    const auto parts = unfinished_ ? unfinished_->parts(route.song, route.kbps) : Parts{};
    if (!parts.empty()) fields += text("Stretto-Parts: ", print_parts(parts), "\r\n");
    return fields;
}

/// A range of a chunk that is not complete here. nullopt: bytes of it are missing
std::optional<http::Outgoing> Seeder::part(const edge::Route& route,
                                           const http::Request& request) const {
    const auto* range = request.fields.find("Range");
    const Unfinished::Key key{route.song, route.kbps, static_cast<int>(route.chunk)};
    const auto whole = unfinished_ ? unfinished_->whole(key) : std::nullopt;
    if (!range || !whole || request.method != "GET") return {};
    const auto wanted = http::wanted_range(*range, *whole);
    if (wanted.kind != http::Wanted::part) return {};
    auto bytes = unfinished_->read(key, wanted.range.first, wanted.range.length);
    if (!bytes) return {};
    http::Outgoing out;
    out.status = 206;
    out.length = bytes->size();
    http::append_field(out.fields, "Content-Range",
                       http::print_content_range(wanted.range, *whole));
    out.body = http::body_of(std::string{as_text(*bytes)});
    return out;
}

void Seeder::learn_pass_key(const std::optional<sign::PublicKey>& key) {
    passes_.learn(key, std::time(nullptr));
}

bool Seeder::trusts(std::string_view token) const {
    // of hashes: how long it takes to compare them tells nothing
    return !options_.trusted.empty() &&
           sha256(as_bytes(token)) == sha256(as_bytes(options_.trusted));
}

void Seeder::handle(http::Incoming&& incoming, http::Reply reply) {
    const auto carried = http::take_token(incoming.request);
    const auto& request = incoming.request;
    const auto target = http::parse_target(request.target);
    if (!target) return reply.send(400, target.error().why);
    const auto route = edge::route(target->path);
    const bool chunk = route.kind == edge::Route::rendition_chunk;
    if (!chunk && route.kind != edge::Route::index) return reply.send(404, "not found");
    if (request.method != "GET" && request.method != "HEAD")
        return reply.send(405, "method not allowed", "Allow: GET, HEAD\r\n");
    if (!trusts(carried.token))
        if (const auto refusal =
                passes_.refuse({carried.token, route.song, incoming.peer, route.kbps},
                               std::time(nullptr), loop_.now_ms()))
            return reply.send(refusal->status, refusal->why,
                              refusal->status == 503 ? "Retry-After: 1\r\n" : "");
    if (withheld_.contains(route.song)) return reply.send(404, "not found");
    auto more = have(route);
    const auto entry = origin_.find(route, false, loop_.now_ms());
    auto part = entry || !chunk ? std::nullopt : this->part(route, request);
    if (!entry && !part) return reply.send(404, "not found", more);
    const bool upload = chunk && request.method == "GET";
    if (upload && (urgent_ || uploads_ >= options_.uploads))
        return reply.send(503, "busy", more + "Retry-After: 1\r\n");
    if (part) {
        part->fields += more;
        part->body = std::make_unique<Upload>(*this, std::move(part->body));
        return reply.send(std::move(*part));
    }
    edge::Answering how;
    how.extra = std::move(more);
    if (upload)
        how.wrap = [this](std::unique_ptr<http::Body> body) -> std::unique_ptr<http::Body> {
            return std::make_unique<Upload>(*this, std::move(body));
        };
    edge::answer(entry, request, reply, std::move(how));
}

}  // namespace stretto::peer

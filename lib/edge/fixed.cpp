#include "edge/fixed.hpp"

#include "base/digest.hpp"
#include "base/text.hpp"
#include "edge/answer.hpp"
#include "edge/gzip.hpp"
#include "http/repr_digest.hpp"

namespace stretto::edge {
namespace {

http::Slice of_program(std::string_view bytes) {
    http::Slice slice;
    slice.bytes = as_bytes(bytes);
    return slice;
}

http::Slice kept(Bytes bytes) {
    const auto owner = std::make_shared<const Bytes>(std::move(bytes));
    http::Slice slice;
    slice.bytes = *owner;
    slice.owner = owner;
    return slice;
}

}  // namespace

Fixed::Coded::Coded(http::Slice bytes) : slice(std::move(bytes)) {
    const auto digest = sha256(slice.bytes);
    etag = text('"', hex(digest).substr(0, 32), '"');
    http::append_field(of_content, "Repr-Digest", http::print_repr_digest(digest));
}

Fixed::Fixed(std::string_view type, std::string_view fields, std::string_view bytes,
             std::string_view gzip)
    : fields_(text(fields, "Vary: Accept-Encoding\r\n")),
      type_(type),
      plain_(of_program(bytes)),
      gzip_(gzip.empty() ? kept(gzip_bytes(as_bytes(bytes))) : of_program(gzip)) {
    http::append_field(gzip_.of_content, "Content-Encoding", "gzip");
}

Fixed::Fixed(std::string_view type, std::string_view fields, const std::string& bytes)
    : Fixed(type, fields, bytes, {}) {
    const auto view = as_bytes(bytes);
    plain_.slice = kept({view.begin(), view.end()});
}

void Fixed::send(const http::Request& request, const http::Reply& reply) const {
    const auto& coded = http::takes_coding(request.fields, "gzip") ? gzip_ : plain_;
    http::Outgoing out;
    out.fields = fields_;
    http::append_field(out.fields, "ETag", coded.etag);
    switch (http::precondition(request, coded.etag, "", wall_clock())) {
        case http::Condition::failed:
            return reply.send(412, "precondition failed");
        case http::Condition::not_modified:
            out.status = 304;
            return reply.send(std::move(out));
        case http::Condition::pass:
            break;
    }
    http::append_field(out.fields, "Content-Type", type_);
    out.fields += coded.of_content;
    out.length = coded.slice.size();
    if (request.method != "HEAD") out.body = std::make_unique<http::WholeBody>(coded.slice);
    reply.send(std::move(out));
}

}  // namespace stretto::edge

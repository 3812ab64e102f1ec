#include "edge/gzip.hpp"

#include <sysexits.h>
#include <zlib.h>

#include "base/error.hpp"

namespace stretto::edge {
namespace {

constexpr int window_gzip = 15 + 16;

}  // namespace

Bytes gzip_bytes(BytesView bytes) {
    z_stream z{};
    if (deflateInit2(&z, 9, Z_DEFLATED, window_gzip, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        throw Error{EX_SOFTWARE, "deflateInit2 failed"};
    Bytes out(deflateBound(&z, bytes.size()));
    z.next_in = const_cast<Bytef*>(bytes.data());
    z.avail_in = static_cast<uInt>(bytes.size());
    z.next_out = out.data();
    z.avail_out = static_cast<uInt>(out.size());
    const int code = deflate(&z, Z_FINISH);
    out.resize(z.total_out);
    deflateEnd(&z);
    if (code != Z_STREAM_END) throw Error{EX_SOFTWARE, "deflate failed"};
    return out;
}

std::optional<Bytes> gunzip(BytesView bytes, std::size_t most) {
    z_stream z{};
    if (inflateInit2(&z, window_gzip) != Z_OK) return {};
    Bytes out;
    z.next_in = const_cast<Bytef*>(bytes.data());
    z.avail_in = static_cast<uInt>(bytes.size());
    int code = Z_OK;
    while (code == Z_OK && out.size() <= most) {
        const std::size_t had = out.size();
        out.resize(had + 65536);
        z.next_out = out.data() + had;
        z.avail_out = 65536;
        code = inflate(&z, Z_NO_FLUSH);
        out.resize(out.size() - z.avail_out);
        if (code == Z_OK && z.avail_in == 0 && z.avail_out != 0) break;  // cut short
    }
    inflateEnd(&z);
    if (code != Z_STREAM_END || out.size() > most) return {};
    return out;
}

}  // namespace stretto::edge

#include "http/tls.hpp"

#include <algorithm>
#include <cstring>

#include "http/tls_contexts.hpp"

namespace stretto::http {

/// OpenSSL's BIO of a TlsStream: reads the input of open(), and appends to the output of each call.
struct TlsBio {
    static int read(BIO* bio, char* to, std::size_t most, std::size_t* n) noexcept {
        auto& in = of(bio).in_;
        BIO_clear_retry_flags(bio);
        *n = std::min(most, in.size());
        if (*n == 0) {
            BIO_set_retry_read(bio);
            return 0;
        }
        std::memcpy(to, in.data(), *n);
        in = in.subspan(*n);
        return 1;
    }
    static int write(BIO* bio, const char* from, std::size_t size, std::size_t* n) noexcept {
        BIO_clear_retry_flags(bio);
        try {
            append(*of(bio).out_, {reinterpret_cast<const std::uint8_t*>(from), size});
        } catch (const std::bad_alloc&) {
            return 0;
        }
        *n = size;
        return 1;
    }
    static long control(BIO*, int command, long, void*) noexcept {
        return command == BIO_CTRL_FLUSH ? 1 : 0;
    }
    static TlsStream& of(BIO* bio) noexcept { return *static_cast<TlsStream*>(BIO_get_data(bio)); }

    static BIO_METHOD* method() {
        using Method = std::unique_ptr<BIO_METHOD, Freed<BIO_meth_free>>;
        static const Method method = [] {
            Method made{BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "TlsStream")};
            check_openssl(made && BIO_meth_set_read_ex(made.get(), read) == 1 &&
                              BIO_meth_set_write_ex(made.get(), write) == 1 &&
                              BIO_meth_set_ctrl(made.get(), control) == 1,
                          "BIO_meth_new");
            return made;
        }();
        return method.get();
    }
};

TlsStream::TlsStream(std::shared_ptr<const TlsContexts> contexts)
    : contexts_(std::move(contexts)), ssl_(contexts_->make()) {
    check_openssl(ssl_ != nullptr, "SSL_new");
    auto* bio = BIO_new(TlsBio::method());
    check_openssl(bio != nullptr, "BIO_new");
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);  // takes ownership
}

TlsStream::Opened TlsStream::open(BytesView sealed, std::span<std::uint8_t> plain, Bytes& out) {
    Opened opened;
    if (failed_) return {Read::failed, 0};
    in_ = sealed;
    out_ = &out;
    ERR_clear_error();
    for (;;) {
        std::size_t n = 0;
        const int done =
            SSL_read_ex(ssl_.get(), plain.data() + opened.size, plain.size() - opened.size, &n);
        if (done == 1) {
            opened.size += n;
            continue;
        }
        const int why = SSL_get_error(ssl_.get(), done);
        if (why == SSL_ERROR_ZERO_RETURN) ended_ = true;
        failed_ = why != SSL_ERROR_ZERO_RETURN && why != SSL_ERROR_WANT_READ;
        break;
    }
    ERR_clear_error();
    ready_ = SSL_is_init_finished(ssl_.get());
    in_ = {};
    opened.state = failed_ ? Read::failed : ended_ ? Read::ended : Read::more;
    return opened;
}

bool TlsStream::seal(BytesView plain, Bytes& out) {
    if (failed_) return false;
    if (plain.empty()) return true;
    out_ = &out;
    ERR_clear_error();
    std::size_t n = 0;
    failed_ = SSL_write_ex(ssl_.get(), plain.data(), plain.size(), &n) != 1;
    ERR_clear_error();
    return !failed_;
}

void TlsStream::end(Bytes& out) {
    if (failed_ || !ready_) return;
    out_ = &out;
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
}

bool TlsStream::http2() const noexcept {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_.get(), &name, &size);
    return size == 2 && std::memcmp(name, "h2", 2) == 0;
}

bool TlsStream::resumed() const noexcept { return SSL_session_reused(ssl_.get()) == 1; }

}  // namespace stretto::http

#pragma once
// A client's socket, and the TLS on it where there is any: bytes in, and out.
#include <memory>

#include "base/file.hpp"
#include "http/body.hpp"

namespace stretto::http {

class Certificates;
class TlsStream;

/// What the channels of one thread share. Nothing in it is of use after a call.
struct ChannelBuffers {
    Bytes received = Bytes(65536);
    Bytes opened, joined, sealed;  // of TLS
    Bytes frames;                  // of HTTP/2
};

class Channel {
   public:
    Channel(File socket, ChannelBuffers& buffers);
    ~Channel();

    int fd() const noexcept { return socket_.fd(); }

    /// All bytes from now on are in TLS. Throws if there is no memory.
    void secure(const Certificates& certificates);
    bool secure() const noexcept { return tls_ != nullptr; }
    /// Whether TLS has been agreed on.
    bool ready() const noexcept;
    bool resumed() const noexcept;
    /// Whether TLS has agreed on HTTP/2.
    bool http2() const noexcept;
    /// The client has said within TLS that it sends no more.
    bool ended() const noexcept;

    enum class Got { bytes, nothing, end };
    /// What has come on the socket: in TLS still sealed. Valid until the next call.
    Got receive(BytesView& bytes);
    /// Only with TLS: what is in received bytes. Valid until the next call.
    /// @return false: they are no TLS that we accept; an alert waits to be sent
    bool open(BytesView sealed, BytesView& plain);

    enum class Sent {
        all,
        blocked,
        failed,
        cut  ///< the file is shorter than it was
    };
    struct Done {
        Sent sent = Sent::all;
        std::size_t taken = 0;  ///< of what was given; some of it may still wait, see waiting()
        std::size_t wire = 0;   ///< bytes that went out
    };
    /// `first`, then `second`, or as much of them as goes at once.
    /// @param more  other bytes follow at once, or the end of the connection
    Done send(BytesView first, BytesView second, bool more);
    /// `first`, then some of a file.
    Done send_file(BytesView first, const Slice& slice);
    /// All of them; what does not go at once waits. Only when nothing waits.
    Done send_all(BytesView bytes);
    /// How many bytes are worth giving at a time.
    std::size_t portion() const noexcept { return portion_; }
    /// Bytes that the socket did not take yet; in TLS encrypted.
    bool waiting() const noexcept { return !unsent_.empty(); }
    Done flush();

    /// Say within TLS that no more will be sent.
    Done end();

   private:
    Done send_sealed(BytesView first, BytesView second);
    Done send_plain_file(BytesView first, const Slice& slice);
    Done pass_on(BytesView out, std::size_t taken);

    File socket_;
    ChannelBuffers& buffers_;
    std::unique_ptr<TlsStream> tls_;
    Bytes unsent_;
    std::uint32_t portion_ = 65536;  // sealed at a time: little for a client that reads slowly
};

}  // namespace stretto::http

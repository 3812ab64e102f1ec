#include "http/tls.hpp"

#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "../folder.hpp"
#include "base/file.hpp"
#include "http/certificates.hpp"

namespace stretto::http {
namespace {

/// A client in memory.
class Client {
   public:
    explicit Client(int version = TLS1_3_VERSION, SSL_SESSION* session = nullptr)
        : context_(SSL_CTX_new(TLS_client_method())), ssl_(SSL_new(context_.get())) {
        SSL_set_min_proto_version(ssl_.get(), version);
        SSL_set_max_proto_version(ssl_.get(), version);
        if (session) SSL_set_session(ssl_.get(), session);
        SSL_set_connect_state(ssl_.get());
        SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    }
    void hear(BytesView bytes) {
        if (!bytes.empty())
            BIO_write(SSL_get_rbio(ssl_.get()), bytes.data(), static_cast<int>(bytes.size()));
        std::array<char, 16384> plain;
        for (int n; (n = SSL_read(ssl_.get(), plain.data(), plain.size())) > 0;)
            heard.append(plain.data(), static_cast<std::size_t>(n));
        ERR_clear_error();
    }
    Bytes said() {
        char* bytes = nullptr;
        const auto size = BIO_get_mem_data(SSL_get_wbio(ssl_.get()), &bytes);
        const Bytes all(bytes, bytes + size);
        (void)BIO_reset(SSL_get_wbio(ssl_.get()));
        return all;
    }
    void say(std::string_view text) {
        BOOST_TEST(SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size())) ==
                   static_cast<int>(text.size()));
    }
    bool done() const { return SSL_is_init_finished(ssl_.get()); }
    bool resumed() const { return SSL_session_reused(ssl_.get()) == 1; }
    SSL* raw() { return ssl_.get(); }
    std::string heard;

   private:
    SslContext context_;
    Ssl ssl_;
};

struct Fixture {
    Folder folder;
    Certificates::Clock::time_point now{};
    Certificates certificates{
        (folder.path / "own.pem").string(), {"localhost"}, {}, [this] { return now; }};
    Bytes plain = Bytes(TlsStream::most_plain);

    /// Both say what they have to say until neither has more. @return what the server has read
    std::string talk(Client& client, TlsStream& server, std::size_t step = SIZE_MAX) {
        std::string read;
        for (int turn = 0; turn < 20; ++turn) {
            client.hear({});
            const auto said = client.said();
            Bytes out;
            for (std::size_t at = 0; at < said.size();) {
                const auto n = std::min({step, said.size() - at, TlsStream::most_sealed});
                const auto opened = server.open(BytesView{said}.subspan(at, n), plain, out);
                read += as_text(BytesView{plain}.first(opened.size));
                at += n;
            }
            client.hear(out);
            if (said.empty()) break;
        }
        return read;
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(http_tls)

BOOST_FIXTURE_TEST_CASE(data_arrive_for_any_split_of_their_bytes, Fixture) {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION})
        for (const std::size_t step : {1ul, 2ul, 5ul, 64ul, 1000ul, SIZE_MAX}) {
            Client client{version};
            TlsStream server{certificates.current()};
            talk(client, server, step);
            BOOST_TEST(client.done());
            BOOST_TEST(server.ready());
            client.say("a request");
            BOOST_TEST(talk(client, server, step) == "a request");
            const std::string answer(200000, 'x');
            Bytes out;
            BOOST_TEST(server.seal(as_bytes(answer), out));
            client.hear(out);
            BOOST_TEST(client.heard == answer);
        }
}

BOOST_FIXTURE_TEST_CASE(as_much_as_may_come_at_once_has_room, Fixture) {
    Client client;
    TlsStream server{certificates.current()};
    talk(client, server);
    const std::string large(16384, 'y');
    for (int i = 0; i < 8; ++i) client.say(large);
    const auto said = client.said();
    Bytes out;
    std::string read;
    // a record that waits for its last byte, then as many as may come
    for (std::size_t at = 0, n = 16384; at < said.size(); at += n, n = TlsStream::most_sealed) {
        n = std::min(n, said.size() - at);
        const auto opened = server.open(BytesView{said}.subspan(at, n), plain, out);
        BOOST_TEST((opened.state == TlsStream::Read::more));
        read += as_text(BytesView{plain}.first(opened.size));
    }
    BOOST_TEST(read.size() == 8 * large.size());
}

BOOST_FIXTURE_TEST_CASE(any_changed_byte_of_a_record_is_seen, Fixture) {
    for (std::size_t i = 0; i < 40; ++i) {
        Client client;
        TlsStream server{certificates.current()};
        talk(client, server);
        client.say("sixteen bytes...");
        auto said = client.said();
        if (i >= said.size()) break;
        said[i] ^= 0x80;
        Bytes out;
        const auto opened = server.open(said, plain, out);
        BOOST_TEST(opened.size == 0u);
        // a length that is larger now waits for the rest
        BOOST_TEST((opened.state == TlsStream::Read::failed || i == 3 || i == 4), "byte " << i);
        if (opened.state != TlsStream::Read::failed) continue;
        BOOST_TEST((server.open(said, plain, out).state == TlsStream::Read::failed));
        BOOST_TEST(!server.seal(as_bytes("no"), out));
    }
}

BOOST_FIXTURE_TEST_CASE(an_end_is_said_and_heard, Fixture) {
    Client client;
    TlsStream server{certificates.current()};
    talk(client, server);
    client.say("last words");
    SSL_shutdown(client.raw());
    BOOST_TEST(talk(client, server) == "last words");
    BOOST_TEST(server.ended());
    Bytes out;
    BOOST_TEST(server.seal(as_bytes("heard"), out));  // the other direction is open
    server.end(out);
    client.hear(out);
    BOOST_TEST(client.heard == "heard");
    BOOST_TEST((SSL_get_shutdown(client.raw()) & SSL_RECEIVED_SHUTDOWN));
}

BOOST_FIXTURE_TEST_CASE(a_handshake_cut_short_is_not_ready_and_ends_quietly, Fixture) {
    Client client;
    client.hear({});
    const auto hello = client.said();
    for (std::size_t n = 0; n < hello.size(); ++n) {
        TlsStream server{certificates.current()};
        Bytes out;
        const auto opened = server.open(BytesView{hello}.first(n), plain, out);
        BOOST_TEST((opened.state == TlsStream::Read::more));
        BOOST_TEST(!server.ready());
        server.end(out);
        BOOST_TEST(out.empty());
    }
}

BOOST_FIXTURE_TEST_CASE(a_ticket_is_good_for_a_day_and_not_for_two, Fixture) {
    using std::chrono::hours;
    const auto resumes = [&](hours later) {
        Client first;
        TlsStream server{certificates.current()};
        talk(first, server);
        Bytes out;
        server.seal(as_bytes("x"), out);  // the ticket comes before it
        first.hear(out);
        const std::unique_ptr<SSL_SESSION, Freed<SSL_SESSION_free>> session{
            SSL_get1_session(first.raw())};
        now += later;
        {  // time passes with other clients
            Client other;
            TlsStream another{certificates.current()};
            talk(other, another);
        }
        Client second{TLS1_3_VERSION, session.get()};
        TlsStream again{certificates.current()};
        talk(second, again);
        BOOST_TEST(again.ready());
        BOOST_TEST(again.resumed() == second.resumed());
        return again.resumed();
    };
    BOOST_TEST(resumes(hours{0}));
    BOOST_TEST(resumes(hours{1}));
    BOOST_TEST(resumes(hours{13}));
    BOOST_TEST(!resumes(hours{25}));
    BOOST_TEST(!resumes(hours{1000}));
    BOOST_TEST(resumes(hours{0}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace stretto::http

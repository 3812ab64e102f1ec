#pragma once
// What a page reads of a peer that is not a message of ours: heads of HTTP/1.1, without the parser
// of servers, which is large; and of its own browser, SDP (RFC 8866), in place of which peers tell
// each other five fields.
#include "base/error.hpp"
#include "http/message.hpp"
#include "swarm/signal.hpp"

namespace stretto::web {

/// GET or HEAD of a path without a query, without a body. Names of fields become lower case.
Result<http::Request> parse_request_head(std::string_view head);
Result<http::Response> parse_response_head(std::string_view head);

/// What a browser says of its own end: ufrag, password, fingerprint, role and candidates, of which
/// those that are of no use to a peer are left out. Malformed: something lacks.
Result<swarm::Signal> parse_sdp(std::string_view sdp);
/// What a browser is told of the other end, which sent an offer or an answer.
std::string print_sdp(const swarm::Signal& signal);

}  // namespace stretto::web

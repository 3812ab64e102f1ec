#pragma once
// What a download's files share.
#include "listen/download.hpp"

namespace stretto::listen {

/// A want on its way here.
struct Download::Transfer {
    Session::Want want;
    Session::Part part;
    std::shared_ptr<Edges::Edge> edge;
    std::unique_ptr<http::Fetch> fetch;
    double asked = 0, first = -1;
    std::string cache;       // what the edge's cache did
    std::uint64_t skip = 0;  // bytes before the want's, of an answer that is the whole chunk
    Bytes before;            // bytes of the chunk before the want's, of an earlier want
    Bytes data;
    std::size_t passed = 0;            // of data, on to the decoder
    std::unique_ptr<PeerChunk> peers;  // who bring it; else the edge does
    bool begun = false;                // its part was announced
    bool ended = false, all = false, early = false;
    int kbps = 0;
};

}  // namespace stretto::listen

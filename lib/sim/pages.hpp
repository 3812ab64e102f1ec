#pragma once
// Times at which the audio of a chunk becomes playable: in pages of half a second, two per piece.
#include "abr/policy.hpp"

namespace stretto::sim {

/// Iterates over the pages of a chunk, starting at a piece.
class Pages {
   public:
    Pages(const abr::Shape::Rendition& rendition, int chunk, double length, int piece)
        : headers_(rendition.header_bytes),
          chunk_(&rendition.chunks[static_cast<std::size_t>(chunk)]),
          length_(length),
          page_(2 * piece) {}

    bool done() const { return page_ >= 2 * static_cast<int>(chunk_->pieces.size()); }
    void next() { ++page_; }
    /// End of the page, as a byte offset in the chunk.
    double end() const {
        const double from = piece() == 0 ? headers_ : here().offset;
        const double to = last() ? chunk_->bytes : after().offset;
        return page_ % 2 ? to : (from + to) / 2;
    }
    /// Seconds of the chunk that are playable after this page.
    double audio() const {
        const double to = last() ? length_ : after().at;
        return page_ % 2 ? to : (here().at + to) / 2;
    }

   private:
    std::size_t piece() const { return static_cast<std::size_t>(page_ / 2); }
    bool last() const { return piece() + 1 == chunk_->pieces.size(); }
    const abr::Shape::Piece& here() const { return chunk_->pieces[piece()]; }
    const abr::Shape::Piece& after() const { return chunk_->pieces[piece() + 1]; }

    double headers_;
    const abr::Shape::Chunk* chunk_;
    double length_;
    int page_;
};

}  // namespace stretto::sim

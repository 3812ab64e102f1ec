#pragma once
// When the audio of a chunk can be heard: by pages of half a second, two to a piece.
#include "abr/policy.hpp"

namespace stretto::sim {

/// Goes through the pages of a chunk from a piece on.
class Pages {
   public:
    Pages(const abr::Shape::Rendition& rendition, int chunk, double length, int piece)
        : headers_(rendition.header_bytes),
          chunk_(&rendition.chunks[static_cast<std::size_t>(chunk)]),
          length_(length),
          page_(2 * piece) {}

    bool done() const { return page_ >= 2 * static_cast<int>(chunk_->pieces.size()); }
    void next() { ++page_; }
    /// Byte of the chunk that ends the page.
    double end() const {
        const double from = piece() == 0 ? headers_ : here().offset;
        const double to = last() ? chunk_->bytes : after().offset;
        return page_ % 2 ? to : (from + to) / 2;
    }
    /// s of the chunk that can be heard then.
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

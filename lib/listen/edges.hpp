#pragma once
// The edges that a listener may ask, nearest first: the first one that answers is the one.
#include <memory>
#include <string>
#include <vector>

#include "http/upstream.hpp"
#include "swarm/announce.hpp"

namespace stretto::listen {

class Edges {
   public:
    struct Edge {
        std::string name, url;
        std::unique_ptr<http::Upstream> upstream;
        int failures = 0;              ///< in a row
        std::uint64_t not_before = 0;  ///< ms of the loop's clock
        bool wrong = false;            ///< it gave bytes that were not what their hash says
    };

    /// @param local  edges that a tracker names may be anywhere, not only on the open internet
    Edges(net::Loop& loop, bool local) : loop_(loop), local_(local) {}
    /// What is still asked of an edge may hold the edge: it ends here.
    ~Edges() {
        for (const auto& edge : edges_) edge->upstream.reset();
    }
    Edges(const Edges&) = delete;
    Edges& operator=(const Edges&) = delete;

    /// One that the user named: through the environment's proxy, and wherever it redirects to.
    void add_trusted(const std::string& url) { add(url, Trust::user); }
    /// Our own, on this machine.
    void add_own(const std::string& url) { add(url, Trust::own); }
    /// The tracker's list takes the place of its last one; those still in it keep their
    /// connections.
    void set(const std::vector<swarm::EdgeInfo>& edges);
    /// Those that a tracker named.
    std::vector<swarm::EdgeInfo> named() const;
    /// Of the last list, edges that were left out because of where they are.
    int refused() const noexcept { return refused_; }
    bool empty() const noexcept { return edges_.empty(); }
    std::size_t size() const noexcept { return edges_.size(); }

    /// The nearest that is not out of favour; when all are, the one that will be back first.
    std::shared_ptr<Edge> current() const;
    /// Until when all are out of favour; 0: one is not.
    std::uint64_t pause_until() const;
    /// Every one gave wrong bytes, three times and more.
    bool all_wrong() const;
    void worked(Edge& edge) const { edge.failures = 0; }
    /// @param silent  it said nothing, and may cost as long again when it is asked again
    void failed(Edge& edge, bool wrong, bool silent = false) const;

   private:
    enum class Trust { none, user, own };
    void add(const std::string& url, Trust trust);
    std::shared_ptr<Edge> make(const std::string& name, const std::string& url, Trust trust) const;

    net::Loop& loop_;
    bool local_;
    std::vector<std::shared_ptr<Edge>> edges_;
    int refused_ = 0;
    std::size_t trusted_ = 0;  // of edges_, at the front
};

}  // namespace stretto::listen

#include "report/away.hpp"

#include <cstring>
#include <type_traits>
#include <utility>

#include "base/error.hpp"

namespace stretto::report {
namespace {

constexpr std::size_t write_bytes = 1 << 20;
constexpr std::string_view subject = "a temporary file";

/// Appends values to bytes, as they are in memory: only this process reads them.
class Packer {
   public:
    explicit Packer(Bytes& to) : to_(to) {}
    template <class T>
    void operator()(T& value) {
        static_assert(std::is_trivially_copyable_v<T>);
        raw(&value, sizeof value);
    }
    template <class T>
    void operator()(std::vector<T>& values) {
        several(values);
    }
    void operator()(std::string& text) { several(text); }

   private:
    template <class Many>
    void several(Many& values) {
        static_assert(std::is_trivially_copy_constructible_v<typename Many::value_type>);
        auto size = static_cast<std::uint32_t>(values.size());
        (*this)(size);
        raw(values.data(), size * sizeof(*values.data()));
    }
    void raw(const void* from, std::size_t size) {
        const auto* bytes = static_cast<const std::uint8_t*>(from);
        to_.insert(to_.end(), bytes, bytes + size);
    }
    Bytes& to_;
};

/// Takes the same values from these bytes.
class Unpacker {
   public:
    explicit Unpacker(BytesView from) : rest_(from) {}
    template <class T>
    void operator()(T& value) {
        static_assert(std::is_trivially_copyable_v<T>);
        raw(&value, sizeof value);
    }
    template <class T>
    void operator()(std::vector<T>& values) {
        several(values);
    }
    void operator()(std::string& text) { several(text); }

   private:
    template <class Many>
    void several(Many& values) {
        std::uint32_t size = 0;
        (*this)(size);
        if (size * sizeof(*values.data()) > rest_.size()) throw bad_data(subject, "it is damaged");
        values.resize(size);
        raw(values.data(), size * sizeof(*values.data()));
    }
    void raw(void* to, std::size_t size) {
        if (size > rest_.size()) throw bad_data(subject, "it is damaged");
        if (size > 0) std::memcpy(to, rest_.data(), size);
        rest_ = rest_.subspan(size);
    }
    BytesView rest_;
};

/// All parts of an open session, in one order for both.
template <class Take>
void each_part(OpenSession& open, Take&& take) {
    auto& s = open.session;
    take(s.listener), take(s.song), take(s.place), take(s.address), take(s.title), take(s.artist);
    s.clock.each_part(take);
    for (auto* number : {&s.sound_ms, &s.heard_ms, &s.startup_ms, &s.stalls, &s.resumes,
                         &s.stalled_ms, &s.last_stall_ms, &s.switches, &s.uploaded, &s.end_seq,
                         &s.start_seq, &s.address_seq, &s.length_ms})
        take(*number);
    take(s.token), take(s.ending), take(s.got), take(s.pieces), take(s.rejects);
    open.seen.each_part(take);
    take(open.raw_listener), take(open.touched);
}

}  // namespace

struct Away::Head {
    std::uint64_t key = 0, bytes = 0;  ///< that follow
};

void Away::put(std::uint64_t key, const std::string& id, OpenSession& open) {
    Bytes bytes(sizeof(Head));
    Packer pack{bytes};
    auto name = id;
    pack(name);
    each_part(open, pack);
    const Head head{key, bytes.size() - sizeof head};
    std::memcpy(bytes.data(), &head, sizeof head);
    places_.set(key, static_cast<std::int64_t>(end_));
    live_ += bytes.size();
    write(bytes);
}

void Away::write(BytesView bytes) {
    waiting_.insert(waiting_.end(), bytes.begin(), bytes.end());
    end_ += bytes.size();
    if (waiting_.size() >= write_bytes) flush();
}

void Away::flush() {
    if (waiting_.empty()) return;
    if (!file_) file_ = open_spool();
    if (!try_write_at(file_.fd(), waiting_, end_ - waiting_.size()))
        throw system_error("write", subject);
    waiting_.clear();
}

void Away::settle() {
    flush();
    if (end_ >= least_to_compact_ && end_ / 2 > live_) compact();
}

Away::Head Away::head(std::int64_t at) const {
    Head head;
    read_at(file_.fd(), {reinterpret_cast<std::uint8_t*>(&head), sizeof head}, at, subject);
    return head;
}

Bytes Away::body(std::int64_t at, const Head& head) const {
    Bytes bytes(head.bytes);
    bytes.resize(read_at(file_.fd(), bytes, at + static_cast<std::int64_t>(sizeof head), subject));
    return bytes;
}

std::optional<OpenSession> Away::take(std::uint64_t key, const std::string& id) {
    const auto at = places_.find(key);
    if (!at || *at < 0) return {};
    const auto is = head(*at);
    const auto bytes = body(*at, is);
    Unpacker unpack{bytes};
    std::string name;
    unpack(name);
    if (name != id) return {};  // another's, whose id has the same hash
    OpenSession open;
    each_part(open, unpack);
    places_.set(key, -1);
    live_ -= sizeof is + is.bytes;
    return open;
}

void Away::each_there(const std::function<void(std::int64_t at, const Head&)>& take) const {
    for (std::int64_t at = 0; at < static_cast<std::int64_t>(end_);) {
        const auto is = head(at);
        if (places_.find(is.key) == at) take(at, is);
        at += static_cast<std::int64_t>(sizeof is + is.bytes);
    }
}

void Away::each(const std::function<void(const std::string& id, Session&)>& take) const {
    each_there([&](std::int64_t at, const Head& is) {
        const auto bytes = body(at, is);
        Unpacker unpack{bytes};
        std::string id;
        unpack(id);
        OpenSession open;
        each_part(open, unpack);
        take(id, open.session);
    });
}

/// Copy what is of use to a new file.
void Away::compact() {
    Away fresh{in_memory_, least_to_compact_};
    each_there([&](std::int64_t at, const Head& is) {
        const auto bytes = body(at, is);
        fresh.places_.set(is.key, static_cast<std::int64_t>(fresh.end_));
        fresh.write({reinterpret_cast<const std::uint8_t*>(&is), sizeof is});
        fresh.write(bytes);
    });
    fresh.flush();
    fresh.live_ = fresh.end_;
    *this = std::move(fresh);
}

}  // namespace stretto::report

#pragma once
// Songs made of signals, encoded and cut, and libvorbisfile as the oracle for what they decode to.
#include <vorbis/vorbisfile.h>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstring>
#include <numbers>

#include "audio/vorbis.hpp"
#include "ogg/split.hpp"

namespace stretto::songs {

struct Memory {
    BytesView bytes;
    std::size_t at = 0;
    static std::size_t read(void* to, std::size_t size, std::size_t n, void* self) {
        auto& m = *static_cast<Memory*>(self);
        const std::size_t take = std::min(size * n, m.bytes.size() - m.at);
        std::memcpy(to, m.bytes.data() + m.at, take);
        m.at += take;
        return take;
    }
};

/// All samples, interleaved, as libvorbisfile gives them.
/// @param gap  pages are left out on purpose, so libvorbisfile tells of a hole and goes on
inline std::vector<float> decode(BytesView bytes, bool gap = false) {
    Memory memory{bytes};
    OggVorbis_File file;
    std::vector<float> out;
    if (ov_open_callbacks(&memory, &file, nullptr, 0, {Memory::read, nullptr, nullptr, nullptr}) !=
        0)
        return out;
    const int channels = ov_info(&file, -1)->channels;
    float** planes = nullptr;
    int section = 0;
    for (long n; (n = ov_read_float(&file, &planes, 4096, &section)) != 0;) {
        if (gap && n == OV_HOLE) continue;
        BOOST_REQUIRE(n > 0);
        for (long i = 0; i < n; ++i)
            for (int c = 0; c < channels; ++c) out.push_back(planes[c][i]);
    }
    ov_clear(&file);
    return out;
}

enum class Signal { sweep, noise, silence, impulses };

inline float sample(Signal signal, int i, int rate, int chunk) {
    static std::uint32_t seed = 1;
    switch (signal) {
        case Signal::sweep:
            return 0.5F * static_cast<float>(
                              std::sin(2 * std::numbers::pi * i * (200.0 + i * 0.002) / rate));
        case Signal::noise:
            return static_cast<float>((seed = seed * 1664525 + 1013904223) >> 8) / 33554432.0F -
                   0.25F;
        case Signal::silence:
            return 0;
        case Signal::impulses:
            return (i + 3) % chunk < 7 ? 0.9F : 0;
    }
    return 0;
}

/// One Ogg Vorbis stream as encode writes it.
inline Bytes encode(Signal signal, int samples, int rate, int channels, int kbps, int chunk) {
    audio::VorbisEncoder encoder{rate, channels, kbps};
    ogg::Packer packer{7};
    Bytes out;
    const auto headers = encoder.headers({"TITLE=x"});
    packer.add(headers[0], 0);
    packer.flush(out);
    packer.add(headers[1], 0);
    packer.add(headers[2], 0);
    packer.flush(out);
    int packets = 0;
    const auto take = [&](BytesView packet, std::int64_t granule, bool last) {
        if (!packer.fits(packet.size()) || ++packets % 20 == 0) packer.flush(out);
        packer.add(packet, granule, last);
    };
    std::vector<float> pcm;
    for (int i = 0; i < samples; ++i)
        pcm.insert(pcm.end(), static_cast<std::size_t>(channels), sample(signal, i, rate, chunk));
    encoder.add(pcm, 1, take);
    encoder.finish(take);
    packer.flush(out);
    return out;
}

struct Cut {
    ogg::Headers headers;
    std::vector<ogg::Chunk> chunks;
};

inline Cut cut(BytesView stream, std::int64_t chunk_samples, int kbps = 160) {
    ogg::PageReader pages{stream};
    ogg::VorbisStream vorbis{7};
    ogg::Splitter splitter{chunk_samples, kbps};
    for (auto page = pages.next(); page && *page; page = pages.next()) {
        const auto ok = vorbis.add(**page);
        if (!ok) BOOST_FAIL(ok.error().why);
        for (auto& packet : vorbis.take()) splitter.add(std::move(packet));
    }
    BOOST_REQUIRE(vorbis.samples());
    splitter.finish(*vorbis.samples());
    Cut result{*vorbis.headers(), {}};
    while (!splitter.done()) {
        auto chunk = splitter.next(result.headers);
        if (!chunk) BOOST_FAIL(chunk.error().why);
        BOOST_REQUIRE(*chunk);
        result.chunks.push_back(std::move(**chunk));
    }
    return result;
}

}  // namespace stretto::songs

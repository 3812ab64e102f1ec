#pragma once
// A temporary folder that goes away, and samples in its files.
#include <boost/test/unit_test.hpp>
#include <cstring>
#include <filesystem>
#include <vector>

#include "base/file.hpp"

namespace stretto {

struct Folder {
    std::filesystem::path path;
    Folder() {
        auto name = (std::filesystem::temp_directory_path() / "stretto-unit-XXXXXX").string();
        BOOST_REQUIRE(::mkdtemp(name.data()));
        path = name;
    }
    ~Folder() { std::filesystem::remove_all(path); }
    Folder(const Folder&) = delete;
    std::string file(const char* name) const { return (path / name).string(); }
};

inline std::vector<float> read_samples(const std::string& path) {
    const auto bytes = read_file(path, 1 << 28);
    std::vector<float> samples(bytes.size() / sizeof(float));
    std::memcpy(samples.data(), bytes.data(), samples.size() * sizeof(float));
    return samples;
}

/// Numbers in [-0.5, 0.5), none of them 0.
inline std::vector<float> noise(std::size_t samples) {
    std::vector<float> made(samples);
    std::uint32_t seed = 1;
    for (auto& sample : made)
        sample =
            static_cast<float>((seed = seed * 1664525 + 1013904223) | 256) / 4294967296.0F - 0.5F;
    for (auto& sample : made)
        if (sample == 0) sample = 0.25F;
    return made;
}

}  // namespace stretto

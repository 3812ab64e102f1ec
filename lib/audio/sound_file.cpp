#include "audio/sound_file.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sndfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bit>
#include <climits>

#include "base/file.hpp"
#include "base/own.hpp"

namespace stretto::audio {
namespace {

static_assert(std::endian::native == std::endian::little, "samples are written as they lie");

/// Enough for a turn of the loop where nothing else is a limit.
constexpr std::size_t any_frames = 16384;

File create(const std::string& path) {
    File file{::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)};
    if (!file) throw output_error(path);
    return file;
}

class Wav final : public SoundFile {
   public:
    Wav(const std::string& path, const Format& format) : path_(path) {
        SF_INFO info{};
        info.samplerate = format.rate;
        info.channels = format.channels;
        info.format = SF_FORMAT_WAV | SF_FORMAT_FLOAT;
        auto file = create(path);
        file_.reset(sf_open_fd(file.fd(), SFM_WRITE, &info, SF_TRUE));
        file.release();  // libsndfile closes it, and did so if it failed
        if (!file_) throw failed(sf_strerror(nullptr));
        // it would hold the time of day
        sf_command(file_.get(), SFC_SET_ADD_PEAK_CHUNK, nullptr, SF_FALSE);
        sf_command(file_.get(), SFC_SET_UPDATE_HEADER_AUTO, nullptr, SF_TRUE);
    }
    std::size_t room() override { return any_frames; }
    void write(std::span<const float> samples) override {
        constexpr std::uint64_t most_bytes = UINT32_MAX - 4096;
        if ((bytes_ += samples.size_bytes()) > most_bytes)
            throw failed("a WAV file holds no more than 4 GB");
        const auto n = static_cast<sf_count_t>(samples.size());
        if (sf_write_float(file_.get(), samples.data(), n) != n)
            throw failed(sf_strerror(file_.get()));
    }
    void close() override {
        if (!file_) return;
        if (const int code = sf_close(file_.release()); code != 0)
            throw failed(sf_error_number(code));
    }

   private:
    Error failed(const std::string& why) const {
        return Error{EX_IOERR, text("cannot write '", path_, "': ", why)};
    }

    std::string path_;
    std::unique_ptr<SNDFILE, Freed<sf_close>> file_;
    std::uint64_t bytes_ = 0;
};

class Raw final : public SoundFile {
   public:
    Raw(const std::string& path, const Format& format)
        : path_(path == "-" ? "standard output" : path),
          file_(path == "-" ? File{::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)} : create(path)),
          frame_bytes_(static_cast<std::size_t>(format.channels) * sizeof(float)) {
        if (!file_) throw system_error("cannot write", path_);
        if (::isatty(file_.fd()))
            throw Error{EX_USAGE, "samples are not for a terminal: use a pipe or a file"};
        struct stat what {};
        plain_ = ::fstat(file_.fd(), &what) == 0 && S_ISREG(what.st_mode);
    }
    std::size_t room() override {
        if (plain_) return any_frames;
        pollfd ready{file_.fd(), POLLOUT, 0};
        if (::poll(&ready, 1, 0) <= 0) return 0;
        // a pipe that is ready takes so much and does not wait; of a broken one write() tells
        return PIPE_BUF / frame_bytes_;
    }
    void write(std::span<const float> samples) override {
        write_all(file_.fd(),
                  {reinterpret_cast<const std::uint8_t*>(samples.data()), samples.size_bytes()},
                  path_);
    }
    void close() override { file_ = File{}; }

   private:
    std::string path_;
    File file_;
    std::size_t frame_bytes_;
    bool plain_ = false;
};

}  // namespace

std::unique_ptr<SoundFile> create_wav(const std::string& path, const Format& format) {
    return std::make_unique<Wav>(path, format);
}

std::unique_ptr<SoundFile> create_raw(const std::string& path, const Format& format) {
    return std::make_unique<Raw>(path, format);
}

}  // namespace stretto::audio

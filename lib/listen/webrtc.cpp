#include "listen/webrtc.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <thread>
#include <vector>

#include "base/text.hpp"

namespace stretto::listen {
namespace {

constexpr const char* program = "stretto-rtc";
constexpr std::size_t most_said_bytes = 4096;
constexpr std::chrono::milliseconds end_pause{5}, most_end_time{1000}, reap_pause{100};
constexpr std::string_view rtc = "rtc:";

std::string beside_this_program() {
    std::error_code none;
    const auto self = std::filesystem::read_symlink("/proc/self/exe", none);
    return none ? std::string{} : (self.parent_path() / program).string();
}

/// In the child: only calls that are safe after a fork.
[[noreturn]] void become(const char* beside, char* const* words, char* const* environment, int out,
                         pid_t parent) {
    // signals of the terminal are for the parent, which ends this one
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    const int none = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    const bool ready = ::getppid() == parent && none >= 0 && ::dup2(none, 0) == 0 &&
                       ::dup2(out, 1) == 1 && ::dup2(none, 2) == 2;
    if (ready) {
        if (*beside) ::execve(beside, words, environment);
        ::execvpe(program, words, environment);
    }
    ::_exit(127);
}

std::vector<char*> pointers(std::vector<std::string>& words) {
    std::vector<char*> all;
    for (auto& word : words) all.push_back(word.data());
    all.push_back(nullptr);
    return all;
}

/// The rest of the line that begins so; empty: there is no such whole line.
std::string said_after(std::string_view said, std::string_view begin) {
    while (!said.empty()) {
        const auto line = said.substr(0, said.find('\n'));
        if (line.size() == said.size()) break;
        if (line.starts_with(begin)) return std::string{line.substr(begin.size())};
        said.remove_prefix(line.size() + 1);
    }
    return {};
}

}  // namespace

WebRtc::WebRtc(net::Loop& loop, const std::string& tracker, const std::string& server,
               const std::string& trusted)
    : reap_(loop, [this] { reap(); }) {
    start(tracker, server, trusted);
    if (child_ < 0) return;
    poll_.emplace(loop, out_.fd(), [this](int) { read(); });
    poll_->want(net::Poll::readable);
}

void WebRtc::start(const std::string& tracker, const std::string& server,
                   const std::string& trusted) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return;
    out_ = File{ends[0]};
    const File theirs{ends[1]};
    ::fcntl(out_.fd(), F_SETFL, O_NONBLOCK);
    const auto beside = beside_this_program();
    std::vector<std::string> words{program, "--upstream", "http://" + server, "--listen",
                                   "127.0.0.1:0"};
    // not as arguments, which other users see: the URL may have a password
    constexpr std::string_view of_tracker = "STRETTO_RTC_TRACKER=", of_token = "STRETTO_TOKEN=";
    std::vector<std::string> environment{text(of_tracker, tracker), text(of_token, trusted)};
    for (char** one = environ; *one; ++one)
        if (const std::string_view line{*one};
            !line.starts_with(of_tracker) && !line.starts_with(of_token))
            environment.emplace_back(line);
    const auto word_pointers = pointers(words), environment_pointers = pointers(environment);
    const auto parent = ::getpid();
    child_ = ::fork();
    if (child_ == 0)
        become(beside.c_str(), word_pointers.data(), environment_pointers.data(), theirs.fd(),
               parent);
}

void WebRtc::read() {
    std::array<char, most_said_bytes> bytes;
    const auto n = ::read(out_.fd(), bytes.data(), bytes.size());
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) {  // it has ended, or was never there
        poll_.reset();
        url_.clear();
        peer_id_.clear();
        return reap();
    }
    if (said_.size() < most_said_bytes) said_.append(bytes.data(), static_cast<std::size_t>(n));
    peer_id_ = said_after(said_, "peer ");
    // it says who it is last
    if (!peer_id_.empty()) url_ = "http://" + said_after(said_, "listening on ");
}

/// It has ended, or is about to.
void WebRtc::reap() {
    if (::waitpid(child_, nullptr, WNOHANG) == 0) return reap_.once(reap_pause);
    child_ = -1;
}

std::string WebRtc::url_of(std::string_view peer) const {
    if (url_.empty() || !peer.starts_with(rtc)) return {};
    return text(url_, "/rtc/", peer.substr(rtc.size()));
}

WebRtc::~WebRtc() {
    poll_.reset();
    if (child_ < 0) return;
    ::kill(child_, SIGTERM);
    for (auto waited = std::chrono::milliseconds{0}; waited < most_end_time; waited += end_pause) {
        if (::waitpid(child_, nullptr, WNOHANG) != 0) return;
        std::this_thread::sleep_for(end_pause);
    }
    ::kill(child_, SIGKILL);
    while (::waitpid(child_, nullptr, 0) < 0 && errno == EINTR) continue;
}

}  // namespace stretto::listen

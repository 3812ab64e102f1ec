// Code inside a program that decodes or serves: tries what an attacker would. Loaded with
// LD_PRELOAD.
#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

void tell(const char* what, long result) {
    char line[160];
    const int n = std::snprintf(line, sizeof line, "inside: %s: %s\n", what,
                                result < 0 ? std::strerror(errno) : "done");
    if (const char* path = std::getenv("INSIDE_FD"))
        (void)!::write(std::atoi(path), line, static_cast<std::size_t>(n));
}

void attack() {
    const char* secret = std::getenv("INSIDE_SECRET");
    const char* made = std::getenv("INSIDE_MADE");
    tell("read", ::open(secret, O_RDONLY));
    tell("write", ::open(secret, O_WRONLY));
    tell("make", ::open(made, O_WRONLY | O_CREAT, 0600));
    tell("folder", ::mkdir(made, 0700));
    tell("mode", ::chmod(secret, 0644));
    tell("remove", ::unlink(secret));
    if (const char* beside = std::getenv("INSIDE_BESIDE")) {
        tell("beside", ::open(beside, O_WRONLY | O_CREAT | O_EXCL, 0600));
        tell("replace", ::rename("beside.wav", "replaced.wav"));
    }
    char* const shell[] = {const_cast<char*>("sh"), const_cast<char*>("-c"),
                           const_cast<char*>("echo inside: shell"), nullptr};
    tell("exec", ::execve("/bin/sh", shell, environ));
    tell("execveat", ::syscall(SYS_execveat, AT_FDCWD, "/bin/sh", shell, environ, 0));
    const long child = ::syscall(SYS_fork);
    if (child == 0) ::_exit(0);
    tell("fork", child);
    const long other = ::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, 0);
    if (other == 0) ::_exit(0);
    tell("clone", other);
    tell("trace", ::ptrace(PTRACE_ATTACH, ::getppid(), nullptr, nullptr));
    tell("memory", ::syscall(SYS_process_vm_readv, ::getppid(), nullptr, 0, nullptr, 0, 0));
    tell("kill", ::kill(::getppid(), 0));
    tell("signal", ::syscall(SYS_tgkill, ::getppid(), ::getppid(), 0));
    tell("limits", ::syscall(SYS_prlimit64, ::getppid(), 7, nullptr, nullptr));
    // without a filter: not a terminal
    tell("type", ::ioctl(0, TIOCSTI, "x"));
    const int s = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(std::atoi(std::getenv("INSIDE_PORT"))));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    tell("connect", s < 0 ? -1 : ::connect(s, reinterpret_cast<sockaddr*>(&to), sizeof to));
    tell("namespace", ::syscall(SYS_unshare, 0x10000000));
    tell("end", 0);
}

void on_signal(int) { attack(); }

[[gnu::constructor]] void prepare() {
    if (std::getenv("INSIDE_SIGNAL")) std::signal(SIGUSR1, on_signal);
}

}  // namespace

struct AVFormatContext;
struct AVPacket;
/// FFmpeg's, which reads the next packet of a file.
extern "C" int av_read_frame(AVFormatContext* context, AVPacket* packet) {
    static const auto real =
        reinterpret_cast<int (*)(AVFormatContext*, AVPacket*)>(::dlsym(RTLD_NEXT, "av_read_frame"));
    static bool once = (attack(), true);
    (void)once;
    return real(context, packet);
}

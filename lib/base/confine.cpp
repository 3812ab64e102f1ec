#include "base/confine.hpp"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/own.hpp"

#ifndef __has_feature  // clang's way to say it
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || \
    __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define STRETTO_SANITIZED 1
#else
#define STRETTO_SANITIZED 0
#endif

namespace stretto {
namespace {

// ---- files

// what came after the headers of Linux 6.1
constexpr std::uint64_t fs_truncate = 1ULL << 14, fs_ioctl_device = 1ULL << 15;
constexpr std::uint64_t net_bind = 1, net_connect = 2;
struct Attributes {
    std::uint64_t files = 0, network = 0;
};

constexpr std::uint64_t read_file = LANDLOCK_ACCESS_FS_READ_FILE,
                        read_folder = LANDLOCK_ACCESS_FS_READ_DIR,
                        execute = LANDLOCK_ACCESS_FS_EXECUTE,
                        all_of_abi_1 = LANDLOCK_ACCESS_FS_MAKE_SYM * 2 - 1,
                        writes_of_abi_1 = all_of_abi_1 & ~(read_file | read_folder | execute);

/// 0: the kernel has none, or it is turned off.
int landlock_version() {
    const long version =
        ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return version < 0 ? 0 : static_cast<int>(version);
}

void allow(int ruleset, const std::filesystem::path& path, std::uint64_t rights) {
    const File file{::open(path.c_str(), O_PATH | O_CLOEXEC)};
    struct stat what {};
    if (!file || ::fstat(file.fd(), &what) != 0) return;
    constexpr std::uint64_t of_files = LANDLOCK_ACCESS_FS_READ_FILE |
                                       LANDLOCK_ACCESS_FS_WRITE_FILE | fs_truncate |
                                       fs_ioctl_device;
    if (!S_ISDIR(what.st_mode)) rights &= of_files;
    if (rights == 0) return;
    landlock_path_beneath_attr rule{};
    rule.allowed_access = rights;
    rule.parent_fd = file.fd();
    if (::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0)
        return;
    // pipes and sockets, such as /dev/stdin and <(...): Landlock does not restrict them
    if (errno != EBADFD) throw system_error("restrict the use of", path.string());
}

/// Of Linux 6.1's headers and later ones, what this kernel knows.
std::uint64_t later_writes(int version) {
    return (version >= 2 ? LANDLOCK_ACCESS_FS_REFER : 0) | (version >= 3 ? fs_truncate : 0);
}

/// @param handled  what will need a rule
File make_ruleset(const Attributes& handled) {
    const std::size_t size = handled.network != 0 ? sizeof handled : sizeof handled.files;
    return File{static_cast<int>(::syscall(SYS_landlock_create_ruleset, &handled, size, 0))};
}

bool restrict_self(const File& ruleset) {
    return ::syscall(SYS_landlock_restrict_self, ruleset.fd(), 0) == 0;
}

bool confine_files(const Confinement& what) {
    const int version = landlock_version();
    if (version == 0) return false;
    Attributes handled;
    handled.files = all_of_abi_1 | later_writes(version);
    if (version >= 5) handled.files |= fs_ioctl_device;
    if (version >= 4) handled.network = net_bind | net_connect;
    const auto ruleset = make_ruleset(handled);
    if (!ruleset) return false;
    const auto rights_of = [&](std::uint64_t rights) { return rights & handled.files; };
    // a folder of which only its own entries may be read stands for no file in it
    for (const auto& path : what.readable)
        allow(ruleset.fd(), path, rights_of(read_file | read_folder));
    for (const auto& path : what.writable)
        allow(ruleset.fd(), path, rights_of(~(execute | fs_ioctl_device)));
    if (STRETTO_SANITIZED)  // they look up where a fault was
        for (const auto* path : {"/proc", "/usr", "/lib", "/etc", "/tmp"})
            allow(ruleset.fd(), path, rights_of(read_file | read_folder));
    return restrict_self(ruleset);
}

bool is_device(const std::filesystem::path& path) {
    struct stat what {};
    return ::stat(path.c_str(), &what) == 0 && !S_ISREG(what.st_mode) && !S_ISSOCK(what.st_mode);
}

/// Where a file is, or will be, behind all links.
std::filesystem::path folder_of(const std::filesystem::path& file) {
    std::error_code failed;
    return std::filesystem::weakly_canonical(std::filesystem::absolute(file), failed).parent_path();
}

bool confine_writes(const Writable& what) {
    const int version = landlock_version();
    if (version == 0) return false;
    Attributes handled;
    handled.files = writes_of_abi_1 | later_writes(version);
    const auto ruleset = make_ruleset(handled);
    if (!ruleset) return false;
    for (const auto& folder : what.folders) {
        std::error_code failed;  // whoever needs it says so
        std::filesystem::create_directories(folder, failed);
        allow(ruleset.fd(), folder, handled.files);
    }
    for (const auto& file : what.files)
        allow(ruleset.fd(), is_device(file) ? file : folder_of(file), handled.files);
    return restrict_self(ruleset);
}

// ---- system calls

// memory, threads, time, and files that are open
constexpr const char* of_all[] = {
    "brk", "clock_getres", "clock_gettime", "clock_nanosleep", "close", "close_range",
    "copy_file_range", "dup", "dup2", "dup3", "exit", "exit_group", "fadvise64", "fallocate",
    "fcntl", "fdatasync", "flock", "fstat", "fstatfs", "fsync", "ftruncate", "futex",
    "get_mempolicy", "getcpu", "getcwd", "getegid", "geteuid", "getgroups", "getpgid", "getpgrp",
    "getpriority", "getgid", "getpid", "getppid", "getrandom", "getrusage", "gettid",
    "gettimeofday", "getuid", "lseek", "madvise", "membarrier", "mincore", "mlock", "mmap",
    "mprotect", "mremap", "msync", "munlock", "munmap", "nanosleep", "newfstatat", "pipe", "pipe2",
    "poll", "ppoll", "pread64", "preadv", "pwrite64", "pwritev", "read", "readahead", "readv",
    "restart_syscall", "rseq", "rt_sigaction", "rt_sigpending", "rt_sigprocmask", "rt_sigreturn",
    "rt_sigtimedwait", "sched_getaffinity", "sched_yield", "select", "pselect6", "sendfile",
    "set_robust_list", "sigaltstack", "splice", "stat", "statx", "sync_file_range", "sysinfo",
    "time", "times", "umask", "uname", "write", "writev",
    // what Landlock decides about, by path
    "access", "faccessat", "faccessat2", "getdents64", "link", "linkat", "lstat", "mkdir",
    "mkdirat", "open", "openat", "openat2", "readlink", "readlinkat", "rename", "renameat",
    "renameat2", "rmdir", "statfs", "unlink", "unlinkat", "utimensat", "fchmod"};
// what a server never does, but an attacker in it would
constexpr const char* of_attackers[] = {"acct",
                                        "add_key",
                                        "bpf",
                                        "capset",
                                        "chmod",
                                        "chown",
                                        "chroot",
                                        "delete_module",
                                        "execve",
                                        "execveat",
                                        "fchmodat",
                                        "fchownat",
                                        "finit_module",
                                        "fsconfig",
                                        "fsmount",
                                        "fsopen",
                                        "init_module",
                                        "kexec_file_load",
                                        "kexec_load",
                                        "keyctl",
                                        "lchown",
                                        "lsetxattr",
                                        "mount",
                                        "mount_setattr",
                                        "move_mount",
                                        "name_to_handle_at",
                                        "open_by_handle_at",
                                        "open_tree",
                                        "perf_event_open",
                                        "pidfd_getfd",
                                        "pidfd_open",
                                        "pidfd_send_signal",
                                        "pivot_root",
                                        "process_madvise",
                                        "process_vm_readv",
                                        "process_vm_writev",
                                        "reboot",
                                        "request_key",
                                        "rt_sigqueueinfo",
                                        "setdomainname",
                                        "setfsgid",
                                        "setfsuid",
                                        "setgid",
                                        "setgroups",
                                        "sethostname",
                                        "setns",
                                        "setregid",
                                        "setresgid",
                                        "setresuid",
                                        "setreuid",
                                        "setuid",
                                        "setxattr",
                                        "swapoff",
                                        "swapon",
                                        "umount2",
                                        "unshare",
                                        "userfaultfd"};
constexpr const char* of_processes[] = {"fork", "kill", "ptrace", "tkill", "vfork"};
// leak checkers look at us from another process
constexpr const char* of_sanitizers[] = {"arch_prctl", "clone",  "getdents",  "kill", "personality",
                                         "prctl",      "ptrace", "setrlimit", "wait4"};

using Filter = std::unique_ptr<void, Freed<seccomp_release>>;

void check(int code, const char* what) {
    if (code < 0 && code != -EDOM) throw Error{EX_SOFTWARE, text(what, ": ", std::strerror(-code))};
}

void add(const Filter& filter, std::uint32_t action, const char* call) {
    const int number = ::seccomp_syscall_resolve_name(call);
    if (number == __NR_SCMP_ERROR || number < 0) return;  // this architecture has none
    check(::seccomp_rule_add(filter.get(), action, number, 0), "seccomp_rule_add");
}

void add_if(const Filter& filter, std::uint32_t action, int call, scmp_arg_cmp condition) {
    check(::seccomp_rule_add(filter.get(), action, call, 1, condition), "seccomp_rule_add");
}

/// The kernel reads 32 bits of a request.
scmp_arg_cmp is_request(std::uint64_t request) {
    return SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffff, request);
}

/// Threads and no processes. The flags of clone3 are in memory, where a filter cannot see them;
/// without it the C library uses clone.
void allow_threads(const Filter& filter) {
    add(filter, SCMP_ACT_ERRNO(ENOSYS), "clone3");
    add_if(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone),
           SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
}

bool confine_calls() {
    const Filter filter{::seccomp_init(SCMP_ACT_ERRNO(EPERM))};
    if (!filter) return false;
    for (const auto& call : system_calls()) add(filter, SCMP_ACT_ALLOW, call.c_str());
    if (STRETTO_SANITIZED)
        add(filter, SCMP_ACT_ERRNO(ENOSYS), "clone3");
    else
        allow_threads(filter);
    // names of threads, and nothing that gives rights back
    add_if(filter, SCMP_ACT_ALLOW, SCMP_SYS(prctl), SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME));
    // signals to ourselves, as of abort(), and our own limits
    const auto self = static_cast<std::uint64_t>(::getpid());
    add_if(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), SCMP_A0(SCMP_CMP_EQ, self));
    add_if(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), SCMP_A0(SCMP_CMP_EQ, 0));
    // whether a descriptor is a terminal, whether it is ours now, and how wide it is; not TIOCSTI,
    // which types into its shell
    for (const auto request : {TCGETS, TIOCGPGRP, TIOCGWINSZ})
        add_if(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), is_request(request));
    return ::seccomp_load(filter.get()) == 0;
}

bool forbid_calls() {
    const Filter filter{::seccomp_init(SCMP_ACT_ALLOW)};
    if (!filter) return false;
    for (const auto* call : of_attackers) add(filter, SCMP_ACT_ERRNO(EPERM), call);
    // what types into the shell of a terminal
    for (const auto request : {TIOCSTI, TIOCLINUX})
        add_if(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), is_request(request));
    if (!STRETTO_SANITIZED) {
        for (const auto* call : of_processes) add(filter, SCMP_ACT_ERRNO(EPERM), call);
        add(filter, SCMP_ACT_ERRNO(ENOSYS), "clone3");
        add_if(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone),
               SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
        add_if(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(tgkill),
               SCMP_A0(SCMP_CMP_NE, static_cast<std::uint64_t>(::getpid())));
    }
    return ::seccomp_load(filter.get()) == 0;
}

std::string missing(bool landlock, bool seccomp) {
    return landlock ? (seccomp ? "" : "seccomp") : seccomp ? "Landlock" : "Landlock and seccomp";
}

}  // namespace

std::vector<std::string> system_calls() {
    std::vector<std::string> all(std::begin(of_all), std::end(of_all));
    if (STRETTO_SANITIZED)
        all.insert(all.end(), std::begin(of_sanitizers), std::end(of_sanitizers));
    return all;
}

std::string confine(const Confinement& what) {
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return "no_new_privs";
    const bool files = confine_files(what);
    return missing(files, confine_calls());
}

std::string confine_server(const Writable& what) {
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return "no_new_privs";
    const bool files = confine_writes(what);
    return missing(files, forbid_calls());
}

}  // namespace stretto

#include "base/apart.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "base/error.hpp"

namespace stretto {

std::optional<int> work_apart() {
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child < 0) throw system_error("start", "a process to decode");
    if (child == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != parent) ::_exit(EX_SOFTWARE);  // it has ended already
        return {};
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0)
        if (errno != EINTR) throw system_error("wait for", "a process that decodes");
    if (WIFSIGNALED(status)) {
        ::raise(WTERMSIG(status));
        throw Error{EX_SOFTWARE, text("decoding ended with signal ", WTERMSIG(status))};
    }
    return WEXITSTATUS(status);
}

}  // namespace stretto

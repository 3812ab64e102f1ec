#include "base/error.hpp"

#include <cerrno>
#include <system_error>

namespace stretto {

Error system_error(std::string_view doing, std::string_view subject) {
    const int code = errno;
    const int status = code == ENOENT || code == ENOTDIR ? EX_NOINPUT : EX_IOERR;
    return Error{status, text("cannot ", doing, " '", subject,
                              "': ", std::generic_category().message(code))};
}

}  // namespace stretto

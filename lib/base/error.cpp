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

Error output_error(std::string_view subject) {
    const int code = errno;
    const bool disk = code == ENOSPC || code == EDQUOT || code == EIO;
    return Error{disk ? EX_IOERR : EX_CANTCREAT,
                 text("cannot create '", subject, "': ", std::generic_category().message(code))};
}

}  // namespace stretto

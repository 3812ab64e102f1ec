// A bundle from a stranger: the tar and all that publish checks in it.
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.hpp"
#include "publish/publish.hpp"
#include "repair.hpp"

using namespace stretto;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const File file{::memfd_create("bundle", 0)};
    if (::ftruncate(file.fd(), 0) != 0 || ::lseek(file.fd(), 0, SEEK_SET) != 0) return 0;
    write_all(file.fd(), {data, size}, "memory");
    ::lseek(file.fd(), 0, SEEK_SET);
    try {
        publish::BundleReader bundle{file.fd(), 1 << 20};
        publish::check_bundle(bundle, "bundle", [](const std::string&, BytesView) {});
    } catch (const Error& e) {
        if (e.exit() != EX_DATAERR) __builtin_trap();
    }
    return 0;
}

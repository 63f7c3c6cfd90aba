// Any bytes are an IDX file, plain or gzipped, or an Error.
#include <cyclone/base/error.h>
#include <cyclone/data/idx.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include <sys/mman.h>
#include <unistd.h>

using namespace cyclone;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const int file = memfd_create("idx", 0);
    if (ftruncate(file, 0) != 0 || pwrite(file, data, size, 0) != static_cast<ssize_t>(size)) std::abort();
    try {
        data::read_idx("/proc/self/fd/" + std::to_string(file));
    } catch (const Error&) {
    }
    return 0;
}

// The only place that includes stb_image: JPEG, with a limit on the memory that one file may take.

#include <cyclone/base/error.h>
#include <cyclone/data/images/image_options.h>

#include "data/images/image_file.h"

#ifdef CYCLONE_WITH_IMAGES

#include <cstdlib>
#include <mutex>

#include "data/assemble.h"

namespace {

// Bytes that stb_image may still take for the file under way. It never gives any back before it is done.
thread_local std::size_t room = 0;

// Zeros: where the data of a damaged file end early, no other memory must show in the pixels.
void* zeros(std::size_t bytes) {
    if (bytes > room) return nullptr;
    room -= bytes;
    return std::calloc(1, bytes);
}

}  // namespace

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_NO_STDIO
#define STBI_NO_LINEAR
#define STBI_NO_HDR
#define STBI_ONLY_JPEG
#define STBI_MAX_DIMENSIONS (1 << 16)
#define STBI_MALLOC(bytes) zeros(bytes)
#define STBI_FREE(pointer) std::free(pointer)
#define STBI_REALLOC(old, bytes) std::realloc(old, bytes)
#define STBI_ASSERT(condition) ((void)0)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#include <stb_image.h>
#pragma GCC diagnostic pop

namespace cyclone::data {
namespace {

constexpr std::uint64_t kTables = std::uint64_t{1} << 20;  // of the decoder
constexpr std::uint64_t kMuch = std::uint64_t{128} << 20;

}  // namespace

bool has_images() { return true; }

Image decode_jpeg(ImageBytes file, std::string_view where) {
    const JpegFrame frame = check_jpeg(file, where);
    check_pixel_bytes(frame.height, frame.width, frame.channels, where);
    const std::uint64_t bytes = frame.decoder_bytes + kTables;
    static std::mutex one_large;  // a progressive one takes up to 400 MB: not as often as there are threads
    std::unique_lock<std::mutex> turn(one_large, std::defer_lock);
    if (bytes > kMuch) turn.lock();
    room = static_cast<std::size_t>(bytes);
    stbi__g_failure_reason = nullptr;  // else that of an earlier file
    int width = 0, height = 0, channels = 0;
    unsigned char* decoded =
        stbi_load_from_memory(file.data(), static_cast<int>(file.size()), &width, &height, &channels, 0);
    if (!decoded) {
        const char* reason = stbi__g_failure_reason;
        const bool memory = reason && std::string_view(reason) == "outofmem";
        check(!memory, where, "no memory for the ", bytes >> 20, " MB that this JPEG of ", frame.height, " x ",
              frame.width, " takes to be decoded");
        fail(where, "the JPEG is damaged", reason ? ": " + printable(reason) : "");
    }
    Image image{height, width, channels, false, nullptr, frame.turned};
    image.pixels.reset(decoded);
    return image;
}

}  // namespace cyclone::data

#else

namespace cyclone::data {

bool has_images() { return false; }

Image decode_jpeg(ImageBytes, std::string_view where) {
    fail(where,
         "this build cannot read JPEG files (hint: install libstb-dev and build with -DCYCLONE_IMAGES=ON, or use PNG, "
         "BMP, PGM or PPM files)");
}

}  // namespace cyclone::data

#endif

// The only place that includes stb_image: PNG and JPEG, with a limit on the memory that one file may take.

#include <cyclone/base/error.h>

#include "data/images/image_file.h"

#ifdef CYCLONE_WITH_IMAGES

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "data/assemble.h"

namespace {

// stb_image's memory for the file under way. Every block has its size in the 16 bytes before it.
struct Budget {
    std::size_t used = 0, limit = 0;
};
thread_local Budget budget;
constexpr std::size_t kRoom = 16;

void* budget_malloc(std::size_t bytes) {
    if (bytes > budget.limit - std::min(budget.limit, budget.used)) return nullptr;
    auto* block = static_cast<unsigned char*>(std::malloc(bytes + kRoom));
    if (!block) return nullptr;
    std::memcpy(block, &bytes, sizeof bytes);
    budget.used += bytes;
    return block + kRoom;
}

void budget_free(void* pointer) {
    if (!pointer) return;
    std::size_t bytes = 0;
    std::memcpy(&bytes, static_cast<unsigned char*>(pointer) - kRoom, sizeof bytes);
    budget.used -= std::min(budget.used, bytes);
    std::free(static_cast<unsigned char*>(pointer) - kRoom);
}

void* budget_realloc(void* old, std::size_t old_bytes, std::size_t bytes) {
    void* fresh = budget_malloc(bytes);
    if (!fresh) return nullptr;
    if (old) std::memcpy(fresh, old, std::min(old_bytes, bytes));
    budget_free(old);
    return fresh;
}

}  // namespace

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_NO_STDIO
#define STBI_NO_LINEAR
#define STBI_NO_HDR
#define STBI_ONLY_PNG
#define STBI_ONLY_JPEG
#define STBI_MAX_DIMENSIONS (1 << 16)
#define STBI_MALLOC(bytes) budget_malloc(bytes)
#define STBI_FREE(pointer) budget_free(pointer)
#define STBI_REALLOC_SIZED(old, old_bytes, bytes) budget_realloc(old, old_bytes, bytes)
#define STBI_ASSERT(condition) ((void)0)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#include <stb_image.h>
#pragma GCC diagnostic pop

namespace cyclone::data {
namespace {

constexpr std::size_t kMostBudget = std::size_t{176} << 20;
constexpr std::size_t kSmallBudget = std::size_t{4} << 20;
constexpr std::size_t kBudgetOfPixel = 48;  // 16-bit RGBA unfiltered, filtered and converted

// Drops the alpha channel, in place.
template <class T>
void drop_alpha(Image& image) {
    T* values = reinterpret_cast<T*>(image.pixels.get());
    const std::int64_t all = image.channels, keep = all - 1, pixels = image.height * image.width;
    for (std::int64_t i = 0; i < pixels; ++i)
        for (std::int64_t c = 0; c < keep; ++c) values[i * keep + c] = values[i * all + c];
    image.channels = keep;
}

}  // namespace

Image decode_with_stb(ImageBytes file, std::string_view where) {
    const auto reason = [] {
        const char* text = stbi_failure_reason();
        return printable(text ? text : "no reason given");
    };
    const auto size = static_cast<int>(file.size());
    int width = 0, height = 0, channels = 0;
    budget = {0, kSmallBudget};
    check(stbi_info_from_memory(file.data(), size, &width, &height, &channels) != 0, where,
          "cannot be decoded: ", reason());
    const bool wide = stbi_is_16_bit_from_memory(file.data(), size) != 0;
    const auto pixels = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
    check(pixels * static_cast<std::size_t>(channels) * (wide ? 2 : 1) <= kMostPixelBytes, where,
          "expected an image of at most ", kMostPixelBytes >> 20, " MB of pixels, got ", height, " x ", width);
    budget = {0, std::min(kMostBudget, kSmallBudget + kBudgetOfPixel * pixels)};
    void* decoded = wide
                        ? static_cast<void*>(stbi_load_16_from_memory(file.data(), size, &width, &height, &channels, 0))
                        : stbi_load_from_memory(file.data(), size, &width, &height, &channels, 0);
    check(decoded != nullptr, where, "cannot be decoded: ", reason());
    Image image{height, width, channels, wide, nullptr};
    image.pixels.reset(static_cast<unsigned char*>(decoded));
    if (channels == 2 || channels == 4) wide ? drop_alpha<std::uint16_t>(image) : drop_alpha<unsigned char>(image);
    const bool palette = format_of(file) == ImageFormat::png && file[25] == 3;
    if (palette && image.channels == 3) collapse_grey(image);
    return image;
}

}  // namespace cyclone::data

#else

namespace cyclone::data {

Image decode_with_stb(ImageBytes, std::string_view where) {
    fail(where,
         "this build cannot read PNG and JPEG files (hint: install libstb-dev and build with -DCYCLONE_IMAGES=ON, "
         "or use BMP, PGM or PPM files)");
}

}  // namespace cyclone::data

#endif

// Errors and arguments of C programs.

#include "c/call.h"

#include <cyclone/base/out_of_memory.h>
#include <cyclone/base/utf8.h>
#include <cyclone/train/diverged.h>

#include <cstdio>
#include <exception>
#include <memory>
#include <string>

namespace cyclone::c {
namespace {

// Not a string: it must hold the message about memory that is used up, and need nothing when its thread ends.
thread_local char last_error[4096] = "";

std::int32_t failure(std::int32_t status, const char* where, const char* what) {
    constexpr std::size_t kRoom = sizeof last_error - 1;
    std::string clean;  // names of files may be in any encoding
    try {
        what = (clean = valid_utf8(what)).c_str();
    } catch (const std::exception&) {  // no memory: as it is
    }
    if (where)
        std::snprintf(last_error, sizeof last_error, "%s: %s", where, what);
    else
        std::snprintf(last_error, sizeof last_error, "%s", what);
    // Cut between characters: bytes 10xxxxxx continue one.
    if (std::size_t end = std::strlen(last_error); end == kRoom) {
        while (end > 0 && (static_cast<unsigned char>(last_error[end - 1]) & 0xC0) == 0x80) --end;
        if (end > 0 && (static_cast<unsigned char>(last_error[end - 1]) & 0x80) != 0) --end;
        last_error[end] = 0;
    }
    return status;
}

}  // namespace

std::int32_t status_of_failure(const char* where) noexcept {
    try {
        throw;
    } catch (const BufferError& error) {
        return failure(CYCLONE_BUFFER, nullptr, error.what());
    } catch (const BusyError& error) {
        return failure(CYCLONE_BUSY, nullptr, error.what());
    } catch (const UsageError& error) {
        return failure(CYCLONE_USAGE, nullptr, error.what());
    } catch (const train::Diverged& error) {
        return failure(CYCLONE_DIVERGED, nullptr, error.what());
    } catch (const Error& error) {
        return failure(CYCLONE_ERROR, nullptr, error.what());
    } catch (const OutOfMemory& error) {
        return failure(CYCLONE_MEMORY, nullptr, error.what());
    } catch (const std::bad_alloc&) {
        return failure(CYCLONE_MEMORY, where, "memory is used up");
    } catch (const std::exception& error) {
        return failure(CYCLONE_INTERNAL, where, error.what());
    } catch (...) {
        return failure(CYCLONE_INTERNAL, where, "something other than an exception of the library was thrown");
    }
}

Tensor tensor_of(std::string_view where, const cyclone_images* given) {
    const cyclone_images images = read_struct(where, given, "cyclone_images");
    DType type = DType::u8;
    switch (images.type) {
        case CYCLONE_U8:
            break;
        case CYCLONE_U16:
            type = DType::u16;
            break;
        case CYCLONE_F32:
            type = DType::f32;
            break;
        default:
            fail<UsageError>(where, "expected images of type CYCLONE_U8 (1), CYCLONE_U16 (2) or CYCLONE_F32 (3), got ",
                             images.type);
    }
    check<UsageError>(std::all_of(images.shape, images.shape + 4, [](std::int64_t size) { return size >= 1; }), where,
                      "expected a shape (N, H, W, C) of sizes from 1, got (", images.shape[0], ", ", images.shape[1],
                      ", ", images.shape[2], ", ", images.shape[3], ")");
    const Shape shape{images.shape[0], images.shape[1], images.shape[2], images.shape[3]};
    check<UsageError>(images.length == static_cast<std::size_t>(shape.numel()), where, "expected ", shape.numel(),
                      " values for images of shape ", shape, ", got a length of ", images.length);
    need(where, images.pixels, "pixels");
    check<UsageError>(reinterpret_cast<std::uintptr_t>(images.pixels) % size_of(type) == 0, where,
                      "expected pixels at an address that is a multiple of ", size_of(type), " bytes, as ",
                      name_of(type), " needs");
    const std::shared_ptr<const void> of_the_program(std::shared_ptr<const void>(), images.pixels);
    return Tensor::read_only(images.pixels, shape, type, of_the_program);
}

}  // namespace cyclone::c

extern "C" const char* cyclone_last_error(void) { return cyclone::c::last_error; }

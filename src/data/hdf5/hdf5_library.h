#pragma once
// The HDF5 library's handles and errors; only src/data/hdf5/hdf5.cpp includes this.

#include <hdf5.h>

#include <mutex>
#include <ostream>
#include <string>
#include <utility>

namespace cyclone::data {

// While it lives: this thread alone uses the library (most builds of it are not thread-safe), which prints nothing and
// loads no plug-ins.
class LibraryUse {
public:
    explicit LibraryUse(std::unique_lock<std::mutex> lock) : lock_(std::move(lock)) {
        H5Eget_auto2(H5E_DEFAULT, &printer_, &printer_data_);
        H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
        H5PLget_loading_state(&plugins_);
        H5PLset_loading_state(0);
    }
    ~LibraryUse() {
        H5PLset_loading_state(plugins_);
        H5Eset_auto2(H5E_DEFAULT, printer_, printer_data_);
    }
    LibraryUse(const LibraryUse&) = delete;
    LibraryUse& operator=(const LibraryUse&) = delete;

private:
    std::unique_lock<std::mutex> lock_;
    H5E_auto2_t printer_ = nullptr;
    void* printer_data_ = nullptr;
    unsigned plugins_ = 0;
};

// An open identifier; negative means the call that made it failed.
class Handle {
public:
    Handle() = default;
    Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
    Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
    Handle& operator=(Handle&& other) noexcept {
        std::swap(id_, other.id_);
        std::swap(close_, other.close_);
        return *this;
    }
    ~Handle() { reset(); }
    void reset() {
        if (id_ >= 0) close_(std::exchange(id_, -1));
    }
    operator hid_t() const { return id_; }

private:
    hid_t id_ = -1;
    herr_t (*close_)(hid_t) = nullptr;
};

// The innermost reason the library gives for its last failure, cut to printable characters.
inline std::string library_reason() {
    std::string reason;
    H5Ewalk2(
        H5E_DEFAULT, H5E_WALK_UPWARD,
        [](unsigned n, const H5E_error2_t* error, void* into) -> herr_t {
            if (n == 0 && error->desc) *static_cast<std::string*>(into) = error->desc;
            return 0;
        },
        &reason);
    for (char& c : reason)
        if (c < ' ' || c > '~') c = '?';
    return reason.empty() ? "no reason given" : reason.substr(0, 200);
}

// Streams library_reason() when the message is built, after the call that failed.
struct LibraryReason {};
inline std::ostream& operator<<(std::ostream& out, LibraryReason) { return out << library_reason(); }

}  // namespace cyclone::data

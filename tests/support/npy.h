#pragma once
// Reads NumPy's .npy files (format 1.0 and 2.0, little endian, C order) of the dtypes a Tensor can hold.

#include <cyclone/base/error.h>
#include <cyclone/tensor/tensor.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace cyclone::test {

inline DType npy_dtype(const std::string& descr, const std::string& file) {
    if (descr == "<f4") return DType::f32;
    if (descr == "<f8") return DType::f64;
    if (descr == "<i8") return DType::i64;
    if (descr == "|u1") return DType::u8;
    if (descr == "<u2") return DType::u16;
    fail(file, "expected a dtype that a Tensor can hold, got ", descr);
}

inline Tensor read_npy(const std::filesystem::path& path) {
    const std::string file = path.string();
    std::ifstream in(path, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(in)), {});
    check(bytes.size() > 12 && bytes.compare(0, 6, "\x93NUMPY") == 0, file, "expected a .npy file");
    const bool wide = bytes[6] >= 2;  // header length: 2 bytes in version 1.0, 4 in 2.0
    std::size_t length = 0;
    for (std::size_t i = 0; i < (wide ? 4U : 2U); ++i)
        length |= static_cast<std::size_t>(static_cast<unsigned char>(bytes[8 + i])) << (8 * i);
    const std::size_t begin = wide ? 12 : 10;
    check(begin + length <= bytes.size(), file, "the header is cut off");
    const std::string header = bytes.substr(begin, length);

    const auto value_of = [&](const std::string& key) {
        const auto at = header.find("'" + key + "':");
        check(at != std::string::npos, file, "the header has no ", key);
        return header.substr(header.find_first_not_of(' ', at + key.size() + 3));
    };
    check(value_of("fortran_order").compare(0, 5, "False") == 0, file, "expected C order");
    const std::string descr = value_of("descr");
    const DType dtype = npy_dtype(descr.substr(1, descr.find('\'', 1) - 1), file);
    Shape shape;
    const std::string sizes = value_of("shape");
    for (const char* p = sizes.c_str() + 1; *p != ')' && *p != '\0';) {
        char* end = nullptr;
        shape.push_back(std::strtoll(p, &end, 10));
        for (p = end; *p == ',' || *p == ' ';) ++p;
    }
    Tensor out = Tensor::empty(shape, dtype);
    const std::size_t size = static_cast<std::size_t>(shape.numel()) * size_of(dtype);
    check(bytes.size() == begin + length + size, file, "expected ", size, " bytes of data, got ",
          bytes.size() - begin - length);
    std::memcpy(out.mutable_bytes(), bytes.data() + begin + length, size);
    return out;
}

}  // namespace cyclone::test

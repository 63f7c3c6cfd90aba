// Fields of protocol buffers.

#include "onnx/wire.h"

#include <bit>

namespace cyclone::onnx {

std::uint64_t WireReader::varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
        check(!left_.empty(), where_, "ends within a number (hint: truncated?)");
        const auto byte = static_cast<unsigned char>(left_[0]);
        left_.remove_prefix(1);
        check(shift < 63 || byte <= 1, where_, "holds a number of more than 64 bits");
        value |= static_cast<std::uint64_t>(byte & 127U) << shift;
        if (byte < 128) return value;
    }
    fail(where_, "holds a number of more than 64 bits");
}

std::uint64_t WireReader::fixed(std::size_t width) {
    check(left_.size() >= width, where_, "ends within a number (hint: truncated?)");
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < width; ++i) value |= std::uint64_t{static_cast<unsigned char>(left_[i])} << 8 * i;
    left_.remove_prefix(width);
    return value;
}

std::optional<Field> WireReader::next() {
    if (left_.empty()) return std::nullopt;
    const std::uint64_t key = varint();
    Field field;
    check(key >> 3 >= 1 && key >> 3 < 1U << 29, where_, "holds a field with the number ", key >> 3,
          ", expected 1 to 2^29 - 1 (hint: is it an ONNX file?)");
    field.number = static_cast<int>(key >> 3);
    switch (key & 7) {
        case 0:
            field.value = varint();
            break;
        case 1:
            field.wire = Wire::fixed64;
            field.value = fixed(8);
            break;
        case 2: {
            field.wire = Wire::bytes;
            const std::uint64_t length = varint();
            check(length <= left_.size(), where_, "claims ", length, " bytes in field ", field.number, ", only ",
                  left_.size(), " are left (hint: truncated?)");
            field.bytes = left_.substr(0, static_cast<std::size_t>(length));
            left_.remove_prefix(static_cast<std::size_t>(length));
            break;
        }
        case 5:
            field.wire = Wire::fixed32;
            field.value = fixed(4);
            break;
        default:
            fail(where_, "holds a field of the kind ", key & 7,
                 ", expected a number, bytes or a float (hint: is it an ONNX file?)");
    }
    return field;
}

void read_numbers(const Field& field, std::string_view where, std::vector<std::int64_t>& into) {
    if (field.wire == Wire::varint) return into.push_back(static_cast<std::int64_t>(field.value));
    WireReader packed(as_bytes(field, where), where);
    while (!packed.done()) into.push_back(static_cast<std::int64_t>(packed.varint()));
}

void read_floats(const Field& field, std::string_view where, std::vector<float>& into) {
    if (field.wire == Wire::fixed32) return into.push_back(as_float(field, where));
    WireReader packed(as_bytes(field, where), where);
    while (!packed.done()) into.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(packed.fixed(4))));
}

std::int64_t as_int(const Field& field, std::string_view where) {
    check(field.wire == Wire::varint, where, "field ", field.number, " is no whole number");
    return static_cast<std::int64_t>(field.value);
}

float as_float(const Field& field, std::string_view where) {
    check(field.wire == Wire::fixed32, where, "field ", field.number, " is no float");
    return std::bit_cast<float>(static_cast<std::uint32_t>(field.value));
}

std::string_view as_bytes(const Field& field, std::string_view where) {
    check(field.wire == Wire::bytes, where, "field ", field.number, " holds no bytes");
    return field.bytes;
}

void WireWriter::varint(std::uint64_t value) {
    for (; value >= 128; value >>= 7) text_ += static_cast<char>((value & 127U) | 128U);
    text_ += static_cast<char>(value);
}

void WireWriter::number(int field, std::int64_t value) {
    key(field, Wire::varint);
    varint(static_cast<std::uint64_t>(value));
}

void WireWriter::real(int field, float value) {
    key(field, Wire::fixed32);
    const auto bits = std::bit_cast<std::uint32_t>(value);
    for (int i = 0; i < 4; ++i) text_ += static_cast<char>(bits >> 8 * i & 255U);
}

void WireWriter::bytes(int field, std::string_view value) {
    key(field, Wire::bytes);
    varint(value.size());
    text_ += value;
}

}  // namespace cyclone::onnx

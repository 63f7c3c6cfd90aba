#pragma once
// The wire format of protocol buffers: fields with a number and one of four kinds of value, as far as ONNX uses it
// (protobuf.dev/programming-guides/encoding).

#include <cyclone/base/error.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cyclone::onnx {

/// How the value of a field is stored.
enum class Wire : std::uint8_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

/// A field as it is read; `bytes` points into what is read.
struct Field {
    int number = 0;
    Wire wire = Wire::varint;
    std::uint64_t value = 0;      ///< of all kinds but bytes
    std::string_view bytes = {};  ///< of the kind bytes
};

/// Reads the fields of one message. Errors name `where`: a number of more than 64 bits, a length beyond the end, a
/// group or an unknown kind, the field number 0.
class WireReader {
public:
    WireReader(std::string_view bytes, std::string_view where) : left_(bytes), where_(where) {}

    /// The next field; none at the end.
    std::optional<Field> next();
    bool done() const { return left_.empty(); }
    std::uint64_t varint();
    /// The next 4 or 8 bytes as a number, least first.
    std::uint64_t fixed(std::size_t width);

private:
    std::string_view left_, where_;
};

/// Values of a field that may come one by one or packed together.
void read_numbers(const Field& field, std::string_view where, std::vector<std::int64_t>& into);
void read_floats(const Field& field, std::string_view where, std::vector<float>& into);

std::int64_t as_int(const Field& field, std::string_view where);
float as_float(const Field& field, std::string_view where);
std::string_view as_bytes(const Field& field, std::string_view where);

/// Writes the fields of one message.
class WireWriter {
public:
    void number(int field, std::int64_t value);
    void real(int field, float value);
    void bytes(int field, std::string_view value);
    void message(int field, const WireWriter& value) { bytes(field, value.text_); }
    const std::string& text() const { return text_; }

private:
    void varint(std::uint64_t value);
    void key(int field, Wire wire) {
        varint(static_cast<std::uint64_t>(field) << 3 | static_cast<std::uint64_t>(wire));
    }

    std::string text_;
};

}  // namespace cyclone::onnx

// The tensors of an ONNX file: their types, and how their elements are stored.

#include "onnx/read_tensor.h"

#include <cyclone/base/arguments.h>
#include <cyclone/base/half.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <iterator>
#include <optional>
#include <vector>

#include "onnx/wire.h"

namespace cyclone::onnx {
namespace {

struct TypeRow {
    ElementType type;
    const char* name;
    std::size_t bytes;  // of a stored element; 0: no Tensor holds it
    DType dtype;        // as it is read
};
constexpr TypeRow kTypes[] = {
    {ElementType::f32, "FLOAT", 4, DType::f32},    {ElementType::u8, "UINT8", 1, DType::u8},
    {ElementType::i8, "INT8", 1, DType::i64},      {ElementType::u16, "UINT16", 2, DType::u16},
    {ElementType::i16, "INT16", 2, DType::i64},    {ElementType::i32, "INT32", 4, DType::i64},
    {ElementType::i64, "INT64", 8, DType::i64},    {ElementType::text, "STRING", 0, DType::u8},
    {ElementType::boolean, "BOOL", 1, DType::i64}, {ElementType::f16, "FLOAT16", 2, DType::f32},
    {ElementType::f64, "DOUBLE", 8, DType::f32},   {ElementType::bf16, "BFLOAT16", 2, DType::f32},
};

const TypeRow* row_of(ElementType type) {
    const auto* found =
        std::find_if(std::begin(kTypes), std::end(kTypes), [&](const TypeRow& r) { return r.type == type; });
    return found == std::end(kTypes) ? nullptr : found;
}

// A TensorProto as it is stored.
struct Stored {
    std::string name = {};
    std::vector<std::int64_t> sizes = {};
    ElementType type = ElementType::undefined;
    std::optional<std::string_view> raw = {};
    std::vector<float> floats = {};
    std::vector<std::int64_t> numbers = {};  // int32_data, int64_data, uint64_data
    std::vector<double> doubles = {};
    bool external = false;
};

void read_doubles(const Field& field, std::string_view where, std::vector<double>& into) {
    if (field.wire == Wire::fixed64) return into.push_back(std::bit_cast<double>(field.value));
    WireReader packed(as_bytes(field, where), where);
    while (!packed.done()) into.push_back(std::bit_cast<double>(packed.fixed(8)));
}

Stored read_stored(std::string_view bytes, const std::string& where) {
    Stored out;
    WireReader reader(bytes, where);
    while (const auto field = reader.next()) {
        switch (field->number) {
            case 1:
                read_numbers(*field, where, out.sizes);
                break;
            case 2:
                out.type = static_cast<ElementType>(as_int(*field, where));
                break;
            case 4:
                read_floats(*field, where, out.floats);
                break;
            case 5:
            case 7:
            case 11:
                read_numbers(*field, where, out.numbers);
                break;
            case 8:
                out.name = as_bytes(*field, where);
                break;
            case 9:
                out.raw = as_bytes(*field, where);
                break;
            case 10:
                read_doubles(*field, where, out.doubles);
                break;
            case 13:
                out.external = true;
                break;
            case 14:
                out.external = out.external || as_int(*field, where) != 0;
                break;
            default:
                break;  // texts, documentation
        }
    }
    return out;
}

// A stored element as what a Tensor holds; `bits` has the bytes of the element, least first.
double decoded(ElementType type, std::uint64_t bits) {
    switch (type) {
        case ElementType::i8:
            return static_cast<std::int8_t>(bits);
        case ElementType::i16:
            return static_cast<std::int16_t>(bits);
        case ElementType::i32:
            return static_cast<std::int32_t>(bits);
        case ElementType::f16:
            return half_to_float(static_cast<std::uint16_t>(bits));
        case ElementType::bf16:
            return bfloat16_to_float(static_cast<std::uint16_t>(bits));
        case ElementType::f64:
            return std::bit_cast<double>(bits);
        default:
            return static_cast<double>(bits);
    }
}

template <class From>
void fill_from(Tensor& out, const std::vector<From>& values) {
    visit_dtype(out.dtype(), [&](auto zero) {
        using T = decltype(zero);
        std::transform(values.begin(), values.end(), out.mutable_data<T>(), [](From v) { return static_cast<T>(v); });
    });
}

void fill_from_raw(Tensor& out, const TypeRow& row, std::string_view raw) {
    if (raw.empty()) return;
    if (size_of(out.dtype()) == row.bytes && row.type != ElementType::boolean) {
        std::memcpy(out.mutable_bytes(), raw.data(), raw.size());
        return;
    }
    visit_dtype(out.dtype(), [&](auto zero) {
        using T = decltype(zero);
        T* to = out.mutable_data<T>();
        for (std::size_t i = 0; i < raw.size(); i += row.bytes) {
            std::uint64_t bits = 0;
            for (std::size_t k = 0; k < row.bytes; ++k)
                bits |= std::uint64_t{static_cast<unsigned char>(raw[i + k])} << 8 * k;
            *to++ = static_cast<T>(decoded(row.type, bits));
        }
    });
}

// 16-bit floats that are not raw stand as their bits among the whole numbers.
void fill_from_numbers(Tensor& out, const TypeRow& row, const std::vector<std::int64_t>& numbers) {
    if (row.type != ElementType::f16 && row.type != ElementType::bf16) return fill_from(out, numbers);
    float* to = out.mutable_data<float>();
    for (const std::int64_t bits : numbers)
        *to++ = static_cast<float>(decoded(row.type, static_cast<std::uint64_t>(bits)));
}

}  // namespace

Initializer read_tensor(std::string_view bytes, const std::string& file) {
    const Stored stored = read_stored(bytes, file);
    const std::string where = file + ": tensor " + quoted(stored.name);
    check(!stored.external, where,
          "is stored in another file (external data), which is not read (hint: save the model as one file)");
    Initializer out{stored.name, {}, stored.type};
    const TypeRow* row = row_of(stored.type);
    if (!row || row->bytes == 0) return out;  // refused where it is used
    check(stored.sizes.size() <= static_cast<std::size_t>(Shape::kMaxRank), where, "expected at most ", Shape::kMaxRank,
          " axes, got ", stored.sizes.size());
    const bool floats = stored.type == ElementType::f32, doubles = stored.type == ElementType::f64;
    const std::uint64_t there = stored.raw ? stored.raw->size() / row->bytes
                                : floats   ? stored.floats.size()
                                : doubles  ? stored.doubles.size()
                                           : stored.numbers.size();
    std::uint64_t count = 1;
    bool fits = true;
    for (const std::int64_t size : stored.sizes) {
        fits = fits && size >= 0 && (size == 0 || count <= (std::uint64_t{1} << 62) / static_cast<std::uint64_t>(size));
        count = fits ? count * static_cast<std::uint64_t>(size) : 0;
    }
    check(fits && count == there && (!stored.raw || stored.raw->size() % row->bytes == 0), where,
          "its sizes and its elements do not agree: ", there, " elements of ", row->name,
          " are stored (hint: damaged?)");
    out.tensor = Tensor::empty(Shape(stored.sizes), row->dtype);
    if (stored.raw)
        fill_from_raw(out.tensor, *row, *stored.raw);
    else if (floats)
        fill_from(out.tensor, stored.floats);
    else if (doubles)
        fill_from(out.tensor, stored.doubles);
    else
        fill_from_numbers(out.tensor, *row, stored.numbers);
    return out;
}

std::string name_of(ElementType type) {
    const TypeRow* row = row_of(type);
    return row ? row->name : "type " + std::to_string(static_cast<std::int32_t>(type));
}

ElementType element_type(DType dtype) {
    switch (dtype) {
        case DType::f32:
            return ElementType::f32;
        case DType::f64:
            return ElementType::f64;
        case DType::i64:
            return ElementType::i64;
        case DType::u8:
            return ElementType::u8;
        case DType::u16:
            return ElementType::u16;
        case DType::bf16:
            return ElementType::bf16;
    }
    fail("ONNX", "unknown dtype ", static_cast<int>(dtype));
}

}  // namespace cyclone::onnx

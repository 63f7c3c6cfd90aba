// Arrays in the .npy format: header and elements.

#include "data/formats/npy.h"

#include <cyclone/base/half.h>
#include <cyclone/data/formats/numpy.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <optional>
#include <vector>

#include "data/assemble.h"
#include "data/formats/byte_source.h"
#include "data/names.h"

namespace cyclone::data {
namespace {

constexpr std::size_t kMostHeader = 10'000;   // NumPy's own limit
constexpr std::size_t kMostText = 1'000'000;  // characters of an element
constexpr std::string_view kMagic = "\x93NUMPY";

struct Header {
    std::string descr;
    bool fortran = false;
    Shape shape;
};

// Reads the header's Python dictionary of exactly 'descr', 'fortran_order' and 'shape'.
class HeaderParser {
public:
    HeaderParser(std::string_view text, const std::string& where) : text_(text), where_(where) {}

    Header parse() {
        Header out;
        bool descr = false, fortran = false, shape = false;
        const auto once = [&](bool& seen, const std::string& key) {
            check(!std::exchange(seen, true), where_, "the header has '", key, "' twice");
        };
        expect('{');
        while (!accept('}')) {
            const std::string key = string();
            expect(':');
            if (key == "descr") {
                once(descr, key);
                check(peek() != '[', where_, "expected an array of numbers, got a structured type");
                out.descr = string();
            } else if (key == "fortran_order") {
                once(fortran, key);
                out.fortran = boolean();
            } else if (key == "shape") {
                once(shape, key);
                out.shape = tuple();
            } else {
                fail(where_, "the header has an unknown key '", printable(key), "'");
            }
            if (!accept(',')) {
                expect('}');
                break;
            }
        }
        check(peek() == '\0', where_, "the header continues after its end");
        check(descr && fortran && shape, where_, "the header needs 'descr', 'fortran_order' and 'shape'");
        return out;
    }

private:
    char peek() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t')) ++at_;
        return at_ < text_.size() ? text_[at_] : '\0';
    }
    bool accept(char c) {
        if (peek() != c) return false;
        ++at_;
        return true;
    }
    void expect(char c) {
        check(accept(c), where_, "the header is damaged: expected '", c, "' at ", at_, " of '", printable(text_), "'");
    }
    std::string string() {
        const char quote = peek();
        check(quote == '\'' || quote == '"', where_, "the header is damaged: expected a string at ", at_);
        const auto end = text_.find(quote, at_ + 1);
        check(end != std::string_view::npos, where_, "the header is damaged: a string without end");
        std::string out(text_.substr(at_ + 1, end - at_ - 1));
        at_ = end + 1;
        return out;
    }
    bool boolean() {
        peek();
        for (const std::string_view word : {"True", "False"})
            if (text_.substr(at_, word.size()) == word) {
                at_ += word.size();
                return word == "True";
            }
        fail(where_, "the header is damaged: expected True or False");
    }
    Shape tuple() {
        Shape out;
        std::uint64_t elements = 1;
        expect('(');
        while (!accept(')')) {
            peek();
            std::int64_t size = 0;
            const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), size);
            check(error == std::errc{} && size >= 0, where_, "the header is damaged: expected a size of at least 0");
            at_ = static_cast<std::size_t>(end - text_.data());
            if (at_ < text_.size() && text_[at_] == 'L') ++at_;  // Python 2 wrote it behind some sizes
            check(out.rank() < Shape::kMaxRank, where_, "expected at most ", Shape::kMaxRank, " dimensions");
            const auto n = static_cast<std::uint64_t>(size);
            check(n == 0 || elements <= (std::uint64_t{1} << 48) / n, where_, "the declared shape is impossibly large");
            elements *= std::max<std::uint64_t>(n, 1);
            out.push_back(size);
            if (!accept(',')) {
                expect(')');
                break;
            }
        }
        return out;
    }

    std::string_view text_;
    const std::string& where_;
    std::size_t at_ = 0;
};

void read_exactly(const ArraySource& source, void* into, std::size_t count, const char* what) {
    const std::size_t got = source.read(into, count);
    check(got == count, source.where, "expected ", count, " bytes of ", what, ", got ", got, ", the file is truncated");
}

// The header, and the bytes it took.
std::pair<Header, std::uint64_t> read_header(const ArraySource& source) {
    std::array<unsigned char, 8> magic{};
    const bool whole = source.read(magic.data(), magic.size()) == magic.size();
    check(whole && std::memcmp(magic.data(), kMagic.data(), kMagic.size()) == 0, source.where,
          "expected a .npy array, got an unrecognised signature");
    const int version = magic[6];
    check(version >= 1 && version <= 3 && magic[7] == 0, source.where, "expected format 1.0, 2.0 or 3.0, got ", version,
          '.', int{magic[7]});
    std::array<unsigned char, 4> word{};
    const std::size_t width = version == 1 ? 2 : 4;
    read_exactly(source, word.data(), width, "header");
    const std::size_t length =
        word[0] | std::size_t{word[1]} << 8 | std::size_t{word[2]} << 16 | std::size_t{word[3]} << 24;
    check(length <= kMostHeader, source.where, "expected a header of at most ", kMostHeader, " bytes, got ", length);
    std::string text(length, '\0');
    read_exactly(source, text.data(), length, "header");
    return {HeaderParser(text, source.where).parse(), magic.size() + width + length};
}

// How the file's elements become the tensor's.
struct ElementType {
    std::size_t bytes = 0;  // of one element in the file
    bool swap = false;      // other byte order than this machine
    DType dtype = DType::u8;
    char kind = 'u';  // u, i, f or b; text: U (UTF-32) or S (bytes)
    bool is_text() const { return kind == 'U' || kind == 'S'; }
};

// "<U12" and "|S3".
std::optional<ElementType> text_type(std::string_view code, char order) {
    std::size_t length = 0;
    if (code.size() < 2 || (code[0] != 'U' && code[0] != 'S')) return std::nullopt;
    const auto [end, error] = std::from_chars(code.data() + 1, code.data() + code.size(), length);
    if (error != std::errc{} || end != code.data() + code.size() || length > kMostText) return std::nullopt;
    const bool little = std::endian::native == std::endian::little;
    const bool swap = code[0] == 'U' && order == (little ? '>' : '<');
    return ElementType{length * (code[0] == 'U' ? 4 : 1), swap, DType::u8, code[0]};
}

ElementType parse_type(const std::string& descr, const std::string& where) {
    check(descr.find('O') == std::string::npos, where,
          "expected numbers, got Python objects, which are refused because reading them would run code");
    const bool ordered = !descr.empty() && std::string_view("<>|=").find(descr[0]) != std::string_view::npos;
    const std::string code = descr.substr(ordered ? 1 : 0);
    if (const auto text = text_type(code, ordered ? descr[0] : '|')) return *text;
    ElementType type;
    const bool known = code == "f2" || code == "u1" || code == "b1" || code == "u2" || code == "f4" || code == "f8" ||
                       code == "i1" || code == "i2" || code == "i4" || code == "i8" || code == "u4" || code == "u8";
    check(known, where, "expected integers, bool or floating-point numbers of 16 to 64 bits, got type '",
          printable(descr), "'");
    type.kind = code[0];
    type.bytes = static_cast<std::size_t>(code[1] - '0');
    check(type.bytes == 1 || (ordered && descr[0] != '|'), where, "the type '", printable(descr),
          "' has no byte order");
    const char native = std::endian::native == std::endian::little ? '<' : '>';
    type.swap = type.bytes > 1 && descr[0] != native && descr[0] != '=';
    type.dtype = code == "f4" || code == "f2"   ? DType::f32
                 : code == "f8"                 ? DType::f64
                 : code == "u2"                 ? DType::u16
                 : code == "u1" || code == "b1" ? DType::u8
                                                : DType::i64;
    return type;
}

void swap_bytes(std::byte* data, std::size_t count, std::size_t width) {
    for (std::size_t i = 0; i < count; ++i) std::reverse(data + i * width, data + (i + 1) * width);
}

template <class From>
void widen(const std::byte* from, std::int64_t* into, std::size_t count, const std::string& where) {
    for (std::size_t i = 0; i < count; ++i) {
        From value{};
        std::memcpy(&value, from + i * sizeof value, sizeof value);
        if constexpr (std::is_same_v<From, std::uint64_t>)
            check(value <= ~std::uint64_t{0} >> 1, where, "element ", i, " is ", value, ", too large");
        into[i] = static_cast<std::int64_t>(value);  // NOLINT(bugprone-signed-char-misuse): int8 holds numbers
    }
}

void widen_elements(const ElementType& type, const std::byte* from, std::int64_t* into, std::size_t count,
                    const std::string& where) {
    const bool is_signed = type.kind == 'i';
    switch (type.bytes) {
        case 1:
            return widen<std::int8_t>(from, into, count, where);
        case 2:
            return widen<std::int16_t>(from, into, count, where);
        case 4:
            return is_signed ? widen<std::int32_t>(from, into, count, where)
                             : widen<std::uint32_t>(from, into, count, where);
        default:
            return is_signed ? widen<std::int64_t>(from, into, count, where)
                             : widen<std::uint64_t>(from, into, count, where);
    }
}

// The element's characters without the zeros that fill it up.
std::string text_at(const std::byte* from, const ElementType& type) {
    std::string out(reinterpret_cast<const char*>(from), type.bytes);
    if (type.kind == 'U') {
        out.clear();
        for (std::size_t i = 0; i < type.bytes; i += 4) {
            std::uint32_t code = 0;
            std::memcpy(&code, from + i, 4);
            if (code != 0 || i + 4 < type.bytes) add_utf8(out, code);
        }
    }
    out.resize(out.find_last_not_of('\0') + 1);
    return out;
}

// The elements of a tensor stored first index fastest, in row-major order.
Tensor from_fortran_order(const Tensor& stored, const Shape& shape) {
    Tensor out = Tensor::empty(shape, stored.dtype());
    const std::size_t width = size_of(stored.dtype());
    const auto* from = static_cast<const std::byte*>(stored.bytes());
    auto* into = static_cast<std::byte*>(out.mutable_bytes());
    std::array<std::int64_t, Shape::kMaxRank> index{}, stride{};
    std::int64_t step = 1;
    for (int d = 0; d < shape.rank(); ++d) {
        stride[static_cast<std::size_t>(d)] = step;
        step *= shape[d];
    }
    std::int64_t at = 0;
    for (std::int64_t i = 0; i < shape.numel(); ++i) {
        std::memcpy(into + static_cast<std::size_t>(i) * width, from + static_cast<std::size_t>(at) * width, width);
        for (int d = shape.rank(); d-- > 0;) {
            const auto k = static_cast<std::size_t>(d);
            at += stride[k];
            if (++index[k] < shape[d]) break;
            at -= stride[k] * shape[d];
            index[k] = 0;
        }
    }
    return out;
}

}  // namespace

namespace {

struct Opened {
    Header header;
    ElementType type;
    std::size_t count = 0, bytes = 0;  // of the elements
};

Opened open_array(const ArraySource& source) {
    const auto [header, header_bytes] = read_header(source);
    const ElementType type = parse_type(header.descr, source.where);
    const auto count = static_cast<std::size_t>(header.shape.numel());
    const std::uint64_t room = source.most_bytes - std::min(source.most_bytes, header_bytes);
    const bool fits = type.bytes == 0 || count <= room / type.bytes;
    check(fits, source.where, "the header declares ", count, " elements of ", type.bytes, " bytes for shape ",
          header.shape, ", more than the file can hold, it is truncated");
    return {header, type, count, count * type.bytes};
}

void check_end(const ArraySource& source, const Opened& array) {
    unsigned char more = 0;
    check(source.read(&more, 1) == 0, source.where, "expected ", array.bytes, " bytes for shape ", array.header.shape,
          ", got more");
}

std::vector<std::string> read_texts(const ArraySource& source, const Opened& array) {
    if (source.memory) source.memory->take(array.bytes + array.count * sizeof(std::string), source.where);
    std::vector<std::byte> elements(array.bytes);
    read_exactly(source, elements.data(), array.bytes, "elements");
    if (array.type.swap) swap_bytes(elements.data(), array.bytes / 4, 4);
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < array.count; ++i)
        texts.push_back(text_at(elements.data() + i * array.type.bytes, array.type));
    check_end(source, array);
    return texts;
}

Tensor read_numbers(const ArraySource& source, const Opened& array) {
    const auto& [header, type, count, bytes] = array;
    check(!type.is_text(), source.where, "expected numbers, got text of type '", printable(header.descr), "'");
    const bool as_stored = size_of(type.dtype) == type.bytes && !(type.kind == 'u' && type.bytes == 8);
    if (source.memory) source.memory->take(count * size_of(type.dtype) + (as_stored ? 0 : bytes), source.where);
    Tensor out = Tensor::empty(header.shape, type.dtype);
    if (as_stored) {
        auto* elements = static_cast<std::byte*>(out.mutable_bytes());
        read_exactly(source, elements, bytes, "elements");
        if (type.swap) swap_bytes(elements, count, type.bytes);
    } else {
        std::vector<std::byte> elements(bytes);
        read_exactly(source, elements.data(), bytes, "elements");
        if (type.swap) swap_bytes(elements.data(), count, type.bytes);
        if (type.kind == 'f')
            for (std::size_t i = 0; i < count; ++i) {
                std::uint16_t half = 0;
                std::memcpy(&half, elements.data() + i * sizeof half, sizeof half);
                out.mutable_data<float>()[i] = half_to_float(half);
            }
        else
            widen_elements(type, elements.data(), out.mutable_data<std::int64_t>(), count, source.where);
    }
    check_end(source, array);
    return header.fortran && header.shape.rank() > 1 ? from_fortran_order(out, header.shape) : out;
}

}  // namespace

Tensor read_array(const ArraySource& source) { return read_numbers(source, open_array(source)); }

ArrayValues read_array_values(const ArraySource& source) {
    const Opened array = open_array(source);
    if (array.type.is_text()) return {.texts = read_texts(source, array)};
    return {.numbers = read_numbers(source, array)};
}

ArrayEntry read_array_entry(const std::string& name, const ArraySource& source) {
    ArrayEntry entry{.name = name};
    try {
        const auto header = read_header(source).first;
        for (int d = 0; d < header.shape.rank(); ++d) entry.sizes.push_back(header.shape[d]);
        entry.kind = parse_type(header.descr, source.where).is_text() ? ArrayEntry::Kind::text : entry.kind;
    } catch (const Error& error) {
        entry.kind = ArrayEntry::Kind::other;
        const std::string_view text = error.what();
        entry.refusal = text.substr(text.starts_with(source.where + ": ") ? source.where.size() + 2 : 0);
    }
    return entry;
}

namespace {
ArraySource source_of(ByteSource& file, MemoryBudget& memory) {
    return {file.where(), file.most_bytes(), [&file](void* into, std::size_t n) { return file.read(into, n); },
            &memory};
}
}  // namespace

Tensor read_npy(const std::filesystem::path& path, MemoryBudget memory) {
    ByteSource file(path);
    return read_array(source_of(file, memory));
}

ArrayValues read_npy_values(const std::filesystem::path& path, MemoryBudget& memory) {
    ByteSource file(path);
    return read_array_values(source_of(file, memory));
}

ArrayArchive open_npy(const std::filesystem::path& path, ReadContext& context) {
    ArrayArchive archive;
    ByteSource file(path);
    archive.entries = {read_array_entry("images", source_of(file, context.memory))};
    check(archive.entries[0].kind != ArrayEntry::Kind::other, path.string(), archive.entries[0].refusal);
    archive.read = [path, &memory = context.memory](const ArrayEntry&) { return read_npy_values(path, memory); };
    return archive;
}

}  // namespace cyclone::data

// Parsing and checking the JSON header.

#include "io/safetensors_header.h"

#include <cyclone/base/error.h>

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <tuple>
#include <unordered_set>

namespace cyclone::io {
namespace {

// Collects the entries while the parser runs; there is no tree of values, so depth and size cost nothing.
// Every callback returns false to stop the parser, with `problem` set.
class HeaderParser : public nlohmann::json_sax<nlohmann::json> {
public:
    Header header;
    std::string problem;

    bool null() override { return unexpected("null"); }
    bool boolean(bool) override { return unexpected("a boolean"); }
    bool number_integer(number_integer_t) override { return unexpected("a negative number"); }
    bool number_float(number_float_t, const string_t&) override { return unexpected("a fraction or too large number"); }
    bool binary(binary_t&) override { return unexpected("binary data"); }

    bool number_unsigned(number_unsigned_t value) override {
        if (at_ == At::shape)
            entry().shape.push_back(value);
        else if (at_ == At::offsets && offsets_seen_ < 2)
            (offsets_seen_++ == 0 ? entry().begin : entry().end) = value;
        else
            return unexpected("a number");
        return true;
    }

    bool string(string_t& text) override {
        if (at_ == At::metadata)
            header.metadata.emplace_back(key_, std::move(text));
        else if (at_ == At::tensor && key_ == "dtype")
            entry().dtype = std::move(text);
        else
            return unexpected("a string");
        return true;
    }

    bool start_object(std::size_t) override {
        if (at_ == At::document) {
            at_ = At::top;
        } else if (at_ == At::top) {
            at_ = key_ == "__metadata__" ? At::metadata : At::tensor;
            keys_inside_.clear();
            if (at_ == At::tensor) header.entries.push_back({key_, {}, {}, 0, 0});
        } else {
            return unexpected("an object");
        }
        return true;
    }

    bool key(string_t& name) override {
        auto& seen = at_ == At::top ? tensor_names_ : keys_inside_;
        if (!seen.insert(name).second) return stop("the key " + printable(name) + " occurs twice");
        key_ = std::move(name);
        if (at_ == At::tensor && key_ != "dtype" && key_ != "shape" && key_ != "data_offsets")
            return stop("the key " + printable(key_) + " is unknown");
        return true;
    }

    bool end_object() override {
        if (at_ == At::tensor && keys_inside_.size() != 3) return stop("dtype, shape or data_offsets is missing");
        at_ = at_ == At::top ? At::document : At::top;
        return true;
    }

    bool start_array(std::size_t) override {
        if (at_ != At::tensor || key_ == "dtype") return unexpected("an array");
        at_ = key_ == "shape" ? At::shape : At::offsets;
        offsets_seen_ = 0;
        return true;
    }

    bool end_array() override {
        if (at_ == At::offsets && offsets_seen_ != 2) return stop("data_offsets has fewer than two numbers");
        at_ = At::tensor;
        return true;
    }

    // The parser's own text may repeat any amount of raw bytes, so only the place is kept.
    bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception&) override {
        return stop("not valid JSON in UTF-8 at byte " + std::to_string(position));
    }

private:
    enum class At { document, top, metadata, tensor, shape, offsets };

    HeaderEntry& entry() { return header.entries.back(); }
    bool unexpected(const char* what) {
        return stop(std::string("unexpected ") + what + (key_.empty() ? "" : " at the key " + printable(key_)));
    }
    bool stop(const std::string& what) {
        const bool inside = at_ == At::tensor || at_ == At::shape || at_ == At::offsets;
        problem = (inside                ? "tensor " + printable(entry().name) + ": "
                   : at_ == At::metadata ? "metadata: "
                                         : "") +
                  what;
        return false;
    }

    At at_ = At::document;
    std::string key_;
    int offsets_seen_ = 0;
    std::unordered_set<std::string> tensor_names_, keys_inside_;
};

// Every dtype of the format (version of May 2026) with its size in bits; 0 for a name that is none.
std::uint64_t bits_of(std::string_view dtype) {
    static constexpr std::array<std::pair<std::string_view, std::uint64_t>, 21> kBits{{
        {"BOOL", 8}, {"U8", 8},      {"I8", 8},      {"U16", 16},    {"I16", 16},    {"U32", 32},    {"I32", 32},
        {"U64", 64}, {"I64", 64},    {"F16", 16},    {"BF16", 16},   {"F32", 32},    {"F64", 64},    {"C64", 64},
        {"F4", 4},   {"F6_E2M3", 6}, {"F6_E3M2", 6}, {"F8_E4M3", 8}, {"F8_E5M2", 8}, {"F8_E8M0", 8}, {"F8_E4M3FNUZ", 8},
    }};
    const auto* found = std::find_if(kBits.begin(), kBits.end(), [&](const auto& row) { return row.first == dtype; });
    return found == kBits.end() ? 0 : found->second;
}

// The size of the data in bytes, from dtype and shape.
std::uint64_t data_size(const HeaderEntry& entry, const std::string& file) {
    const std::uint64_t bits = bits_of(entry.dtype);
    check(bits > 0, file, "tensor ", printable(entry.name), ": unknown dtype ", printable(entry.dtype));
    std::uint64_t total = 1;
    const auto multiply = [&](std::uint64_t factor) {
        check(factor == 0 || total <= std::numeric_limits<std::uint64_t>::max() / factor, file, "tensor ",
              printable(entry.name), ": the size overflows 64 bits");
        total *= factor;
    };
    for (const std::uint64_t size : entry.shape) multiply(size);
    multiply(bits);
    check(total % 8 == 0, file, "tensor ", printable(entry.name), ": ", total, " bits are no whole number of bytes");
    return total / 8;
}

}  // namespace

std::string printable(std::string_view name) {
    static constexpr std::size_t kLongest = 100;
    std::string text = "'";
    for (const char c : name.substr(0, kLongest)) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte != 0x7f) {
            text += c;
        } else {
            static constexpr char kHex[] = "0123456789abcdef";
            (text += "\\x") += {kHex[byte >> 4], kHex[byte & 15]};
        }
    }
    return text + (name.size() > kLongest ? "...'" : "'");
}

Header parse_header(std::string_view text, std::uint64_t data_bytes, const std::string& file) {
    check(!text.empty() && text.front() == '{', file, "the header does not begin with '{': no safetensors file");
    // The parser takes a zero byte for the end and would let anything hide behind it.
    check(text.find('\0') == std::string_view::npos, file, "header: not valid JSON, it holds a zero byte");
    HeaderParser parser;
    const bool parsed = nlohmann::json::sax_parse(text.begin(), text.end(), &parser);
    check(parsed, file, "header: ", parser.problem);

    Header header = std::move(parser.header);
    std::stable_sort(header.entries.begin(), header.entries.end(), [](const HeaderEntry& a, const HeaderEntry& b) {
        return std::tie(a.begin, a.end) < std::tie(b.begin, b.end);
    });
    std::uint64_t position = 0;
    for (const HeaderEntry& entry : header.entries) {
        check(entry.begin == position && entry.end >= entry.begin, file, "tensor ", printable(entry.name),
              ": data_offsets [", entry.begin, ", ", entry.end, "] leave a hole or overlap, expected a begin of ",
              position);
        const std::uint64_t bytes = data_size(entry, file);
        check(entry.end - entry.begin == bytes, file, "tensor ", printable(entry.name), ": dtype and shape need ",
              bytes, " bytes, data_offsets give ", entry.end - entry.begin);
        position = entry.end;
    }
    check(position == data_bytes, file, "the header describes ", position, " bytes of data, the file has ", data_bytes,
          position > data_bytes ? " (hint: truncated?)" : "");
    return header;
}

}  // namespace cyclone::io

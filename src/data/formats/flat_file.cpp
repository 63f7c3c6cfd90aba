// Reading flat files.

#include <cyclone/data/formats/flat_file.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include <cyclone/io/crc64.h>
#include "data/formats/flat_header.h"
#include "data/pixel_state.h"

namespace cyclone::data {
namespace {

constexpr std::uint64_t kWindow = std::uint64_t{4} << 20;

// Calls f(bytes, count) for the bytes [begin, end) of the file in order, a window at a time.
template <class F>
void in_windows(const io::MappedFile& file, std::uint64_t begin, std::uint64_t end, F f) {
    while (begin < end) {
        const std::uint64_t count = std::min(kWindow, end - begin);
        file.will_read(file.data() + begin, count);
        f(file.data() + begin, count);
        file.have_read(count);
        begin += count;
    }
}

std::uint64_t checksum_of(const io::MappedFile& file, std::uint64_t begin, std::uint64_t count) {
    std::uint64_t sum = 0;
    in_windows(file, begin, begin + count,
               [&](const std::byte* bytes, std::uint64_t n) { sum = io::crc64(sum, bytes, n); });
    return sum;
}

/// Takes the tables apart; their lengths and checksum are checked before.
class Tables {
public:
    Tables(const io::MappedFile& file, const FlatHeader& h)
        : where_(file.name()), at_(file.data() + h.table_begin()), end_(at_ + h.table_bytes) {
        check(checksum_of(file, h.table_begin(), h.table_bytes) == h.table_checksum, where_,
              "the labels and names are damaged: their checksum is wrong");
        if ((h.flags & FlatHeader::kStandardization) != 0) {
            standardization.emplace();
            standardization->mean = list<double>(h.sizes[3]);
            standardization->scale = list<double>(h.sizes[3]);
        }
        if ((h.flags & FlatHeader::kGroups) != 0) groups = list<std::int64_t>(h.train);
        labels = Tensor::empty({static_cast<std::int64_t>(h.sizes[0])}, DType::i64);
        auto* label = labels.mutable_data<std::int64_t>();
        for (std::uint64_t i = 0; i < h.sizes[0]; ++i) {
            label[i] = value<std::uint32_t>();
            check(static_cast<std::uint64_t>(label[i]) < h.classes, where_, "label ", label[i], " of image ", i,
                  " is outside the ", h.classes, " classes");
        }
        for (std::uint64_t c = 0; c < h.classes; ++c) names.push_back(name());
        check(at_ == end_, where_, "the tables are longer than what they hold");
    }

    std::optional<Standardization> standardization;
    std::vector<std::int64_t> groups;
    Tensor labels;
    std::vector<std::string> names;

private:
    template <class T>
    T value() {
        check(static_cast<std::size_t>(end_ - at_) >= sizeof(T), where_, "the tables end too early");
        T out{};
        std::memcpy(&out, at_, sizeof out);
        at_ += sizeof out;
        return out;
    }
    template <class T>
    std::vector<T> list(std::uint64_t count) {
        std::vector<T> out(count);
        for (T& v : out) v = value<T>();
        return out;
    }
    std::string name() {
        const auto length = value<std::uint32_t>();
        check(length <= static_cast<std::size_t>(end_ - at_), where_, "the name of a class is longer than the tables");
        std::string out(reinterpret_cast<const char*>(at_), length);
        at_ += length;
        return out;
    }

    const std::string& where_;
    const std::byte *at_, *end_;
};

Shape shape_of(const FlatHeader& h) {
    Shape shape;
    for (const std::uint64_t size : h.sizes) shape.push_back(static_cast<std::int64_t>(size));
    return shape;
}

}  // namespace

FlatFileInfo flat_file_info(const std::filesystem::path& path) {
    const io::MappedFile file(path);
    const FlatHeader h = read_flat_header(file);
    Tables tables(file, h);
    FlatFileInfo out;
    out.dtype = h.dtype;
    out.shape = shape_of(h);
    out.train = static_cast<std::int64_t>(h.train);
    out.validation = static_cast<std::int64_t>(h.validation);
    out.test = out.shape[0] - out.train - out.validation;
    out.class_names = std::move(tables.names);
    out.has_groups = (h.flags & FlatHeader::kGroups) != 0;
    out.has_standardization = tables.standardization.has_value();
    out.pixel_checksum = h.pixel_checksum;
    out.bytes = file.size();
    return out;
}

Splits read_flat_file(const std::filesystem::path& path) {
    const auto file = std::make_shared<const io::MappedFile>(path);
    const FlatHeader h = read_flat_header(*file);
    const Tables tables(*file, h);
    const Tensor all = Tensor::read_only(file->data() + kFlatPixels, shape_of(h), h.dtype, file);
    const auto set = [&](std::int64_t begin, std::int64_t count) {
        return Dataset{
            .images = PixelStore(std::make_shared<PixelState>(all.rows(begin, count), file, h.pixel_checksum)),
            .labels = tables.labels.rows(begin, count).clone(),
            .class_names = tables.names,
            .source = file->name(),
            .standardization = tables.standardization};
    };
    const auto n = all.size(0), train = static_cast<std::int64_t>(h.train),
               validation = static_cast<std::int64_t>(h.validation);
    Splits out;
    out.format = "flat file";
    out.groups = tables.groups;
    out.train = set(0, train);
    if (validation > 0) out.validation = set(train, validation);
    if (train + validation < n) out.test = set(train + validation, n - train - validation);
    out.validate(file->name());
    if (train < n && !tables.standardization) out.standardize();
    return out;
}

void verify_flat_file(const std::filesystem::path& path) {
    const io::MappedFile file(path);
    const FlatHeader h = read_flat_header(file);
    [[maybe_unused]] const Tables tables(file, h);
    std::uint64_t sum = 0, pixel = 0;
    in_windows(file, kFlatPixels, kFlatPixels + h.pixel_bytes(), [&](const std::byte* bytes, std::uint64_t count) {
        sum = io::crc64(sum, bytes, count);
        if (h.dtype != DType::f32) return;
        const auto* values = reinterpret_cast<const float*>(bytes);
        for (std::uint64_t i = 0; i < count / sizeof(float); ++i, ++pixel)
            check(std::isfinite(values[i]), file.name(), "pixel ", pixel, " of the file is ", values[i],
                  ", expected a finite number");
    });
    check(sum == h.pixel_checksum, file.name(), "the pixels are damaged: their checksum is wrong");
    in_windows(file, kFlatPixels + h.pixel_bytes(), h.table_begin(), [&](const std::byte* bytes, std::uint64_t count) {
        check(std::all_of(bytes, bytes + count, [](std::byte b) { return b == std::byte{0}; }), file.name(),
              "expected zeros between pixels and tables");
    });
}

}  // namespace cyclone::data

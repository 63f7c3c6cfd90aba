// Writing flat files.

#include <cyclone/data/formats/flat_file.h>
#include <cyclone/io/atomic_file.h>

#include <algorithm>

#include <cyclone/io/crc64.h>
#include "data/formats/flat_header.h"

namespace cyclone::data {
namespace {

constexpr std::size_t kBuffer = std::size_t{1} << 20;

template <class T>
void append(std::string& to, T value) {
    to.append(reinterpret_cast<const char*>(&value), sizeof value);
}

}  // namespace

struct FlatFileWriter::State {
    explicit State(const std::filesystem::path& path) : where(path.string()), file(path) {
        file.write(std::string(kFlatPixels, '\0'));  // the header comes last
    }

    std::string where;
    io::AtomicFile file;
    FlatHeader header;
    std::vector<std::string> class_names;  // empty: nothing was added
    FlatPart part = FlatPart::train;
    std::vector<std::uint32_t> labels;
    std::string buffer;

    void begin(const Dataset& images);
    void flush() {
        header.pixel_checksum = io::crc64(header.pixel_checksum, buffer.data(), buffer.size());
        file.write(buffer);
        buffer.clear();
    }
    void check_classes() const;
    std::string tables(const std::vector<std::int64_t>& groups,
                       const std::optional<Standardization>& standardization) const;
};

// The first images say what all are like.
void FlatFileWriter::State::begin(const Dataset& images) {
    const Shape shape = images.image_shape();
    class_names = images.class_names;
    header.dtype = images.images.dtype();
    header.classes = class_names.size();
    for (int axis = 0; axis < 3; ++axis)
        header.sizes[static_cast<std::size_t>(axis) + 1] = static_cast<std::uint64_t>(shape[axis]);
    check(header.sizes[3] <= kMostFlatChannels, where, "expected images of at most ", kMostFlatChannels,
          " channels, got ", header.sizes[3]);
    check(header.classes <= kMostFlatClasses, where, "expected at most ", kMostFlatClasses, " classes, got ",
          header.classes);
    buffer.reserve(kBuffer + images.images.bytes_per_image());
}

void FlatFileWriter::State::check_classes() const {
    std::vector<bool> seen(class_names.size());
    for (std::uint64_t i = 0; i < header.train; ++i) seen[labels[i]] = true;
    const auto missing = std::find(seen.begin(), seen.end(), false);
    check(missing == seen.end(), where, "class '",
          missing == seen.end() ? "" : class_names[static_cast<std::size_t>(missing - seen.begin())],
          "' has no image in the training set");
}

std::string FlatFileWriter::State::tables(const std::vector<std::int64_t>& groups,
                                          const std::optional<Standardization>& standardization) const {
    std::string out;
    if (standardization)
        for (const auto* values : {&standardization->mean, &standardization->scale})
            for (const double value : *values) append(out, value);
    for (const std::int64_t group : groups) append(out, group);
    for (const std::uint32_t label : labels) append(out, label);
    for (const std::string& name : class_names) {
        append(out, static_cast<std::uint32_t>(name.size()));
        out += name;
    }
    return out;
}

FlatFileWriter::FlatFileWriter(const std::filesystem::path& file) : state_(std::make_unique<State>(file)) {}
FlatFileWriter::~FlatFileWriter() = default;

void FlatFileWriter::add(FlatPart part, const Dataset& images) {
    State& s = *state_;
    images.validate(s.where);
    check(!images.targets.defined() && !images.weights.defined(), s.where,
          "the file has no place for targets or weights");
    if (s.class_names.empty()) s.begin(images);
    const Shape shape = images.image_shape();
    check(static_cast<std::uint64_t>(shape[0]) == s.header.sizes[1] &&
              static_cast<std::uint64_t>(shape[1]) == s.header.sizes[2] &&
              static_cast<std::uint64_t>(shape[2]) == s.header.sizes[3] && images.images.dtype() == s.header.dtype,
          s.where, "expected images of ", s.header.sizes[1], " x ", s.header.sizes[2], " x ", s.header.sizes[3], ' ',
          s.header.dtype, " like those before, got ", shape, ' ', images.images.dtype());
    check(images.class_names == s.class_names, s.where, "expected the ", s.class_names.size(),
          " classes of the images before, got others");
    check(part >= s.part, s.where, "expected images in the order training, validation, test");
    s.part = part;
    const std::size_t bytes = images.images.bytes_per_image();
    images.images.visit([&](std::int64_t, const void* pixels) {
        s.buffer.append(static_cast<const char*>(pixels), bytes);
        if (s.buffer.size() >= kBuffer) s.flush();
    });
    for (const std::int64_t label : images.labels.values<std::int64_t>())
        s.labels.push_back(static_cast<std::uint32_t>(label));
    const auto count = static_cast<std::uint64_t>(images.size());
    s.header.sizes[0] += count;
    if (part == FlatPart::train) s.header.train += count;
    if (part == FlatPart::validation) s.header.validation += count;
}

void FlatFileWriter::commit(const std::vector<std::int64_t>& groups,
                            const std::optional<Standardization>& standardization) {
    State& s = *state_;
    check(s.header.train > 0, s.where, "expected at least one image for training");
    check(groups.empty() || groups.size() == s.header.train, s.where, "expected a group for each of the ",
          s.header.train, " training images, got ", groups.size());
    check(!standardization ||
              (standardization->mean.size() == s.header.sizes[3] && standardization->scale.size() == s.header.sizes[3]),
          s.where, "expected a standardisation of ", s.header.sizes[3], " channels");
    s.check_classes();
    s.flush();
    s.file.write(std::string(s.header.table_begin() - kFlatPixels - s.header.pixel_bytes(), '\0'));
    if (!groups.empty()) s.header.flags |= FlatHeader::kGroups;
    if (standardization) s.header.flags |= FlatHeader::kStandardization;
    const std::string tables = s.tables(groups, standardization);
    s.header.table_bytes = tables.size();
    s.header.table_checksum = io::crc64(0, tables.data(), tables.size());
    s.file.write(tables);
    s.file.rewrite(0, s.header.bytes());
    s.file.commit();
}

void write_flat_file(const std::filesystem::path& file, const Splits& splits) {
    FlatFileWriter writer(file);
    writer.add(FlatPart::train, splits.train);
    if (splits.validation) writer.add(FlatPart::validation, *splits.validation);
    if (splits.test) writer.add(FlatPart::test, *splits.test);
    writer.commit(splits.groups, splits.train.standardization);
}

}  // namespace cyclone::data

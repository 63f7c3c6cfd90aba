// Dataset and Splits.

#include <cyclone/data/dataset.h>
#include <cyclone/data/pixels.h>
#include <cyclone/ops/gather.h>

#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <locale>
#include <map>
#include <sstream>

#include <cyclone/io/crc64.h>
#include "data/members.h"

namespace cyclone::data {
namespace {

void check_finite(const PixelStore& images, std::string_view where) {
    const std::int64_t per_image = images.shape().numel_between(1, 4);
    images.visit([&](std::int64_t i, const void* pixels) {
        const auto* pixel = static_cast<const float*>(pixels);
        for (std::int64_t p = 0; p < per_image; ++p)
            check(std::isfinite(pixel[p]), where, "pixel ", p, " of image ", i, " is ", pixel[p],
                  ", expected a finite number");
    });
}

/// Numbers with a row per image, where there are any.
void check_rows(const Tensor& numbers, const char* what, std::int64_t images, std::string_view where) {
    if (!numbers.defined()) return;
    check(numbers.dtype() == DType::f32 && numbers.rank() >= 1 && numbers.size(0) == images, where, "expected ", what,
          " of f32 with a row for each of the ", images, " images, got ", name_of(numbers.dtype()), " of shape ",
          numbers.shape());
    for (const float v : numbers.values<float>())
        check(std::isfinite(v), where, "one of the ", what, " is ", v, ", expected finite numbers");
}

std::string hexadecimal(std::uint64_t value) {
    char text[16];
    return {text, std::to_chars(text, text + sizeof text, value, 16).ptr};
}

}  // namespace

std::vector<std::string> summary(const std::vector<SkippedFile>& files) {
    std::map<std::pair<std::string, std::string>, std::size_t> counts;  // of reason and ending
    const auto kind_of = [](const SkippedFile& file) {
        return std::pair(file.reason, std::filesystem::path(file.path).extension().string());
    };
    for (const SkippedFile& file : files) counts[kind_of(file)] += file.by_kind;
    std::vector<std::string> out;
    for (const SkippedFile& file : files) {
        std::size_t& count = counts[kind_of(file)];
        if (file.by_kind && count == 0) continue;  // named already
        const std::string more =
            count > 1 && file.by_kind ? " and " + std::to_string(count - 1) + " more of its kind" : "";
        out.push_back(file.path + more + ": " + file.reason);
        if (file.by_kind) count = 0;
    }
    return out;
}

std::vector<std::int64_t> Dataset::class_counts() const {
    std::vector<std::int64_t> counts(class_names.size());
    for (const std::int64_t label : labels.values<std::int64_t>()) {
        check(label >= 0 && label < classes(), "Dataset::class_counts", "label ", label, " is outside the ", classes(),
              " classes");
        ++counts[static_cast<std::size_t>(label)];
    }
    return counts;
}

std::vector<std::vector<std::int64_t>> Dataset::class_members() const {
    return members_of_classes(labels.values<std::int64_t>(), classes());
}

void Dataset::match_classes(const std::vector<std::string>& names, std::string_view where) {
    if (class_names == names) return;
    std::vector<std::int64_t> now;
    for (const std::string& name : class_names) {
        const auto at = std::find(names.begin(), names.end(), name);
        check(at != names.end(), where, "expected the classes of the training (", names.size(), ", the first of them ",
              names.front(), "), got '", name, "' in ", describe());
        now.push_back(at - names.begin());
    }
    Tensor matched = Tensor::empty(labels.shape(), DType::i64);
    std::transform(labels.values<std::int64_t>().begin(), labels.values<std::int64_t>().end(),
                   matched.mutable_data<std::int64_t>(),
                   [&now](std::int64_t label) { return now[static_cast<std::size_t>(label)]; });
    labels = matched;
    class_names = names;
}

Shape Dataset::image_shape() const { return {images.size(1), images.size(2), images.size(3)}; }

Dataset Dataset::subset(std::span<const std::int64_t> indices) const {
    Dataset out{images.gather(indices), Tensor::empty({static_cast<std::int64_t>(indices.size())}, DType::i64),
                class_names, source, standardization};
    if (targets.defined() || weights.defined()) {
        const Tensor places = Tensor::from(indices, {static_cast<std::int64_t>(indices.size())});
        if (targets.defined()) out.targets = take(targets, places);
        if (weights.defined()) out.weights = take(weights, places);
    }
    const auto* from = labels.data<std::int64_t>();
    auto* into = out.labels.mutable_data<std::int64_t>();
    for (const std::int64_t i : indices) *into++ = from[i];
    return out;
}

static std::string pixel_words(DType dtype, std::int64_t channels) {
    const std::string bits = dtype == DType::u8 ? "8-bit " : dtype == DType::u16 ? "16-bit " : "floating-point ";
    return bits + (channels == 1   ? "grey"
                   : channels == 3 ? "colour"
                                   : "values in " + std::to_string(channels) + " channels");
}

std::string Dataset::describe() const {
    std::ostringstream out;
    out.imbue(std::locale::classic());
    out << size() << (size() == 1 ? " image" : " images") << " of " << images.size(1) << " x " << images.size(2)
        << " pixels in " << pixel_words(images.dtype(), images.size(3)) << " (";
    const auto counts = class_counts();
    for (std::size_t c = 0; c < counts.size(); ++c) out << (c ? ", " : "") << counts[c] << ' ' << class_names[c];
    out << ')';
    if (targets.defined()) out << " with targets of shape " << targets.shape();
    if (weights.defined()) out << (targets.defined() ? " and weights" : " with weights");
    if (!source.empty()) out << " from " << source;
    return out.str();
}

void Dataset::validate(std::string_view where) const {
    check(images.defined() && labels.defined(), where, "expected images and labels, got ",
          images.defined() ? "no labels" : "no images");
    check(images.rank() == 4, where, "expected images of shape (N, H, W, C), got ", images.shape());
    check(images.numel() > 0, where, "expected at least one pixel, got images of shape ", images.shape());
    check(labels.dtype() == DType::i64 && labels.rank() == 1, where, "expected labels of shape (N) and type i64, got ",
          name_of(labels.dtype()), " of shape ", labels.shape());
    check(labels.size(0) == size(), where, "expected a label for each of the ", size(), " images, got ",
          labels.size(0));
    check(!class_names.empty(), where, "expected at least one class name, got none");
    const auto* label = labels.data<std::int64_t>();
    for (std::int64_t i = 0; i < labels.size(0); ++i)
        check(label[i] >= 0 && label[i] < classes(), where, "label ", label[i], " of image ", i, " is outside the ",
              classes(), " classes",
              label[i] < 0
                  ? " (hint: for images without a label, one more class, and its number as ignore_index of the "
                    "loss; or leave them out)"
                  : " (hint: labels count from 0)");
    visit_pixels(images.dtype(), where, [&](auto zero) {
        if constexpr (std::is_same_v<decltype(zero), float>)
            if (!images.mapped()) check_finite(images, where);
    });
    check_rows(targets, "targets", size(), where);
    check_rows(weights, "weights", size(), where);
    if (weights.defined()) {
        check(weights.rank() == 1, where, "expected weights of shape (N), got ", weights.shape());
        for (const float w : weights.values<float>()) check(w >= 0, where, "expected weights of at least 0, got ", w);
    }
    if (!standardization) return;
    const auto channels = static_cast<std::size_t>(images.size(3));
    check(standardization->mean.size() == channels && standardization->scale.size() == channels, where,
          "expected a standardisation of ", channels, " channels, got ", standardization->mean.size());
    for (std::size_t c = 0; c < channels; ++c)
        check(std::isfinite(standardization->mean[c]) && std::isfinite(standardization->scale[c]) &&
                  standardization->scale[c] > 0,
              where, "expected a finite mean and a positive scale of channel ", c, ", got ", standardization->mean[c],
              " and ", standardization->scale[c]);
}

std::string Dataset::fingerprint() const {
    std::uint64_t sum = images.checksum();
    sum = io::crc64(sum, labels.bytes(), static_cast<std::size_t>(labels.numel()) * sizeof(std::int64_t));
    if (standardization)
        for (const auto* values : {&standardization->mean, &standardization->scale})
            sum = io::crc64(sum, values->data(), values->size() * sizeof(double));
    for (const Tensor* numbers : {&targets, &weights})
        if (numbers->defined())
            sum = io::crc64(sum, numbers->bytes(), static_cast<std::size_t>(numbers->numel()) * sizeof(float));
    return hexadecimal(sum);
}

Dataset unlabelled(PixelStore images, Tensor targets) {
    check(images.defined() && images.rank() == 4, "unlabelled", "expected images of shape (N, H, W, C)");
    Tensor labels = Tensor::zeros({images.size(0)}, DType::i64);
    Dataset out{.images = std::move(images), .labels = std::move(labels), .class_names = {"unlabelled"}};
    out.targets = std::move(targets);
    check_rows(out.targets, "targets", out.size(), "unlabelled");
    return out;
}

std::vector<std::pair<const char*, const Dataset*>> Splits::sets() const {
    std::vector<std::pair<const char*, const Dataset*>> out{{"train", &train}};
    if (validation) out.emplace_back("validation", &*validation);
    if (test) out.emplace_back("test", &*test);
    return out;
}

const Dataset& Splits::test_set() const {
    check(test.has_value(), train.source, "expected data with a test set, got a training set alone (hint: split(0.8))");
    return *test;
}

std::string Splits::fingerprint() const {
    unsigned long sum = 0;
    const auto add = [&sum](const void* bytes, std::size_t count) {
        sum = crc32_z(sum, static_cast<const Bytef*>(bytes), count);
    };
    for (const Dataset* set : {&train, &test_set()}) {
        if (set->images.mapped()) {
            const std::uint64_t checksum = set->images.checksum();
            add(&checksum, sizeof checksum);
        } else {
            set->images.visit([&](std::int64_t, const void* pixels) { add(pixels, set->images.bytes_per_image()); });
        }
        add(set->labels.bytes(), static_cast<std::size_t>(set->labels.numel()) * sizeof(std::int64_t));
        for (const Tensor* numbers : {&set->targets, &set->weights})
            if (numbers->defined()) add(numbers->bytes(), static_cast<std::size_t>(numbers->numel()) * sizeof(float));
    }
    const std::string digits = hexadecimal(sum);
    return "crc32 " + std::string(8 - digits.size(), '0') + digits;
}

std::string Splits::describe() const {
    const bool one = !validation && !test;
    std::string out;
    for (const auto& [name, dataset] : sets()) {
        if (!one) out += std::string(name) + ": ";
        out += dataset->describe() + '\n';
    }
    if (!skipped.empty()) out += std::to_string(skipped.size()) + " files left out\n";
    return out;
}

void Splits::standardize() {
    for (const auto& [name, dataset] : sets()) {
        dataset->validate(name);
        check(dataset->image_shape() == train.image_shape(), "standardize", "the training images are ",
              train.image_shape(), ", those of ", name, ' ', dataset->image_shape());
        check(dataset->class_names == train.class_names, "standardize", "the training set has ", train.classes(),
              " classes, the ", name, " set ", dataset->classes(), ", or their names differ");
    }
    train.standardization = Standardization::fit(train.images);
    if (validation) validation->standardization = train.standardization;
    if (test) test->standardization = train.standardization;
}

void Splits::validate(std::string_view where) const {
    for (const auto& [name, dataset] : sets()) {
        dataset->validate(where);
        check(dataset->image_shape() == train.image_shape() && dataset->images.dtype() == train.images.dtype(), where,
              "the training images are ", train.image_shape(), ' ', train.images.dtype(), ", those of ", name, ' ',
              dataset->image_shape(), ' ', dataset->images.dtype(), ", expected images of one size and type");
        check(dataset->class_names == train.class_names, where, "the training set has ", train.classes(),
              " classes, the ", name, " set ", dataset->classes(), ", or their names differ");
    }
    const auto counts = train.class_counts();
    for (std::size_t c = 0; c < counts.size(); ++c)
        check(counts[c] > 0, where, "class '", train.class_names[c], "' has no image",
              validation || test ? " in the training set" : "");
    check(groups.empty() || static_cast<std::int64_t>(groups.size()) == train.size(), where,
          "expected a group for each of the ", train.size(), " images, got ", groups.size());
}

}  // namespace cyclone::data

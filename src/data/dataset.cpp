// Dataset and Splits.

#include <cyclone/data/dataset.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "data/each_image.h"
#include "data/formats/flat_header.h"
#include "data/pixels.h"
#include "io/crc64.h"

namespace cyclone::data {
namespace {

void check_finite(const Dataset& dataset, std::string_view where) {
    const std::int64_t per_image = dataset.images.shape().numel_between(1, 4);
    for_each_image<float>(dataset, [&](std::int64_t i, const float* pixel) {
        for (std::int64_t p = 0; p < per_image; ++p)
            check(std::isfinite(pixel[p]), where, "pixel ", p, " of image ", i, " is ", pixel[p],
                  ", expected a finite number");
    });
}

// The images stay in their file.
Dataset selected(const Dataset& dataset, std::span<const std::int64_t> indices) {
    Dataset out = dataset;
    out.labels = Tensor::empty({static_cast<std::int64_t>(indices.size())}, DType::i64);
    auto* into = out.labels.mutable_data<std::int64_t>();
    auto rows = std::make_shared<std::vector<std::int64_t>>();
    rows->reserve(indices.size());
    for (const std::int64_t i : indices) {
        rows->push_back(dataset.row(i));
        *into++ = dataset.labels.data<std::int64_t>()[i];
    }
    out.selection = std::move(rows);
    return out;
}

}  // namespace

std::vector<std::int64_t> Dataset::class_counts() const {
    std::vector<std::int64_t> counts(class_names.size());
    for (const std::int64_t label : labels.values<std::int64_t>()) {
        check(label >= 0 && label < classes(), "Dataset::class_counts", "label ", label, " is outside the ", classes(),
              " classes");
        ++counts[static_cast<std::size_t>(label)];
    }
    return counts;
}

Shape Dataset::image_shape() const { return {images.size(1), images.size(2), images.size(3)}; }

Tensor Dataset::image(std::int64_t i) const {
    check(i >= 0 && i < size(), "Dataset::image", "index ", i, " is outside the ", size(), " images");
    return images.rows(row(i), 1).viewed(image_shape());
}

Dataset Dataset::subset(std::span<const std::int64_t> indices) const {
    for (const std::int64_t i : indices)
        check(i >= 0 && i < size(), "Dataset::subset", "index ", i, " is outside the ", size(), " images");
    if (file) return selected(*this, indices);
    Shape shape = images.shape();
    shape.set(0, static_cast<std::int64_t>(indices.size()));
    Dataset out{Tensor::empty(shape, images.dtype()), Tensor::empty({shape[0]}, DType::i64), class_names, source,
                standardization};
    const std::size_t bytes = static_cast<std::size_t>(shape.numel_between(1, 4)) * size_of(images.dtype());
    const auto* from = static_cast<const std::byte*>(images.bytes());
    auto* into = static_cast<std::byte*>(out.images.mutable_bytes());
    const auto* from_label = labels.data<std::int64_t>();
    auto* into_label = out.labels.mutable_data<std::int64_t>();
    for (const std::int64_t i : indices) {
        std::memcpy(into, from + static_cast<std::size_t>(row(i)) * bytes, bytes);
        into += bytes;
        *into_label++ = from_label[i];
    }
    return out;
}

std::string Dataset::describe() const {
    std::ostringstream out;
    out << size() << (size() == 1 ? " image" : " images") << " of " << images.size(1) << " x " << images.size(2)
        << " x " << images.size(3) << ' ' << images.dtype() << " (";
    const auto counts = class_counts();
    for (std::size_t c = 0; c < counts.size(); ++c) out << (c ? ", " : "") << counts[c] << ' ' << class_names[c];
    out << ')';
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
    if (selection)
        for (const std::int64_t r : *selection)
            check(r >= 0 && r < images.size(0), where, "the selection names image ", r, " of ", images.size(0));
    check(!class_names.empty(), where, "expected at least one class name, got none");
    const auto* label = labels.data<std::int64_t>();
    for (std::int64_t i = 0; i < labels.size(0); ++i)
        check(label[i] >= 0 && label[i] < classes(), where, "label ", label[i], " of image ", i, " is outside the ",
              classes(), " classes");
    visit_pixels(images.dtype(), where, [&](auto zero) {
        if constexpr (std::is_same_v<decltype(zero), float>)
            if (!file) check_finite(*this, where);
    });
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

std::uint64_t Dataset::pixel_checksum() const {
    const std::size_t bytes = static_cast<std::size_t>(images.shape().numel_between(1, 4)) * size_of(images.dtype());
    if (!file) {
        std::uint64_t sum = 0;
        for_each_image<std::byte>(*this,
                                  [&](std::int64_t, const std::byte* pixels) { sum = io::crc64(sum, pixels, bytes); });
        return sum;
    }
    const auto* first = static_cast<const std::byte*>(images.bytes());
    const std::int64_t place[] = {static_cast<std::int64_t>(flat_file_checksum(*file)), first - file->data(),
                                  images.size(0)};
    const std::uint64_t sum = io::crc64(0, place, sizeof place);
    return selection ? io::crc64(sum, selection->data(), selection->size() * sizeof(std::int64_t)) : sum;
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
    train.standardization = Standardization::fit(train);
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

#include <cyclone/base/random.h>
#include <cyclone/data/dataset.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "data/members.h"
#include "data/pixels.h"

namespace cyclone::data {
namespace {

constexpr std::uint64_t kSplitStream = std::uint64_t{0x5711'7000} << 32;  // plus the class

void check_finite(const Dataset& dataset, std::string_view where) {
    const std::int64_t per_image = dataset.images.shape().numel_between(1, 4);
    const float* pixel = dataset.images.data<float>();
    for (std::int64_t i = 0; i < dataset.images.numel(); ++i)
        check(std::isfinite(pixel[i]), where, "pixel ", i % per_image, " of image ", i / per_image, " is ", pixel[i],
              ", expected a finite number");
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

Dataset Dataset::subset(std::span<const std::int64_t> indices) const {
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
        check(i >= 0 && i < size(), "Dataset::subset", "index ", i, " is outside the ", size(), " images");
        std::memcpy(into, from + static_cast<std::size_t>(i) * bytes, bytes);
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

Split Dataset::split(double train_fraction, std::uint64_t seed) const {
    check<UsageError>(train_fraction > 0 && train_fraction < 1, "Dataset::split",
                      "expected a train fraction between 0 and 1, got ", train_fraction);
    validate("Dataset::split");
    std::vector<std::int64_t> train, test;
    const auto members = members_of_classes(labels.values<std::int64_t>(), classes());
    for (std::size_t c = 0; c < members.size(); ++c) {
        const auto n = static_cast<std::int64_t>(members[c].size());
        auto wanted = static_cast<std::int64_t>(std::round(train_fraction * static_cast<double>(n)));
        wanted = n >= 2 ? std::clamp<std::int64_t>(wanted, 1, n - 1) : n;
        const auto order = permutation(n, Random(seed, kSplitStream + c));
        for (std::int64_t i = 0; i < n; ++i)
            (i < wanted ? train : test)
                .push_back(members[c][static_cast<std::size_t>(order[static_cast<std::size_t>(i)])]);
    }
    check(!test.empty(), "Dataset::split", "expected a class of at least two images, got ", describe());
    std::sort(train.begin(), train.end());
    std::sort(test.begin(), test.end());
    return with_standardization(subset(train), subset(test));
}

void Dataset::validate(std::string_view where) const {
    check(images.defined() && labels.defined(), where, "expected images and labels, got ",
          images.defined() ? "no labels" : "no images");
    check(images.rank() == 4, where, "expected images of shape (N, H, W, C), got ", images.shape());
    check(images.numel() > 0, where, "expected at least one pixel, got images of shape ", images.shape());
    check(labels.dtype() == DType::i64 && labels.rank() == 1, where, "expected labels of shape (N) and type i64, got ",
          name_of(labels.dtype()), " of shape ", labels.shape());
    check(labels.size(0) == images.size(0), where, "expected a label for each of the ", images.size(0), " images, got ",
          labels.size(0));
    check(!class_names.empty(), where, "expected at least one class name, got none");
    const auto* label = labels.data<std::int64_t>();
    for (std::int64_t i = 0; i < labels.size(0); ++i)
        check(label[i] >= 0 && label[i] < classes(), where, "label ", label[i], " of image ", i, " is outside the ",
              classes(), " classes");
    visit_pixels(images.dtype(), where, [&](auto zero) {
        if constexpr (std::is_same_v<decltype(zero), float>) check_finite(*this, where);
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

Split with_standardization(Dataset train, Dataset test) {
    train.validate("the training set");
    test.validate("the test set");
    check(train.image_shape() == test.image_shape(), "with_standardization", "the training images are ",
          train.image_shape(), ", the test images ", test.image_shape());
    check(train.class_names == test.class_names, "with_standardization", "the training set has ", train.classes(),
          " classes, the test set ", test.classes(), ", or their names differ");
    train.standardization = Standardization::fit(train);
    test.standardization = train.standardization;
    return {std::move(train), std::move(test)};
}

}  // namespace cyclone::data

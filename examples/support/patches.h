#pragma once
// The two-class images that several programs train on: generated patches, a folder in the study's layout, or one class
// of MNIST against the rest.

#include <cyclone/base/error.h>
#include <cyclone/data/binary_task.h>
#include <cyclone/data/idx.h>
#include <cyclone/data/study_folder.h>
#include <cyclone/data/synthetic.h>
#include <cyclone/nn/models.h>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace support {

struct PatchSource {
    std::string data = "synthetic";  ///< or a folder
    /// Training images; -1: all there are, which synthetic patches have no number of.
    std::int64_t positives = -1, negatives = -1;
    double difficulty = 1;  ///< of the synthetic patches
    std::uint64_t data_seed = 1;
    int positive_class = -1;         ///< of MNIST; -1: not given
    double imbalance = 0;            ///< negatives for each positive; 0: as they are
    std::uint64_t memory_limit = 0;  ///< of data from files, as in cyclone::data::OpenOptions
};

/// Whether `folder` holds MNIST's IDX files, plain or compressed.
inline bool is_mnist_folder(const std::filesystem::path& folder) {
    std::error_code ignored;
    for (const char* name : {"train-images-idx3-ubyte", "train-images-idx3-ubyte.gz"})
        if (std::filesystem::exists(folder / name, ignored)) return true;
    return false;
}

// Both sets are thinned: precision and F1 on the test set are about the same share of positives.
inline cyclone::data::Split load_mnist_task(const PatchSource& s) {
    namespace data = cyclone::data;
    cyclone::check<cyclone::UsageError>(s.positive_class >= 0 && s.positive_class <= 9, "--positive",
                                        "expected the digit to tell from the rest, 0 to 9",
                                        s.positive_class < 0 ? " (hint: --positive 8)" : "");
    const data::Split digits = data::read_mnist_folder(s.data, s.memory_limit);
    return data::with_standardization(
        data::binary_task(digits.train, {.positive_class = s.positive_class,
                                         .imbalance = s.imbalance,
                                         .positives = s.positives,
                                         .negatives = s.negatives,
                                         .seed = s.data_seed}),
        data::binary_task(digits.test,
                          {.positive_class = s.positive_class, .imbalance = s.imbalance, .seed = s.data_seed}));
}

// The test set is taken whole, as in the study.
inline cyclone::data::Split load_study_task(const PatchSource& s) {
    namespace data = cyclone::data;
    data::Split split = data::read_study_folder(
        s.data,
        {.positives = s.positives, .negatives = s.negatives, .seed = s.data_seed, .memory_limit = s.memory_limit});
    for (const data::Dataset* set : {&split.train, &split.test}) {
        const auto counts = set->class_counts();
        cyclone::check(counts[0] > 0 && counts[1] > 0, s.data, "expected images of both classes, got ", counts[1],
                       " positives and ", counts[0], " negatives");
    }
    if (s.imbalance == 0) return split;
    return data::with_standardization(data::binary_task(split.train, {.imbalance = s.imbalance, .seed = s.data_seed}),
                                      std::move(split.test));
}

/// Training and test set, both with images of both classes. UsageError names the option that makes no sense.
inline cyclone::data::Split load_patches(const PatchSource& s) {
    namespace data = cyclone::data;
    cyclone::check<cyclone::UsageError>(s.difficulty >= 0.1 && s.difficulty <= 10, "--difficulty",
                                        "expected 0.1 to 10, got ", s.difficulty);
    cyclone::check<cyclone::UsageError>(s.imbalance == 0 || (s.imbalance >= 0.01 && s.imbalance <= 10'000),
                                        "--imbalance", "expected 0.01 to 10000 negatives for each positive, got ",
                                        s.imbalance);
    const bool mnist = s.data != "synthetic" && is_mnist_folder(s.data);
    cyclone::check<cyclone::UsageError>(mnist || s.positive_class < 0, "--positive",
                                        "is for a --data folder with MNIST's files, this is ", s.data);
    if (mnist) return load_mnist_task(s);
    if (s.data != "synthetic") return load_study_task(s);
    cyclone::check<cyclone::UsageError>(s.positives > 0 && (s.negatives > 0 || s.imbalance > 0), "--positives",
                                        "synthetic data need counts");
    const std::int64_t negatives =
        s.imbalance > 0 ? std::llround(static_cast<double>(s.positives) * s.imbalance) : s.negatives;
    cyclone::check<cyclone::UsageError>(negatives > 0, "--imbalance", "leaves no negatives");
    // A quarter more than is trained on, for the test set.
    return data::synthetic_patches({.positives = s.positives + (s.positives + 3) / 4,
                                    .negatives = negatives + (negatives + 3) / 4,
                                    .seed = s.data_seed,
                                    .difficulty = s.difficulty})
        .split(0.8, s.data_seed);
}

/// Makes the study's net for such images; `data` is for the message about images it cannot take.
inline std::function<cyclone::nn::Sequential()> study_model(const std::string& data, const cyclone::Shape& image) {
    cyclone::check(image[0] == image[1] && image[0] % 4 == 0, data,
                   "expected square images with a side divisible by 4, got ", image);
    return
        [size = image[0], channels = image[2]] { return cyclone::nn::study_cnn({.size = size, .channels = channels}); };
}

}  // namespace support

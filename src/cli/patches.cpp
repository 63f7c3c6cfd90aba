// Two-class images: generated patches, the study's files, or one class of any data against the rest.

#include "cli/patches.h"

#include <cyclone/base/error.h>
#include <cyclone/data/binary_task.h>
#include <cyclone/data/hdf5/hdf5_file.h>
#include <cyclone/data/open.h>
#include <cyclone/data/synthetic.h>
#include <cyclone/nn/parse.h>
#include <cyclone/optim/parse.h>

#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "cli/data_options.h"

namespace cyclone::cli {
namespace {

std::int64_t positive_class_of(const PatchSource& s, const std::vector<std::string>& names) {
    check(names.size() >= 2, s.data, "expected images of two classes or more, got ", names.size());
    if (!s.positive_class.empty() || names.size() > 2) return class_called(s.positive_class, names);
    if (names[1] != "1" && names[1] != "positive")
        print_notes(s.command, {"the positive class is " + names[1] + " (--positive chooses)"});
    return 1;
}

// Both sets are thinned: precision and F1 on the test set are about the same fraction of positives.
data::Splits load_any_task(const PatchSource& s) {
    data::Splits parts = data::open(s.data, s.open);
    print_notes(s.command, parts.notes);
    if (!parts.test) {
        const data::SplitOptions fifth{.validation = 0, .test = 0.2, .seed = s.data_seed, .groups = parts.groups};
        data::Splits cut = parts.train.split(fifth);
        parts.train = std::move(cut.train);
        parts.test = std::move(cut.test);
        parts.groups = std::move(cut.groups);
    }
    parts.validation.reset();
    if (!parts.groups.empty() && s.tries_rates)
        print_notes(s.command, {"rates are tried out on images held out one by one, of a group on both sides"});
    if (!parts.groups.empty() && s.held_out > 0) {
        data::Splits cut = parts.train.split(
            data::SplitOptions{.validation = s.held_out, .test = 0, .seed = s.data_seed, .groups = parts.groups});
        parts.train = std::move(cut.train);
        parts.validation = std::move(cut.validation);
    }
    data::Splits task;
    if (s.all_classes && parts.train.classes() > 2) {
        task.train = std::move(parts.train);
        task.validation = std::move(parts.validation);
        task.test = std::move(parts.test);
    } else {
        const std::int64_t positive = positive_class_of(s, parts.train.class_names);
        task.train = data::binary_task(parts.train, {.positive_class = positive,
                                                     .imbalance = s.imbalance,
                                                     .positives = s.positives,
                                                     .negatives = s.negatives,
                                                     .seed = s.data_seed});
        const data::BinaryTaskOptions others{.positive_class = positive, .imbalance = s.imbalance, .seed = s.data_seed};
        if (parts.validation) task.validation = data::binary_task(*parts.validation, others);
        task.test = data::binary_task(*parts.test, others);
    }
    task.standardize();
    if (!parts.skipped.empty())
        task.train.source += ", " + std::to_string(parts.skipped.size()) + " file(s) left out, the first of them " +
                             parts.skipped.front().path + ": " + parts.skipped.front().reason;
    return task;
}

// The test set is taken whole, as in the study.
data::Splits load_study_task(const PatchSource& s) {
    check<UsageError>(s.positive_class.empty(), "--positive", "the study's files say which images are positive");
    refuse_reading(s.open, s.data, "the study's HDF5 folder");
    data::Splits split = data::read_study_folder(
        s.data, {.positives = s.positives, .negatives = s.negatives, .seed = s.data_seed}, s.open.memory_limit);
    for (const auto& [name, set] : split.sets()) {
        const auto counts = set->class_counts();
        check(counts[0] > 0 && counts[1] > 0, s.data, "expected images of both classes, got ", counts[1],
              " positives and ", counts[0], " negatives");
    }
    if (s.imbalance == 0) return split;
    split.train = data::binary_task(split.train, {.imbalance = s.imbalance, .seed = s.data_seed});
    split.standardize();
    return split;
}

data::Splits make_synthetic_task(const PatchSource& s) {
    check<UsageError>(s.positive_class.empty(), "--positive", "is for data from files, these are ", s.data);
    refuse_reading(s.open, s.data, "drawn patches");
    check<UsageError>(s.positives > 0 && (s.negatives > 0 || s.imbalance > 0), "--positives",
                      "synthetic data need counts");
    const std::int64_t negatives =
        s.imbalance > 0 ? std::llround(static_cast<double>(s.positives) * s.imbalance) : s.negatives;
    check<UsageError>(negatives > 0, "--imbalance", "leaves no negatives");
    // A quarter more than is trained on, for the test set.
    return data::synthetic_patches({.positives = s.positives + (s.positives + 3) / 4,
                                    .negatives = negatives + (negatives + 3) / 4,
                                    .seed = s.data_seed,
                                    .difficulty = s.difficulty})
        .split(0.8, s.data_seed);
}

}  // namespace

data::Splits load_patches(const PatchSource& s) {
    check<UsageError>(s.difficulty >= 0.1 && s.difficulty <= 10, "--difficulty", "expected 0.1 to 10, got ",
                      s.difficulty);
    check<UsageError>(s.imbalance == 0 || (s.imbalance >= 0.01 && s.imbalance <= 10'000), "--imbalance",
                      "expected 0.01 to 10000 negatives per positive, got ", s.imbalance);
    const bool drawn = s.data == kSynthetic;
    check<UsageError>(drawn || s.difficulty == 1, "--difficulty", "is for synthetic patches, these are ", s.data);
    data::Splits task = drawn                           ? make_synthetic_task(s)
                        : data::is_study_folder(s.data) ? load_study_task(s)
                                                        : load_any_task(s);
    if (s.held_out == 0 || task.validation) return task;
    data::Splits parts = task.train.split(1 - s.held_out, s.data_seed);
    task.train = std::move(parts.train);
    task.validation = std::move(parts.test);
    task.standardize();
    return task;
}

std::function<nn::Sequential()> model_of(const std::string& model, const std::string& data, const Shape& image,
                                         std::int64_t classes) {
    if (model == "study")
        check(image[0] == image[1] && image[0] % 4 == 0, data,
              "expected square images with a side divisible by 4, got ", image,
              " (hint: --resize 28 makes image files so; or another --model)");
    try {
        nn::parse_model(model, image, classes);
    } catch (const UsageError& error) {
        fail<UsageError>("--model", error.what());
    }
    return [=] { return nn::parse_model(model, image, classes); };
}

std::function<std::unique_ptr<optim::Optimizer>(const std::vector<Tensor>&, const optim::Hyper&)> optimizer_of(
    const std::string& optimizer, double momentum) {
    check<UsageError>(momentum >= 0 && momentum < 1, "--momentum", "expected a value in [0, 1), got ", momentum);
    check<UsageError>(momentum == 0 || optimizer == "sgd", "--momentum", "is for --optimizer sgd, got ", optimizer,
                      " (hint: --optimizer sgd:momentum=", momentum, ",...)");
    const std::string text = momentum == 0 ? optimizer : fmt::format("{}:momentum={}", optimizer, momentum);
    try {
        Tensor parameter = Tensor::zeros({1});
        parameter.set_requires_grad();
        optim::parse(text, {parameter}, 0.1);
    } catch (const UsageError& error) {
        fail<UsageError>("--optimizer", error.what());
    }
    return [text](const std::vector<Tensor>& parameters, const optim::Hyper& rate) {
        return optim::parse(text, parameters, rate);
    };
}

}  // namespace cyclone::cli

#include <cyclone/base/random.h>
#include <cyclone/data/study_folder.h>

#include <algorithm>
#include <numeric>

#include "data/hdf5.h"
#include "data/memory_budget.h"

namespace cyclone::data {
namespace {

constexpr std::uint64_t kChoiceStream = std::uint64_t{0xC401'CE00} << 32;

// Ascending indices of the chosen images.
std::vector<std::int64_t> choose(std::int64_t available, std::int64_t wanted, std::uint64_t seed) {
    return random_choice(available, wanted < 0 ? available : wanted, Random(seed, kChoiceStream));
}

// "3459 of 4575 positives", and a word when fewer are there than asked for.
std::string note_on(std::size_t taken, std::int64_t available, std::int64_t wanted, const char* what) {
    std::string note = std::to_string(taken) + " of " + std::to_string(available) + ' ' + what;
    if (wanted > available) note += " (all there are, " + std::to_string(wanted) + " asked for)";
    return note;
}

Dataset read_set(const std::filesystem::path& folder, const std::string& set, const StudyFolderOptions& options,
                 MemoryBudget& memory) {
    const Hdf5Images positive(folder / ("Positive_" + set + ".h5")), negative(folder / ("Negative_" + set + ".h5"));
    check(positive.shape(1) == negative.shape(1) && positive.dtype() == negative.dtype(), folder.string(),
          "the positive images of ", set, " are ", positive.shape(positive.count()), ' ', positive.dtype(),
          ", the negative ones ", negative.shape(negative.count()), ' ', negative.dtype(),
          ", expected images of one size and type");
    const auto positives = choose(positive.count(), options.positives, options.seed);
    const auto negatives = choose(negative.count(), options.negatives, options.seed);
    const auto p = static_cast<std::int64_t>(positives.size()), n = static_cast<std::int64_t>(negatives.size());
    const Shape shape = positive.shape(p + n);
    memory.take(static_cast<std::uint64_t>(shape.numel()) * size_of(positive.dtype()), folder.string());
    Dataset out;
    out.images = Tensor::empty(shape, positive.dtype());
    positive.read(positives, out.images, 0);
    negative.read(negatives, out.images, p);
    out.labels = Tensor::zeros({p + n}, DType::i64);
    std::fill_n(out.labels.mutable_data<std::int64_t>(), p, 1);
    out.class_names = {"negative", "positive"};
    out.source = folder.string() + ", " + set + ": " +
                 note_on(positives.size(), positive.count(), options.positives, "positives") + ", " +
                 note_on(negatives.size(), negative.count(), options.negatives, "negatives");
    return out;
}

void check_folder(const std::filesystem::path& folder) {
    std::error_code error;
    check(std::filesystem::is_directory(folder, error), folder.string(),
          "expected a folder with Positive_train.h5, "
          "Negative_train.h5, Positive_test.h5 and Negative_test.h5, got ",
          std::filesystem::exists(folder, error) ? "a file" : "nothing of that name");
    std::string missing;
    for (const char* name : {"Positive_train.h5", "Negative_train.h5", "Positive_test.h5", "Negative_test.h5"})
        if (!std::filesystem::exists(folder / name, error))
            missing += (missing.empty() ? "" : ", ") + std::string(name);
    check(missing.empty(), folder.string(), "expected the study's four HDF5 files, missing: ", missing);
}

}  // namespace

Tensor read_hdf5_images(const std::filesystem::path& file, ImageChoice choice) {
    check<UsageError>(choice.count != 0 && choice.count >= -1, "read_hdf5_images",
                      "expected a count of at least 1, or -1 for all, got ", choice.count);
    const Hdf5Images images(file);
    const auto indices = choose(images.count(), choice.count, choice.seed);
    Tensor out = Tensor::empty(images.shape(static_cast<std::int64_t>(indices.size())), images.dtype());
    images.read(indices, out, 0);
    return out;
}

Split read_study_folder(const std::filesystem::path& folder, StudyFolderOptions options) {
    for (const std::int64_t wanted : {options.positives, options.negatives})
        check<UsageError>(wanted != 0 && wanted >= -1, "read_study_folder",
                          "expected a count of at least 1, or -1 for all, got ", wanted);
    check_folder(folder);
    MemoryBudget memory(options.memory_limit);
    Dataset train = read_set(folder, "train", options, memory);
    Dataset test = read_set(folder, "test", {}, memory);
    check(train.images.dtype() == test.images.dtype(), folder.string(), "the training images are ",
          train.images.dtype(), ", the test images ", test.images.dtype(), ", expected one type");
    return with_standardization(std::move(train), std::move(test));
}

}  // namespace cyclone::data

#include <cyclone/data/hdf5/study_folder.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "data/hdf5/hdf5_apart.h"
#include "data/memory_budget.h"

namespace cyclone::data {
namespace {

constexpr const char* kFiles[] = {"Positive_train.h5", "Negative_train.h5", "Positive_test.h5", "Negative_test.h5"};

// "3459 of 4575 positives", and a word when fewer are there than asked for.
std::string note_on(std::int64_t taken, std::int64_t available, std::int64_t wanted, const char* what) {
    std::string note = std::to_string(taken) + " of " + std::to_string(available) + ' ' + what;
    if (wanted > available) note += " (all there are, " + std::to_string(wanted) + " asked for)";
    return note;
}

Dataset read_set(const std::filesystem::path& folder, const std::string& set, const StudyFolderOptions& options,
                 MemoryBudget& memory) {
    Hdf5Chosen chosen = read_chosen_images(folder.string(),
                                           {{folder / ("Positive_" + set + ".h5"), {options.positives, options.seed}},
                                            {folder / ("Negative_" + set + ".h5"), {options.negatives, options.seed}}},
                                           memory);
    Dataset out;
    out.images = std::move(chosen.images);
    out.labels = Tensor::zeros({out.images.size(0)}, DType::i64);
    std::fill_n(out.labels.mutable_data<std::int64_t>(), chosen.taken[0], 1);
    out.class_names = {"negative", "positive"};
    out.source = folder.string() + ", " + set + ": " +
                 note_on(chosen.taken[0], chosen.available[0], options.positives, "positives") + ", " +
                 note_on(chosen.taken[1], chosen.available[1], options.negatives, "negatives");
    return out;
}

void check_folder(const std::filesystem::path& folder) {
    std::error_code error;
    check(std::filesystem::is_directory(folder, error), folder.string(),
          "expected a folder with Positive_train.h5, "
          "Negative_train.h5, Positive_test.h5 and Negative_test.h5, got ",
          std::filesystem::exists(folder, error) ? "a file" : "nothing of that name");
    std::string missing;
    for (const char* name : kFiles)
        if (!std::filesystem::exists(folder / name, error))
            missing += (missing.empty() ? "" : ", ") + std::string(name);
    check(missing.empty(), folder.string(), "expected the study's four HDF5 files, missing: ", missing);
}

}  // namespace

Tensor read_hdf5_images(const std::filesystem::path& file, ImageChoice choice) {
    check<UsageError>(choice.count != 0 && choice.count >= -1, "read_hdf5_images",
                      "expected a count of at least 1, or -1 for all, got ", choice.count);
    MemoryBudget memory(0);
    return read_chosen_images(file.string(), {{file, choice}}, memory).images;
}

bool is_study_folder(const std::filesystem::path& folder) {
    std::error_code ignored;
    return std::any_of(std::begin(kFiles), std::end(kFiles),
                       [&](const char* name) { return std::filesystem::exists(folder / name, ignored); });
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

// Readers of HDF5 files: which datasets they take, and what they make of them.

#include <cyclone/data/hdf5/hdf5_file.h>

#include <algorithm>
#include <iterator>

#include "data/arrays.h"
#include "data/assemble.h"
#include "data/hdf5/hdf5.h"
#include "data/hdf5/hdf5_apart.h"
#include "data/hdf5/isolated.h"
#include "data/recognise.h"

namespace cyclone::data {
namespace {

void check_count(const char* where, std::int64_t count) {
    check<UsageError>(count != 0 && count >= -1, where, "expected a count of at least 1, or -1 for all, got ", count);
}

constexpr const char* kFiles[] = {"Positive_train.h5", "Negative_train.h5", "Positive_test.h5", "Negative_test.h5"};

// "3459 of 4575 positives", and a note when there are fewer than asked for.
std::string note_on(std::int64_t taken, std::int64_t available, std::int64_t wanted, const char* what) {
    std::string note = std::to_string(taken) + " of " + std::to_string(available) + ' ' + what;
    if (wanted > available) note += " (all there are, " + std::to_string(wanted) + " asked for)";
    return note;
}

Dataset read_set(const std::filesystem::path& folder, const std::string& set, const StudyFolderOptions& options,
                 MemoryBudget& memory) {
    Hdf5Chosen chosen = read_chosen_images(folder.string(),
                                           {{folder / ("Positive_" + set + ".h5"), options.positives, options.seed},
                                            {folder / ("Negative_" + set + ".h5"), options.negatives, options.seed}},
                                           memory);
    Dataset out;
    out.images = chosen.images;
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

bool has_hdf5() {
#ifdef CYCLONE_WITH_HDF5
    return true;
#else
    return false;
#endif
}

Splits read_hdf5(const std::filesystem::path& file, ReadContext& context) {
    const ArrayArchive archive = open_hdf5(file, context);
    context.columns_first = beginning_of(file).starts_with("MATLAB 7.3 MAT-file");
    return read_arrays(archive, context, file.string(), "HDF5");
}

Splits read_hdf5(const std::filesystem::path& file, const OpenOptions& options) {
    return read_with(options, file, [&](ReadContext& context) { return read_hdf5(file, context); });
}

Tensor read_hdf5_images(const std::filesystem::path& file, std::int64_t count, std::uint64_t seed,
                        MemoryBudget memory) {
    check_count("read_hdf5_images", count);
    return read_chosen_images(file.string(), {{file, count, seed}}, memory).images;
}

bool is_study_folder(const std::filesystem::path& folder) {
    std::error_code ignored;
    return std::any_of(std::begin(kFiles), std::end(kFiles),
                       [&](const char* name) { return std::filesystem::exists(folder / name, ignored); });
}

Splits read_study_folder(const std::filesystem::path& folder, const StudyFolderOptions& options, MemoryBudget memory) {
    for (const std::int64_t wanted : {options.positives, options.negatives}) check_count("read_study_folder", wanted);
    check_folder(folder);
    Splits out{.train = read_set(folder, "train", options, memory), .test = read_set(folder, "test", {}, memory)};
    check(out.train.images.dtype() == out.test->images.dtype(), folder.string(), "the training images are ",
          out.train.images.dtype(), ", the test images ", out.test->images.dtype(), ", expected one type");
    out.format = "the study's HDF5 folder";
    out.standardize();
    return out;
}

}  // namespace cyclone::data

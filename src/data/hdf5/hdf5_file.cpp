// Readers of HDF5 files: which datasets they take, and what they make of them.

#include <cyclone/data/hdf5/hdf5_file.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "data/assemble.h"
#include "data/hdf5/hdf5.h"
#include "data/hdf5/hdf5_apart.h"
#include "data/hdf5/isolated.h"

namespace cyclone::data {
namespace {

using Pair = std::pair<std::string, std::string>;  // images, labels

// The names to read: train, then test where there is one.
std::vector<Pair> choose_names(const std::filesystem::path& file, const Hdf5Options& options) {
    if (!options.images.empty()) return {{options.images, options.labels}};
    const auto names = hdf5_names(file);
    const auto has = [&](const std::string& name) {
        return std::find(names.begin(), names.end(), name) != names.end();
    };
    constexpr std::array<std::array<const char*, 2>, 6> usual{
        {{"images", "labels"}, {"x", "y"}, {"X", "y"}, {"data", "labels"}, {"data", "label"}, {"image", "label"}}};
    const auto find = [&](const std::string& before, const std::string& after) -> std::optional<Pair> {
        for (const auto& [images, labels] : usual)
            if (has(before + images + after) && has(before + labels + after))
                return Pair{before + images + after, before + labels + after};
        return std::nullopt;
    };
    if (const auto one = find("", "")) return {*one};
    constexpr std::array<std::array<const char*, 4>, 2> split{
        {{"train_", "", "test_", ""}, {"", "_train", "", "_test"}}};
    for (const auto& [before, after, test_before, test_after] : split) {
        const auto train = find(before, after), test = find(test_before, test_after);
        if (train && test) return {*train, *test};
        if (train) return {*train};
    }
    std::string list;
    for (const auto& name : names)
        if (list.size() < 200) list += (list.empty() ? "" : ", ") + printable(name);
    fail(file.string(),
         "expected the datasets images and labels, x and y, or data and labels, got: ", list.empty() ? "none" : list,
         " (hint: Hdf5Options::images and labels)");
}

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

Splits read_hdf5(const std::filesystem::path& file, const Hdf5Options& options, MemoryBudget memory) {
    const std::string where = file.string();
    check<UsageError>(options.images.empty() == options.labels.empty(), "Hdf5Options",
                      "expected names of both images and labels, or of none");
    check<UsageError>(options.seconds > 0 && options.seconds <= 1e6, "Hdf5Options",
                      "expected more than 0 seconds, got ", options.seconds);
    require_hdf5(where);
    std::vector<Dataset> sets;
    auto lock = hdf5_lock();
    run_isolated(
        where, {options.seconds, options.memory},
        [&](ToParent& out) {
            lock.unlock();
            const std::vector<Pair> names = choose_names(file, options);
            const auto count = static_cast<std::int64_t>(names.size());
            out.write(&count, sizeof count);
            for (const auto& [images, labels] : names) {
                send_dataset(Hdf5Images(file, images), out);
                send_dataset(Hdf5Images(file, labels, Hdf5Role::labels), out);
            }
        },
        [&](FromChild& from) {
            lock.unlock();
            std::int64_t count = 0;
            from.read(&count, sizeof count);
            for (std::int64_t i = 0; i < std::min<std::int64_t>(count, 2); ++i) {
                Dataset& set = sets.emplace_back();
                set.images = as_images(receive_dataset(from, where, memory), where);
                set.labels = as_labels(receive_dataset(from, where, memory), where);
                set.source = where;
            }
        });
    check(!sets.empty(), where, "the HDF5 reader process returned malformed data");
    std::vector<const Tensor*> labels;
    labels.reserve(sets.size());
    for (const Dataset& set : sets) labels.push_back(&set.labels);
    for (const auto names = numbered_classes(labels); Dataset & set : sets) set.class_names = names;
    Splits out;
    out.format = "HDF5";
    out.train = std::move(sets[0]);
    if (sets.size() > 1) out.test = std::move(sets[1]);
    out.validate(where);
    if (out.test) out.standardize();
    return out;
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

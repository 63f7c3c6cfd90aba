#include <cyclone/data/hdf5/hdf5_file.h>
#include <cyclone/data/hdf5/study_folder.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "data/assemble.h"
#include "data/hdf5/hdf5.h"
#include "data/hdf5/hdf5_apart.h"
#include "data/hdf5/isolated.h"
#include "data/memory_budget.h"

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
    const auto find = [&](const std::string& before, const std::string& behind) -> std::optional<Pair> {
        for (const auto& [images, labels] : usual)
            if (has(before + images + behind) && has(before + labels + behind))
                return Pair{before + images + behind, before + labels + behind};
        return std::nullopt;
    };
    if (const auto one = find("", "")) return {*one};
    constexpr std::array<std::array<const char*, 4>, 2> split{
        {{"train_", "", "test_", ""}, {"", "_train", "", "_test"}}};
    for (const auto& [before, behind, test_before, test_behind] : split) {
        const auto train = find(before, behind), test = find(test_before, test_behind);
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

}  // namespace

Parts read_hdf5(const std::filesystem::path& file, const Hdf5Options& options) {
    const std::string where = file.string();
    check<UsageError>(options.images.empty() == options.labels.empty(), "Hdf5Options",
                      "expected names of both images and labels, or of none");
    check<UsageError>(options.seconds > 0 && options.seconds <= 1e6, "Hdf5Options",
                      "expected more than 0 seconds, got ", options.seconds);
    require_hdf5(where);
    MemoryBudget memory(options.memory_limit);
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
    check(!sets.empty(), where, "the reading process sent nonsense");
    std::vector<const Tensor*> labels;
    labels.reserve(sets.size());
    for (const Dataset& set : sets) labels.push_back(&set.labels);
    for (const auto names = numbered_classes(labels); Dataset & set : sets) set.class_names = names;
    Parts out;
    out.format = "HDF5";
    out.train = std::move(sets[0]);
    if (sets.size() > 1) out.test = std::move(sets[1]);
    out.validate(where);
    if (out.test) out.standardize();
    return out;
}

}  // namespace cyclone::data

// One class against the rest.

#include <cyclone/base/error.h>
#include <cyclone/base/random.h>
#include <cyclone/data/binary_task.h>

#include <algorithm>
#include <cmath>

namespace cyclone::data {
namespace {

constexpr std::uint64_t kStream = std::uint64_t{0xB1'7A5C'00} << 32;

std::int64_t at_most(std::size_t available, std::int64_t wanted) {
    const auto all = static_cast<std::int64_t>(available);
    return wanted < 0 ? all : std::min(all, wanted);
}

std::int64_t rounded(double count) { return std::max<std::int64_t>(1, std::llround(count)); }

// Keeps `count` of them, in their order.
void thin(std::vector<std::int64_t>& indices, std::int64_t count, const Random& random) {
    if (count >= static_cast<std::int64_t>(indices.size())) return;
    const auto chosen = random_choice(static_cast<std::int64_t>(indices.size()), count, random);
    std::vector<std::int64_t> kept;
    kept.reserve(chosen.size());
    for (const std::int64_t i : chosen) kept.push_back(indices[static_cast<std::size_t>(i)]);
    indices = std::move(kept);
}

}  // namespace

Dataset binary_task(const Dataset& dataset, const BinaryTaskOptions& options) {
    constexpr auto where = "binary_task";
    dataset.validate(where);
    check<UsageError>(options.positive_class >= 0 && options.positive_class < dataset.classes(), where,
                      "expected a class from 0 to ", dataset.classes() - 1, ", got ", options.positive_class);
    check<UsageError>(std::isfinite(options.imbalance) && options.imbalance >= 0, where,
                      "expected a number of negatives for each positive, got ", options.imbalance);
    for (const std::int64_t count : {options.positives, options.negatives})
        check<UsageError>(count != 0 && count >= -1, where, "expected a count of at least 1, or -1 for all, got ",
                          count);
    std::vector<std::int64_t> positives, negatives;
    const auto labels = dataset.labels.values<std::int64_t>();
    for (std::size_t i = 0; i < labels.size(); ++i)
        (labels[i] == options.positive_class ? positives : negatives).push_back(static_cast<std::int64_t>(i));
    const std::string name = dataset.class_names[static_cast<std::size_t>(options.positive_class)];
    check<UsageError>(!positives.empty() && !negatives.empty(), where, "expected images of class ", name,
                      " and of others, got ", positives.size(), " and ", negatives.size());

    std::int64_t p = at_most(positives.size(), options.positives), n = at_most(negatives.size(), options.negatives);
    const auto ratio = static_cast<double>(n) / static_cast<double>(p);
    if (options.imbalance > ratio) p = rounded(static_cast<double>(n) / options.imbalance);
    if (options.imbalance > 0 && options.imbalance < ratio) n = rounded(static_cast<double>(p) * options.imbalance);
    const std::size_t all_positives = positives.size(), all_negatives = negatives.size();
    thin(positives, p, Random(options.seed, kStream));
    thin(negatives, n, Random(options.seed, kStream + 1));

    std::vector<std::int64_t> indices(positives);
    indices.insert(indices.end(), negatives.begin(), negatives.end());
    std::sort(indices.begin(), indices.end());
    Dataset out = dataset.subset(indices);
    out.standardization.reset();
    for (std::int64_t& label : std::span(out.labels.mutable_data<std::int64_t>(), indices.size()))
        label = label == options.positive_class;
    if (dataset.classes() != 2 || options.positive_class != 1) out.class_names = {"not " + name, name};
    out.source = joined(dataset.source, ", ", positives.size(), " of ", all_positives, " positives, ", negatives.size(),
                        " of ", all_negatives, " negatives");
    return out;
}

}  // namespace cyclone::data

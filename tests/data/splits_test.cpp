#include <cyclone/base/random.h>
#include <cyclone/data/splits.h>
#include <cyclone/data/synthetic.h>

#include <algorithm>
#include <map>
#include <set>

#include "support/catch.h"

using namespace cyclone;
using namespace cyclone::data;

namespace {

using Indices = std::vector<std::int64_t>;

// counts[c] labels c in a random order.
Indices labels_of(const Indices& counts) {
    Indices sorted;
    for (std::size_t c = 0; c < counts.size(); ++c)
        sorted.insert(sorted.end(), static_cast<std::size_t>(counts[c]), static_cast<std::int64_t>(c));
    Indices out;
    for (const std::int64_t i : permutation(static_cast<std::int64_t>(sorted.size()), Random(5)))
        out.push_back(sorted[static_cast<std::size_t>(i)]);
    return out;
}

std::map<std::int64_t, std::int64_t> counts_of(const Indices& labels, const Indices& chosen) {
    std::map<std::int64_t, std::int64_t> out;
    for (const std::int64_t i : chosen) ++out[labels[static_cast<std::size_t>(i)]];
    return out;
}

void check_partition(const std::vector<const Indices*>& sets, std::size_t count) {
    std::set<std::int64_t> seen;
    std::size_t total = 0;
    for (const Indices* part : sets) {
        CHECK(std::is_sorted(part->begin(), part->end()));
        seen.insert(part->begin(), part->end());
        total += part->size();
    }
    CHECK(total == count);
    CHECK(seen.size() == count);
    CHECK(*seen.begin() == 0);
    CHECK(*seen.rbegin() == static_cast<std::int64_t>(count) - 1);
}

}  // namespace

TEST_CASE("a stratified split gives each set its fraction of each class") {
    const Indices labels = labels_of({1000, 100, 3, 2, 1});
    const SplitIndices sets = split_indices(labels, {.validation = 0.1, .test = 0.25, .seed = 4});
    check_partition({&sets.train, &sets.validation, &sets.test}, labels.size());
    CHECK(counts_of(labels, sets.train) ==
          std::map<std::int64_t, std::int64_t>{{0, 650}, {1, 65}, {2, 1}, {3, 1}, {4, 1}});
    CHECK(counts_of(labels, sets.validation) == std::map<std::int64_t, std::int64_t>{{0, 100}, {1, 10}, {2, 1}});
    CHECK(counts_of(labels, sets.test) == std::map<std::int64_t, std::int64_t>{{0, 250}, {1, 25}, {2, 1}, {3, 1}});
    CHECK(split_indices(labels, {.validation = 0.1, .test = 0.25, .seed = 4}).test == sets.test);
    CHECK(split_indices(labels, {.validation = 0.1, .test = 0.25, .seed = 5}).test != sets.test);
    CHECK(split_indices(labels, {.validation = 0, .test = 0.2}).validation.empty());
    // A large test set leaves one image for validation where there are three.
    const Indices few = labels_of({3, 5, 2});
    const SplitIndices large = split_indices(few, {.validation = 0.15, .test = 0.7, .seed = 1});
    CHECK(counts_of(few, large.train) == std::map<std::int64_t, std::int64_t>{{0, 1}, {1, 1}, {2, 1}});
    CHECK(counts_of(few, large.validation) == std::map<std::int64_t, std::int64_t>{{0, 1}, {1, 1}});
    CHECK(counts_of(few, large.test) == std::map<std::int64_t, std::int64_t>{{0, 1}, {1, 3}, {2, 1}});
}

TEST_CASE("a split by group never has a group on two sides and keeps the classes near their fractions") {
    Indices labels, groups;  // 60 patients of 1 to 40 patches, every fifth patient with positives
    for (std::int64_t patient = 0; patient < 60; ++patient)
        for (std::int64_t patch = 0; patch <= patient * 7 % 40; ++patch) {
            groups.push_back(1000 - patient);
            labels.push_back(patient % 5 == 0 && patch % 2 == 0 ? 1 : 0);
        }
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        const SplitIndices sets =
            split_indices(labels, {.validation = 0.2, .test = 0.2, .seed = seed, .groups = groups});
        check_partition({&sets.train, &sets.validation, &sets.test}, labels.size());
        std::map<std::int64_t, std::set<int>> sides;
        int side = 0;
        for (const Indices* part : {&sets.train, &sets.validation, &sets.test}) {
            for (const std::int64_t i : *part) sides[groups[static_cast<std::size_t>(i)]].insert(side);
            ++side;
        }
        for (const auto& [group, on] : sides) CHECK(on.size() == 1);
        const auto all = counts_of(labels, [&] {
            Indices every(labels.size());
            for (std::size_t i = 0; i < every.size(); ++i) every[i] = static_cast<std::int64_t>(i);
            return every;
        }());
        const auto in_test = counts_of(labels, sets.test);
        for (const std::int64_t c : {0, 1}) {
            const double fraction = static_cast<double>(in_test.at(c)) / static_cast<double>(all.at(c));
            CHECK(fraction == Approx(0.2).margin(0.1));
        }
    }
    const Indices one_group(labels.size(), 7);
    CHECK_THROWS_WITH(split_indices(labels, {.groups = one_group}), Catch::Contains("at least 3 groups, got 1"));
    CHECK_THROWS_AS(split_indices(labels, {.groups = {1, 2}}), UsageError);
}

TEST_CASE("datasets are split with statistics from train alone") {
    const Dataset data = synthetic_patches({.positives = 20, .negatives = 80, .size = 8});
    const Splits sets = data.split({.validation = 0.2, .test = 0.3});
    CHECK(sets.train.class_counts() == Indices{40, 10});
    CHECK(sets.validation->class_counts() == Indices{16, 4});
    CHECK(sets.test->class_counts() == Indices{24, 6});
    CHECK(sets.test->standardization->mean == Standardization::fit(sets.train.images).mean);
    CHECK_THROWS_AS(data.split({.validation = 0.5, .test = 0.5}), UsageError);
    CHECK_THROWS_AS(data.split({.validation = -0.1}), UsageError);
    CHECK_THROWS_WITH(data.subset(Indices{0}).split(SplitOptions{}), Catch::Contains("too few images"));
}

TEST_CASE("images that are in two sets are reported with their places and labels") {
    const Dataset data = synthetic_patches({.positives = 10, .negatives = 10, .size = 8});
    Splits sets;
    sets.train = data.subset(Indices{0, 1, 2, 3, 4, 0});  // a duplicate inside a set is not a leak
    sets.validation = data.subset(Indices{5, 2});
    sets.test = data.subset(Indices{6, 5, 0, 7});
    sets.test->labels.mutable_data<std::int64_t>()[2] = 0;
    const auto found = duplicates_across(sets);
    REQUIRE(found.size() == 3);
    CHECK(found[0].first_set == "train");
    CHECK(found[0].second_set == "validation");
    CHECK(found[0].first == 2);
    CHECK(found[0].second == 1);
    CHECK(found[0].same_label);
    CHECK(found[1].first_set == "validation");
    CHECK(found[1].second == 1);
    CHECK(found[2].first_set == "train");
    CHECK(found[2].first == 0);
    CHECK(found[2].second == 2);
    CHECK_FALSE(found[2].same_label);
    CHECK(duplicates_across(data.split(SplitOptions{})).empty());
}

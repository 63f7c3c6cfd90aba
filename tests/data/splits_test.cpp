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

void check_partition(const std::vector<const Indices*>& parts, std::size_t count) {
    std::set<std::int64_t> seen;
    std::size_t total = 0;
    for (const Indices* part : parts) {
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

TEST_CASE("a stratified split gives each part its share of each class") {
    const Indices labels = labels_of({1000, 100, 3, 2, 1});
    const SplitIndices parts = split_indices(labels, {.validation = 0.1, .test = 0.25, .seed = 4});
    check_partition({&parts.train, &parts.validation, &parts.test}, labels.size());
    CHECK(counts_of(labels, parts.train) ==
          std::map<std::int64_t, std::int64_t>{{0, 650}, {1, 65}, {2, 1}, {3, 1}, {4, 1}});
    CHECK(counts_of(labels, parts.validation) == std::map<std::int64_t, std::int64_t>{{0, 100}, {1, 10}, {2, 1}});
    CHECK(counts_of(labels, parts.test) == std::map<std::int64_t, std::int64_t>{{0, 250}, {1, 25}, {2, 1}, {3, 1}});
    CHECK(split_indices(labels, {.validation = 0.1, .test = 0.25, .seed = 4}).test == parts.test);
    CHECK(split_indices(labels, {.validation = 0.1, .test = 0.25, .seed = 5}).test != parts.test);
    CHECK(split_indices(labels, {.validation = 0, .test = 0.2}).validation.empty());
}

TEST_CASE("a split by group never has a group on two sides and keeps the classes near their shares") {
    Indices labels, groups;  // 60 patients of 1 to 40 patches, every fifth patient with positives
    for (std::int64_t patient = 0; patient < 60; ++patient)
        for (std::int64_t patch = 0; patch <= patient * 7 % 40; ++patch) {
            groups.push_back(1000 - patient);
            labels.push_back(patient % 5 == 0 && patch % 2 == 0 ? 1 : 0);
        }
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        const SplitIndices parts =
            split_indices(labels, {.validation = 0.2, .test = 0.2, .seed = seed, .groups = groups});
        check_partition({&parts.train, &parts.validation, &parts.test}, labels.size());
        std::map<std::int64_t, std::set<int>> sides;
        int side = 0;
        for (const Indices* part : {&parts.train, &parts.validation, &parts.test}) {
            for (const std::int64_t i : *part) sides[groups[static_cast<std::size_t>(i)]].insert(side);
            ++side;
        }
        for (const auto& [group, on] : sides) CHECK(on.size() == 1);
        const auto all = counts_of(labels, [&] {
            Indices every(labels.size());
            for (std::size_t i = 0; i < every.size(); ++i) every[i] = static_cast<std::int64_t>(i);
            return every;
        }());
        const auto in_test = counts_of(labels, parts.test);
        for (const std::int64_t c : {0, 1}) {
            const double share = static_cast<double>(in_test.at(c)) / static_cast<double>(all.at(c));
            CHECK(share == Approx(0.2).margin(0.1));
        }
    }
    const Indices one_group(labels.size(), 7);
    CHECK_THROWS_WITH(split_indices(labels, {.groups = one_group}), Catch::Contains("at least 3 groups, got 1"));
    CHECK_THROWS_AS(split_indices(labels, {.groups = {1, 2}}), UsageError);
}

TEST_CASE("folds hold every image once and each class evenly") {
    const Indices labels = labels_of({53, 11, 4});
    const auto folds = k_folds(labels, 5, 9);
    REQUIRE(folds.size() == 5);
    std::vector<const Indices*> parts;
    for (const Indices& fold : folds) {
        parts.push_back(&fold);
        CHECK((fold.size() == 13 || fold.size() == 14));
        const auto counts = counts_of(labels, fold);
        CHECK((counts.at(0) == 10 || counts.at(0) == 11));
        CHECK((counts.at(1) == 2 || counts.at(1) == 3));
    }
    check_partition(parts, labels.size());
    Indices groups;
    for (std::size_t i = 0; i < labels.size(); ++i) groups.push_back(static_cast<std::int64_t>(i / 4));
    std::set<std::int64_t> seen;
    for (const Indices& fold : k_folds(labels, 4, 1, groups)) {
        std::set<std::int64_t> in_fold;
        for (const std::int64_t i : fold) in_fold.insert(groups[static_cast<std::size_t>(i)]);
        for (const std::int64_t group : in_fold) CHECK(seen.insert(group).second);
    }
    CHECK_THROWS_AS(k_folds(labels, 1, 0), UsageError);
    CHECK_THROWS_AS(k_folds(labels, 69, 0), UsageError);
}

TEST_CASE("datasets are split and folded with statistics from train alone") {
    const Dataset data = synthetic_patches({.positives = 20, .negatives = 80, .size = 8});
    const Parts parts = split(data, {.validation = 0.2, .test = 0.3});
    CHECK(parts.train.class_counts() == Indices{40, 10});
    CHECK(parts.validation->class_counts() == Indices{16, 4});
    CHECK(parts.test->class_counts() == Indices{24, 6});
    CHECK(parts.test->standardization->mean == Standardization::fit(parts.train).mean);
    const auto folds = k_folds(data.labels.values<std::int64_t>(), 4, 0);
    const Parts fold = fold_of(data, folds, 2);
    CHECK(fold.train.size() == 75);
    CHECK(fold.test->class_counts() == Indices{20, 5});
    CHECK_THROWS_AS(fold_of(data, folds, 4), UsageError);
    CHECK_THROWS_AS(split(data, {.validation = 0.5, .test = 0.5}), UsageError);
    CHECK_THROWS_AS(split(data, {.validation = -0.1}), UsageError);
    CHECK_THROWS_WITH(split(data.subset(Indices{0}), {}), Catch::Contains("too few images"));
}

TEST_CASE("images that are in two parts are reported with their places and labels") {
    const Dataset data = synthetic_patches({.positives = 10, .negatives = 10, .size = 8});
    Parts parts;
    parts.train = data.subset(Indices{0, 1, 2, 3, 4, 0});  // a duplicate inside a part is not a leak
    parts.validation = data.subset(Indices{5, 2});
    parts.test = data.subset(Indices{6, 5, 0, 7});
    parts.test->labels.mutable_data<std::int64_t>()[2] = 0;
    const auto found = duplicates_across(parts);
    REQUIRE(found.size() == 3);
    CHECK(found[0].first_part == "train");
    CHECK(found[0].second_part == "validation");
    CHECK(found[0].first == 2);
    CHECK(found[0].second == 1);
    CHECK(found[0].same_label);
    CHECK(found[1].first_part == "validation");
    CHECK(found[1].second == 1);
    CHECK(found[2].first_part == "train");
    CHECK(found[2].first == 0);
    CHECK(found[2].second == 2);
    CHECK_FALSE(found[2].same_label);
    CHECK(duplicates_across(split(data, {})).empty());
}

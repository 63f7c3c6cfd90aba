#include <cyclone/base/error.h>
#include <cyclone/data/binary_task.h>
#include <cyclone/data/synthetic.h>

#include "support/catch.h"

using namespace cyclone;
using data::binary_task;

TEST_CASE("one class against the rest keeps order and pixels and takes both names") {
    const auto digits = data::synthetic_digits({.count = 100, .size = 12});  // image i shows i % 10
    const auto task = binary_task(digits, {.positive_class = 8});
    REQUIRE(task.size() == 100);
    CHECK(task.class_names == std::vector<std::string>{"not 8", "8"});
    for (std::int64_t i = 0; i < 100; ++i)
        CHECK(task.labels.data<std::int64_t>()[i] == (digits.labels.data<std::int64_t>()[i] == 8));
    CHECK(task.images.tensor().to_vector<std::uint8_t>() == digits.images.tensor().to_vector<std::uint8_t>());
    CHECK_FALSE(task.standardization);
}

TEST_CASE("the chosen imbalance is reached by thinning the class that has too many") {
    const auto digits = data::synthetic_digits({.count = 1000, .size = 12});
    const auto rare = binary_task(digits, {.positive_class = 3, .imbalance = 17.5, .seed = 4});
    CHECK(rare.class_counts() == std::vector<std::int64_t>{900, 51});  // 900 / 17.5 = 51.4
    const auto common = binary_task(digits, {.positive_class = 3, .imbalance = 2});
    CHECK(common.class_counts() == std::vector<std::int64_t>{200, 100});
    const auto counted = binary_task(digits, {.positive_class = 3, .positives = 40, .negatives = 300});
    CHECK(counted.class_counts() == std::vector<std::int64_t>{300, 40});
    CHECK_THAT(rare.source, Catch::Contains("51 of 100 positives, 900 of 900 negatives"));
    // Never less than one of a class.
    CHECK(binary_task(digits, {.positive_class = 3, .imbalance = 5000}).class_counts()[1] == 1);
    const auto pixels = [](const data::Dataset& d) { return d.images.tensor().to_vector<std::uint8_t>(); };
    const auto again = binary_task(digits, {.positive_class = 3, .imbalance = 17.5, .seed = 4});
    CHECK(pixels(rare) == pixels(again));
    const auto other = binary_task(digits, {.positive_class = 3, .imbalance = 17.5, .seed = 5});
    CHECK_FALSE(pixels(rare) == pixels(other));
}

TEST_CASE("two classes keep their names and impossible tasks are refused") {
    const auto patches = data::synthetic_patches({.positives = 10, .negatives = 50, .size = 8});
    CHECK(binary_task(patches, {.imbalance = 10}).class_names == patches.class_names);
    CHECK(binary_task(patches, {.imbalance = 10}).class_counts() == std::vector<std::int64_t>{50, 5});
    CHECK_THROWS_AS(binary_task(patches, {.positive_class = 2}), UsageError);
    CHECK_THROWS_AS(binary_task(patches, {.positive_class = -1}), UsageError);
    CHECK_THROWS_AS(binary_task(patches, {.imbalance = -1}), UsageError);
    CHECK_THROWS_AS(binary_task(patches, {.positives = 0}), UsageError);
    const auto negatives = data::synthetic_patches({.positives = 0, .negatives = 5, .size = 8});
    CHECK_THROWS_AS(binary_task(negatives), UsageError);
}

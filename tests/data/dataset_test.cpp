#include <cyclone/base/random.h>
#include <cyclone/data/augment.h>
#include <cyclone/data/dataset.h>
#include <cyclone/data/synthetic.h>

#include <cmath>
#include <limits>
#include <locale>
#include <set>

#include "support/catch.h"

using namespace cyclone;
using namespace cyclone::data;

namespace {

// counts[c] images of class c, classes interleaved at random; every image holds its own number in its one pixel.
Dataset labelled(const std::vector<std::int64_t>& counts) {
    std::vector<std::int64_t> labels;
    Dataset out;
    for (std::size_t c = 0; c < counts.size(); ++c) {
        labels.insert(labels.end(), static_cast<std::size_t>(counts[c]), static_cast<std::int64_t>(c));
        out.class_names.push_back("class " + std::to_string(c));
    }
    const auto n = static_cast<std::int64_t>(labels.size());
    const auto order = permutation(n, Random(77));
    out.images = Tensor::empty({n, 1, 1, 1}, DType::u16);
    out.labels = Tensor::empty({n}, DType::i64);
    for (std::int64_t i = 0; i < n; ++i) {
        out.images.tensor().mutable_data<std::uint16_t>()[i] = static_cast<std::uint16_t>(i);
        out.labels.mutable_data<std::int64_t>()[i] =
            labels[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])];
    }
    return out;
}

}  // namespace

TEST_CASE("a split takes every class in proportion and every image exactly once") {
    const Dataset data = labelled({1000, 37, 3, 2, 1});
    for (const double fraction : {0.8, 0.5, 0.01, 0.999}) {
        const auto [train, test] = data.split(fraction, 3);
        const auto in_train = train.class_counts(), in_test = test.class_counts(), all = data.class_counts();
        for (std::size_t c = 0; c < all.size(); ++c) {
            CHECK(in_train[c] + in_test[c] == all[c]);
            if (all[c] >= 2) {
                CHECK(in_train[c] >= 1);
                CHECK(in_test[c] >= 1);
            }
        }
        CHECK(in_train[4] == 1);
        if (fraction == 0.8) CHECK(in_train == std::vector<std::int64_t>{800, 30, 2, 1, 1});
        std::set<std::uint16_t> seen;
        for (const auto& side : {train, test})
            for (std::int64_t i = 0; i < side.size(); ++i) {
                const std::uint16_t number = side.images.tensor().data<std::uint16_t>()[i];
                CHECK(seen.insert(number).second);
                CHECK(side.labels.data<std::int64_t>()[i] == data.labels.data<std::int64_t>()[number]);
            }
        CHECK(static_cast<std::int64_t>(seen.size()) == data.size());
    }
}

TEST_CASE("a split depends on its seed alone and fits the standardisation on train only") {
    const Dataset data = labelled({60, 40});
    const auto a = data.split(0.7, 1), b = data.split(0.7, 1), c = data.split(0.7, 2);
    CHECK(a.train.images.tensor().to_vector<std::uint16_t>() == b.train.images.tensor().to_vector<std::uint16_t>());
    CHECK(a.train.images.tensor().to_vector<std::uint16_t>() != c.train.images.tensor().to_vector<std::uint16_t>());
    const auto fitted = Standardization::fit(a.train.images);
    REQUIRE(a.train.standardization);
    REQUIRE(a.test->standardization);
    CHECK(a.train.standardization->mean == fitted.mean);
    CHECK(a.test->standardization->mean == fitted.mean);
    CHECK(a.test->standardization->scale == fitted.scale);
    CHECK(fitted.mean != Standardization::fit(data.images).mean);
    CHECK_THROWS_AS(data.split(0.0), UsageError);
    CHECK_THROWS_AS(data.split(1.0), UsageError);
    CHECK_THROWS_AS(data.split(std::nan("")), UsageError);
    CHECK_THROWS_AS(labelled({1, 1}).split(0.5), Error);
}

TEST_CASE("mean and scale equal a two-pass computation in long double per channel") {
    for (const DType dtype : {DType::u8, DType::u16, DType::f32}) {
        Dataset data{Tensor::empty({50, 4, 5, 3}, dtype), Tensor::zeros({50}, DType::i64), {"all"}, "", std::nullopt};
        std::vector<double> values;
        visit_dtype(dtype, [&](auto zero) {
            using T = decltype(zero);
            T* pixel = data.images.tensor().mutable_data<T>();
            for (std::int64_t i = 0; i < data.images.numel(); ++i) {
                pixel[i] = static_cast<T>(Random(8).uniform(static_cast<std::uint64_t>(i)) * 200 +
                                          static_cast<double>(i % 3) * 20);
                values.push_back(static_cast<double>(pixel[i]));
            }
        });
        const auto fitted = Standardization::fit(data.images);
        REQUIRE(fitted.mean.size() == 3);
        for (std::size_t c = 0; c < 3; ++c) {
            long double sum = 0, squares = 0;
            for (std::size_t i = c; i < values.size(); i += 3) sum += values[i];
            const long double mean = sum / 1000;
            for (std::size_t i = c; i < values.size(); i += 3) squares += (values[i] - mean) * (values[i] - mean);
            CHECK(fitted.mean[c] == Approx(static_cast<double>(mean)).epsilon(1e-13));
            CHECK(fitted.scale[c] == Approx(static_cast<double>(std::sqrt(squares / 1000)) + 1e-7).epsilon(1e-13));
        }
    }
}

TEST_CASE("constant images have scale 1e-7 and stay finite") {
    Dataset data{
        Tensor::full({7, 3, 3, 1}, 0.1, DType::f32), Tensor::zeros({7}, DType::i64), {"all"}, "", std::nullopt};
    const auto fitted = Standardization::fit(data.images);
    CHECK(fitted.scale[0] == Approx(1e-7).epsilon(1e-6));
    CHECK(std::abs(static_cast<double>(0.1F) - fitted.mean[0]) / fitted.scale[0] < 1e-6);
}

TEST_CASE("validate names what is wrong and where") {
    const Dataset good = labelled({3, 2});
    CHECK_NOTHROW(good.validate("x"));
    Dataset bad = good;
    bad.labels = Tensor::zeros({4}, DType::i64);
    CHECK_THROWS_WITH(bad.validate("file.h5"), "file.h5: expected a label for each of the 5 images, got 4");
    bad = good;
    bad.labels = Tensor::full({5}, -1, DType::i64);
    CHECK_THROWS_WITH(bad.validate("file.h5"),
                      Catch::Contains("file.h5: label -1 of image 0 is outside the 2 classes (hint: "));
    bad = good;
    bad.images = Tensor::zeros({5, 2, 2, 1}, DType::f32);
    CHECK_NOTHROW(bad.validate("x"));
    for (const float value : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
        bad.images.tensor().mutable_data<float>()[14] = value;
        CHECK_THROWS_WITH(bad.validate("file.h5"), Catch::Contains("file.h5: pixel 2 of image 3 is"));
    }
    bad = good;
    bad.images = Tensor::zeros({5, 2}, DType::u8);
    CHECK_THROWS_AS(bad.validate("x"), Error);
    bad.images = Tensor::zeros({5, 2, 2, 1}, DType::i64);
    CHECK_THROWS_WITH(bad.validate("x"), Catch::Contains("expected images of u8, u16 or f32, got i64"));
    bad.images = Tensor::zeros({5, 0, 2, 1}, DType::u8);
    CHECK_THROWS_AS(bad.validate("x"), Error);
    CHECK_THROWS_AS(Dataset{}.validate("x"), Error);
    bad = good;
    bad.standardization = Standardization{{0}, {0}};
    CHECK_THROWS_AS(bad.validate("x"), Error);
    bad.standardization = Standardization{{0, 0}, {1, 1}};
    CHECK_THROWS_AS(bad.validate("x"), Error);
    Splits splits{.train = good, .test = labelled({1, 1, 1})};
    CHECK_THROWS_WITH(splits.standardize(), Catch::Contains("classes"));
    splits.test.reset();
    CHECK_THROWS_WITH(splits.get<1>(), Catch::Contains("expected data with a test set"));
}

TEST_CASE("a subset keeps order and refuses indices outside") {
    const Dataset data = labelled({5, 5});
    const std::vector<std::int64_t> chosen{7, 0, 7};
    const Dataset part = data.subset(chosen);
    CHECK(part.images.tensor().to_vector<std::uint16_t>() == std::vector<std::uint16_t>{7, 0, 7});
    CHECK(part.class_names == data.class_names);
    const std::vector<std::int64_t> outside{10};
    CHECK_THROWS_AS(data.subset(outside), Error);
    CHECK(data.describe() == "10 images of 1 x 1 pixels in 16-bit grey (5 class 0, 5 class 1)");
}

TEST_CASE("fingerprints and descriptions are the same in every locale") {
    struct Grouping : std::numpunct<char> {
        char do_decimal_point() const override { return ','; }
        char do_thousands_sep() const override { return '.'; }
        std::string do_grouping() const override { return "\3"; }
    };
    const Splits data = synthetic_patches({.positives = 300, .negatives = 1200, .seed = 1, .size = 8}).split(0.8);
    const Augmentation noise = parse_augmentation("noise:0.5");
    const auto texts = [&] {
        return std::vector<std::string>{data.fingerprint(), data.train.fingerprint(), data.train.describe(),
                                        noise.describe()};
    };
    const auto expected = texts();
    const std::locale before = std::locale::global(std::locale(std::locale::classic(), new Grouping));
    const auto there = texts();
    std::locale::global(before);
    CHECK(there == expected);
}

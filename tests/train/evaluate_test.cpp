#include <cyclone/train/evaluate.h>

#include <cmath>
#include <limits>
#include <sstream>

#include "support/catch.h"
#include "train/small_model.h"

using namespace cyclone;

namespace {

// Images of 1 x 1 x C pixels that are the logits themselves, so that every figure is known by hand.
data::Dataset logits_as_images(const std::vector<float>& logits, const std::vector<std::int64_t>& labels,
                               std::vector<std::string> names) {
    const auto n = static_cast<std::int64_t>(labels.size()), c = static_cast<std::int64_t>(names.size());
    data::Dataset dataset;
    dataset.images = Tensor::from(logits, {n, 1, 1, c});
    dataset.labels = Tensor::from(labels, {n});
    dataset.class_names = std::move(names);
    dataset.source = "by hand";
    return dataset;
}

std::string printed(const train::Evaluation& evaluation) {
    std::ostringstream out;
    out << evaluation;
    return out.str();
}

}  // namespace

TEST_CASE("two classes are reported from the probability of class one") {
    const auto dataset = logits_as_images({0, 2, 0, -1, 0, 1, 0, -2}, {1, 0, 0, 1}, {"no", "yes"});
    nn::Sequential model{nn::Flatten{}};
    const auto e = train::evaluate(model, dataset, {.batch_size = 3});
    REQUIRE(e.confusion);
    CHECK(e.samples == 4);
    CHECK(e.confusion->one_vs_rest(1) == metrics::BinaryCounts{1, 1, 1, 1});
    CHECK(e.auc == Approx(0.5));  // pairs: 2 > -1, 2 > 1 right, -2 wrong twice
    CHECK(e.average_precision == Approx((1 + 2.0 / 4) / 2));
    CHECK(e.precision == 0.5);
    CHECK(e.recall == 0.5);
    CHECK(e.f1 == 0.5);
    CHECK(e.balanced_accuracy == 0.5);
    CHECK(e.mcc == 0);
    CHECK(e.accuracy == Approx(0.5));
    const auto loss = [](double z) { return std::log1p(std::exp(-z)); };  // z = margin of the true class
    CHECK(e.loss == Approx((loss(2) + loss(1) + loss(-1) + loss(-2)) / 4).epsilon(1e-6));
    CHECK(e.log_loss == Approx(e.loss).epsilon(1e-6));
    CHECK_THAT(printed(e), Catch::Contains("AUC") && Catch::Contains("0.5000"));

    const Tensor p = train::predict(model, dataset, {.batch_size = 3});
    REQUIRE(p.shape() == Shape{4, 2});
    CHECK(p.data<float>()[1] == Approx(1 / (1 + std::exp(-2.0))));
    CHECK(p.data<float>()[6] == Approx(1 / (1 + std::exp(-2.0))));
}

TEST_CASE("more classes are reported with averages and the confusion matrix") {
    const auto dataset =
        logits_as_images({9, 0, 0, 0, 9, 0, 0, 9, 0, 0, 0, 9}, {0, 1, 2, 2}, {"cat", "dog", "hippopotamus"});
    nn::Sequential model{nn::Flatten{}};
    const auto e = train::evaluate(model, dataset);
    REQUIRE(e.confusion);
    CHECK(e.accuracy == Approx(0.75));
    CHECK(e.balanced_accuracy == Approx((1 + 1 + 0.5) / 3));
    CHECK(e.precision == Approx((1 + 0.5 + 1) / 3));
    CHECK((*e.confusion)(2, 1) == 1);
    // Each class against the rest: the third image ties with the second for "dog", and with two for its own class.
    CHECK(e.auc == Approx((1 + 2.5 / 3 + 0.75) / 3));
    CHECK(e.average_precision == Approx((1 + 0.5 + (1 + 0.5) / 2) / 3));
    CHECK(e.mcc == Approx(metrics::mcc(*e.confusion)));
    CHECK(e.log_loss == Approx(e.loss).epsilon(1e-6));
    CHECK_THAT(printed(e),
               Catch::Contains("4 samples of 3 classes") && Catch::Contains("hippopo") && Catch::Contains("0.7500"));
}

TEST_CASE("every part of a model has its mode back afterwards and no gradient is recorded") {
    const auto data = test::small_patches().test;
    nn::Sequential model = test::small_model(1);
    model.train();
    model[4].eval();  // the dropout alone is frozen
    train::evaluate(model, data);
    CHECK(model.is_training());
    CHECK(model[0].is_training());
    CHECK_FALSE(model[4].is_training());
    CHECK_FALSE(train::predict(model, data).requires_grad());
    model.eval();
    const auto a = train::predict(model, data).to_vector<float>();
    CHECK_FALSE(model.is_training());
    model.train();
    CHECK(train::predict(model, data).to_vector<float>() == a);  // dropout is off in either mode
    nn::Lambda broken{[](const Tensor&) -> Tensor { throw Error("broken"); }};
    CHECK_THROWS_WITH(train::predict(broken, data), "broken");
    CHECK(broken.is_training());
}

TEST_CASE("outputs that are no logits for the data are refused") {
    const auto data = test::small_patches().test;
    nn::Lambda images{[](const Tensor& x) { return x; }};
    CHECK_THROWS_WITH(train::evaluate(images, data), Catch::Contains("expected logits"));
    const auto three = logits_as_images({1, 2, 3}, {2}, {"a", "b", "c"});
    nn::Lambda two{[](const Tensor& x) { return Tensor::zeros({x.size(0), 2}); }};
    CHECK_THROWS_WITH(train::evaluate(two, three), Catch::Contains("at least 3 classes"));
    nn::Lambda nan{[](const Tensor& x) {
        return Tensor::full({x.size(0), 2}, std::numeric_limits<double>::quiet_NaN());
    }};
    CHECK_THROWS_AS(train::evaluate(nan, data), train::Diverged);
    CHECK_THROWS_AS(train::evaluate(two, data::Dataset{}), Error);
    CHECK_THROWS_AS(train::evaluate(two, data, {.batch_size = 0}), UsageError);
}

TEST_CASE("with a mirror the logits are the mean over an image and its mirror image") {
    data::Dataset dataset;  // 1 x 3 pixels that are the logits
    dataset.images = Tensor::from({3.0F, 1.0F, -1.0F, 0.0F, 4.0F, 2.0F}, {2, 1, 3, 1});
    dataset.labels = Tensor::from(std::vector<std::int64_t>{0, 1}, {2});
    dataset.class_names = {"a", "b", "c"};
    nn::Sequential model{nn::Flatten{}};
    const Tensor p = train::predict(model, dataset, {.mirror = true});
    for (std::int64_t i = 0; i < 2; ++i) {
        const float* z = dataset.images.tensor().data<float>() + 3 * i;
        const double outer = std::exp((z[0] + z[2]) / 2), middle = std::exp(z[1]);
        const std::vector<double> expected = {outer, middle, outer};
        for (std::int64_t c = 0; c < 3; ++c)
            CHECK(p.data<float>()[3 * i + c] ==
                  Approx(expected[static_cast<std::size_t>(c)] / (2 * outer + middle)).epsilon(1e-5));
    }
}

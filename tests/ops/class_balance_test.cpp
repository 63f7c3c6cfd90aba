// Losses and weights against class imbalance, compared with the formulas in plain double and with scikit-learn.
#include <cyclone/autograd/backward.h>
#include <cyclone/autograd/gradcheck.h>
#include <cyclone/ops/activation.h>
#include <cyclone/ops/class_balance.h>
#include <cyclone/ops/loss.h>

#include <cmath>

#include "ops/op_table.h"
#include "ops/reduced.h"
#include "support/catch.h"

using namespace cyclone;
using test::Array;
using test::check_case;
using test::kReductionNames;
using test::OpCase;
using test::reduced;

namespace {

using Extent = std::int64_t;

std::int64_t label_of(std::int64_t row, std::int64_t classes) { return (row * 5 + row / 2) % classes; }

Tensor labels_for(const Tensor& logits) {
    Tensor labels = Tensor::empty({logits.size(0), logits.size(1)}, DType::i64);
    for (std::int64_t r = 0; r < labels.numel(); ++r)
        labels.mutable_data<std::int64_t>()[r] = label_of(r, logits.size(-1));
    return labels;
}

double alpha_of(std::int64_t c, bool weighted) { return weighted ? 0.25 + 0.5 * static_cast<double>(c % 3) : 1; }

std::vector<Shape> one_input(Extent a, Extent b, Extent c) { return {{a, b, c}}; }

OpCase focal_case(double gamma, bool weighted, Reduction reduction, bool ignore) {
    std::ostringstream name;
    name << "focal_loss gamma " << gamma << ' ' << kReductionNames[static_cast<int>(reduction)]
         << (weighted ? " weighted" : "") << (ignore ? " ignoring" : "");
    return {
        .name = name.str(),
        .shapes = one_input,
        .op =
            [=](const TensorList& in) {
                FocalLossOptions options{.gamma = gamma, .alpha = {}, .reduction = reduction, .ignore_index = {}};
                if (ignore) options.ignore_index = 1;
                if (weighted) options.alpha = Tensor::empty({in[0].size(-1)}, DType::f64);
                for (std::int64_t c = 0; weighted && c < in[0].size(-1); ++c)
                    options.alpha.mutable_data<double>()[c] = alpha_of(c, true);
                return focal_loss(in[0], labels_for(in[0]), options);
            },
        .oracle =
            [=](const std::vector<Array>& in) {
                const std::int64_t classes = in[0].shape.back();
                std::vector<double> losses;
                double count = 0;
                for (std::int64_t r = 0; r < in[0].numel() / classes; ++r) {
                    const double* x = in[0].values.data() + r * classes;
                    const std::int64_t label = label_of(r, classes);
                    double sum = 0;
                    for (std::int64_t c = 0; c < classes; ++c) sum += std::exp(x[c]);
                    const double p = std::exp(x[label]) / sum;
                    const bool counts = !ignore || label != 1;
                    losses.push_back(counts ? -alpha_of(label, weighted) * std::pow(1 - p, gamma) * std::log(p) : 0);
                    count += counts ? 1 : 0;
                }
                return reduced(losses, count, reduction);
            },
        .low = -3,
        .high = 3};
}

void check_near(const std::vector<double>& got, const std::vector<double>& expected, double tolerance = 1e-12) {
    REQUIRE(got.size() == expected.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
        INFO("element " << i << " is " << got[i] << ", expected " << expected[i]);
        CHECK(std::abs(got[i] - expected[i]) <= tolerance * std::abs(expected[i]));
    }
}

}  // namespace

TEST_CASE("focal loss in every combination of gamma and alpha and reduction") {
    for (const Reduction reduction : {Reduction::mean, Reduction::sum, Reduction::none})
        for (const bool weighted : {false, true})
            for (const double gamma : {0.0, 0.5, 1.0, 2.0, 5.0})
                check_case(focal_case(gamma, weighted, reduction, gamma == 2.0));
}

TEST_CASE("focal loss of two classes is that of the paper for one sigmoid") {
    // z = 1.2 for the positive class; the sigmoid of z is the softmax of (0, z).
    const double z = 1.2, p = 1 / (1 + std::exp(-z));
    const Tensor logits = Tensor::from<double>({0, z, 0, z}, {2, 2});
    const FocalLossOptions options{
        .gamma = 2, .alpha = Tensor::from<double>({0.75, 0.25}, {2}), .reduction = Reduction::none, .ignore_index = {}};
    check_near(focal_loss(logits, Tensor::from<std::int64_t>({1, 0}, {2}), options).to_vector<double>(),
               {-0.25 * (1 - p) * (1 - p) * std::log(p), -0.75 * p * p * std::log(1 - p)});
}

TEST_CASE("focal loss of huge logits is finite and 0 for a certain answer") {
    for (const DType dtype : {DType::f32, DType::f64})
        for (const double gamma : {0.0, 0.5, 1.0, 2.0}) {
            Tensor x = Tensor::from<double>({1e4, -1e4, -1e4, 1e4}, {2, 2}).to(dtype).clone();
            x.set_requires_grad();
            const Tensor loss =
                focal_loss(x, Tensor::from<std::int64_t>({0, 0}, {2}),
                           {.gamma = gamma, .alpha = {}, .reduction = Reduction::none, .ignore_index = {}});
            CHECK(loss.to(DType::f64).to_vector<double>() == std::vector<double>{0, 2e4});
            backward(loss, Tensor::ones({2}, dtype));
            CHECK(x.grad().to(DType::f64).to_vector<double>() == std::vector<double>{0, 0, -1, 1});
        }
}

TEST_CASE("focal loss refuses a gamma that makes no loss and keeps NaN visible") {
    const Tensor labels = Tensor::from<std::int64_t>({0}, {1});
    CHECK_THROWS_WITH(focal_loss(Tensor::zeros({1, 2}), labels, {.gamma = -1}),
                      "focal_loss: expected a finite gamma >= 0, got -1");
    CHECK_THROWS_AS(focal_loss(Tensor::zeros({1, 2}), labels, {.gamma = NAN}), Error);
    CHECK_THROWS_AS(focal_loss(Tensor::zeros({1, 2}), labels, {.alpha = Tensor::ones({3})}), Error);
    CHECK(std::isnan(focal_loss(Tensor::from<float>({0, NAN}, {1, 2}), labels).item()));
    CHECK(focal_loss(Tensor::zeros({0, 3}), Tensor::zeros({0}, DType::i64)).item() == 0);
}

TEST_CASE("a mean over the samples divides by their number and not by their factors") {
    const Tensor logits = Tensor::from<double>({0.5, -1, 2, 0.25, -0.5, 1}, {3, 2});
    const Tensor labels = Tensor::from<std::int64_t>({0, 0, 1}, {3}), weights = Tensor::from<double>({0.6, 1.8}, {2});
    CrossEntropyOptions options{.class_weights = weights, .reduction = Reduction::sum};
    const double sum = cross_entropy(logits, labels, options).item();
    options.reduction = Reduction::mean;
    CHECK(cross_entropy(logits, labels, options).item() == Approx(sum / 3).epsilon(1e-15));
    options.mean_over_samples = true;
    CHECK(cross_entropy(logits, labels, options).item() == Approx(sum / 3).epsilon(1e-15));
    // 0.6 + 0.6 + 1.8 = 3: only another mix of labels tells the two means apart.
    const Tensor negatives = Tensor::from<std::int64_t>({0, 0, 0}, {3});
    const double by_samples = cross_entropy(logits, negatives, options).item();
    options.mean_over_samples = false;
    CHECK(by_samples == Approx(0.6 * cross_entropy(logits, negatives, options).item()).epsilon(1e-15));
    options.mean_over_samples = true;
    options.ignore_index = 1;
    options.reduction = Reduction::sum;
    const double of_two = cross_entropy(logits, labels, options).item();
    options.reduction = Reduction::mean;
    CHECK(cross_entropy(logits, labels, options).item() == Approx(of_two / 2).epsilon(1e-15));
}

TEST_CASE("balanced class weights are those of scikit-learn and have mean one") {
    // sklearn.utils.class_weight.compute_class_weight("balanced", ...), see metrics/balance_golden.py
    const std::vector<std::vector<std::int64_t>> counts = {{973, 27}, {5, 1, 94}, {7, 7}};
    const std::vector<std::vector<double>> expected = {
        {0.513874614594039, 18.51851851851852}, {6.666666666666667, 33.333333333333336, 0.3546099290780142}, {1, 1}};
    for (std::size_t i = 0; i < counts.size(); ++i) {
        const auto weights = balanced_class_weights(counts[i]);
        check_near(weights, expected[i]);
        check_near(normalized_to_mean_one(weights, counts[i]), weights, 1e-14);
    }
}

TEST_CASE("effective number weights follow the formula from equal to inverse frequency") {
    const std::vector<std::int64_t> counts = {1000, 10};
    check_near(effective_number_weights(counts, 0), {1, 1});
    for (const double beta : {0.9, 0.99, 0.999, 0.9999}) {
        const double a = (1 - beta) / (1 - std::pow(beta, 1000)), b = (1 - beta) / (1 - std::pow(beta, 10));
        const auto weights = effective_number_weights(counts, beta);
        check_near(weights, {2 * a / (a + b), 2 * b / (a + b)}, 1e-10);  // the plain formula cancels
        const auto normalized = normalized_to_mean_one(weights, counts);
        CHECK((1000 * normalized[0] + 10 * normalized[1]) / 1010 == Approx(1).epsilon(1e-14));
        CHECK(normalized[1] / normalized[0] == Approx(weights[1] / weights[0]).epsilon(1e-14));
    }
    const double near_one = 1 - 1e-15;
    const auto limit = effective_number_weights(counts, near_one);
    CHECK(limit[1] / limit[0] == Approx(100).epsilon(1e-9));
}

TEST_CASE("weights refuse what would divide by zero") {
    const std::vector<std::int64_t> absent = {3, 0}, none;
    CHECK_THROWS_WITH(balanced_class_weights(absent),
                      "balanced_class_weights: expected at least one sample of each class, class 1 has 0");
    CHECK_THROWS_AS(balanced_class_weights(none), Error);
    CHECK_THROWS_AS(effective_number_weights(absent), Error);
    CHECK_THROWS_AS(class_prior(absent), Error);
    const std::vector<std::int64_t> counts = {3, 1};
    for (const double beta : {-0.1, 1.0, std::nan("")}) CHECK_THROWS_AS(effective_number_weights(counts, beta), Error);
    CHECK_THROWS_AS(normalized_to_mean_one({1, 2, 3}, counts), Error);
    CHECK_THROWS_AS(normalized_to_mean_one({0, 0}, counts), Error);
    CHECK_THROWS_AS(normalized_to_mean_one({1, -1}, counts), Error);
    CHECK_THROWS_AS(log_prior(std::vector<double>{0.5, 0}), Error);
    CHECK_THROWS_AS(log_prior(std::vector<double>{0.5, 0.5}, INFINITY), Error);
    CHECK_THROWS_AS(adjust_logits(Tensor::zeros({2, 3}), std::vector<double>{0.5, 0.5}), Error);
}

TEST_CASE("logit adjustment adds tau times the log of the prior and its loss has the right gradient") {
    const std::vector<double> prior = class_prior(std::vector<std::int64_t>{80, 15, 5});
    check_near(prior, {0.8, 0.15, 0.05});
    for (const double tau : {0.5, 1.0, 2.0})
        check_case({.name = "logit adjusted cross entropy",
                    .shapes =
                        [](Extent a, Extent b, Extent) {
                            return std::vector<Shape>{{a, b, 3}};
                        },
                    .op =
                        [=](const TensorList& in) {
                            return cross_entropy(adjust_logits(in[0], prior, tau), labels_for(in[0]));
                        },
                    .oracle =
                        [=](const std::vector<Array>& in) {
                            // log(1 + sum over the others of (prior_c / prior_y)^tau exp(z_c - z_y)), Menon's form
                            double sum = 0;
                            for (std::int64_t r = 0; r < in[0].numel() / 3; ++r) {
                                const double* z = in[0].values.data() + r * 3;
                                const auto y = static_cast<std::size_t>(label_of(r, 3));
                                double inside = 1;
                                for (std::size_t c = 0; c < 3; ++c)
                                    if (c != y) inside += std::pow(prior[c] / prior[y], tau) * std::exp(z[c] - z[y]);
                                sum += std::log(inside);
                            }
                            return std::vector<double>{sum / static_cast<double>(in[0].numel() / 3)};
                        }});
}

TEST_CASE("post-hoc adjustment undoes the prior") {
    // Logits that are exactly the prior become equal.
    const std::vector<double> prior = {0.9, 0.1};
    const Tensor z = Tensor::from<double>({std::log(0.9), std::log(0.1)}, {1, 2});
    check_near(softmax(adjust_logits(z, prior, -1)).to_vector<double>(), {0.5, 0.5});
    check_near(adjust_logits(adjust_logits(z, prior, 0.7), prior, -0.7).to_vector<double>(), z.to_vector<double>());
}

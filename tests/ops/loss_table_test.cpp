#include <cyclone/autograd/backward.h>
#include <cyclone/autograd/gradcheck.h>
#include <cyclone/ops/activation.h>
#include <cyclone/ops/loss.h>

#include <cmath>
#include <functional>

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

std::int64_t label_of(std::int64_t row, std::int64_t classes) { return (row * 7 + row / 3) % classes; }

Tensor labels_for(const Tensor& logits) {
    Shape shape(std::span<const std::int64_t>(logits.shape().begin(), static_cast<std::size_t>(logits.rank() - 1)));
    Tensor labels = Tensor::empty(shape, DType::i64);
    for (std::int64_t r = 0; r < labels.numel(); ++r)
        labels.mutable_data<std::int64_t>()[r] = label_of(r, logits.size(-1));
    return labels;
}

double class_weight(std::int64_t c, bool weighted) { return weighted ? 0.5 + 0.25 * static_cast<double>(c % 5) : 1; }

CrossEntropyOptions options_for(const Tensor& logits, bool weighted, double smoothing, Reduction reduction,
                                bool ignore) {
    CrossEntropyOptions options{
        .class_weights = {}, .label_smoothing = smoothing, .reduction = reduction, .ignore_index = {}};
    if (ignore) options.ignore_index = 1;
    if (!weighted) return options;
    options.class_weights = Tensor::empty({logits.size(-1)}, DType::f64);
    for (std::int64_t c = 0; c < logits.size(-1); ++c)
        options.class_weights.mutable_data<double>()[c] = class_weight(c, true);
    return options;
}

/// Cross-entropy between the smoothed target distribution and the softmax, term by term; `log_p` already given for nll.
OpCase labelled(bool nll, bool weighted, double smoothing, Reduction reduction, bool ignore) {
    const std::string name = std::string(nll ? "nll" : "cross_entropy") + " " +
                             kReductionNames[static_cast<int>(reduction)] + (weighted ? " weighted" : "") +
                             (smoothing > 0 ? " smoothed" : "") + (ignore ? " ignoring" : "");
    return {.name = name,
            .shapes =
                [](Extent a, Extent b, Extent c) {
                    return std::vector<Shape>{{a, b, c}};
                },
            .op =
                [=](const TensorList& in) {
                    const auto options = options_for(in[0], weighted, smoothing, reduction, ignore);
                    return nll ? nll_loss(in[0], labels_for(in[0]), options)
                               : cross_entropy(in[0], labels_for(in[0]), options);
                },
            .oracle =
                [=](const std::vector<Array>& in) {
                    const std::int64_t classes = in[0].shape.back();
                    std::vector<double> losses;
                    double weights = 0;
                    for (std::int64_t r = 0; r < in[0].numel() / classes; ++r) {
                        const double* x = in[0].values.data() + r * classes;
                        const std::int64_t label = label_of(r, classes);
                        double loss = 0, sum = 0;
                        for (std::int64_t c = 0; c < classes; ++c) sum += std::exp(x[c]);
                        for (std::int64_t c = 0; c < classes; ++c) {
                            const double target =
                                (c == label ? 1 - smoothing : 0) + smoothing / static_cast<double>(classes);
                            loss -= class_weight(c, weighted) * target * (nll ? x[c] : std::log(std::exp(x[c]) / sum));
                        }
                        const bool counts = !ignore || label != 1;
                        losses.push_back(counts ? loss : 0);
                        weights += counts ? class_weight(label, weighted) : 0;
                    }
                    return reduced(losses, weights, reduction);
                },
            .low = -3,
            .high = 3};
}

}  // namespace

TEST_CASE("cross entropy and nll in every combination of weights and smoothing and reduction") {
    for (const Reduction reduction : {Reduction::mean, Reduction::sum, Reduction::none})
        for (const bool weighted : {false, true})
            for (const bool ignore : {false, true}) {
                check_case(labelled(true, weighted, 0, reduction, ignore));
                for (const double smoothing : {0.0, 0.15})
                    check_case(labelled(false, weighted, smoothing, reduction, ignore));
            }
}

TEST_CASE("binary cross entropy and mse agree with the oracle") {
    for (const Reduction reduction : {Reduction::mean, Reduction::sum, Reduction::none})
        for (const double weight : {1.0, 3.5}) {
            const auto target = [](std::int64_t i) { return static_cast<double>(i % 4) / 3; };
            check_case({.name = std::string("binary_cross_entropy ") + kReductionNames[static_cast<int>(reduction)],
                        .shapes =
                            [](Extent a, Extent b, Extent c) {
                                return std::vector<Shape>{{a, b, c}};
                            },
                        .op =
                            [=](const TensorList& in) {
                                Tensor targets = Tensor::empty(in[0].shape(), DType::f64);
                                for (std::int64_t i = 0; i < targets.numel(); ++i)
                                    targets.mutable_data<double>()[i] = target(i);
                                return binary_cross_entropy(in[0], targets.to(in[0].dtype()),
                                                            {.positive_weight = weight, .reduction = reduction});
                            },
                        .oracle =
                            [=](const std::vector<Array>& in) {
                                std::vector<double> losses;
                                for (std::int64_t i = 0; i < in[0].numel(); ++i) {
                                    const double p = 1 / (1 + std::exp(-in[0].values[static_cast<std::size_t>(i)]));
                                    losses.push_back(-weight * target(i) * std::log(p) -
                                                     (1 - target(i)) * std::log(1 - p));
                                }
                                return reduced(losses, static_cast<double>(losses.size()), reduction);
                            },
                        .low = -5,
                        .high = 5});
        }
    for (const Reduction reduction : {Reduction::mean, Reduction::sum, Reduction::none})
        check_case({.name = std::string("mse ") + kReductionNames[static_cast<int>(reduction)],
                    .shapes =
                        [](Extent a, Extent b, Extent c) {
                            return std::vector<Shape>{{a, b, c}, {a, b, c}};
                        },
                    .op = [=](const TensorList& in) { return mse_loss(in[0], in[1], reduction); },
                    .oracle =
                        [=](const std::vector<Array>& in) {
                            std::vector<double> losses;
                            for (std::size_t i = 0; i < in[0].values.size(); ++i)
                                losses.push_back(std::pow(in[0].values[i] - in[1].values[i], 2));
                            return reduced(losses, static_cast<double>(losses.size()), reduction);
                        }});
}

TEST_CASE("losses of differences and of distributions agree with the oracle") {
    const auto pairs = [](Extent a, Extent b, Extent c) { return std::vector<Shape>{{a, b, c}, {a, b, c}}; };
    const auto oracle = [](Reduction reduction, std::function<double(double)> loss) {
        return [=](const std::vector<Array>& in) {
            std::vector<double> losses;
            for (std::size_t i = 0; i < in[0].values.size(); ++i)
                losses.push_back(loss(std::abs(in[0].values[i] - in[1].values[i])));
            return reduced(losses, static_cast<double>(losses.size()), reduction);
        };
    };
    const auto target = [](std::int64_t i) { return static_cast<double>(i % 5) / 8; };  // some are 0
    for (const Reduction reduction : {Reduction::mean, Reduction::sum, Reduction::none}) {
        const std::string name = kReductionNames[static_cast<int>(reduction)];
        check_case({.name = "l1 " + name,
                    .shapes = pairs,
                    .op = [=](const TensorList& in) { return l1_loss(in[0], in[1], reduction); },
                    .oracle = oracle(reduction, [](double d) { return d; })});
        check_case({.name = "huber " + name,
                    .shapes = pairs,
                    .op = [=](const TensorList& in) { return huber_loss(in[0], in[1], 0.75, reduction); },
                    .oracle = oracle(reduction, [](double d) { return d < 0.75 ? d * d / 2 : 0.75 * d - 0.28125; })});
        check_case({.name = "kl " + name,
                    .shapes =
                        [](Extent a, Extent b, Extent c) {
                            return std::vector<Shape>{{a, b, c}};
                        },
                    .op =
                        [=](const TensorList& in) {
                            Tensor targets = Tensor::empty(in[0].shape(), DType::f64);
                            for (std::int64_t i = 0; i < targets.numel(); ++i)
                                targets.mutable_data<double>()[i] = target(i);
                            return kl_loss(log_softmax(in[0]), targets.to(in[0].dtype()), reduction);
                        },
                    .oracle =
                        [=](const std::vector<Array>& in) {
                            const std::int64_t classes = in[0].shape.back();
                            std::vector<double> losses;
                            for (std::int64_t r = 0; r < in[0].numel() / classes; ++r) {
                                double loss = 0, sum = 0;
                                const double* x = in[0].values.data() + r * classes;
                                for (std::int64_t c = 0; c < classes; ++c) sum += std::exp(x[c]);
                                for (std::int64_t c = 0; c < classes; ++c)
                                    if (const double t = target(r * classes + c); t > 0)
                                        loss += t * std::log(t * sum / std::exp(x[c]));
                                losses.push_back(loss);
                            }
                            return reduced(losses, static_cast<double>(losses.size()), reduction);
                        }});
    }
    CHECK_THROWS_WITH(huber_loss(Tensor::ones({1}), Tensor::ones({1}), 0), Catch::Contains("delta > 0, got 0"));
    CHECK_THROWS_WITH(kl_loss(Tensor::zeros({1, 2}), Tensor::full({1, 2}, -1)), Catch::Contains("target 0 is -1"));
    CHECK_THROWS_WITH(l1_loss(Tensor::ones({1}), Tensor::ones({2})), Catch::Contains("one shape"));
    Tensor same = Tensor::ones({2}).set_requires_grad();
    backward(l1_loss(same, Tensor::ones({2})));
    CHECK(same.grad().to_vector<float>() == std::vector<float>{0, 0});
}

TEST_CASE("cross entropy of huge logits is finite and exact") {
    for (const DType dtype : {DType::f32, DType::f64}) {
        Tensor x = Tensor::from<double>({1e4, -1e4, -1e4, 1e4, 1e4, 1e4}, {3, 2}).to(dtype).clone();
        x.set_requires_grad();
        const Tensor loss =
            cross_entropy(x, Tensor::from<std::int64_t>({0, 0, 1}, {3}), {.reduction = Reduction::none});
        const auto values = loss.to(DType::f64).to_vector<double>();
        CHECK(values[0] == 0);
        CHECK(values[1] == 2e4);
        CHECK(values[2] == Approx(std::log(2.0)));
        backward(loss, Tensor::ones({3}, dtype));
        CHECK(x.grad().to(DType::f64).to_vector<double>() == std::vector<double>{0, 0, -1, 1, 0.5, -0.5});

        Tensor z = Tensor::from<double>({1e4, -1e4, 1e4, -1e4}, {4}).to(dtype).clone();
        z.set_requires_grad();
        const Tensor t = Tensor::from<double>({1, 0, 0, 1}, {4}).to(dtype);
        const Tensor binary = binary_cross_entropy(z, t, {.reduction = Reduction::none});
        CHECK(binary.to(DType::f64).to_vector<double>() == std::vector<double>{0, 0, 1e4, 1e4});
        backward(binary, Tensor::ones({4}, dtype));
        CHECK(z.grad().to(DType::f64).to_vector<double>() == std::vector<double>{0, 0, 1, -1});
    }
}

TEST_CASE("a batch in which nothing counts has loss zero and gradient zero") {
    for (const bool nll : {false, true}) {
        Tensor x = Tensor::from<float>({1, 2, 3, 4}, {2, 2});
        x.set_requires_grad();
        const Tensor labels = Tensor::from<std::int64_t>({-100, -100}, {2});
        const CrossEntropyOptions options{.ignore_index = -100};
        const Tensor loss = nll ? nll_loss(x, labels, options) : cross_entropy(x, labels, options);
        CHECK(loss.item() == 0);
        backward(loss);
        CHECK(x.grad().to_vector<float>() == std::vector<float>(4, 0.0F));
    }
    CHECK(cross_entropy(Tensor::zeros({0, 3}), Tensor::zeros({0}, DType::i64)).item() == 0);
}

TEST_CASE("a masked class of minus infinity leaves the loss finite") {
    const Tensor x = Tensor::from<float>({0, 0, -INFINITY}, {1, 3});
    CHECK(cross_entropy(x, Tensor::from<std::int64_t>({1}, {1})).item() == Approx(std::log(2.0)));
}

TEST_CASE("NaN logits give a NaN loss") {
    const Tensor x = Tensor::from<float>({0, NAN, 1, 2}, {2, 2});
    CHECK(std::isnan(cross_entropy(x, Tensor::from<std::int64_t>({0, 1}, {2})).item()));
    CHECK(std::isnan(binary_cross_entropy(x, Tensor::zeros({2, 2})).item()));
}

TEST_CASE("the gradient of a loss follows what is done with the loss") {
    // 3 * cross_entropy has three times the gradient; the fused gradient must not be overwritten by it.
    const Tensor labels = Tensor::from<std::int64_t>({1, 0}, {2});
    std::vector<std::vector<float>> grads;
    for (const float factor : {1.0F, 3.0F}) {
        Tensor x = Tensor::from<float>({0.5F, -1, 2, 0.25F}, {2, 2});
        x.set_requires_grad();
        const Tensor loss = cross_entropy(x, labels);
        backward(loss, Tensor::full({}, factor));
        grads.push_back(x.grad().to_vector<float>());
    }
    for (std::size_t i = 0; i < 4; ++i) CHECK(grads[1][i] == Approx(3 * grads[0][i]));
}

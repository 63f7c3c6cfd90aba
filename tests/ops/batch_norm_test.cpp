#include <cyclone/autograd/backward.h>
#include <cyclone/autograd/gradcheck.h>
#include <cyclone/ops/batch_norm.h>

#include <algorithm>

#include "kernels/reference/batch_norm.h"
#include "ops/exact.h"

using namespace cyclone;
using exact::check_equal;
using exact::leaf;
using exact::reals;

namespace {

const Shape kShapes[] = {{32, 16, 16, 32}, {3, 5, 7, 11}, {64, 24}, {13, 1}, {2, 3}, {4, 9, 8}, {2, 3, 2, 3, 8}};

// As benchdnn does it: integers in pairs around each channel's integer mean, so that mean and sum of squares are exact
// in any order of summation.
Tensor paired_integers(const Shape& shape, std::uint64_t seed, DType dtype) {
    const std::int64_t channels = shape[-1], rows = channels > 0 ? shape.numel() / channels : 0;
    const Tensor means = exact::integers({channels}, seed, DType::f64, 3),
                 deviations = exact::integers({rows / 2 + 1, channels}, seed + 1, DType::f64);
    Tensor out = Tensor::empty(shape, DType::f64);
    for (std::int64_t i = 0; i < out.numel(); ++i) {
        const std::int64_t row = i / channels, c = i % channels;
        const bool unpaired = row + 1 == rows && rows % 2 == 1;
        const double deviation = unpaired ? 0 : deviations.data<double>()[row / 2 * channels + c];
        out.mutable_data<double>()[i] = means.data<double>()[c] + (row % 2 == 0 ? deviation : -deviation);
    }
    return out.to(dtype);
}

struct Inputs {
    Tensor x, scale, shift, mean, variance, y_grad;
    explicit Inputs(const Shape& shape, DType dtype = DType::f32)
        : x(paired_integers(shape, 31, dtype)),
          scale(reals({shape[-1]}, 32, dtype)),
          shift(reals({shape[-1]}, 33, dtype)),
          mean(reals({shape[-1]}, 34, dtype)),
          variance(Tensor::full({shape[-1]}, 18, dtype)),  // about that of x: normalised values of order 1
          y_grad(reals(shape, 35, dtype)) {}
};

struct Results {
    Tensor y, x_grad, scale_grad, shift_grad, mean, variance;
};

// In f64, the gradient through mean and variance written out term by term (Ioffe and Szegedy 2015, section 3).
Results oracle(const Inputs& in, bool training, const BatchNormOptions& options = {}) {
    const std::int64_t channels = in.x.size(-1), rows = in.x.numel() / channels;
    const auto count = static_cast<double>(rows);
    const Tensor x = in.x.to(DType::f64), grad = in.y_grad.to(DType::f64), scale = in.scale.to(DType::f64),
                 shift = in.shift.to(DType::f64);
    Results r{Tensor::empty(x.shape(), DType::f64),  Tensor::empty(x.shape(), DType::f64),
              Tensor::zeros({channels}, DType::f64), Tensor::zeros({channels}, DType::f64),
              in.mean.to(DType::f64).clone(),        in.variance.to(DType::f64).clone()};
    for (std::int64_t c = 0; c < channels; ++c) {
        const auto sum = [&](auto&& term) {
            double total = 0;
            for (std::int64_t i = c; i < x.numel(); i += channels) total += term(i);
            return total;
        };
        const double *xs = x.data<double>(), *gs = grad.data<double>();
        double mean = r.mean.data<double>()[c], variance = r.variance.data<double>()[c];
        if (training) {
            mean = sum([&](auto i) { return xs[i]; }) / count;
            variance = sum([&](auto i) { return xs[i] * xs[i]; }) / count - mean * mean;
            r.mean.mutable_data<double>()[c] += options.momentum * (mean - r.mean.data<double>()[c]);
            r.variance.mutable_data<double>()[c] +=
                options.momentum * (variance * count / (count - 1) - r.variance.data<double>()[c]);
        }
        const double deviation = std::sqrt(variance + options.epsilon), gamma = scale.data<double>()[c];
        const double to_variance =
            sum([&](auto i) { return gs[i] * gamma * (xs[i] - mean); }) * -0.5 / (deviation * deviation * deviation);
        const double to_mean = -gamma * sum([&](auto i) { return gs[i]; }) / deviation -
                               2 * to_variance * sum([&](auto i) { return xs[i] - mean; }) / count;
        for (std::int64_t i = c; i < x.numel(); i += channels) {
            const double normalised = (xs[i] - mean) / deviation;
            r.y.mutable_data<double>()[i] = gamma * normalised + shift.data<double>()[c];
            r.scale_grad.mutable_data<double>()[c] += gs[i] * normalised;
            r.shift_grad.mutable_data<double>()[c] += gs[i];
            r.x_grad.mutable_data<double>()[i] =
                gamma * gs[i] / deviation + (training ? to_variance * 2 * (xs[i] - mean) / count + to_mean / count : 0);
        }
    }
    return r;
}

Results through_op(const Inputs& in, bool training, const BatchNormOptions& options = {}) {
    Tensor x = leaf(in.x.clone()), scale = leaf(in.scale.clone()), shift = leaf(in.shift.clone()),
           mean = in.mean.clone(), variance = in.variance.clone();
    const Tensor y = batch_norm(x, scale, shift, mean, variance, training, options);
    backward(y, in.y_grad);
    return {y.detach(), x.grad(), scale.grad(), shift.grad(), mean, variance};
}

Results through_reference(const Inputs& in, bool training, const BatchNormOptions& options) {
    const Shape& s = in.x.shape();
    const kernels::BatchNormGeometry g{1, in.x.numel() / s[-1], 1, s[-1], std::bit_cast<std::int64_t>(options.epsilon)};
    Tensor mean = in.mean.clone(), variance = in.variance.clone();
    Results r{Tensor::empty(s), Tensor::empty(s), Tensor::empty(in.scale.shape()), Tensor::empty(in.scale.shape()),
              Tensor(),         Tensor()};
    kernels::reference::batch_norm_forward(g, training, in.x.data<float>(), in.scale.data<float>(),
                                           in.shift.data<float>(), mean.mutable_data<float>(),
                                           variance.mutable_data<float>(), r.y.mutable_data<float>());
    kernels::reference::batch_norm_backward(g, training, in.x.data<float>(), in.scale.data<float>(), mean.data<float>(),
                                            variance.data<float>(), in.y_grad.data<float>(),
                                            r.x_grad.mutable_data<float>(), r.scale_grad.mutable_data<float>(),
                                            r.shift_grad.mutable_data<float>());
    return r;
}

// benchdnn's thresholds for f32 (6e-7 forward, 5e-6 backward), relative to values of order 1: the cancellation between
// the normalised value and the shift, or within a sum of rows, has the rounding error of its terms.
// `growth` is what the sums of real numbers add to the error.
void check_results(const Results& actual, const Results& expected, std::int64_t rows, double growth = 0) {
    check_equal("output", actual.y, expected.y, 6e-7 + growth, 2);
    check_equal("gradient of the input", actual.x_grad, expected.x_grad, 5e-6 + growth, 1);
    const double terms = std::sqrt(static_cast<double>(rows));
    check_equal("gradient of the scale", actual.scale_grad, expected.scale_grad, 5e-6, terms);
    check_equal("gradient of the shift", actual.shift_grad, expected.shift_grad, 5e-6, terms);
    if (actual.mean.defined()) check_equal("running mean", actual.mean, expected.mean, 1e-6, 1);
    if (actual.variance.defined()) check_equal("running variance", actual.variance, expected.variance, 1e-6, 1);
}

}  // namespace

TEST_CASE("batch norm: the op and the reference kernel against the formula in f64") {
    for (const Shape& shape : kShapes)
        for (const bool training : {true, false}) {
            INFO(shape << (training ? " training" : " inference"));
            const Inputs in(shape);
            const BatchNormOptions options{.momentum = 0.3, .epsilon = 1e-3};
            const Results expected = oracle(in, training, options);
            const std::int64_t rows = shape.numel() / shape[-1];
            {
                INFO("op");
                check_results(through_op(in, training, options), expected, rows);
            }
            INFO("reference kernel");
            check_results(through_reference(in, training, options), expected, rows);
        }
}

TEST_CASE("batch norm of real numbers is as exact as sums of so many rows in f32 are") {
    for (const Shape& shape : kShapes) {
        INFO(shape);
        Inputs in(shape);
        in.x = reals(shape, 36, DType::f32);
        const std::int64_t rows = shape.numel() / shape[-1];
        const double growth = 6e-8 * std::sqrt(static_cast<double>(rows));
        check_results(through_op(in, true), oracle(in, true), rows, growth);
    }
}

TEST_CASE("batch norm gradients agree with central differences") {
    const Shape shapes[] = {{3, 2, 2, 3}, {5, 2}};
    for (const Shape& shape : shapes)
        for (const bool training : {true, false})
            for (const bool with_relu : {false, true}) {
                INFO(shape << (training ? " training" : " inference") << (with_relu ? " relu" : ""));
                const Inputs in(shape, DType::f64);
                const BatchNormOptions options{.activation = with_relu ? Activation(relu) : Activation()};
                const auto f = [&](const TensorList& leaves) {
                    Tensor mean = in.mean.clone(), variance = in.variance.clone();
                    return batch_norm(leaves[0], leaves[1], leaves[2], mean, variance, training, options);
                };
                const GradcheckResult result =
                    gradcheck(f, {leaf(in.x.clone()), leaf(in.scale.clone()), leaf(in.shift.clone())});
                INFO(result.message);
                CHECK(result.passed);
            }
}

TEST_CASE("a constant batch gives the shift and finite gradients") {
    for (const DType dtype : {DType::f32, DType::f64}) {
        Inputs in({8, 4, 4, 16}, dtype);
        in.x.fill(1234.5);
        const Results r = through_op(in, true);
        for (std::int64_t i = 0; i < r.y.numel(); ++i)
            REQUIRE(r.y.to(DType::f64).data<double>()[i] == in.shift.to(DType::f64).data<double>()[i % 16]);
        for (const Tensor& t : {r.x_grad, r.scale_grad, r.shift_grad, r.variance})
            for (const double v : t.to(DType::f64).to_vector<double>()) REQUIRE(std::isfinite(v));
    }
}

TEST_CASE("inference leaves the running statistics alone and training under an empty batch too") {
    const Inputs in({4, 3});
    const Results r = through_op(in, false);
    check_equal("mean", r.mean, in.mean);
    check_equal("variance", r.variance, in.variance);
    Inputs empty({0, 3});
    const Results e = through_op(empty, true);
    CHECK(e.y.shape() == Shape{0, 3});
    check_equal("mean", e.mean, empty.mean);
    check_equal("scale gradient", e.scale_grad, Tensor::zeros({3}));
}

TEST_CASE("batch norm says what does not fit") {
    using Catch::Contains;
    Inputs in({4, 3});
    const auto call = [&in](const Tensor& x, const BatchNormOptions& options = {}, bool training = true) {
        return batch_norm(x, in.scale, in.shift, in.mean, in.variance, training, options);
    };
    CHECK_THROWS_WITH(call(Tensor::zeros({1, 3})), Contains("more than one value per channel"));
    CHECK_NOTHROW(call(Tensor::zeros({1, 3}), {}, false));
    CHECK_THROWS_WITH(call(Tensor::zeros({3})), Contains("(N, ..., C)"));
    CHECK_THROWS_WITH(call(Tensor::zeros({4, 5})), Contains("scale of shape (5)") && Contains("(3)"));
    CHECK_THROWS_WITH(call(in.x, {.epsilon = 0}), Contains("epsilon"));
    CHECK_THROWS_WITH(call(in.x, {.momentum = 2}), Contains("momentum"));
    CHECK_THROWS_WITH(call(in.x.to(DType::f64)), Contains("f64"));
}

TEST_CASE("ghost batches are normalised each by itself") {
    for (const auto& [shape, ghost] : std::vector<std::pair<Shape, std::int64_t>>{
             {{7, 3, 5, 6}, 3}, {{8, 4}, 4}, {{9, 5}, 7}, {{3, 2, 2, 8}, 1}, {{4, 3}, 100}}) {
        INFO(shape << " in ghost batches of " << ghost);
        const BatchNormOptions options{.momentum = 0.3, .ghost = ghost};
        Inputs in(shape, DType::f64);
        const Results actual = through_op(in, true, options);
        Results expected{Tensor::empty(shape, DType::f64),
                         Tensor::empty(shape, DType::f64),
                         Tensor::zeros({shape[-1]}, DType::f64),
                         Tensor::zeros({shape[-1]}, DType::f64),
                         in.mean,
                         in.variance};
        for (std::int64_t first = 0; first < shape[0]; first += ghost) {
            const std::int64_t count = std::min(ghost, shape[0] - first);
            Inputs part(in);
            part.x = in.x.rows(first, count).clone(), part.y_grad = in.y_grad.rows(first, count).clone();
            part.mean = expected.mean, part.variance = expected.variance;
            const Results of_part = oracle(part, true, options);
            expected.y.rows(first, count).copy_from(of_part.y);
            expected.x_grad.rows(first, count).copy_from(of_part.x_grad);
            for (std::int64_t c = 0; c < shape[-1]; ++c) {
                expected.scale_grad.mutable_data<double>()[c] += of_part.scale_grad.data<double>()[c];
                expected.shift_grad.mutable_data<double>()[c] += of_part.shift_grad.data<double>()[c];
            }
            expected.mean = of_part.mean, expected.variance = of_part.variance;
        }
        const auto close = [](const Tensor& a, const Tensor& b) {
            REQUIRE(a.numel() == b.numel());
            for (std::int64_t i = 0; i < a.numel(); ++i)
                REQUIRE(a.data<double>()[i] == Approx(b.data<double>()[i]).epsilon(1e-9).margin(1e-9));
        };
        close(actual.y, expected.y), close(actual.x_grad, expected.x_grad);
        close(actual.scale_grad, expected.scale_grad), close(actual.shift_grad, expected.shift_grad);
        close(actual.mean, expected.mean), close(actual.variance, expected.variance);
        // In evaluation there are none.
        const Results evaluated = through_op(in, false, options), plain = through_op(in, false);
        close(evaluated.y, plain.y), close(evaluated.x_grad, plain.x_grad);
    }
    const Inputs five({5, 3}, DType::f32);
    CHECK_THROWS_WITH(through_op(five, true, {.ghost = 4}), Catch::Contains("its last ghost batch one image"));
    CHECK_THROWS_WITH(through_op(five, true, {.ghost = -1}), Catch::Contains("images per ghost batch"));
}

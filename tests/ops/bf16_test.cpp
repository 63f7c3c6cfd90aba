// Tensors of bf16: what they hold, and every operation that has a form for them against f64 on the same elements.

#include <cyclone/autograd/backward.h>
#include <cyclone/ops/ops.h>

#include <cmath>
#include <functional>
#include <limits>
#include <sstream>
#include <vector>

#include "ops/exact.h"
#include "support/threads.h"

using namespace cyclone;

namespace {

constexpr DType kBf16 = DType::bf16, kF64 = DType::f64;
constexpr float kInfinity = std::numeric_limits<float>::infinity();

Tensor in_bf16(const Shape& shape, std::uint64_t seed) { return exact::reals(shape, seed, DType::f32).to(kBf16); }

struct Operation {
    const char* name;
    std::vector<Shape> inputs;
    std::function<Tensor(const std::vector<Tensor>& x)> apply;
};

const std::vector<Operation> kOperations = {
    {"relu", {{3, 5, 7}}, [](const auto& x) { return relu(x[0]); }},
    {"add", {{2, 40}, {2, 40}}, [](const auto& x) { return x[0] + x[1]; }},
    {"add of a tensor to itself", {{2, 40}}, [](const auto& x) { return x[0] + x[0]; }},
    {"add_relu", {{2, 40}, {2, 40}}, [](const auto& x) { return add_relu(x[0], x[1]); }},
    {"dropout",
     {{9, 70}},
     [](const auto& x) {
         Generator generator{.seed = 5};
         return dropout(x[0], 0.3, generator);
     }},
    {"flatten", {{2, 3, 4}}, [](const auto& x) { return flatten(x[0]); }},
    {"concat",
     {{2, 3}, {2, 5}},
     [](const auto& x) {
         return concat({x[0], x[1]}, 1);
     }},
    {"slice and pad",
     {{2, 6, 3}},
     [](const auto& x) {
         return pad(slice(x[0], {{}, {.step = 2}}), {{}, {1, 0}, {0, 2}});
     }},
    {"transpose", {{4, 7}}, [](const auto& x) { return x[0].transpose(); }},
    {"max_pool2d", {{2, 8, 6, 19}}, [](const auto& x) { return max_pool2d(x[0]); }},
    {"max_pool2d of odd sizes", {{2, 9, 7, 3}}, [](const auto& x) { return max_pool2d(x[0]); }},
    {"max_pool2d of overlapping windows",
     {{2, 9, 9, 5}},
     [](const auto& x) { return max_pool2d(x[0], {.kernel = 3, .stride = 1, .padding = 1}); }},
    {"max_pool2d of a relu", {{2, 8, 6, 19}}, [](const auto& x) { return max_pool2d(relu(x[0])); }},
    {"max_pool2d of a relu, overlapping",
     {{2, 9, 9, 5}},
     [](const auto& x) { return max_pool2d(relu(x[0]), {.kernel = 3, .stride = 2}); }},
    {"avg_pool2d", {{2, 8, 6, 16}}, [](const auto& x) { return avg_pool2d(x[0], {.kernel = 3, .stride = 1}); }},
    {"global_max_pool", {{2, 17, 16, 3}}, [](const auto& x) { return global_max_pool(x[0]); }},
    {"global_avg_pool", {{2, 8, 6, 16}}, [](const auto& x) { return global_avg_pool(x[0]); }},
};

struct Results {
    Tensor y;
    std::vector<Tensor> gradients;
};

// Leaves are of f32 or f64; what the operation sees is of `dtype`.
Results run(const Operation& op, const std::vector<Tensor>& inputs, DType dtype) {
    std::vector<Tensor> leaves, x;
    for (const Tensor& input : inputs) {
        leaves.push_back(exact::leaf(input.to(dtype == kF64 ? kF64 : DType::f32).clone()));
        x.push_back(cast(leaves.back(), dtype));
    }
    const Tensor y = op.apply(x);
    REQUIRE(y.dtype() == dtype);
    backward(y, in_bf16(y.shape(), 77).to(dtype));
    Results results{y.detach(), {}};
    for (const Tensor& leaf : leaves) results.gradients.push_back(leaf.grad());
    return results;
}

// One rounding, of a sum in f32: 2^-8 of it, and no more.
void check_near(const Tensor& actual, const Tensor& expected) {
    REQUIRE(actual.shape() == expected.shape());
    const Tensor a = actual.to(kF64);
    for (std::int64_t i = 0; i < a.numel(); ++i) {
        INFO("element " << i << ": " << a.data<double>()[i] << ", expected " << expected.data<double>()[i]);
        REQUIRE(std::abs(a.data<double>()[i] - expected.data<double>()[i]) <=
                0x1p-8 * std::abs(expected.data<double>()[i]) + 1e-6);
    }
}

}  // namespace

TEST_CASE("a tensor of bf16 holds the nearest values in half of the memory") {
    const std::vector<float> values{0, -0.0F, 1, 3.14159265F, -1e30F, 1 + 0x1p-9F, kInfinity, 3e38F};
    const Tensor x = Tensor::from(values, {2, 4}), y = x.to(kBf16);
    CHECK(size_of(kBf16) == 2);
    CHECK(name_of(kBf16) == "bf16");
    for (std::size_t i = 0; i < values.size(); ++i) {
        CHECK(y.to(DType::f32).to_vector<float>()[i] == round_to_bfloat16(values[i]));
        CHECK(static_cast<float>(y.values<Bfloat16>()[i]) == round_to_bfloat16(values[i]));
    }
    CHECK(cast(x, kBf16).to(kF64).to_vector<double>() == y.to(kF64).to_vector<double>());
    CHECK(Tensor::full({3}, 1.5, kBf16).to(DType::f32).to_vector<float>() == std::vector<float>{1.5, 1.5, 1.5});
    CHECK(Tensor::scalar(2.5, kBf16).item() == 2.5);
    CHECK(Tensor::from<float>({3, 250}, {2}).to(kBf16).to(DType::u8).to_vector<std::uint8_t>() ==
          std::vector<std::uint8_t>{3, 250});
    std::ostringstream text;
    text << Tensor::full({2}, 0.5, kBf16);
    CHECK(text.str() == "Tensor(2) bf16 [0.5, 0.5]");
    CHECK(std::isnan(Tensor::full({1}, std::nan(""), kBf16).item()));
    CHECK(std::isnan(cast(Tensor::full({40}, std::nan("")), kBf16).to(DType::f32).to_vector<float>()[39]));
    CHECK_FALSE(all_finite(y));
    CHECK(all_finite(Tensor::ones({5}, kBf16)));
    CHECK_THROWS_WITH(Tensor::ones({1}, kBf16).set_requires_grad(), Catch::Contains("f32 or f64"));
}

TEST_CASE("operations on bf16 are f64 on the same elements, rounded once, forward and backward") {
    for (const Operation& op : kOperations) {
        INFO(op.name);
        std::vector<Tensor> inputs;
        for (const Shape& shape : op.inputs) inputs.push_back(in_bf16(shape, inputs.size() + 1));
        const Results expected = run(op, inputs, kF64), actual = run(op, inputs, kBf16);
        check_near(actual.y, expected.y);
        for (std::size_t k = 0; k < inputs.size(); ++k) check_near(actual.gradients[k], expected.gradients[k]);
    }
}

TEST_CASE("operations on bf16 give the same bits for any number of threads") {
    for (Operation op : kOperations) {
        INFO(op.name);
        for (Shape& shape : op.inputs) shape.set(0, 60);  // enough to be spread over threads
        std::vector<Tensor> inputs;
        for (const Shape& shape : op.inputs) inputs.push_back(in_bf16(shape, inputs.size() + 1));
        std::vector<float> one;
        for (const int threads : {1, 2, 3, 8}) {
            const test::Threads setting(threads);
            const Results results = run(op, inputs, kBf16);
            std::vector<float> all = results.y.to(DType::f32).to_vector<float>();
            for (const Tensor& gradient : results.gradients)
                for (const float value : gradient.values<float>()) all.push_back(value);
            if (threads == 1) one = all;
            CHECK(all == one);
        }
    }
}

TEST_CASE("NaN and infinity go through operations on bf16 as through those on f32") {
    const float nan = std::nanf("");
    const Tensor x = Tensor::from<float>({nan, -nan, kInfinity, -kInfinity, -1, 2, -0.0F, 0.0F}, {1, 2, 4, 1});
    const auto same = [&](const std::function<Tensor(const Tensor&)>& f) {
        const auto expected = f(x).to_vector<float>(), actual = f(x.to(kBf16)).to(DType::f32).to_vector<float>();
        REQUIRE(actual.size() == expected.size());
        for (std::size_t i = 0; i < actual.size(); ++i)
            CHECK((std::isnan(expected[i]) ? std::isnan(actual[i]) : actual[i] == expected[i]));
    };
    same([](const Tensor& t) { return relu(t); });
    same([](const Tensor& t) { return max_pool2d(t); });
    same([](const Tensor& t) { return add_relu(t, t); });
    same([](const Tensor& t) { return t + t; });
    const auto masked = [&](DType dtype) {
        const Tensor leaf = exact::leaf(x.clone());
        backward(relu(cast(leaf, dtype)), Tensor::ones(x.shape(), dtype));
        return leaf.grad().to_vector<float>();
    };
    CHECK(masked(kBf16) == masked(DType::f32));
}

namespace {

std::vector<Tensor> normalised(const Tensor& x, DType dtype, bool training, std::int64_t ghost) {
    const DType compute = dtype == kF64 ? kF64 : DType::f32;
    const std::int64_t channels = x.size(-1);
    const Tensor leaf = exact::leaf(x.to(compute).clone());
    const Tensor scale = exact::leaf(exact::reals({channels}, 3, DType::f32).to(compute).clone());
    const Tensor shift = exact::leaf(exact::reals({channels}, 4, DType::f32).to(compute).clone());
    Tensor mean = Tensor::full({channels}, 0.25, compute), variance = Tensor::full({channels}, 0.5, compute);
    const Tensor y =
        batch_norm(cast(leaf, dtype), scale, shift, mean, variance, training, {.ghost = ghost, .activation = relu});
    REQUIRE(y.dtype() == dtype);
    backward(y, in_bf16(y.shape(), 9).to(dtype));
    return {y.detach(), leaf.grad(), scale.grad(), shift.grad(), mean, variance};
}

}  // namespace

namespace {

void check_norms(Precision precision) {
    const PrecisionScope scope(precision);
    const Tensor x = in_bf16({6, 5, 4, 16}, 1);
    for (const bool training : {true, false})
        for (const std::int64_t ghost : {0, 4}) {
            INFO("training " << training << ", ghost batches of " << ghost);
            const auto expected = normalised(x, kF64, training, ghost), actual = normalised(x, kBf16, training, ghost);
            for (std::size_t k = 0; k < expected.size(); ++k) {
                INFO("result " << k);
                CHECK(actual[k].dtype() == (k == 0 ? kBf16 : DType::f32));
                const Tensor a = actual[k].to(kF64);
                for (std::int64_t i = 0; i < a.numel(); ++i)
                    REQUIRE(a.data<double>()[i] == Approx(expected[k].data<double>()[i])
                                                       .epsilon(k < 2 ? 0x1p-8 : 1e-5)
                                                       .margin(k < 2 ? 1e-6 : 1e-5));
            }
        }
}

}  // namespace

TEST_CASE("batch norm of bf16 has f32 statistics and parameters, and is f64 on the same elements, rounded once") {
    check_norms(Precision::f32);
}

TEST_CASE("batch norm of bf16 on oneDNN's kernel for it is the same") {
    if (!why_not_bf16().empty()) CYCLONE_SKIP("bf16 " + why_not_bf16());
    check_norms(Precision::bf16);
}

TEST_CASE("an operation without a form for bf16 says so by its name") {
    const Tensor x = Tensor::ones({2, 4, 4, 2}, kBf16);
    CHECK_THROWS_WITH(sigmoid(x), Catch::Contains("sigmoid") && Catch::Contains("bf16") && Catch::Contains("cast()"));
    CHECK_THROWS_WITH(x * x, Catch::Contains("mul") && Catch::Contains("bf16"));
    CHECK_THROWS_WITH(x + Tensor::ones({2}, kBf16), Catch::Contains("add") && Catch::Contains("bf16"));
    CHECK_THROWS_WITH(x + Tensor::ones({2, 4, 4, 2}), Catch::Contains("add") && Catch::Contains("bf16 and f32"));
    CHECK_THROWS_WITH(sum(x), Catch::Contains("sum") && Catch::Contains("bf16"));
    CHECK_THROWS_WITH(cross_entropy(flatten(x), Tensor::zeros({2}, DType::i64)), Catch::Contains("bf16"));
    CHECK_THROWS_WITH(upsample_nearest2d(x, 2), Catch::Contains("bf16"));
    CHECK_THROWS_WITH(conv_transpose2d(x, Tensor::ones({2, 3, 3, 2})),
                      Catch::Contains("conv_transpose2d") && Catch::Contains("bf16"));
    CHECK_THROWS_WITH(cast(Tensor::zeros({2}, DType::i64), kBf16), Catch::Contains("cast") && Catch::Contains("i64"));
    CHECK_THROWS_WITH(cast(Tensor(), kBf16), Catch::Contains("cast"));
}

// bf16, real and emulated: what is rounded, what is not, and which layers stay in f32.

#include <cyclone/autograd/backward.h>
#include <cyclone/autograd/grad_mode.h>
#include <cyclone/base/error.h>
#include <cyclone/base/half.h>
#include <cyclone/ops/conv2d.h>
#include <cyclone/ops/linear.h>
#include <cyclone/ops/precision.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "ops/exact.h"

using namespace cyclone;

namespace {

constexpr Precision kF32 = Precision::f32, kBf16 = Precision::bf16, kEmulated = Precision::bf16_emulated;

// Eight significant bits by division, not by bits.
double rounded(double value) {
    int exponent = 0;
    const double fraction = std::frexp(value, &exponent);
    return std::ldexp(std::nearbyint(fraction * 256), exponent - 8);
}
Tensor map(const Tensor& x, double (*f)(double)) {
    Tensor out = x.to(DType::f64).clone();
    for (std::int64_t i = 0; i < out.numel(); ++i) out.mutable_data<double>()[i] = f(out.data<double>()[i]);
    return out;
}

struct Layer {
    const char* name;
    Shape x, weight;
    std::function<Tensor(const Tensor& x, const Tensor& weight, const Tensor& bias)> apply;
};

const std::vector<Layer> kLayers = {
    {"conv2d",
     {3, 9, 7, 16},
     {8, 3, 3, 16},
     [](const auto& x, const auto& w, const auto& b) { return conv2d(x, w, b, {.padding = Padding::same()}); }},
    {"conv2d with stride and groups",
     {2, 8, 8, 32},
     {16, 3, 3, 16},
     [](const auto& x, const auto& w, const auto& b) {
         return conv2d(x, w, b, {.stride = 2, .padding = Padding::same(), .groups = 2});
     }},
    {"conv_transpose2d",
     {2, 5, 6, 8},
     {8, 3, 3, 16},
     [](const auto& x, const auto& w, const auto&) { return conv_transpose2d(x, w, {}, {.stride = 2}); }},
    {"linear", {13, 40}, {5, 40}, [](const auto& x, const auto& w, const auto& b) { return linear(x, w, b); }},
};

// y and the gradients of x, weight and bias. The layer gets x as a tensor of `dtype`.
std::vector<Tensor> run(const Layer& layer, const Tensor& x, const Tensor& weight, const Tensor& bias,
                        const Tensor& y_grad, DType dtype) {
    const Tensor a = exact::leaf(x.clone()), w = exact::leaf(weight.clone()), b = exact::leaf(bias.clone());
    const Tensor y = layer.apply(cast(a, dtype), w, b);
    backward(y, cast(y_grad, y.dtype()));
    std::vector<Tensor> all{y.detach(), a.grad(), w.grad()};
    if (b.grad().defined()) all.push_back(b.grad());
    return all;
}

std::vector<Tensor> run(const Layer& layer, const Tensor& x, const Tensor& weight, const Tensor& bias,
                        const Tensor& y_grad) {
    return run(layer, x, weight, bias, y_grad, x.dtype());
}

// The largest difference between two results in units of the sum of the magnitudes that went into an element.
double distance(const std::vector<Tensor>& actual, const std::vector<Tensor>& expected,
                const std::vector<Tensor>& magnitudes) {
    double largest = 0;
    for (std::size_t t = 0; t < actual.size(); ++t) {
        REQUIRE(actual[t].shape() == expected[t].shape());
        const Tensor a = actual[t].to(DType::f64);
        for (std::int64_t i = 0; i < a.numel(); ++i) {
            REQUIRE(std::isfinite(a.data<double>()[i]));
            largest = std::max(largest, std::abs(a.data<double>()[i] - expected[t].data<double>()[i]) /
                                            (magnitudes[t].data<double>()[i] + 1e-30));
        }
    }
    return largest;
}

struct Operands {
    Tensor x, weight, bias, y_grad;

    explicit Operands(const Layer& layer)
        : x(exact::reals(layer.x, 1, DType::f32)),
          weight(exact::reals(layer.weight, 2, DType::f32)),
          bias(exact::reals({layer.weight[0]}, 3, DType::f32)),
          y_grad(exact::reals(layer.apply(x, weight, bias).shape(), 4, DType::f32)) {}
    // In f64, of operands that f() has changed; the bias is no factor.
    std::vector<Tensor> in_f64(const Layer& layer, double (*f)(double)) const {
        return run(layer, map(x, f), map(weight, f), f == rounded ? bias.to(DType::f64) : map(bias, f), map(y_grad, f));
    }
};

std::vector<Tensor> in(Precision precision, const Layer& layer, const Operands& o) {
    const PrecisionScope scope(precision);
    return run(layer, o.x, o.weight, o.bias, o.y_grad);
}

// Of the caller's tensors x and y, each with its gradient, those that are of bf16.
struct Stored {
    bool x = false, y = false;
};

std::vector<Tensor> in(Precision precision, const Layer& layer, const Operands& o, Stored stored) {
    const PrecisionScope scope(precision);
    const StorageScope storing(stored.y ? DType::bf16 : DType::f32);
    const auto results = run(layer, o.x, o.weight, o.bias, o.y_grad, stored.x ? DType::bf16 : DType::f32);
    CHECK(results[0].dtype() == (stored.y ? DType::bf16 : DType::f32));
    for (std::size_t k = 1; k < results.size(); ++k) CHECK(results[k].dtype() == DType::f32);
    return results;
}

// Layers have a form for it but transposed convolutions. `tolerance` of the sum of magnitudes, to which storing y and
// the gradient of x adds a rounding: 2^-8 of these.
void check_stored_layers(Precision precision, double tolerance) {
    for (const Layer& layer : kLayers) {
        if (layer.name == std::string("conv_transpose2d")) continue;
        const Operands o(layer);
        const auto magnitudes = o.in_f64(layer, std::abs), expected = o.in_f64(layer, rounded);
        for (const Stored stored : {Stored{true, true}, Stored{true, false}, Stored{false, true}}) {
            INFO(layer.name << ", x " << (stored.x ? "bf16" : "f32") << ", y " << (stored.y ? "bf16" : "f32"));
            const auto actual = in(precision, layer, o, stored);
            CHECK(distance({actual[0]}, {expected[0]}, {magnitudes[0]}) < tolerance + stored.y * 0x1p-8);
            CHECK(distance({actual[1]}, {expected[1]}, {magnitudes[1]}) < tolerance + stored.x * 0x1p-8);
            CHECK(distance({actual[2], actual[3]}, {expected[2], expected[3]}, {magnitudes[2], magnitudes[3]}) <
                  tolerance);
            CHECK(actual[0].to(DType::f32).to_vector<float>() ==
                  in(precision, layer, o, stored)[0].to(DType::f32).to_vector<float>());
        }
    }
}

void check_layers(Precision precision, double tolerance) {
    for (const Layer& layer : kLayers) {
        INFO(layer.name);
        const Operands o(layer);
        const auto magnitudes = o.in_f64(layer, std::abs);
        CHECK(distance(in(precision, layer, o), o.in_f64(layer, rounded), magnitudes) < tolerance);
    }
}

}  // namespace

TEST_CASE("rounding to bfloat16 is to the nearest value, of two to the even one") {
    for (const double value : {1.0, -1.0, 0.0, 3.14159265, 1 + 0x1p-8, 1 + 0x1p-8 + 0x1p-20, 1 + 0x3p-8, -0x1.FFp-60}) {
        INFO(value);
        CHECK(static_cast<double>(round_to_bfloat16(static_cast<float>(value))) == rounded(value));
    }
    const Tensor many = exact::reals({5000}, 8, DType::f32);
    for (const float value : many.values<float>())
        REQUIRE(static_cast<double>(round_to_bfloat16(value)) == rounded(static_cast<double>(value)));
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    CHECK(round_to_bfloat16(kInfinity) == kInfinity);
    CHECK(round_to_bfloat16(std::numeric_limits<float>::max()) == kInfinity);
    CHECK(round_to_bfloat16(-std::numeric_limits<float>::max()) == -kInfinity);
    CHECK(std::isnan(round_to_bfloat16(std::numeric_limits<float>::quiet_NaN())));
}

TEST_CASE("emulated bf16 is f64 on rounded factors up to the sums in f32, forward and backward") {
    check_layers(kEmulated, 0x1p-18);
    for (const Layer& layer : kLayers) {  // and the rounding does show
        INFO(layer.name);
        const Operands o(layer);
        const auto magnitudes = o.in_f64(layer, std::abs);
        const auto exact = o.in_f64(layer, [](double v) { return v; });
        CHECK(distance(in(kF32, layer, o), exact, magnitudes) < 0x1p-18);
        CHECK(distance(in(kEmulated, layer, o), exact, magnitudes) > 0x1p-12);
        CHECK(distance(in(kEmulated, layer, o), exact, magnitudes) < 0x1p-7);  // two factors of 2^-8 each
    }
}

TEST_CASE("bf16 is within 2^-8 of the sum of magnitudes of f64 on rounded factors, forward and backward") {
    if (!why_not_bf16().empty()) CYCLONE_SKIP("bf16 " + why_not_bf16());
    check_layers(kBf16, 0x1p-8);
}

TEST_CASE("emulated bf16 with x and y in bf16 is f64 on rounded factors up to the sums in f32 and one rounding") {
    check_stored_layers(kEmulated, 0x1p-18);
}

TEST_CASE("bf16 with x and y in bf16 is within 2^-8 of the sum of magnitudes of f64 on rounded factors") {
    if (!why_not_bf16().empty()) CYCLONE_SKIP("bf16 " + why_not_bf16());
    check_stored_layers(kBf16, 0x1p-18);
}

TEST_CASE("layers that multiply in f32 store in bf16 what they are asked to, and take it") {
    const Layer first = {"first", {2, 6, 6, 3}, {32, 3, 3, 3}, [](const auto& x, const auto& w, const auto& b) {
                             return conv2d(x, w, b, {.padding = Padding::same()});
                         }};
    const Operands o(first);
    const auto same = [](double v) { return v; };
    const auto magnitudes = o.in_f64(first, std::abs);
    const auto expected =
        run(first, o.x.to(DType::f64), o.weight.to(DType::f64), o.bias.to(DType::f64), map(o.y_grad, rounded));
    const auto actual = in(kEmulated, first, o, {.x = false, .y = true});
    CHECK(distance({actual[0]}, {expected[0]}, {magnitudes[0]}) < 0x1p-8);
    for (std::size_t k = 1; k < 4; ++k) CHECK(distance({actual[k]}, {expected[k]}, {magnitudes[k]}) < 0x1p-18);
    const auto taken = run(first, map(o.x, rounded), map(o.weight, same), map(o.bias, same), map(o.y_grad, same));
    const auto of_bf16 = in(kEmulated, first, o, {.x = true, .y = false});
    CHECK(distance({of_bf16[0]}, {taken[0]}, {magnitudes[0]}) < 0x1p-18);
    CHECK(distance({of_bf16[1]}, {taken[1]}, {magnitudes[1]}) < 0x1p-8);
}

TEST_CASE("what is stored is f32 outside of bf16, for other activations than relu, and where nobody asks for bf16") {
    const Tensor x = exact::reals({2, 5, 5, 16}, 1, DType::f32), weight = exact::reals({4, 3, 3, 16}, 2, DType::f32);
    const auto dtype = [&](Activation activation = {}) { return conv2d(x, weight, {}, {}, activation).dtype(); };
    CHECK(storage() == DType::f32);
    const StorageScope outer(DType::bf16);
    CHECK(storage() == DType::f32);
    CHECK(dtype() == DType::f32);
    const PrecisionScope scope(kEmulated);
    CHECK(storage() == DType::bf16);
    CHECK((dtype() == DType::bf16 && dtype(relu) == DType::bf16 && dtype(sigmoid) == DType::f32));
    const Tensor y = conv2d(x.to(DType::f64), weight.to(DType::f64));
    CHECK(y.dtype() == DType::f64);
    {
        const StorageScope inner(DType::f32);
        CHECK(dtype() == DType::f32);
    }
    CHECK(storage() == DType::bf16);
    CHECK_THROWS_WITH(StorageScope(DType::u8), Catch::Contains("u8"));
    CHECK(storage() == DType::bf16);
}

namespace {

void check_repeats(Precision precision) {
    const PrecisionScope scope(precision);
    for (const Layer& layer : kLayers) {
        INFO(layer.name);
        const Operands o(layer);
        Tensor weight = o.weight.clone();
        for (int round = 0; round < 3; ++round) {
            const auto recorded = run(layer, o.x, weight, o.bias, o.y_grad);
            CHECK(run(layer, o.x, weight, o.bias, o.y_grad)[2].to_vector<float>() == recorded[2].to_vector<float>());
            const NoGrad guard;
            for (int again = 0; again < 2; ++again)
                CHECK(layer.apply(o.x, weight, o.bias).to_vector<float>() == recorded[0].to_vector<float>());
            weight.mutable_data<float>()[3] += 1;
        }
    }
}

}  // namespace

TEST_CASE("emulated bf16 repeats bit by bit, and kept weights follow every modification") { check_repeats(kEmulated); }

TEST_CASE("bf16 repeats bit by bit, and kept weights follow every modification") {
    if (!why_not_bf16().empty()) CYCLONE_SKIP("bf16 " + why_not_bf16());
    check_repeats(kBf16);
}

TEST_CASE("a relu is fused as in f32") {
    const PrecisionScope scope(kEmulated);
    const Tensor x = exact::reals({2, 5, 5, 16}, 1, DType::f32), weight = exact::reals({4, 3, 3, 16}, 2, DType::f32);
    const auto plain = conv2d(x, weight, {}, {}).to_vector<float>();
    const auto with_relu = conv2d(x, weight, {}, {}, relu).to_vector<float>();
    std::size_t zeros = 0;
    for (std::size_t i = 0; i < plain.size(); ++i) {
        REQUIRE(with_relu[i] == std::max(plain[i], 0.0F));
        zeros += with_relu[i] == 0;
    }
    CHECK((zeros > 0 && zeros < plain.size()));
}

namespace {

void check_others(Precision precision) {
    const auto both = [&](const Tensor& x, const Tensor& weight, const Conv2dWindow& window) {
        const auto before = conv2d(x, weight, {}, window).to(DType::f64).to_vector<double>();
        const PrecisionScope scope(precision);
        return before == conv2d(x, weight, {}, window).to(DType::f64).to_vector<double>();
    };
    CHECK(both(exact::reals({2, 6, 6, 1}, 1, DType::f32), exact::reals({32, 3, 3, 1}, 2, DType::f32), {}));
    CHECK(both(exact::reals({2, 6, 6, 15}, 1, DType::f32), exact::reals({8, 3, 3, 15}, 2, DType::f32), {}));
    CHECK(both(exact::reals({2, 6, 6, 32}, 1, DType::f32), exact::reals({32, 3, 3, 1}, 2, DType::f32), {.groups = 32}));
    CHECK(both(exact::reals({2, 6, 6, 32}, 1), exact::reals({8, 3, 3, 32}, 2), {}));
    if (precision == kEmulated)
        CHECK_FALSE(both(exact::reals({2, 6, 6, 16}, 1, DType::f32), exact::reals({8, 3, 3, 16}, 2, DType::f32), {}));
}

}  // namespace

TEST_CASE("layers of fewer than 16 channels and those in f64 stay as they are under emulated bf16") {
    check_others(kEmulated);
}

TEST_CASE("layers of fewer than 16 channels and those in f64 stay as they are under bf16") {
    if (!why_not_bf16().empty()) CYCLONE_SKIP("bf16 " + why_not_bf16());
    check_others(kBf16);
}

TEST_CASE("the precision belongs to the thread and to the forward pass") {
    CHECK(precision() == kF32);
    const Operands o(kLayers.back());
    const Tensor x = exact::leaf(o.x.clone());
    Tensor y;
    {
        const PrecisionScope scope(kEmulated);
        CHECK(precision() == kEmulated);
        Precision elsewhere = kEmulated;
        std::thread([&] { elsewhere = precision(); }).join();
        CHECK(elsewhere == kF32);
        {
            const PrecisionScope inner(kF32);
            CHECK(precision() == kF32);
        }
        y = linear(x, o.weight, o.bias);
    }
    CHECK(precision() == kF32);
    backward(y, o.y_grad);
    CHECK(x.grad().to_vector<float>() == in(kEmulated, kLayers.back(), o)[1].to_vector<float>());
    CHECK(x.grad().to_vector<float>() != in(kF32, kLayers.back(), o)[1].to_vector<float>());
}

TEST_CASE("names of precisions, and what automatic comes down to") {
    for (const Precision p : {kF32, kBf16, kEmulated, Precision::automatic}) CHECK(parse_precision(name_of(p)) == p);
    CHECK_THROWS_AS(parse_precision("fp16"), UsageError);
    CHECK_THROWS_WITH(parse_precision("bf61"), Catch::Contains("did you mean 'bf16'"));
    const Precision here = usable(Precision::automatic);
    CHECK((here == kF32 || (here == kBf16 && why_not_bf16().empty())));
    CHECK(usable(kEmulated) == kEmulated);
    const PrecisionScope scope(Precision::automatic);
    CHECK(precision() == here);
}

TEST_CASE("bf16 where it is not possible is an error that says what is missing") {
    if (why_not_bf16().empty()) CYCLONE_SKIP("bf16 is possible here");
    CHECK_THROWS_AS(PrecisionScope(kBf16), UsageError);
    CHECK_THROWS_WITH(usable(kBf16), Catch::Contains(why_not_bf16()) && Catch::Contains("bf16-emulated"));
#ifdef CYCLONE_WITH_ONEDNN
    CHECK_THAT(why_not_bf16(), Catch::Contains("AVX512_CORE_BF16") && Catch::Contains("oneDNN found "));
#endif
    CHECK(precision() == kF32);
}

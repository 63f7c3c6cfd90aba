// What lies between layers under bf16: where tensors are of bf16, where of f32, and the memory that it saves.

#include <cyclone/autograd/backward.h>
#include <cyclone/autograd/grad_mode.h>
#include <cyclone/autograd/record.h>
#include <cyclone/nn/nn.h>
#include <cyclone/ops/ops.h>
#include <cyclone/tensor/allocator.h>

#include <cmath>
#include <string>
#include <vector>

#include "support/catch.h"

using namespace cyclone;

namespace {

constexpr Precision kEmulated = Precision::bf16_emulated;

// Says what it is given, and what gradient comes back. Other layers do not notice it.
struct Probe : nn::Module {
    std::string* seen;
    nn::Bf16Form form;

    explicit Probe(std::string& seen_, nn::Bf16Form form_ = nn::Bf16Form::keeps) : seen(&seen_), form(form_) {}
    Tensor forward(const Tensor& x) override {
        *seen += std::string(name_of(x.dtype())) + " ";
        return autograd::record("probe", x.detach(), {x}, [into = seen](const Tensor& grad) {
            *into += "(" + std::string(name_of(grad.dtype())) + ") ";
            return Gradients{grad};
        });
    }
    nn::Bf16Form bf16_form() const override { return form; }
};

Tensor images(std::int64_t count, std::int64_t size, std::int64_t channels) {
    const Random random(3);
    Tensor x = Tensor::empty({count, size, size, channels});
    for (std::int64_t i = 0; i < x.numel(); ++i)
        x.mutable_data<float>()[i] = static_cast<float>(random.uniform(static_cast<std::uint64_t>(i)) - 0.5);
    return x;
}

// The dtypes that probes saw, forward and backward; the output is f32.
std::string seen_by(std::string& seen, nn::Module& model, const Tensor& x, Precision precision = kEmulated) {
    seen.clear();
    const PrecisionScope scope(precision);
    const Tensor y = model(x);
    CHECK(y.dtype() == DType::f32);
    CHECK(storage() == DType::f32);
    backward(y, Tensor::ones(y.shape()));
    for (const Tensor& parameter : model.parameters()) CHECK(parameter.grad().dtype() == DType::f32);
    model.zero_grad();
    return seen;
}

const nn::Conv2dOptions kSame{.padding = nn::same, .activation = relu};

}  // namespace

TEST_CASE("under bf16 what lies between layers is bf16, and images and logits are f32") {
    std::string seen;
    const Probe probe(seen);
    nn::Sequential model{probe,
                         nn::Conv2d{1, 16, kSame},
                         probe,
                         nn::Conv2d{16, 16, kSame},
                         nn::MaxPool2d{2},
                         probe,
                         nn::Flatten{},
                         probe,
                         nn::Dropout{0.2},
                         probe,
                         nn::Linear{64, 20, {.activation = relu}},
                         nn::Linear{20, 2},
                         probe};
    const Tensor x = images(3, 4, 1);
    CHECK(seen_by(seen, model, x) == "f32 bf16 bf16 bf16 bf16 f32 (f32) (bf16) (bf16) (bf16) (bf16) ");
    CHECK(seen_by(seen, model, x, Precision::f32) == "f32 f32 f32 f32 f32 f32 (f32) (f32) (f32) (f32) (f32) ");
    model.eval();
    const NoGrad guard;
    const PrecisionScope scope(kEmulated);
    seen.clear();
    CHECK(model(x).dtype() == DType::f32);
    CHECK(seen == "f32 bf16 bf16 bf16 bf16 f32 ");
}

TEST_CASE("a layer without a form for bf16 is given f32, and so is everything in it") {
    std::string seen;
    const Probe probe(seen), strange(seen, nn::Bf16Form::none);
    nn::Sequential model{nn::Conv2d{1, 16, kSame},
                         probe,
                         strange,
                         probe,
                         nn::Conv2d{16, 16, kSame},
                         probe,
                         nn::GroupNorm{2, 16},
                         probe,
                         nn::Lambda([](const Tensor& x) { return x * x; }),
                         probe,
                         nn::Conv2d{16, 16, {.activation = gelu}},
                         probe,
                         nn::Activate{silu},
                         nn::Flatten{}};
    CHECK(seen_by(seen, model, images(2, 4, 1)).substr(0, 33) == "f32 f32 f32 f32 f32 f32 f32 (f32)");
    struct Own : nn::Module {  // calls layers itself
        nn::Sequential body;
        explicit Own(const Probe& p) : body{p, nn::Conv2d{16, 16, kSame}, p, nn::Conv2d{16, 16, kSame}, p} {}
        Tensor forward(const Tensor& x) override { return body(x) * 2; }
        void visit(nn::Visitor& v) override { v.module("body", body); }
    };
    nn::Sequential outer{nn::Conv2d{1, 16, kSame}, Own(probe), nn::Conv2d{16, 2, kSame}};
    CHECK(seen_by(seen, outer, images(2, 4, 1)) == "f32 bf16 f32 (f32) (bf16) (f32) ");
}

TEST_CASE("residual sums, joined branches, norms and nested layers keep bf16; the last of them gives f32") {
    std::string seen;
    const Probe probe(seen);
    const nn::Sequential body{nn::Conv2d{16, 16, {.padding = nn::same}}, probe, nn::BatchNorm{16}, probe};
    nn::Sequential model{
        nn::Conv2d{1, 16, {.padding = nn::same}},
        nn::BatchNorm{16, {.activation = relu}},
        nn::Residual{body, {.activation = relu}},
        probe,
        nn::Sequential{nn::Residual{nn::Sequential{nn::Conv2d{16, 32, {.stride = 2, .padding = 1}}, probe},
                                    {.shortcut = nn::Subsample{2, 32}, .activation = relu}}},
        probe,
        nn::Concat{nn::Sequential{}, nn::Conv2d{32, 3, {.padding = nn::same}}},
        probe,
        nn::GlobalAvgPool{},
        nn::Linear{35, 2}};
    CHECK(seen_by(seen, model, images(3, 4, 1)).find("f32") == std::string::npos);
    nn::Sequential ends{nn::Conv2d{1, 16, kSame}, nn::Residual{body, {.activation = relu}}, nn::GlobalAvgPool{}};
    CHECK(seen_by(seen, ends, images(3, 4, 1)).substr(0, 8) == "f32 f32 ");
    nn::Sequential other{nn::Conv2d{1, 16, kSame}, nn::Residual{body, {.activation = gelu}}, probe, nn::Flatten{},
                         nn::Linear{256, 2}};
    CHECK(seen_by(seen, other, images(3, 4, 1)).substr(0, 12) == "f32 f32 f32 ");
}

namespace {

// Logits and gradients.
std::vector<std::vector<float>> results_of(nn::Module& model, const Tensor& x, Precision precision) {
    const PrecisionScope scope(precision);
    manual_seed(5);
    const Tensor y = model(x);
    backward(cross_entropy(y, Tensor::zeros({x.size(0)}, DType::i64)));
    std::vector<std::vector<float>> all{y.to_vector<float>()};
    for (const Tensor& p : model.parameters()) all.push_back(p.grad().to_vector<float>());
    model.zero_grad();
    return all;
}

// |a - b| / |b|
double distance(const std::vector<std::vector<float>>& a, const std::vector<std::vector<float>>& b) {
    double difference = 0, size = 0;
    for (std::size_t k = 0; k < a.size(); ++k)
        for (std::size_t i = 0; i < a[k].size(); ++i)
            difference += std::pow(a[k][i] - b[k][i], 2), size += std::pow(b[k][i], 2);
    return std::sqrt(difference / size);
}

}  // namespace

TEST_CASE("networks of every kind give nearly the logits and gradients of f32, emulated or not") {
    const auto check = [](const char* name, nn::Module& model, const Tensor& x) {
        INFO(name);
        const auto f32 = results_of(model, x, Precision::f32), emulated = results_of(model, x, kEmulated);
        CHECK(distance(emulated, f32) > 0);
        CHECK(distance(emulated, f32) < 0.1);
        if (why_not_bf16().empty()) CHECK(distance(results_of(model, x, Precision::bf16), emulated) < 0.05);
    };
    manual_seed(1);
    nn::Sequential study = nn::study_cnn({.size = 8}), resnet = nn::resnet(20), dense = nn::densenet(10, 12);
    check("study", study, images(16, 8, 1));
    check("resnet", resnet, images(8, 8, 3));
    check("densenet", dense, images(8, 8, 3));
}

TEST_CASE("what a forward pass leaves in memory for the backward is half as large in bf16") {
    nn::Sequential model;
    for (int i = 0; i < 8; ++i) model.add(nn::Conv2d{i == 0 ? 1 : 16, 16, kSame});
    model.add(nn::MaxPool2d{2}).add(nn::Flatten{}).add(nn::Linear{16 * 16 * 16, 2});
    const Tensor x = images(16, 32, 1);
    const auto bytes = [&](Precision precision) {
        const PrecisionScope scope(precision);
        (void)model(x);  // makes the primitives
        release_cached_memory();
        const auto before = static_cast<double>(allocator_stats().system_bytes);
        const Tensor y = model(x);
        release_cached_memory();
        return static_cast<double>(allocator_stats().system_bytes) - before;
    };
    const double f32 = bytes(Precision::f32);
    CHECK(f32 > 7 * 16 * 32 * 32 * 16 * 4);  // the pooling needs no more of the last one than positions
    CHECK(bytes(kEmulated) < 0.55 * f32);
    if (why_not_bf16().empty()) CHECK(bytes(Precision::bf16) < 0.55 * f32);
}

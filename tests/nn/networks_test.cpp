// The networks with a name: their parameter counts and multiply-adds against the papers', initial losses, gradients,
// and what their texts say and refuse.

#include <cyclone/autograd/grad_mode.h>
#include <cyclone/autograd/gradcheck.h>
#include <cyclone/base/random.h>
#include <cyclone/nn/nn.h>
#include <cyclone/ops/ops.h>

#include <cmath>
#include <string>
#include <vector>

#include "support/catch.h"

using namespace cyclone;

namespace {

nn::Sequential parsed(const std::string& text, const Shape& image = {32, 32, 3}, std::int64_t classes = 10) {
    return nn::parse_model(text, image, classes);
}

std::string error_of(const std::string& text, const Shape& image = {32, 32, 3}, std::int64_t classes = 10) {
    try {
        parsed(text, image, classes);
    } catch (const UsageError& error) {
        return error.what();
    }
    return "no error";
}

Tensor images(const Shape& shape, DType dtype = DType::f32) {
    const Random random(11, 5);
    Tensor x = Tensor::empty(shape, DType::f64);
    for (std::int64_t i = 0; i < x.numel(); ++i)
        x.mutable_data<double>()[i] = random.normal(static_cast<std::uint64_t>(i));
    return x.to(dtype);
}

}  // namespace

TEST_CASE("the networks have the parameters and multiply-adds of their papers") {
    struct Known {
        const char* text;
        std::int64_t parameters, multiply_adds;  // 0: the literature has no exact number
        Shape image = {32, 32, 3};
        std::int64_t classes = 10;
    };
    for (const Known& known : std::vector<Known>{
             // arXiv 1512.03385, table 6: 0.27, 0.46, 0.66, 0.85, 1.7 M; exact: akamaster/pytorch_resnet_cifar10
             {"resnet", 269'722, 40'551'040},
             {"resnet:32", 464'154, 68'862'592},
             {"resnet:44", 658'586, 97'174'144},
             {"resnet:56", 853'018, 125'485'696},
             {"resnet:110", 1'727'962, 252'887'680},
             // + 1x1 convolutions 16 -> 32 and 32 -> 64 with batch norm
             {"resnet:20,B", 272'474, 40'551'040 + 16 * 32 * 256 + 32 * 64 * 64},
             {"resnet18", 11'173'962, 555'422'720},  // kuangliu/pytorch-cifar
             // arXiv 1608.06993, table 2: 1.0 M
             {"densenet:40:12", 1'019'722, 264'812'928},
             // arXiv 1704.04861, table 8: 4.2 M with 1,000 classes; 224 pixels whose first layer halves: 569 M
             {"mobilenet-like", 4'231'976, 568'740'352, {112, 112, 3}, 1000},
             // kuangliu/pytorch-cifar without the biases that batch norm makes superfluous
             {"vgg-like", 9'231'114 - 2'752, 0},
             {"study", 225'698, 0, {16, 16, 1}, 2},
         }) {
        INFO(known.text);
        manual_seed(1);
        const nn::Sequential model = parsed(known.text, known.image, known.classes);
        CHECK(model.parameter_count() == known.parameters);
        if (known.multiply_adds > 0) CHECK(nn::multiply_adds(model, known.image) == known.multiply_adds);
    }
}

TEST_CASE("an untrained network gives each class about the same probability") {
    for (const char* text : {"resnet:20", "resnet:56,B", "resnet18:width=0.25", "densenet:22:12", "vgg-like:width=0.25",
                             "mobilenet-like:0.25"}) {
        INFO(text);
        manual_seed(4);
        nn::Sequential model = parsed(text, {16, 16, 3});
        const NoGrad guard;
        const Tensor x = images({16, 16, 16, 3});
        Tensor labels = Tensor::zeros({16}, DType::i64);
        for (std::int64_t i = 0; i < 16; ++i) labels.mutable_data<std::int64_t>()[i] = i % 10;
        const double loss = cross_entropy(model(x), labels).item();
        CHECK(loss == Approx(std::log(10.0)).margin(0.8));
        model.eval();
        CHECK(all_finite(model(x)));
    }
}

TEST_CASE("gradients of small networks agree with central differences") {
    for (const char* text : {"resnet:8,width=0.125", "resnet:8,B,0.125", "densenet:7:2,width=0.125"}) {
        INFO(text);
        manual_seed(6);
        nn::Sequential model = parsed(text, {8, 8, 1}, 3);
        model.to(DType::f64);
        TensorList inputs{images({2, 8, 8, 1}, DType::f64)};
        inputs[0].set_requires_grad();
        for (const Tensor& p : model.parameters()) inputs.push_back(p);
        const GradcheckResult result = gradcheck([&](const TensorList& in) { return model(in[0]); }, inputs);
        INFO(result.message);
        CHECK(result.passed);
    }
}

TEST_CASE("the convolutions of the networks start with variance 2 / inputs and have no bias") {
    manual_seed(8);
    const nn::Sequential model = parsed("resnet:20");
    for (const auto& [name, tensor] : model.named_parameters()) {
        if (tensor.rank() != 4) continue;
        INFO(name);
        double sum = 0, squares = 0;
        for (const float w : tensor.values<float>()) sum += w, squares += w * w;
        const auto n = static_cast<double>(tensor.numel());
        const double expected = 2 / static_cast<double>(tensor.shape().numel_between(1, 4));
        CHECK(sum / n == Approx(0).margin(5 * std::sqrt(expected / n)));
        CHECK(squares / n == Approx(expected).epsilon(7 / std::sqrt(n)));
        CHECK(model.state_dict().find(name.substr(0, name.size() - 6) + "bias") == nullptr);
    }
    for (const float w : model.state_dict().find("6.weight")->values<float>()) CHECK(std::abs(w) <= 0.125F);
}

TEST_CASE("the options of a network reach its layers") {
    const auto text_of = [](const nn::Module& model) {
        std::string text;
        for (const auto& [name, module] : model.named_modules()) text += name + " " + module->describe() + "\n";
        return text;
    };
    const std::string plain = text_of(parsed("resnet:20"));
    CHECK_THAT(plain, Catch::Contains("0 Conv2d(3 -> 16, 3x3, padding 1)\n1 BatchNorm(16, relu)\n") &&
                          Catch::Contains("3.0.body.0 Conv2d(16 -> 32, 3x3, stride 2, padding 1)\n") &&
                          Catch::Contains("3.0.shortcut Subsample(stride 2, 32 channels)\n") &&
                          !Catch::Contains("2.0.shortcut") && Catch::Contains("6 Linear(64 -> 10)\n"));
    const std::string wide = text_of(parsed("resnet:8,shortcut=B,width=1.5,bn-momentum=0.05", {28, 28, 1}));
    CHECK_THAT(wide, Catch::Contains("0 Conv2d(1 -> 24") &&
                         Catch::Contains("3.0.shortcut.0 Conv2d(24 -> 48, 1x1, stride 2)") &&
                         Catch::Contains("BatchNorm(48, momentum 0.05, relu)"));
    CHECK(text_of(parsed("resnet18:A,0.5")).find("Subsample(stride 2, 256 channels)") != std::string::npos);
    CHECK_THAT(text_of(parsed("mobilenet-like:width=0.25")),
               Catch::Contains("3.0 Conv2d(16 -> 16, 3x3, stride 2, padding 1, groups 16)"));
    CHECK_THAT(text_of(parsed("study:2,dropout=0.25", {8, 8, 1})),
               Catch::Contains("Conv2d(1 -> 64") && Catch::Contains("Dropout(0.25)"));
    CHECK(text_of(nn::resnet(20)) == plain);
    CHECK(text_of(nn::densenet(40, 12)) == text_of(parsed("densenet")));
    CHECK(text_of(nn::vgg_like(13, {.width = 0.1})) == text_of(parsed("vgg-like:depth=13,width=0.1")));
}

TEST_CASE("networks take images of many sizes") {
    for (const auto& [text, side] : std::vector<std::pair<const char*, std::int64_t>>{{"resnet:8", 9},
                                                                                      {"resnet18:width=0.1", 28},
                                                                                      {"densenet:7:4", 11},
                                                                                      {"vgg-like:width=0.1", 17},
                                                                                      {"mobilenet-like:0.1", 29}}) {
        INFO(text);
        nn::Sequential model = parsed(text, {side, side + 3, 2}, 4);
        const NoGrad guard;
        CHECK(model(Tensor::ones({2, side, side + 3, 2})).shape() == Shape{2, 4});
        CHECK_THROWS_WITH(model(Tensor::ones({2, side, side, 1})), Catch::Contains("the input has 1 channels"));
    }
}

TEST_CASE("an error in a network says what it needs") {
    struct Mistake {
        const char* text;
        std::vector<const char*> parts;
        Shape image = {32, 32, 3};
    };
    for (const Mistake& mistake : std::vector<Mistake>{
             {"restnet:20", {"unknown name 'restnet'", "did you mean 'resnet'"}},
             {"resnet:21", {"network 'resnet:21'", "depth of 6n + 2 (20, 32, 44, 56, 110), got 21", "usage: resnet"}},
             {"resnet:2", {"6n + 2"}},
             {"resnet:1000000000", {"from 0 to 1048576"}},
             {"resnet:20,C", {"expected A (no weights) or B", "'C'"}},
             {"resnet:20,widht=2", {"unknown name 'widht'", "width"}},
             {"resnet:20,width=0", {"width factor above 0"}},
             {"resnet:20,width=nan", {"width"}},
             {"resnet:20,width=1000", {"expected at most"}},
             {"resnet:998,width=9", {"expected at most 268435456 weights, got about"}},
             {"resnet:20,bn-momentum=2", {"momentum in [0, 1]"}},
             {"resnet:20", {"at least 8 x 8 pixels, got 4 x 32"}, {4, 32, 3}},
             {"vgg-like:12", {"11, 13, 16 or 19, got 12"}},
             {"vgg-like", {"at least 16 x 16"}, {8, 8, 3}},
             {"densenet:41", {"3n + 4 (40, 100), got 41"}},
             {"densenet:40:0", {"growth of at least 1"}},
             {"study", {"square images with a side divisible by 4, got 30 x 32"}, {30, 32, 3}},
             {"study", {"weights: expected at most 268435456"}, {1024, 1024, 1}},
             {"conv:4 resnet:20", {"network 'resnet:20': is a whole network and stands alone", "layer 2"}},
             {"resnet:20 relu", {"stands alone"}},
         }) {
        const std::string error = error_of(mistake.text, mistake.image);
        INFO(mistake.text << " -> " << error);
        for (const char* part : mistake.parts) CHECK_THAT(error, Catch::Contains(part));
    }
    CHECK_THROWS_AS(nn::resnet(20, {.classes = 1}), Error);
    CHECK_THROWS_AS(nn::resnet18({.channels = 0}), Error);
}

TEST_CASE("a network that a program adds is known by name") {
    nn::networks().add({"pixel-mean", "", "the mean of the image", [](Arguments&, const Shape& image, std::int64_t n) {
                            return nn::Sequential{nn::GlobalAvgPool{}, nn::Linear{image[2], n}};
                        }});
    CHECK(parsed("pixel-mean").parameter_count() == 40);
    CHECK_THAT(error_of("pixelmean"), Catch::Contains("did you mean 'pixel-mean'"));
}

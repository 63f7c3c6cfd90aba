// Layers without a batch: norms per sample, larger images, activations.

#include <cyclone/autograd/grad_mode.h>
#include <cyclone/nn/nn.h>
#include <cyclone/ops/ops.h>

#include <vector>

#include "support/catch.h"

using namespace cyclone;

TEST_CASE("norms per sample compute what their ops do, in training and evaluation") {
    const Tensor x = Tensor::from<float>({1, 2, 3, 5, 8, 1, 0, 2}, {1, 1, 2, 4});
    nn::GroupNorm group{2, 4, 1e-3};
    group.scale.copy_from(Tensor::from<float>({1, 2, 3, 4}, {4}));
    nn::LayerNorm layer{4};
    layer.shift.fill(0.5);
    CHECK(group.named_parameters().size() == 2);
    for (const bool training : {true, false}) {
        group.train(training);
        layer.train(training);
        CHECK(group(x).to_vector<float>() == group_norm(x, 2, group.scale, group.shift, 1e-3).to_vector<float>());
        CHECK(layer(x).to_vector<float>() == layer_norm(x, layer.scale, layer.shift).to_vector<float>());
    }
    CHECK(group.separates_rows());
    CHECK(group.describe() == "GroupNorm(2 groups, 4)");
    CHECK(layer.describe() == "LayerNorm(4)");
    CHECK_THROWS_WITH(nn::GroupNorm(3, 4), Catch::Contains("3 groups of 4"));
    CHECK_THROWS_WITH(nn::LayerNorm(0), Catch::Contains("at least one feature"));
    CHECK_THROWS_WITH(nn::LayerNorm(4, 0), Catch::Contains("epsilon > 0"));
}

TEST_CASE("activations and upsampling as layers") {
    const Tensor x = Tensor::from<float>({-1, 2}, {1, 1, 1, 2});
    nn::Activate bent{gelu};
    CHECK(bent(x).to_vector<float>() == gelu(x).to_vector<float>());
    CHECK(bent.describe() == "gelu");
    CHECK(bent.bounded_by().empty());
    CHECK(nn::Activate(relu).bounded_by() == "relu");
    nn::Elu elu_layer{0.5};
    CHECK(elu_layer(x).to_vector<float>() == elu(x, 0.5).to_vector<float>());
    CHECK(elu_layer.describe() == "Elu(0.5)");
    nn::Upsample larger{{1, 2}};
    CHECK(larger(x).to_vector<float>() == std::vector<float>{-1, 2, -1, 2});
    CHECK(larger.describe() == "Upsample(1x2)");
    nn::Upsample smooth{{1, 2}, nn::Interpolation::bilinear};
    CHECK(smooth(x).to_vector<float>() == upsample_bilinear2d(x, {1, 2}).to_vector<float>());
    CHECK(smooth.describe() == "Upsample(1x2, bilinear)");
    CHECK_THROWS_WITH(nn::Activate(Activation()), Catch::Contains("expected an activation"));
    CHECK_THROWS_WITH(nn::Upsample(0), Catch::Contains("factor >= 1"));
}

TEST_CASE("a transposed convolution as a layer") {
    nn::ConvTranspose2d up{4, 6, {.kernel = {3, 2}, .stride = 2, .padding = 1, .output_padding = 1, .groups = 2}};
    CHECK(up.weight.shape() == Shape{4, 3, 2, 3});
    CHECK(up.bias.shape() == Shape{6});
    CHECK(up.describe() == "ConvTranspose2d(4 -> 6, 3x2, stride 2, padding 1, groups 2, output padding 1)");
    const Tensor x = Tensor::ones({2, 5, 4, 4});
    const Tensor y = up(x);
    CHECK(y.shape() == Shape{2, 10, 7, 6});
    CHECK(y.to_vector<float>() ==
          conv_transpose2d(x, up.weight, up.bias, {.stride = 2, .padding = 1, .output_padding = 1, .groups = 2})
              .to_vector<float>());
    CHECK(up.multiply_adds(x, y) == 2 * 5 * 4 * 4 * 3 * 2 * 3);
    CHECK(up.separates_rows());
    CHECK(nn::ConvTranspose2d(1, 1, {.activation = sigmoid}).bounded_by() == "sigmoid");
    nn::ConvTranspose2d twice{2, 3, {.stride = 2, .padding = nn::same, .bias = false}};
    CHECK(twice(Tensor::ones({1, 3, 5, 2})).shape() == Shape{1, 6, 10, 3});
    CHECK(twice.named_parameters().size() == 1);
    CHECK_THROWS_WITH(nn::ConvTranspose2d(0, 1), Catch::Contains("one channel in and out, got 0 and 1"));
    CHECK_THROWS_WITH(nn::ConvTranspose2d(2, 3, {.groups = 2}), Catch::Contains("2 groups for 2 and 3"));
    CHECK_THROWS_WITH(nn::ConvTranspose2d(1, 1, {.stride = 0}), Catch::Contains("stride and dilation >= 1"));
    CHECK_THROWS_WITH(nn::ConvTranspose2d(1, 1, {.output_padding = 1}), Catch::Contains("less than the stride"));
    const nn::Sequential text = nn::parse_model(
        "conv-transpose:6 relu conv-transpose:3,3x4,3x2,1,output-padding=1 upsample:2,bilinear flatten linear:classes",
        {3, 2, 2}, 2);
    CHECK(text[0].describe() == "ConvTranspose2d(2 -> 6, 3x3, stride 2, same)");
    CHECK(text[2].describe() == "ConvTranspose2d(6 -> 3, 3x4, stride 3x2, padding 1, output padding 1)");
    CHECK(text[3].describe() == "Upsample(2, bilinear)");
    CHECK_THROWS_WITH(nn::parse_model("upsample:2,cubic flatten linear:classes", {3, 2, 2}, 2),
                      Catch::Contains("expected nearest or bilinear, got 'cubic'"));
    CHECK_THROWS_WITH(nn::parse_model("conv-transpose:8,3,100000 flatten linear:classes", {3, 2, 2}, 2),
                      Catch::Contains("stride"));
}

TEST_CASE("layers without a batch have names in model texts") {
    nn::Sequential model = nn::parse_model(
        "conv:4 group-norm:2 gelu pool upsample:2x1 silu flatten linear:6 layer-norm hardswish elu:0.7 softplus "
        "linear:classes",
        {4, 4, 1}, 2);
    std::string text;
    for (std::size_t i = 0; i < model.size(); ++i) text += model[i].describe() + "; ";
    CHECK(text ==
          "Conv2d(1 -> 4, 3x3, same); GroupNorm(2 groups, 4); gelu; MaxPool2d(2); Upsample(2x1); silu; Flatten; "
          "Linear(32 -> 6); LayerNorm(6); hardswish; Elu(0.7); softplus; Linear(6 -> 2); ");
    const auto error_of = [](const char* wrong) -> std::string {
        try {
            nn::parse_model(wrong, {4, 4, 3}, 2);
        } catch (const UsageError& error) {
            return error.what();
        }
        return "";
    };
    CHECK_THAT(error_of("group-norm:2"), Catch::Contains("2 groups of 3"));
    nn::LayerContext large({1, 4096, 4096, 3}, 2, false);
    CHECK_THROWS_WITH(nn::layers().parse("upsample:64", large), Catch::Contains("outputs: expected at most"));
    CHECK_THAT(error_of("flatten upsample"), Catch::Contains("expected images"));
}

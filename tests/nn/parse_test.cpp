// Models by text and the layers with a name.

#include <cyclone/autograd/grad_mode.h>
#include <cyclone/base/random.h>
#include <cyclone/nn/layers.h>
#include <cyclone/nn/models.h>
#include <cyclone/nn/parse.h>
#include <cyclone/ops/arithmetic.h>
#include <cyclone/ops/shape.h>

#include <algorithm>

#include "support/catch.h"

using namespace cyclone;

namespace {

std::string error_of(const std::string& text, const Shape& input = {8, 8, 1}, std::int64_t classes = 2) {
    try {
        nn::parse_model(text, input, classes);
    } catch (const UsageError& error) {
        return error.what();
    }
    return "";
}

std::string described(nn::Sequential model) {
    std::string text;
    for (std::size_t i = 0; i < model.size(); ++i) text += (i ? " " : "") + model[i].describe();
    return text;
}

}  // namespace

TEST_CASE("a model of a text has the layers that were named") {
    CHECK(described(nn::parse_model("conv:32,5 relu pool:2\n flatten dropout:0.5 linear:128 relu linear:classes",
                                    {28, 28, 1}, 10)) ==
          "Conv2d(1 -> 32, 5x5, same, relu) MaxPool2d(2) Flatten Dropout(0.5) Linear(6272 -> 128, relu) "
          "Linear(128 -> 10)");
    CHECK(described(nn::parse_model("conv:6,kernel=3x5,stride=2,padding=valid,groups=3 batch_norm relu avg-pool:2,1 "
                                    "leaky-relu:0.2 global-max-pool tanh linear:units=2,bias=0",
                                    {12, 12, 3}, 2)) ==
          "Conv2d(3 -> 6, 3x5, stride 2, groups 3) BatchNorm(6, relu) AvgPool2d(2, stride 1) LeakyRelu(0.2) "
          "GlobalMaxPool Tanh Linear(6 -> 2)");
}

TEST_CASE("a model of a text computes what the same layers by hand do") {
    manual_seed(3);
    nn::Sequential parsed = nn::parse_model("conv:4 relu pool flatten linear:classes", {8, 8, 2}, 3);
    manual_seed(3);
    nn::Sequential by_hand{nn::Conv2d{2, 4, {.kernel = 3, .padding = nn::same, .activation = relu}}, nn::MaxPool2d{2},
                           nn::Flatten{}, nn::Linear{4 * 4 * 4, 3}};
    CHECK(parsed.is_training());
    const NoGrad guard;
    const Tensor x = Tensor::ones({2, 8, 8, 2});
    const Tensor of_parsed = parsed(x), of_hand = by_hand(x);
    const auto a = of_parsed.values<float>(), b = of_hand.values<float>();
    REQUIRE(a.size() == 6);
    CHECK(std::equal(a.begin(), a.end(), b.begin()));
}

TEST_CASE("a model of a text takes initializers by name") {
    const auto weight_of = [](const std::string& text) {
        manual_seed(5);
        return nn::parse_model(text, {8, 8, 1}, 2).state_dict()[0].tensor.to_vector<float>();
    };
    const std::vector<float> named = weight_of("conv:4,init=he-normal flatten linear:classes");
    manual_seed(5);
    CHECK(named == nn::Conv2d(1, 4, {.init = nn::init::he_normal}).weight.to_vector<float>());
    CHECK(named != weight_of("conv:4 flatten linear:classes"));
    CHECK(weight_of("flatten linear:classes,init=zeros") == std::vector<float>(128, 0));
}

TEST_CASE("study is the network of the study") {
    CHECK(described(nn::parse_model("study", {16, 16, 1}, 2)) == described(nn::study_cnn()));
    CHECK_THAT(error_of("study", {16, 18, 1}),
               Catch::Contains("square images with a side divisible by 4, got 16 x 18"));
}

TEST_CASE("layers with branches have them in parentheses") {
    const auto text_of = [](const std::string& text, const Shape& input = {8, 8, 4}) {
        nn::Sequential model = nn::parse_model(text, input, 2);
        std::string out;
        for (const auto& [name, module] : model.named_modules())
            if (!name.empty()) out += name + " " + module->describe() + "; ";
        return out;
    };
    const std::string end = " global-avg-pool linear:classes";
    CHECK(text_of("residual( conv:4 batch-norm relu ) relu" + end) ==
          "0 Residual(relu); 0.body Sequential; 0.body.0 Conv2d(4 -> 4, 3x3, same); 0.body.1 BatchNorm(4, relu); "
          "1 GlobalAvgPool; 2 Linear(4 -> 2); ");
    const std::string strided = "residual( conv:6,3,2,1 | conv:6,1,2 )";
    CHECK(text_of(strided + end) ==
          "0 Residual; 0.body Sequential; 0.body.0 Conv2d(4 -> 6, 3x3, stride 2, padding 1); 0.shortcut Sequential; "
          "0.shortcut.0 Conv2d(4 -> 6, 1x1, stride 2, same); 1 GlobalAvgPool; 2 Linear(6 -> 2); ");
    CHECK(text_of("residual(conv:6,3,2,1|conv:6,1,2)" + end) == text_of(strided + end));  // spaces are free
    CHECK(text_of("residual\n( conv:6,3,2 | subsample:2,6 ) " + end).find("Subsample(stride 2, 6 channels)") !=
          std::string::npos);
    CHECK(text_of("residual( conv:4 | )" + end) == text_of("residual( conv:4 )" + end));
    CHECK(text_of("concat( conv:3 )" + end) == text_of("concat( | conv:3 )" + end));
    CHECK(text_of("concat( conv:3 )" + end).ends_with("2 Linear(7 -> 2); "));
    CHECK(text_of("concat( conv:3,1 | conv:2 relu conv:5 | pool:3,1,same conv:1 )" + end)
              .ends_with("2 Linear(9 -> 2); "));
    CHECK(text_of("concat( residual( concat( conv:4 ) | conv:8,1 ) relu | avg-pool:3,1,same )" + end)
              .find("0.0.0.body.0.1.0 Conv2d(4 -> 4, 3x3, same)") != std::string::npos);
}

TEST_CASE("a residual of a text computes what the same layers by hand do") {
    manual_seed(9);
    nn::Sequential parsed =
        nn::parse_model("conv:4 residual( conv:4 relu conv:4 ) relu flatten linear:classes", {4, 4, 1}, 2);
    manual_seed(9);
    const nn::Conv2dOptions usual{.padding = nn::same}, bent{.padding = nn::same, .activation = relu};
    nn::Conv2d first{1, 4, usual}, second{4, 4, bent}, third{4, 4, usual};
    nn::Linear last{64, 2};
    const NoGrad guard;
    const Tensor x = Tensor::from(std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8, 8, 7, 6, 5, 4, 3, 2, 1}, {1, 4, 4, 1});
    const Tensor before = first(x);
    CHECK(parsed(x).to_vector<float>() == last(flatten(relu(third(second(before)) + before))).to_vector<float>());
}

TEST_CASE("an error in a model names the layer and its input") {
    struct Mistake {
        const char* text;
        std::vector<const char*> parts;
    };
    for (const Mistake& mistake : std::vector<Mistake>{
             {"conv:4 linear:classes",
              {"layer 'linear:classes'", "flatten", "this is layer 2, its input is 8 x 8 x 4"}},
             {"conv:4 relu flatten conv:4", {"layer 'conv:4'", "expected images", "layer 4, its input is 256"}},
             {"cnov:4", {"unknown name 'cnov'", "did you mean 'conv'", "layer 1"}},
             {"conv", {"channels", "usage: conv:CHANNELS"}},
             {"conv:", {"channels: expected a number, got ''"}},
             {"conv:4,", {"kernel: expected a number, got ''"}},
             {"conv:four", {"expected a number", "'four'"}},
             {"conv:2.5", {"expected a whole number"}},
             {"conv:0", {"at least one channel"}},
             {"conv:4,kernal=3", {"unknown name 'kernal'", "kernel"}},
             {"conv:channels=4,channels=5", {"channels: is given twice"}},
             {"conv:4,kernel=3,1", {"expected arguments without a name, such as '1', before those with a name"}},
             {"conv:4,3,1,same,1,1,1,zeros,9", {"'9' is one too many"}},
             {"conv:4,init=he_norm", {"initializer", "did you mean 'he-normal'"}},
             {"conv:4,99,1,valid", {"layer 'conv:4,99,1,valid': conv2d", "layer 1"}},
             {"relu:2", {"layer 'relu:2'", "'2' is one too many"}},
             {"pool:0", {"kernel"}},
             {"dropout:1", {"rate in [0, 1)"}},
             {"conv:4,groups=3", {"groups"}},
             {"conv:268435457", {"layer 1"}},
             {"conv:260000000,5", {"weights: expected at most"}},
             {"conv:100000,1,1,1000", {"outputs: expected at most"}},
             {"flatten linear:3", {"one number for each of 2 classes", "got 3", "linear:classes"}},
             {"", {"got 8 x 8 x 1"}},
             {"residual", {"expected layers in parentheses", "usage: residual( BODY [| SHORTCUT] )", "layer 1"}},
             {"concat:3( conv:2 )", {"'3' is one too many"}},
             {"relu( conv:2 )", {"layer 'relu': takes no layers in parentheses", "layer 1"}},
             {"conv:4 relu residual( conv:4 conv:4,7,1,valid conv:9,9,1,valid )",
              {"'conv:9,9,1,valid'", "this is layer 3 of branch 1 of layer 3, its input is 2 x 2 x 4"}},
             {"residual( conv:2 )", {"(1, 8, 8, 2) and (1, 8, 8, 1) (the input itself)", "layer 1"}},
             {"residual( conv:2 | conv:2 | conv:2 )", {"a body and at most one shortcut, got 3"}},
             {"concat( conv:2 | conv:2,3,2 )", {"part 1 has (1, 4, 4, 2)"}},
             {"concat( conv:2 | residual( cnov ) )",
              {"did you mean 'conv'", "layer 1 of branch 1 of layer 1 of branch 2"}},
             {"residual( conv:1", {"expected ')' for the '(' behind 'residual'", "this is layer 1"}},
             {"conv:4 relu residual( concat( relu )",
              {"expected ')' for the '(' behind 'residual'", "this is layer 3"}},
             {"conv:4 ) relu", {"')' stands outside parentheses, as word 2"}},
             {"conv:4 | relu", {"'|' stands outside parentheses, as word 2"}},
             {"( conv:4 )", {"expected the name of a layer before it"}},
             {"concat( ( conv:4 ) )", {"expected the name of a layer before it", "branch 1 of layer 1"}},
         }) {
        const std::string error = error_of(mistake.text);
        INFO(mistake.text << " -> " << error);
        for (const char* part : mistake.parts) CHECK_THAT(error, Catch::Contains(part));
    }
    CHECK_THAT(error_of(std::string(10'001, ' ')), Catch::Contains("at most 10000 characters"));
}

TEST_CASE("a hostile model ends in an error before it takes much memory") {
    const auto repeated = [](int count, const std::string& text) {
        std::string all;
        for (int i = 0; i < count; ++i) all += text;
        return all;
    };
    CHECK_THAT(error_of(repeated(1'000, "concat( ")), Catch::Contains("in at most 16 parentheses"));
    CHECK_THAT(error_of(repeated(1'000, "residual(") + repeated(1'000, ")")), Catch::Contains("at most 16"));
    std::vector<nn::Branch> wide(2);
    wide[0].output = wide[1].output = Shape{1, 1 << 13, 1 << 13, 3};
    nn::LayerContext context({1, 1 << 13, 1 << 13, 1}, 2, false, &wide);
    CHECK_THROWS_WITH(nn::layers().parse("concat", context), Catch::Contains("outputs: expected at most 268435456"));
    CHECK_THAT(error_of("flatten linear:65536,init=zeros linear:4096"),
               Catch::Contains("weights: expected at most 268435456 in a model") && Catch::Contains("layer 3"));
    // Padding enlarges a pooling's output; groups make a convolution's weights fewer.
    CHECK_THAT(error_of("conv:1024,1 pool:1024,1,1023 flatten linear:classes"),
               Catch::Contains("outputs: expected at most 268435456"));
    CHECK(error_of("conv:6000,1 conv:6000,3,groups=6000 global-avg-pool linear:classes").empty());
    CHECK_THAT(error_of(repeated(5'000, ")")), Catch::Contains("outside parentheses"));
    CHECK_THAT(error_of(repeated(3'000, "|( ")), Catch::Contains("outside parentheses"));
    CHECK(error_of("residual( " + repeated(500, "relu ") + ") flatten linear:classes").empty());
}

namespace {

/// A layer of a user with an argument and an activation of its own.
struct Scale : nn::Module {
    Scale(double start, Activation activation) : activation_(activation) { factor.fill(start); }
    Tensor factor = nn::parameter(Tensor::ones({1}));
    Tensor forward(const Tensor& x) override { return activation_(x * factor); }
    void visit(nn::Visitor& v) override { v.parameter("factor", factor); }

private:
    Activation activation_;
};

}  // namespace

TEST_CASE("a layer that a program adds is known in every model text") {
    nn::layers().add(
        {"scale", "[:FACTOR]", "x times a trained factor (1)", [](Arguments& a, nn::LayerContext& context) {
             return Scale(a.number_or("factor", 1), context.take_activation());
         }});
    nn::Sequential model = nn::parse_model("scale:3 relu flatten linear:classes scale:factor=0.5", {2, 2, 1}, 2);
    CHECK(described(model) == "Scale Flatten Linear(4 -> 2) Scale");
    CHECK(model.state_dict().find("0.factor")->item() == 3);
    CHECK(model.state_dict().find("3.factor")->item() == 0.5);
    CHECK(model[0](Tensor::full({1}, -1)).item() == 0);
    CHECK_THAT(error_of("scale:x"), Catch::Contains("usage: scale[:FACTOR]"));
    CHECK_THAT(error_of("scal"), Catch::Contains("did you mean 'scale'"));
    CHECK(nn::layers().names().back().description == "x times a trained factor (1)");
}

TEST_CASE("unnamed arguments of batch-norm stand in the order of its help") {
    const nn::Sequential model = nn::parse_model("conv:4 batch-norm:0.2,16 flatten linear:classes", {8, 8, 1}, 2);
    const auto& options = dynamic_cast<const nn::BatchNorm&>(model[1]).options();
    CHECK(options.momentum == 0.2);
    CHECK(options.ghost == 16);
    CHECK(options.epsilon == nn::BatchNormOptions{}.epsilon);
}

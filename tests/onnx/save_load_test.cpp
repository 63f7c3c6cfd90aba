// Networks go out as ONNX and come back.

#include <cyclone/autograd/backward.h>
#include <cyclone/nn/nn.h>
#include <cyclone/onnx/onnx.h>
#include <cyclone/ops/ops.h>

#include <algorithm>
#include <map>
#include <set>

#include "onnx/model.h"
#include "support/catch.h"
#include "support/shared_files.h"

#include "onnx/networks.h"

using namespace cyclone;
using test::answer;
using test::largest_difference;
using test::nchw;

namespace {

std::string error_of(const nn::Module& network, const Shape& image, const onnx::SaveOptions& options = {}) {
    try {
        onnx::to_bytes(network, image, options);
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("every network and layer goes out as ONNX and comes back as layers with the same answers") {
    for (const test::NamedNetwork& named : test::all_networks()) {
        INFO(named.text);
        nn::Sequential network = test::made(named);
        const Tensor x = test::images_for(named, 3), y = answer(network, x);
        const std::string bytes = onnx::to_bytes(network, named.image);
        onnx::Loaded loaded = onnx::parse(bytes, "file.onnx");
        for (const std::string& line : loaded.report) UNSCOPED_INFO(line);
        CHECK(loaded.has_layers);
        CHECK(loaded.image == named.image);
        CHECK(loaded.network.parameter_count() == network.parameter_count());
        CHECK(largest_difference(answer(loaded.network, x), y) <= 1e-6);
        CHECK(!loaded.gives_probabilities);

        // The same file as a graph that runs node by node, on images as the file declares them.
        onnx::Loaded graph = onnx::parse(bytes, "file.onnx", {.as_declared = true});
        CHECK(!graph.has_layers);
        CHECK(largest_difference(answer(graph.network, nchw(x)), y) <= 2e-6);
    }
}

TEST_CASE("every name of a layer and of a network is among those that go out") {
    std::string texts;
    for (const test::NamedNetwork& named : test::all_networks()) texts += " " + named.text;
    for (const auto& items : {nn::layers().names(), nn::networks().names()})
        for (const NamedItem& item : items) {
            INFO(item.name);
            CHECK(texts.find(" " + item.name) != std::string::npos);
        }
}

TEST_CASE("standardisation, pixels and softmax stand in the file, and are found again") {
    const test::NamedNetwork named{"conv:4 relu pool flatten linear:classes", {6, 4, 3}, 4};
    nn::Sequential network = test::made(named);
    const std::vector<double> mean{100.5, 3, -7}, scale{20, 0.5, 3};
    Tensor pixels = Tensor::empty({2, 6, 4, 3}, DType::u8), standardised = Tensor::empty({2, 6, 4, 3});
    for (std::int64_t i = 0; i < pixels.numel(); ++i) {
        const auto v = static_cast<std::uint8_t>(i * 37 % 256);
        pixels.mutable_data<std::uint8_t>()[i] = v;
        standardised.mutable_data<float>()[i] =
            static_cast<float>((v - mean[static_cast<std::size_t>(i % 3)]) / scale[static_cast<std::size_t>(i % 3)]);
    }
    const Tensor logits = answer(network, standardised);
    for (const auto axes : {onnx::ImageAxes::nhwc, onnx::ImageAxes::nchw})
        for (const DType type : {DType::u8, DType::u16, DType::f32}) {
            const onnx::SaveOptions options{.axes = axes,
                                            .pixels = type,
                                            .mean = mean,
                                            .scale = scale,
                                            .softmax = true,
                                            .metadata = {{"cyclone.classes", "[\"a\"]"}}};
            const std::string bytes = onnx::to_bytes(network, named.image, options);
            onnx::Loaded loaded = onnx::parse(bytes, "f");
            CHECK(loaded.has_layers);
            CHECK(loaded.pixels == type);
            CHECK(loaded.metadata == options.metadata);
            CHECK(loaded.gives_probabilities);
            REQUIRE(loaded.mean.size() == 3);
            for (std::size_t c = 0; c < 3; ++c) {
                CHECK(loaded.mean[c] == Approx(mean[c]));
                CHECK(loaded.scale[c] == Approx(scale[c]));
            }
            CHECK(largest_difference(answer(loaded.network, standardised), logits) <= 1e-5);
            const Tensor declared = axes == onnx::ImageAxes::nhwc ? pixels : nchw(pixels);
            onnx::Loaded graph = onnx::parse(bytes, "f", {.as_declared = true});
            CHECK(largest_difference(answer(graph.network, declared.to(type)), softmax(logits)) <= 1e-5);
        }
}

TEST_CASE("a network that came back trains on, as layers and as a graph") {
    const test::NamedNetwork named{"conv:4 batch-norm relu residual( conv:4 ) global-avg-pool linear:classes",
                                   {6, 6, 2}};
    nn::Sequential network = test::made(named);
    const std::string bytes = onnx::to_bytes(network, named.image);
    const Tensor x = test::images_for(named, 6), labels = Tensor::from<std::int64_t>({0, 1, 2, 0, 1, 2}, {6});
    for (const bool as_graph : {false, true}) {
        INFO("as a graph: " << as_graph);
        onnx::Loaded loaded = onnx::parse(bytes, "f", {.as_declared = as_graph});
        nn::Sequential& again = loaded.network;
        const Tensor in = as_graph ? nchw(x) : x;
        network.train(), again.train();
        const auto gradients = [&](nn::Sequential& net, const Tensor& images) {
            net.zero_grad();
            backward(cross_entropy(net(images), labels));
            std::vector<double> sums;  // of squares: the order of the elements differs
            for (const Tensor& p : net.parameters()) {
                REQUIRE(p.grad().defined());
                sums.push_back(sum(p.grad() * p.grad()).item());
            }
            std::sort(sums.begin(), sums.end());
            return sums;
        };
        const nn::Sequential before = nn::clone(network);
        const auto expected = gradients(network, x), got = gradients(again, in);
        REQUIRE(got.size() == expected.size());
        for (std::size_t i = 0; i < got.size(); ++i) CHECK(got[i] == Approx(expected[i]).epsilon(1e-3).margin(1e-6));
        std::vector<double> means, means_again;  // the running values moved alike
        for (const auto& [name, t] : network.named_buffers()) means.push_back(sum(t).item());
        for (const auto& [name, t] : again.named_buffers()) means_again.push_back(sum(t).item());
        REQUIRE(means.size() == means_again.size());
        CHECK(means != std::vector<double>(means.size(), 0));
        std::sort(means.begin(), means.end()), std::sort(means_again.begin(), means_again.end());
        for (std::size_t i = 0; i < means.size(); ++i) CHECK(means[i] == Approx(means_again[i]).margin(1e-4));
        before.state_dict().copy_into(network.state_dict());
    }
}

TEST_CASE("what has no form in ONNX is refused by name") {
    struct Own : nn::Module {
        Tensor forward(const Tensor& x) override { return x; }
    };
    const nn::Sequential lambda{nn::Flatten{}, nn::Lambda{[](const Tensor& x) { return x; }, "twice"}};
    CHECK_THAT(error_of(lambda, {2, 2, 1}), Catch::Contains("layer '1', twice: has no form in ONNX"));
    CHECK_THAT(error_of(nn::Sequential{nn::Residual{nn::Sequential{Own{}}}}, {2, 2, 1}),
               Catch::Contains("layer '0.body.0', Own: has no form in ONNX"));
    const auto twice = [](const Tensor& x) { return x * 2; };
    const nn::Sequential own{nn::Linear{4, 2, {.activation = Activation(twice)}}};
    CHECK_THAT(error_of(own, {4}), Catch::Contains("its activation has no form in ONNX"));
    CHECK_THAT(error_of(nn::Sequential{nn::AvgPool2d{{.kernel = 2, .dilation = 2}}}, {8, 8, 1}),
               Catch::Contains("average with dilation"));
    CHECK_THAT(error_of(nn::Sequential{nn::Conv2d{2, 3}}, {8, 8, 1}), Catch::Contains("expected 2 channels"));
    CHECK_THAT(error_of(nn::Sequential{nn::Conv2d{1, 3, {.kernel = 4, .stride = 2}}}, {3, 3, 1}),
               Catch::Contains("does not fit into images"));
    CHECK_THAT(error_of(nn::Sequential{nn::Linear{3, 3}}, {8, 8, 1}), Catch::Contains("expected 3 features"));
    CHECK_THAT(error_of(nn::Sequential{}, {8, 8}), Catch::Contains("expected the shape of an image"));
    CHECK_THAT(error_of(nn::Sequential{}, {2, 2, 1}, {.mean = {1, 2}, .scale = {1, 1}}),
               Catch::Contains("each of 1 channels"));
    CHECK_THAT(error_of(nn::Sequential{}, {2, 2, 1}, {.mean = {1}, .scale = {0}}), Catch::Contains("scale > 0"));
}

TEST_CASE("the file has the names, versions and open batch that others expect") {
    const test::NamedNetwork named{"conv:4 relu flatten linear:classes", {6, 4, 3}};
    const onnx::Model model = onnx::read_model(onnx::to_bytes(test::made(named), named.image), "f");
    CHECK((model.ir_version == 8 && model.opset == 17 && model.producer == "Cyclone"));
    REQUIRE((model.inputs.size() == 1 && model.outputs.size() == 1));
    CHECK((model.inputs[0].name == "images" && model.inputs[0].sizes == std::vector<std::int64_t>{-1, 3, 6, 4}));
    CHECK((model.outputs[0].name == "logits" && model.outputs[0].sizes == std::vector<std::int64_t>{-1, 3}));
    std::map<std::string, Shape> weights;
    for (const auto& t : model.initializers) weights[t.name] = t.tensor.shape();
    CHECK(weights.at("0.weight") == Shape{4, 3, 3, 3});
    CHECK(weights.at("2.weight") == Shape{3, 96});
}

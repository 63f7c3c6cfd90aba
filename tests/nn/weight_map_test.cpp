// Weights of other frameworks find their places, and go back to the same bits.

#include <cyclone/autograd/grad_mode.h>
#include <cyclone/nn/nn.h>
#include <cyclone/nn/weight_map.h>
#include <cyclone/ops/shape.h>

#include <algorithm>
#include <cstring>

#include "onnx/networks.h"
#include "support/catch.h"

using namespace cyclone;
using nn::WeightOrder;

namespace {

bool same_bits(const Tensor& a, const Tensor& b) {
    return a.shape() == b.shape() &&
           std::memcmp(a.bytes(), b.bytes(), static_cast<std::size_t>(a.numel()) * size_of(a.dtype())) == 0;
}

nn::Sequential network(const std::string& text, const Shape& image, std::uint64_t seed) {
    manual_seed(seed);
    return test::with_noise(nn::parse_model(text, image, 3));
}

/// The tensors in another order of their names and under others: "layer2.conv.weight".
StateDict renamed(const StateDict& state) {
    std::vector<NamedTensor> tensors(state.begin(), state.end());
    std::string last;
    int layer = 0;
    for (NamedTensor& t : tensors) {
        const std::size_t dot = t.name.rfind('.');
        const std::string path = t.name.substr(0, dot);
        if (path != last) ++layer;
        last = path;
        t.name = "net.layer" + std::to_string(layer) + t.name.substr(dot);
    }
    std::sort(tensors.begin(), tensors.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    StateDict out;
    for (const NamedTensor& t : tensors) out.add(t.name, t.tensor);
    return out;
}

std::string error_of(const nn::Module& model, const StateDict& tensors, WeightOrder order) {
    try {
        nn::map_weights(model, tensors, order);
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("weights go out in each order and come back to the same bits, by name and by order and shape") {
    for (const char* text : {"study", "resnet:20", "densenet:10:3", "mobilenet-like:0.1",
                             "conv:4,3x5 group-norm:2 flatten layer-norm linear:7 batch-norm linear:classes"})
        for (const WeightOrder order : {WeightOrder::cyclone, WeightOrder::pytorch, WeightOrder::keras}) {
            INFO(text << " in the order of " << nn::name_of(order));
            const Shape image{16, 16, 3};
            const nn::Sequential model = network(text, image, 1), other = network(text, image, 2);
            const StateDict own = model.state_dict(), out = nn::export_weights(model, order);
            for (const bool by_name : {true, false}) {
                const nn::MappedWeights mapped = nn::map_weights(other, by_name ? out : renamed(out), order);
                CHECK(mapped.by_name == by_name);
                CHECK(mapped.tensors.size() == own.size());
                CHECK(mapped.not_used.empty());
                for (const NamedTensor& t : own) CHECK(same_bits(*mapped.state.find(t.name), t.tensor));
            }
        }
}

TEST_CASE(
    "PyTorch's order is (out, in, kh, kw), and (C, H, W) behind flatten; Keras's (kh, kw, in, out) and (in, out)") {
    const nn::Sequential model = network("conv:2,2x3 flatten linear:classes", {4, 3, 2}, 3);
    const StateDict own = model.state_dict();
    const StateDict torch = nn::export_weights(model, WeightOrder::pytorch),
                    keras = nn::export_weights(model, WeightOrder::keras);
    const auto at = [](const Tensor& t, std::vector<std::int64_t> place) {
        std::int64_t index = 0;
        for (int axis = 0; axis < t.rank(); ++axis)
            index = index * t.size(axis) + place[static_cast<std::size_t>(axis)];
        return t.data<float>()[index];
    };
    const Tensor &kernel = *own.find("0.weight"), &matrix = *own.find("2.weight");
    CHECK(torch.find("0.weight")->shape() == Shape{2, 2, 2, 3});
    CHECK(at(*torch.find("0.weight"), {1, 0, 1, 2}) == at(kernel, {1, 1, 2, 0}));
    CHECK(at(*keras.find("0.weight"), {1, 2, 0, 1}) == at(kernel, {1, 1, 2, 0}));
    const std::int64_t h = 2, w = 1, c = 1;  // images of (4, 3, 2)
    CHECK(at(*torch.find("2.weight"), {2, (c * 4 + h) * 3 + w}) == at(matrix, {2, (h * 3 + w) * 2 + c}));
    CHECK(at(*keras.find("2.weight"), {(h * 3 + w) * 2 + c, 2}) == at(matrix, {2, (h * 3 + w) * 2 + c}));
}

TEST_CASE("names of layers are in natural order, and counters are left out") {
    const nn::Sequential model =
        network("conv:3 batch-norm relu conv:3 batch-norm relu conv:3 global-avg-pool linear:classes", {8, 8, 3}, 4);
    const StateDict torch = nn::export_weights(model, WeightOrder::pytorch);
    const auto take = [&](const char* name) { return *torch.find(name); };
    const StateDict file{{"bn1.bias", take("1.bias")},
                         {"bn1.num_batches_tracked", Tensor::from<std::int64_t>({7}, {})},
                         {"bn1.running_mean", take("1.running_mean")},
                         {"bn1.running_var", take("1.running_var")},
                         {"bn1.weight", take("1.weight")},
                         {"bn2.bias", take("3.bias")},
                         {"bn2.running_mean", take("3.running_mean")},
                         {"bn2.running_var", take("3.running_var")},
                         {"bn2.weight", take("3.weight")},
                         {"conv10.bias", take("4.bias")},
                         {"conv10.weight", take("4.weight")},
                         {"conv2.bias", take("0.bias")},
                         {"conv2.weight", take("0.weight")},
                         {"conv9.bias", take("2.bias")},
                         {"conv9.weight", take("2.weight")},
                         {"fc.bias", take("6.bias")},
                         {"fc.weight", take("6.weight")}};
    const nn::MappedWeights mapped = nn::map_weights(model, file, WeightOrder::pytorch);
    for (const NamedTensor& t : model.state_dict()) CHECK(same_bits(*mapped.state.find(t.name), t.tensor));
    CHECK(mapped.not_used == std::vector<std::string>{"bn1.num_batches_tracked"});
    CHECK(mapped.tensors[0].from == "conv2.weight");
    CHECK(mapped.tensors[0].stored == Shape{3, 3, 3, 3});

    // And back under the names of that file, the counter as it was.
    const StateDict again = nn::export_weights(model, WeightOrder::pytorch, &file);
    REQUIRE(again.size() == file.size());
    for (const NamedTensor& t : file) CHECK(same_bits(*again.find(t.name), t.tensor));
}

TEST_CASE("Keras's variables by number, arrays without names and kernels per channel find their places") {
    const nn::Sequential model =
        network("conv:4,bias=0 batch-norm relu conv:8,3,groups=4 flatten linear:classes", {4, 4, 3}, 5);
    const StateDict keras = nn::export_weights(model, WeightOrder::keras), own = model.state_dict();
    const auto take = [&](const char* name) { return *keras.find(name); };
    // A depthwise kernel is (height, width, in, out / in) there.
    const Tensor depthwise = take("2.weight").viewed({3, 3, 4, 2});
    const StateDict file{{"layers/batch_normalization/vars/0", take("1.weight")},
                         {"layers/batch_normalization/vars/1", take("1.bias")},
                         {"layers/batch_normalization/vars/2", take("1.running_mean")},
                         {"layers/batch_normalization/vars/3", take("1.running_var")},
                         {"layers/conv2d/vars/0", take("0.weight")},
                         {"layers/depthwise_conv2d/vars/0", depthwise},
                         {"layers/depthwise_conv2d/vars/1", take("2.bias")},
                         {"layers/dense/vars/0", take("4.weight")},
                         {"layers/dense/vars/1", take("4.bias")},
                         {"layers/dropout/seed_generator/vars/0", Tensor::from<std::int64_t>({1, 2}, {2})}};
    const nn::MappedWeights mapped = nn::map_weights(model, file, WeightOrder::keras);
    for (const NamedTensor& t : own) CHECK(same_bits(*mapped.state.find(t.name), t.tensor));
    StateDict arrays;
    for (const NamedTensor& t : keras) arrays.add("arr_" + std::to_string(arrays.size()), t.tensor);
    const nn::MappedWeights positional = nn::map_weights(model, arrays, WeightOrder::keras);
    for (const NamedTensor& t : own) CHECK(same_bits(*positional.state.find(t.name), t.tensor));
}

TEST_CASE("weights that do not fit are errors that name both tensors and both shapes") {
    const nn::Sequential model = network("conv:4 flatten linear:classes", {4, 4, 2}, 6);
    const auto file = [](const Shape& kernel, const Shape& matrix) {
        return StateDict{{"a.weight", Tensor::ones(kernel)},
                         {"a.bias", Tensor::ones({kernel[0]})},
                         {"b.weight", Tensor::ones(matrix)},
                         {"b.bias", Tensor::ones({matrix[0]})}};
    };
    CHECK(error_of(model, file({4, 2, 3, 3}, {3, 64}), WeightOrder::pytorch).empty());
    CHECK_THAT(error_of(model, file({4, 2, 5, 5}, {3, 64}), WeightOrder::pytorch),
               Catch::Contains("0.weight (4, 3, 3, 2), (4, 2, 3, 3) in the order of pytorch") &&
                   Catch::Contains("a.weight has (4, 2, 5, 5)"));
    CHECK_THAT(error_of(model, file({4, 2, 3, 3}, {3, 60}), WeightOrder::pytorch),
               Catch::Contains("2.weight (3, 64)") && Catch::Contains("b.weight has (3, 60)"));
    StateDict more = file({4, 2, 3, 3}, {3, 64});
    more.add("c.weight", Tensor::ones({2, 2}));
    CHECK_THAT(error_of(model, more, WeightOrder::pytorch),
               Catch::Contains("has no layer for 1 tensors of the file: c.weight (2, 2)"));
    CHECK_THAT(error_of(model, {{"a.weight", Tensor::ones({4, 2, 3, 3})}, {"b.weight", Tensor::ones({3, 64})}},
                        WeightOrder::pytorch),
               Catch::Contains("0.bias (4): a has no such tensor"));
    CHECK_THAT(error_of(model, {{"a.weight", Tensor::ones({4, 2, 3, 3})}, {"a.bias", Tensor::ones({4})}},
                        WeightOrder::pytorch),
               Catch::Contains("2.weight: the file has no further dense layer"));
    CHECK_THAT(error_of(model, {{"arr_0", Tensor::ones({4})}}, WeightOrder::keras), Catch::Contains("only 1 arrays"));
    using Orders = std::vector<WeightOrder>;
    CHECK(nn::possible_orders(model, file({4, 2, 3, 3}, {3, 64})) == Orders{WeightOrder::pytorch});
    const nn::Sequential square = network("conv:3 global-avg-pool linear:classes", {4, 4, 3}, 7);
    CHECK(nn::possible_orders(square, square.state_dict()) ==
          Orders{WeightOrder::cyclone, WeightOrder::pytorch, WeightOrder::keras});
}

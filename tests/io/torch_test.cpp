// A ResNet-20 and the study's network go to PyTorch and back: the same logits there, the same bits here.

#include <cyclone/io/safetensors.h>
#include <cyclone/nn/nn.h>

#include <cstring>
#include <fstream>
#include <map>

#include "onnx/networks.h"
#include "support/catch.h"
#include "support/python.h"
#include "support/shared_files.h"

using namespace cyclone;
using nn::WeightOrder;

namespace {

/// The names of the layers in torch_weights.py, in the order of Cyclone's.
std::vector<std::string> torch_layers(const std::string& name) {
    if (name == "study")
        return {"features.0", "features.2", "features.5", "features.7", "classifier.0", "classifier.3", "classifier.6"};
    std::vector<std::string> layers{"conv1", "bn1"};
    for (const char* stage : {"layer1", "layer2", "layer3"})
        for (const char* block : {".0.", ".1.", ".2."})
            for (const char* layer : {"conv1", "bn1", "conv2", "bn2"})
                layers.push_back(std::string(stage) + block + layer);
    layers.emplace_back("fc");
    return layers;
}

/// The state of PyTorch under its names, sorted as its files are.
StateDict renamed(const nn::Module& network, const std::string& name) {
    const std::vector<std::string> layers = torch_layers(name);
    std::map<std::string, Tensor> sorted;
    std::string last;
    std::size_t layer = 0;
    for (const NamedTensor& t : nn::export_weights(network, WeightOrder::pytorch)) {
        const std::size_t dot = t.name.rfind('.');
        if (!last.empty() && t.name.substr(0, dot) != last) ++layer;
        last = t.name.substr(0, dot);
        sorted[layers.at(layer) + t.name.substr(dot)] = t.tensor;
    }
    REQUIRE(layer + 1 == layers.size());
    StateDict out;
    for (const auto& [key, tensor] : sorted) out.add(key, tensor);
    return out;
}

Tensor read_logits(const std::filesystem::path& file, const Shape& shape) {
    const std::string bytes = test::whole_file(file);
    Tensor out = Tensor::empty(shape);
    REQUIRE(bytes.size() == static_cast<std::size_t>(out.numel()) * sizeof(float));
    std::memcpy(out.mutable_bytes(), bytes.data(), bytes.size());
    return out;
}

}  // namespace

TEST_CASE("ResNet-20 and the study's network give PyTorch's logits, and go there and back to the same bits") {
    const test::TemporaryFolder folder;
    struct Case {
        std::string name, text;
        Shape image;
        std::int64_t classes;
    };
    const std::vector<Case> cases{{"resnet20", "resnet:20", {16, 16, 3}, 10}, {"study", "study", {16, 16, 1}, 2}};
    std::map<std::string, nn::Sequential> networks;
    std::map<std::string, Tensor> images;
    for (const Case& c : cases) {
        networks[c.name] = test::with_noise(nn::parse_model(c.text, c.image, c.classes));
        images[c.name] = test::noise({4, c.image[0], c.image[1], c.image[2]}, 3);
        io::save_weights(folder / (c.name + "-a.safetensors"), renamed(networks[c.name], c.name));
        std::ofstream(folder / (c.name + ".in"), std::ios::binary)
            .write(static_cast<const char*>(images[c.name].bytes()), images[c.name].numel() * 4);
    }
    const test::PythonResult result = test::run_python("io/torch_weights.py", folder.path().string());
    CYCLONE_NEED_ORACLE(result);
    INFO(result.out);
    REQUIRE(result.code == 0);
    for (const Case& c : cases) {
        nn::Sequential& network = networks[c.name];
        const Tensor logits = test::answer(network, images[c.name]);
        CHECK(test::largest_difference(read_logits(folder / (c.name + "-a.out"), logits.shape()), logits) <= 1e-5);

        const io::WeightsFile theirs = io::load_weights(folder / (c.name + "-b.safetensors"));
        const nn::MappedWeights mapped = nn::map_weights(network, theirs.tensors, WeightOrder::pytorch);
        CHECK(!mapped.by_name);
        network.load_state_dict(mapped.state);
        const Tensor again = test::answer(network, images[c.name]);
        CHECK(test::largest_difference(again, logits) > 1e-3);
        CHECK(test::largest_difference(read_logits(folder / (c.name + "-b.out"), again.shape()), again) <= 1e-5);
        const StateDict back = nn::export_weights(network, WeightOrder::pytorch, &theirs.tensors);
        for (const NamedTensor& t : theirs.tensors) {
            INFO(t.name);
            const auto bytes = static_cast<std::size_t>(t.tensor.numel()) * size_of(t.tensor.dtype());
            CHECK(std::memcmp(back.find(t.name)->bytes(), t.tensor.bytes(), bytes) == 0);
        }
    }
}

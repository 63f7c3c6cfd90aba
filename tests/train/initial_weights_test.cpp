// The weights that a training starts from, out of ONNX files.

#include <cyclone/data/standardization.h>
#include <cyclone/nn/parse.h>
#include <cyclone/onnx/save.h>
#include <cyclone/train/classifier_onnx.h>
#include <cyclone/train/initial_weights.h>

#include <string>

#include "onnx/networks.h"
#include "support/shared_files.h"

using namespace cyclone;
using train::load_initial_weights;

namespace {

nn::Sequential made(const std::string& text, std::uint64_t seed, std::int64_t classes = 3) {
    manual_seed(seed);
    return nn::parse_model(text, {8, 8, 3}, classes);
}

std::string bits_of(const StateDict& state) {
    std::string bits;
    for (const NamedTensor& t : state)
        bits.append(reinterpret_cast<const char*>(t.tensor.bytes()),
                    static_cast<std::size_t>(t.tensor.numel()) * size_of(t.tensor.dtype()));
    return bits;
}

}  // namespace

TEST_CASE("a network starts from an ONNX file of the same layers with the same bits") {
    const test::TemporaryFolder folder;
    for (const char* text : {"conv:4 relu pool flatten linear:classes", "resnet:8", "densenet:10:3",
                             "conv:4,5x3 batch-norm relu residual( conv:4 ) global-avg-pool linear:classes"}) {
        INFO(text);
        const nn::Sequential source = test::with_noise(made(text, 1));
        onnx::save(source, folder / "x.onnx", {8, 8, 3}, {.softmax = true, .metadata = {{"cyclone.model", text}}});
        nn::Sequential network = made(text, 2);
        REQUIRE(bits_of(network.state_dict()) != bits_of(source.state_dict()));
        const io::LoadedWeights loaded = load_initial_weights(network, folder / "x.onnx", {8, 8, 3}, {.strict = false});
        CHECK(loaded.left_out.fits());
        CHECK(bits_of(network.state_dict()) == bits_of(source.state_dict()));
        CHECK(train::metadata_entry(folder / "x.onnx", "cyclone.model") == text);
        nn::Sequential strictly = made(text, 2);
        load_initial_weights(strictly, folder / "x.onnx", {8, 8, 3});
        CHECK(bits_of(strictly.state_dict()) == bits_of(source.state_dict()));
    }
}

TEST_CASE("a network with another last layer takes the others, and says which it left out") {
    const test::TemporaryFolder folder;
    const nn::Sequential source = test::with_noise(made("resnet:8", 1, 3));
    onnx::save(source, folder / "x.onnx", {8, 8, 3});
    nn::Sequential network = made("resnet:8", 2, 5);
    const StateDict before = network.state_dict().clone();
    CHECK_THROWS_WITH(load_initial_weights(network, folder / "x.onnx", {8, 8, 3}),
                      Catch::Contains("x.onnx: does not fit the model: ") && Catch::Contains("expected"));
    CHECK(bits_of(network.state_dict()) == bits_of(before));
    const io::LoadedWeights loaded = load_initial_weights(network, folder / "x.onnx", {8, 8, 3}, {.strict = false});
    CHECK(loaded.left_out.missing.size() == 2);
    CHECK(loaded.left_out.unexpected.size() == 2);
    CHECK(loaded.left_out.different.empty());
    const StateDict own = network.state_dict(), theirs = source.state_dict();
    for (const NamedTensor& t : own) {
        INFO(t.name);
        const bool is_head = t.name == loaded.left_out.missing[0] || t.name == loaded.left_out.missing[1];
        const StateDict expected = {{t.name, is_head ? *before.find(t.name) : *theirs.find(t.name)}};
        CHECK(bits_of({{t.name, t.tensor}}) == bits_of(expected));
    }
}

TEST_CASE("ONNX files that no training can start from are refused") {
    const test::TemporaryFolder folder;
    nn::Sequential network = made("conv:4 relu flatten linear:classes", 1);
    onnx::save(made("flatten linear:7 linear:classes", 2), folder / "other.onnx", {8, 8, 3});
    onnx::save(network, folder / "x.onnx", {8, 8, 3});
    const auto load = [&](const char* name, const nn::LoadOptions& options) {
        return load_initial_weights(network, folder / name, {8, 8, 3}, options);
    };
    CHECK_THROWS_WITH(load("other.onnx", {.strict = false}), Catch::Contains("nothing fits"));
    CHECK_THROWS_WITH(load("x.onnx", {.strict = false, .layout = nn::WeightLayout::pytorch}),
                      Catch::Contains("expected no layout"));
    CHECK_THROWS_WITH(load("none.onnx", {.strict = false}), Catch::Contains("none.onnx"));

    train::Classifier classifier{.model = "conv:4 relu flatten linear:classes",
                                 .input = {8, 8, 3},
                                 .class_names = {"a", "b", "c"},
                                 .standardization = data::Standardization{{1, 2, 3}, {4, 5, 6}},
                                 .network = network};
    train::save_onnx(classifier, folder / "pixels.onnx");
    const io::LoadedWeights loaded = load("pixels.onnx", {.strict = false});
    REQUIRE(loaded.notes.size() == 1);
    CHECK_THAT(loaded.notes[0], Catch::Contains("standardises its images"));
}

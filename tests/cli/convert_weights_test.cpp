// cyclone convert-weights, and predict with an ONNX file.

#include <cyclone/io/safetensors.h>
#include <cyclone/nn/nn.h>
#include <cyclone/nn/weight_map.h>

#include <cstring>
#include <fstream>
#include <sstream>

#include "cli/train_program.h"
#include "support/catch.h"
#include "support/programs.h"

using namespace cyclone;
using test::check_mistake;
using test::run_program;

namespace {

/// A network that was trained for an epoch on a folder of images.
struct Trained {
    test::TemporaryFolder folder;

    Trained() {
        test::write_folder(folder / "photos", 8);
        const auto result =
            run_program("cyclone", "train " + at("photos") + test::kModel +
                                       "--epochs 1 --batch-size 4 --threads 1 --quiet --out " + at("run"));
        INFO(result.err);
        REQUIRE(result.code == 0);
    }
    std::string at(const std::string& name) const { return (folder / name).string(); }
    test::ProgramResult convert(const std::string& arguments) const {
        return run_program("cyclone", "convert-weights " + arguments);
    }
};

bool same_tensors(const std::string& a, const std::string& b) {
    const StateDict first = io::load_weights(a).tensors, second = io::load_weights(b).tensors;
    if (first.size() != second.size()) return false;
    for (const NamedTensor& t : first) {
        const Tensor* other = second.find(t.name);
        if (!other || other->shape() != t.tensor.shape() ||
            std::memcmp(other->bytes(), t.tensor.bytes(),
                        static_cast<std::size_t>(t.tensor.numel()) * size_of(t.tensor.dtype())) != 0)
            return false;
    }
    return true;
}

/// Probabilities within 1e-5, everything else equal.
void check_same_answers(const std::string& a, const std::string& b) {
    std::istringstream first(a), second(b);
    std::string x, y;
    std::size_t numbers = 0;
    const auto next = [](std::istringstream& in, std::string& cell) {
        return static_cast<bool>(std::getline(in, cell, ','));
    };
    while (next(first, x)) {
        REQUIRE(next(second, y));
        const bool is_number = !x.empty() && x.find_first_not_of("0123456789.e-") == std::string::npos;
        if (is_number) ++numbers;
        if (is_number)
            CHECK(std::stod(x) == Approx(std::stod(y)).margin(1e-5));
        else
            CHECK(x == y);
    }
    CHECK(!next(second, y));
    CHECK(numbers == 32);  // two classes of 16 images
}

}  // namespace

TEST_CASE("a trained network goes to ONNX, and predict answers the same from it") {
    const Trained t;
    const auto expected = run_program("cyclone", "predict " + t.at("photos") + " --weights " + t.at("run"));
    REQUIRE(expected.code == 0);
    for (const std::string options : {"", " --axes nchw --logits", " --standardised"}) {
        INFO(options);
        const auto result = t.convert(t.at("run") + " " + t.at("x.onnx") + " --overwrite" + options);
        INFO(result.err);
        REQUIRE(result.code == 0);
        CHECK_THAT(result.out,
                   Catch::Contains("0.weight") && Catch::Contains("(4, 3, 3, 1)") && Catch::Contains("mapped by name"));
        const auto got = run_program("cyclone", "predict " + t.at("photos") + " --weights " + t.at("x.onnx"));
        INFO(got.err);
        REQUIRE(got.code == 0);
        check_same_answers(got.out, expected.out);
    }
    check_mistake("convert-weights", {t.at("run") + " " + t.at("x.onnx"), "exists already"});
}

TEST_CASE("weights go to PyTorch's and Keras's order and come back to the same bits") {
    const Trained t;
    const std::string own = t.at("run/best.safetensors");
    const std::string words = test::kModel + " --input 8x8x1 --classes 2 ";
    for (const std::string order : {"pytorch", "keras"})
        for (const std::string ending : {".safetensors", ".npz"}) {
            INFO(order << ending);
            REQUIRE(t.convert(own + " " + t.at(order + ending) + " --to " + order).code == 0);
            const auto back = t.convert(t.at(order + ending) + " " + t.at("back-" + order + ending + ".safetensors") +
                                        words + "--from " + order);
            INFO(back.err);
            REQUIRE(back.code == 0);
            CHECK(same_tensors(own, t.at("back-" + order + ending + ".safetensors")));
        }
    // Under the names of another file of the same network.
    const io::WeightsFile torch = io::load_weights(t.at("pytorch.safetensors"));
    StateDict named;
    for (const NamedTensor& tensor : torch.tensors)
        named.add((tensor.name[0] == '0' ? "conv1" : "fc") + tensor.name.substr(1), tensor.tensor);
    io::save_weights(t.at("named.safetensors"), named);
    REQUIRE(t.convert(t.at("named.safetensors") + " " + t.at("a.safetensors") + words + "--from pytorch").code == 0);
    CHECK(same_tensors(own, t.at("a.safetensors")));
    REQUIRE(t.convert(own + " " + t.at("b.safetensors") + " --to pytorch --like " + t.at("named.safetensors")).code ==
            0);
    CHECK(same_tensors(t.at("named.safetensors"), t.at("b.safetensors")));
    const auto from_onnx = t.convert(own + " " + t.at("o.onnx"));
    REQUIRE(from_onnx.code == 0);
    REQUIRE(t.convert(t.at("o.onnx") + " " + t.at("c.safetensors") + words).code == 0);
    CHECK(same_tensors(own, t.at("c.safetensors")));
}

TEST_CASE("convert-weights says what is wrong, and leaves no file") {
    const test::TemporaryFolder folder;
    const auto at = [&](const std::string& name) { return (folder / name).string(); };
    std::ofstream(folder / "model.pt") << "PK\3\4";
    check_mistake("convert-weights", {at("model.pt") + " x.safetensors", "safetensors.torch.save_file"});
    for (const std::string option : {"--logits", "--standardised", "--axes nchw"})
        check_mistake("convert-weights",
                      {at("w.safetensors") + " " + at("x.safetensors") + " " + option,
                       option.substr(0, option.find(' ')) + ": is for an OUTPUT that ends in .onnx"});
    io::save_weights(at("w.safetensors"), {{"a.weight", Tensor::ones({3, 3, 3, 3})},
                                           {"a.bias", Tensor::ones({3})},
                                           {"b.weight", Tensor::ones({2, 3})},
                                           {"b.bias", Tensor::ones({2})}});
    const std::string words = " --model 'conv:3 global-avg-pool linear:classes' --classes 2 --input ";
    check_mistake("convert-weights",
                  {at("w.safetensors") + " " + at("x.safetensors"), "expected --model, --input HxWxC and --classes"});
    check_mistake("convert-weights", {at("w.safetensors") + " " + at("x.safetensors") + words + "4x4x3",
                                      "--from: expected one of cyclone, pytorch"});
    check_mistake("convert-weights", {at("w.safetensors") + " " + at("x.safetensors") + words + "4x4x2 --from pytorch",
                                      "a.weight has (3, 3, 3, 3)", 1});
    check_mistake("convert-weights",
                  {at("w.safetensors") + " " + at("x.tar") + words + "4x4x3 --from pytorch", "ends in .safetensors"});
    check_mistake("convert-weights",
                  {at("w.safetensors") + " " + at("x.safetensors") + words + "4x4x3 --from torch", "'torch'"});
    std::ofstream(folder / "bad.onnx") << "no";
    check_mistake("convert-weights", {at("bad.onnx") + " " + at("x.safetensors"), "bad.onnx", 1});
    std::ofstream(folder / "bad.npz") << "no";
    check_mistake("convert-weights", {at("bad.npz") + " " + at("x.safetensors"), "bad.npz", 1});
    CHECK(!std::filesystem::exists(folder / "x.safetensors"));
    CHECK(run_program("cyclone", "convert-weights " + at("w.safetensors") + " " + at("x.safetensors") + words +
                                     "4x4x3 --from pytorch --quiet")
              .code == 0);
    CHECK(std::filesystem::exists(folder / "x.safetensors"));
}

TEST_CASE("weights behind a flatten of several channels are refused where their order is PyTorch's") {
    const test::TemporaryFolder folder;
    const std::string in = (folder / "in.safetensors").string(), out = (folder / "out.safetensors").string();
    io::save_weights(in, nn::Sequential{nn::Flatten{}, nn::Linear{12, 2}}.state_dict(), {});
    const auto convert = [&](const std::string& size, const std::string& order) {
        return run_program("cyclone", "convert-weights " + in + " " + out +
                                          " --overwrite --quiet --classes 2 --input " + size +
                                          " --model 'flatten linear:classes' " + order);
    };
    const auto result = convert("2x2x3", "--from pytorch");
    CHECK(result.code == 2);
    CHECK_THAT(result.err, Catch::Contains("--from: the network begins with flatten over images of 3 channels"));
    CHECK_THAT(convert("2x2x3", "--from cyclone --to pytorch").err, Catch::Contains("--to: the network begins"));
    CHECK(convert("3x4x1", "--from pytorch").code == 0);
    CHECK(convert("2x2x3", "--from cyclone").code == 0);
}

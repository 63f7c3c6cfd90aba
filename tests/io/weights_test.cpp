// Weights of models in files, those of earlier versions among them.

#include <cyclone/autograd/grad_mode.h>
#include <cyclone/base/random.h>
#include <cyclone/io/checkpoint_file.h>
#include <cyclone/io/weights.h>
#include <cyclone/nn/nn.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.h"
#include "support/shared_files.h"

using namespace cyclone;
using test::bytes_of;
using test::TemporaryFolder;

namespace {

nn::Sequential small_model(std::uint64_t seed) {
    manual_seed(seed);
    return nn::Sequential{nn::Conv2d{1, 2, {.activation = relu}}, nn::BatchNorm{2}, nn::Flatten{}, nn::Linear{8, 2}};
}

std::vector<float> values_of(const nn::Module& model) {
    std::vector<float> all;
    for (const auto& [name, tensor] : model.state_dict())
        for (const float value : tensor.values<float>()) all.push_back(value);
    return all;
}

}  // namespace

TEST_CASE("a model saved and loaded has the same parameters buffers and outputs") {
    const TemporaryFolder folder;
    nn::Sequential model = small_model(1), other = small_model(2);
    model(Tensor::full({2, 4, 4, 1}, 0.5));  // moves the running values
    io::save(model, folder / "w", {{"epoch", "12"}});
    CHECK(values_of(model) != values_of(other));
    const io::LoadedWeights loaded = io::load(other, folder / "w");
    CHECK(loaded.metadata == io::Metadata{{"epoch", "12"}, {"cyclone.layout", "out,height,width,in"}});
    CHECK(loaded.notes.empty());
    io::save(model, folder / "again", loaded.metadata);  // the mark is there once
    CHECK(io::load_weights(folder / "again").metadata == loaded.metadata);
    CHECK(loaded.left_out.fits());
    CHECK(values_of(model) == values_of(other));
    model.eval();
    other.eval();
    const NoGrad guard;
    const Tensor x = Tensor::full({1, 4, 4, 1}, 0.25);
    CHECK(model(x).to_vector<float>() == other(x).to_vector<float>());
}

TEST_CASE("weights of another model are refused with the name of the file and change nothing") {
    const TemporaryFolder folder;
    io::save(small_model(1), folder / "w");
    nn::Sequential other{nn::Linear{2, 3}};
    const auto before = values_of(other);
    CHECK_THROWS_WITH(io::load(other, folder / "w"), Catch::Contains((folder / "w").string()) &&
                                                         Catch::Contains("does not fit the model") &&
                                                         Catch::Contains("0.weight"));
    CHECK_THROWS_WITH(io::load(other, folder / "w", {.strict = false}), Catch::Contains("none of the 8 tensors fits"));
    CHECK(values_of(other) == before);
    CHECK_THROWS_AS(io::load(other, folder / "missing"), Error);
}

TEST_CASE("part of the weights of another model can be loaded from a file or a checkpoint") {
    const TemporaryFolder folder;
    const nn::Sequential model = small_model(1);
    io::save(model, folder / "weights");
    io::WeightsFile checkpoint;
    checkpoint.tensors.add_with_prefix(io::kModelPrefix, model.state_dict());
    checkpoint.tensors.add("optimizer.counts", Tensor::zeros({3}, DType::i64));
    io::save_checkpoint(folder / "checkpoint", checkpoint);
    for (const char* name : {"weights", "checkpoint"}) {
        INFO(name);
        nn::Sequential other{nn::Conv2d{1, 2}, nn::BatchNorm{2}, nn::Flatten{}, nn::Linear{8, 5}};
        const StateDictReport left_out = io::load(other, folder / name, {.strict = false}).left_out;
        CHECK(left_out.str() ==
              "not fitting: 3.weight (expected f32 (5, 8), got f32 (2, 8)), 3.bias (expected f32 (5), got f32 (2))");
        CHECK(other.state_dict().find("0.weight")->to_vector<float>() ==
              model.state_dict().find("0.weight")->to_vector<float>());
        CHECK_THROWS_WITH(io::load(other, folder / name), Catch::Contains("3.weight"));
    }
}

namespace {

// What a network of the same layers stores in PyTorch's order, written out element by element.
StateDict in_pytorch_order(const nn::Module& model, std::int64_t channels, std::int64_t height, std::int64_t width,
                           const std::string& behind_flatten) {
    StateDict out;
    for (const auto& [name, tensor] : model.state_dict()) {
        const Shape& s = tensor.shape();
        const auto from = tensor.to_vector<float>();
        std::vector<float> to(from.size());
        Shape shape = s;
        if (s.rank() == 4) {
            shape = {s[0], s[3], s[1], s[2]};
            for (std::int64_t o = 0; o < s[0]; ++o)
                for (std::int64_t y = 0; y < s[1]; ++y)
                    for (std::int64_t x = 0; x < s[2]; ++x)
                        for (std::int64_t i = 0; i < s[3]; ++i)
                            to[((o * s[3] + i) * s[1] + y) * s[2] + x] = from[((o * s[1] + y) * s[2] + x) * s[3] + i];
        } else if (name == behind_flatten) {
            for (std::int64_t o = 0; o < s[0]; ++o)
                for (std::int64_t y = 0; y < height; ++y)
                    for (std::int64_t x = 0; x < width; ++x)
                        for (std::int64_t c = 0; c < channels; ++c)
                            to[o * s[1] + (c * height + y) * width + x] =
                                from[o * s[1] + (y * width + x) * channels + c];
        } else {
            to = from;
        }
        out.add(name, Tensor::from<float>(to, shape));
    }
    return out;
}

}  // namespace

TEST_CASE(
    "weights in PyTorch's order give the same answers when the layout is named, and are never taken for Cyclone's") {
    const TemporaryFolder folder;
    manual_seed(3);
    struct Case {
        nn::Sequential model, other;
        std::int64_t channels, height, width, image_channels;
        const char* linear;
        const char* says;
    };
    std::vector<Case> cases;
    const auto wide = [] {  // the shapes of its kernels tell
        return nn::Sequential{nn::Conv2d{2, 4, {.kernel = {3, 5}, .padding = nn::same}},
                              nn::BatchNorm{4},
                              nn::MaxPool2d{2},
                              nn::Flatten{},
                              nn::Linear{3 * 2 * 4, 5},
                              nn::Linear{5, 2}};
    };
    const auto cube = [] {  // 3 x 3 of 3 channels: they do not
        return nn::Sequential{nn::Conv2d{3, 2, {.padding = nn::same}}, nn::MaxPool2d{2}, nn::Flatten{},
                              nn::Linear{3 * 2 * 2, 2}};
    };
    const auto grouped = [] {
        return nn::Sequential{nn::Sequential{nn::Conv2d{4, 4, {.padding = nn::same, .groups = 2}}, nn::Relu{}},
                              nn::MaxPool2d{2}, nn::Flatten{}, nn::Linear{3 * 2 * 4, 2}};
    };
    cases.push_back({wide(), wide(), 4, 3, 2, 2, "4.weight", "0.weight: has the shape of a kernel (out, in, height"});
    cases.push_back(
        {cube(), cube(), 2, 3, 2, 3, "3.weight", "0.weight: its shape fits Cyclone's layout and PyTorch's"});
    cases.push_back({grouped(), grouped(), 4, 3, 2, 4, "3.weight", "0.0.weight: has the shape"});
    for (Case& c : cases) {
        INFO(c.says);
        io::save_weights(folder / "torch", in_pytorch_order(c.model, c.channels, c.height, c.width, c.linear));
        const auto before = values_of(c.other);
        for (const bool strict : {true, false})
            CHECK_THROWS_WITH(io::load(c.other, folder / "torch", {.strict = strict}),
                              Catch::Contains(c.says) && Catch::Contains("LoadOptions::layout") &&
                                  Catch::Contains("torch: does not fit the model"));
        CHECK(values_of(c.other) == before);
        io::load(c.other, folder / "torch", {.layout = nn::WeightLayout::pytorch});
        CHECK(values_of(c.other) == values_of(c.model));
    }
    // The same file as Cyclone's own: without a mark it is asked about, named or marked it is not.
    nn::Sequential model = cube(), other = cube();
    io::save_weights(folder / "bare", model.state_dict());
    CHECK_THROWS_WITH(io::load(other, folder / "bare"), Catch::Contains("the file does not say which one it is"));
    io::load(other, folder / "bare", {.layout = nn::WeightLayout::cyclone});
    CHECK(values_of(other) == values_of(model));
    other = cube();
    io::save(model, folder / "marked");
    io::load(other, folder / "marked");
    CHECK(values_of(other) == values_of(model));
    CHECK_THROWS_WITH(io::load(other, folder / "marked", {.layout = nn::WeightLayout::pytorch}),
                      Catch::Contains("written by Cyclone"));
    // Of earlier versions: other metadata of Cyclone's, or a checkpoint.
    other = cube();
    io::save_weights(folder / "old", model.state_dict(), {{"cyclone.version", "0.1.0"}});
    io::load(other, folder / "old");
    CHECK(values_of(other) == values_of(model));
    io::save_weights(folder / "later", model.state_dict(), {{"cyclone.layout", "blocked"}});
    CHECK_THROWS_WITH(io::load(other, folder / "later"), Catch::Contains("the file says 'blocked'"));
    // One kernel of another shape tells for all of them.
    const auto two_kernels = [] {
        return nn::Sequential{nn::Conv2d{3, 3}, nn::Conv2d{3, 5, {.kernel = 2}}, nn::Flatten{}, nn::Linear{5, 2}};
    };
    nn::Sequential deep = two_kernels(), again = two_kernels();
    io::save_weights(folder / "deep", deep.state_dict());
    io::load(again, folder / "deep");
    CHECK(values_of(again) == values_of(deep));
}

TEST_CASE("tensors that a model cannot have are named and left out, halves are converted") {
    const TemporaryFolder folder;
    nn::Sequential model{nn::Linear{2, 1}}, other{nn::Linear{2, 1}};
    StateDict tensors = model.state_dict();
    tensors.add("num_batches_tracked", Tensor::zeros({}, DType::i64));
    tensors.add("table", Tensor::zeros({3}, DType::f64));
    io::save_weights(folder / "w", tensors);
    const io::LoadedWeights loaded = io::load(other, folder / "w");
    CHECK(values_of(other) == values_of(model));
    CHECK(loaded.left_out.unexpected == std::vector<std::string>{"num_batches_tracked (i64 ())", "table (f64 (3))"});
    CHECK(loaded.notes == std::vector<std::string>{"not used: num_batches_tracked (i64 ()), table (f64 (3))"});
    // A weight too many of the model's own type is a mistake.
    tensors.add("more", Tensor::zeros({3}));
    io::save_weights(folder / "more", tensors);
    CHECK_THROWS_WITH(io::load(other, folder / "more"), Catch::Contains("unexpected: more"));
    // Weights as F16 and a mask, and a weight whose type is none.
    const auto write = [&](const char* name, const std::string& header, const std::string& data) {
        std::string length(8, '\0');
        length[0] = static_cast<char>(header.size());
        std::ofstream(folder / name, std::ios::binary) << length + header + data;
    };
    write("half",
          R"({"mask":{"dtype":"BOOL","shape":[2],"data_offsets":[0,2]},"0.weight":{"dtype":"F16","shape":[1,2],)"
          R"("data_offsets":[2,6]},"0.bias":{"dtype":"BF16","shape":[1],"data_offsets":[6,8]}})",
          std::string("\1\0\0\x3c\0\xc0\xc0\x3f", 8));
    const io::LoadedWeights half = io::load(other, folder / "half");
    CHECK(values_of(other) == std::vector<float>{1, -2, 1.5F});
    CHECK(half.notes == std::vector<std::string>{"read as f32: 0.weight (F16 (1, 2)), 0.bias (BF16 (1))",
                                                 "not used: mask (BOOL (2))"});
    write("whole", R"({"0.weight":{"dtype":"I32","shape":[1,2],"data_offsets":[0,8]}})", std::string(8, '\0'));
    CHECK_THROWS_WITH(io::load(other, folder / "whole"), Catch::Contains("0.weight") && Catch::Contains("I32 (1, 2)"));
    CHECK(values_of(other) == std::vector<float>{1, -2, 1.5F});
}

namespace {

// save_classifier() of version 0.1.0, after one update.
constexpr std::string_view kStored =
    "a8030000000000007b225f5f6d657461646174615f5f223a7b226379636c6f6e652e76657273696f6e223a22302e312e3022"
    "2c226379636c6f6e652e6d6f64656c223a22636f6e763a322c332072656c752062617463682d6e6f726d20706f6f6c3a3220"
    "6c65616b792d72656c753a302e3220666c617474656e2064726f706f75743a302e3235206c696e6561723a756e6974733d33"
    "2c626961733d302074616e68206c696e6561723a636c6173736573222c226379636c6f6e652e696e707574223a225b342c34"
    "2c315d222c226379636c6f6e652e706978656c73223a227538222c226379636c6f6e652e696d6167655f666974223a226578"
    "616374222c226379636c6f6e652e636c6173736573223a225b5c226e6f5c222c5c227965735c225d222c226379636c6f6e65"
    "2e7374616e64617264697a6174696f6e223a226e6f6e65222c226379636c6f6e652e7468726573686f6c64223a22302e3522"
    "7d2c22302e776569676874223a7b226474797065223a22463332222c227368617065223a5b322c332c332c315d2c22646174"
    "615f6f666673657473223a5b302c37325d7d2c22302e62696173223a7b226474797065223a22463332222c22736861706522"
    "3a5b325d2c22646174615f6f666673657473223a5b37322c38305d7d2c22312e7363616c65223a7b226474797065223a2246"
    "3332222c227368617065223a5b325d2c22646174615f6f666673657473223a5b38302c38385d7d2c22312e7368696674223a"
    "7b226474797065223a22463332222c227368617065223a5b325d2c22646174615f6f666673657473223a5b38382c39365d7d"
    "2c22312e72756e6e696e675f6d65616e223a7b226474797065223a22463332222c227368617065223a5b325d2c2264617461"
    "5f6f666673657473223a5b39362c3130345d7d2c22312e72756e6e696e675f76617269616e6365223a7b226474797065223a"
    "22463332222c227368617065223a5b325d2c22646174615f6f666673657473223a5b3130342c3131325d7d2c22362e776569"
    "676874223a7b226474797065223a22463332222c227368617065223a5b332c385d2c22646174615f6f666673657473223a5b"
    "3131322c3230385d7d2c22382e776569676874223a7b226474797065223a22463332222c227368617065223a5b322c335d2c"
    "22646174615f6f666673657473223a5b3230382c3233325d7d2c22382e62696173223a7b226474797065223a22463332222c"
    "227368617065223a5b325d2c22646174615f6f666673657473223a5b3233322c3234305d7d7d2020202020208f73863e89ec"
    "dabef36eec3e2b58d33e623f2dbed054a8beb608903dbc0db5be8799d83e2a1f313e209e33be9b7c91be5488433e6ca8513e"
    "007ce5bea570ce3e70a64a3e2f83b7beff7c54bdb6cc043d00c47e3f8b1c7f3f9d1bd2bc4a0b053c30c55b3c2614443c9ee6"
    "673fe940673f8ccb173df3c68bbe7b3931bf5dedb6be9d4f3b3f5ba0993ed5128fbe02cbfa3e82854f3e9da30f3e0ab82b3f"
    "7b3314bf5424dfbee0f81dbf70de2d3fb5e8d13db21037bef680793e1a7216bf40bf2fbf717d22bfbbf8f1bc0e91dd3e7408"
    "213f4af081bfd9d38abf998271bf0ccd8fbe1a8bf9bd43ff543f3ae9dbbc3de9db3c";

}  // namespace

TEST_CASE("weights stored by version 0.1.0 fit the model of their text and answer the same") {
    const TemporaryFolder folder;
    const std::string stored = bytes_of(kStored);
    std::ofstream(folder / "w", std::ios::binary) << stored;
    const io::WeightsFile file = io::load_weights(folder / "w");
    REQUIRE(file.metadata.at(1).first == "cyclone.model");
    nn::Sequential model = nn::parse_model(file.metadata[1].second, {4, 4, 1}, 2);
    CHECK(io::load(model, folder / "w").metadata == file.metadata);
    model.eval();
    const NoGrad guard;
    Tensor x = Tensor::empty({3, 4, 4, 1});
    for (int i = 0; i < 48; ++i) x.mutable_data<float>()[i] = static_cast<float>((7 * i) % 11) / 11.0F;
    const std::vector<float> logits = model(x).to_vector<float>();
    const std::vector<float> expected = {0.265871346F, -0.330160946F, 0.0997425318F,
                                         0.044486668F, 0.101099938F,  -0.107921071F};
    REQUIRE(logits.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) CHECK(logits[i] == Approx(expected[i]).margin(1e-6));

    io::save_weights(folder / "again", model.state_dict(), file.metadata);
    CHECK(test::whole_file(folder / "again") == stored);
}

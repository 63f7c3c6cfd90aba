#include <cyclone/base/random.h>
#include <cyclone/io/safetensors.h>
#include <cyclone/nn/nn.h>
#include <cyclone/train/classifier.h>
#include <cyclone/train/classifier_onnx.h>
#include <cyclone/train/evaluate.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>

#include "onnx/model.h"
#include "support/catch.h"
#include "support/shared_files.h"

using namespace cyclone;
namespace fs = std::filesystem;

namespace {

Classifier small_classifier(Shape input, std::vector<std::string> names, DType pixels = DType::u8) {
    manual_seed(5);
    Classifier c{.model = "flatten linear:6 relu linear:classes",
                 .input = input,
                 .pixels = pixels,
                 .class_names = std::move(names)};
    c.network = nn::parse_model(c.model, c.input, static_cast<std::int64_t>(c.class_names.size()));
    std::vector<double> mean, scale;
    for (std::int64_t i = 0; i < input[2]; ++i)
        mean.push_back(100 + 7 * static_cast<double>(i)), scale.push_back(40 + static_cast<double>(i));
    c.standardization = data::Standardization{mean, scale};
    return c;
}

Tensor some_pixels(Shape shape, DType dtype) {
    Tensor images = Tensor::empty(shape, dtype);
    const Random random(3);
    for (std::int64_t i = 0; i < images.numel(); ++i) {
        const std::uint64_t value = random.below(static_cast<std::uint64_t>(i), 256);
        if (dtype == DType::u8)
            images.mutable_data<std::uint8_t>()[i] = static_cast<std::uint8_t>(value);
        else
            images.mutable_data<float>()[i] = static_cast<float>(value);
    }
    return images;
}

// A colour picture as a PPM.
void write_ppm(const fs::path& path, const Tensor& image) {
    std::ofstream out(path, std::ios::binary);
    out << "P6\n" << image.size(1) << ' ' << image.size(0) << "\n255\n";
    out.write(reinterpret_cast<const char*>(image.bytes()), static_cast<std::streamsize>(image.numel()));
}

}  // namespace

TEST_CASE("a classifier answers what predict says of the standardised images, to the bit") {
    Classifier c = small_classifier({4, 3, 3}, {"a", "b", "c"});
    const Tensor images = some_pixels({37, 4, 3, 3}, DType::u8);
    const data::Dataset set{images, Tensor::zeros({37}, DType::i64), c.class_names, "", c.standardization};
    const auto expected = train::predict(c.network, set, {.batch_size = 8}).to_vector<float>();
    CHECK(c.probabilities(images, 8).to_vector<float>() == expected);
    const auto answers = c.classify_all(images);
    REQUIRE(answers.size() == 37);
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const auto best = static_cast<std::size_t>(answers[i].index);
        for (std::size_t k = 0; k < 3; ++k) CHECK(expected[3 * i + best] >= expected[3 * i + k]);
        CHECK(answers[i].name == c.class_names[best]);
        CHECK(answers[i].probability == Approx(expected[3 * i + best]));
    }
}

TEST_CASE("a classifier comes back from its file as it was") {
    const test::TemporaryFolder folder;
    const fs::path file = folder / "weights.safetensors";
    Classifier c = small_classifier({4, 4, 1}, {"no", "yes"});
    c.fit = data::ImageFit::resize;
    c.threshold = 0.25;
    c.save(file, {{"note", "hello"}});
    Classifier loaded = Classifier::load(file);
    CHECK(loaded.input == c.input);
    CHECK(loaded.fit == data::ImageFit::resize);
    CHECK(loaded.threshold == 0.25);
    CHECK(loaded.class_names == c.class_names);
    CHECK(loaded.standardization->mean == c.standardization->mean);
    CHECK_FALSE(loaded.network.is_training());
    const Tensor images = some_pixels({5, 4, 4, 1}, DType::u8);
    CHECK(loaded.probabilities(images).to_vector<float>() == c.probabilities(images).to_vector<float>());
    Classifier parsed = Classifier::parse(test::whole_file(file), "memory");
    CHECK(parsed.probabilities(images).to_vector<float>() == c.probabilities(images).to_vector<float>());
    CHECK_THROWS_WITH(Classifier::parse("no weights", "memory"), Catch::Contains("memory"));
}

TEST_CASE("images of a classifier come in several shapes, and the threshold decides between two classes") {
    Classifier c = small_classifier({4, 4, 1}, {"no", "yes"}, DType::f32);
    const Tensor images = some_pixels({3, 4, 4, 1}, DType::f32);
    const auto expected = c.probabilities(images).to_vector<float>();
    CHECK(c.probabilities(images.viewed({3, 4, 4})).to_vector<float>() == expected);
    CHECK(c.probabilities(images.to(DType::f64)).to_vector<float>() == expected);
    const Tensor one = images.rows(0, 1);
    for (const Tensor& image : {one, one.viewed({4, 4, 1}), one.viewed({4, 4})})
        CHECK(c.classify(image).probability == Approx(std::max(expected[0], expected[1])));
    c.threshold = expected[1] - 1e-6;
    CHECK(c.classify(one).name == "yes");
    c.threshold = expected[1];
    CHECK(c.classify(one).index == 0);
    CHECK(c.classify(one).probability == Approx(expected[0]));
}

TEST_CASE("image files are read, fitted and classified") {
    const test::TemporaryFolder folder;
    Classifier c = small_classifier({4, 3, 3}, {"a", "b", "c"});
    const Tensor images = some_pixels({2, 4, 3, 3}, DType::u8);
    write_ppm(folder / "0.ppm", images.rows(0, 1).viewed({4, 3, 3}));
    write_ppm(folder / "1.ppm", images.rows(1, 1).viewed({4, 3, 3}));
    const auto expected = c.probabilities(images).to_vector<float>();
    CHECK(c.probabilities(std::vector<fs::path>{folder / "0.ppm", folder / "1.ppm"}).to_vector<float>() == expected);
    CHECK(c.classify(folder / "1.ppm").name == c.classify_all(images)[1].name);
    CHECK_THROWS_WITH(c.classify(folder / "none.png"), Catch::Contains("none.png"));
    write_ppm(folder / "large.ppm", some_pixels({8, 6, 3}, DType::u8));
    CHECK_THROWS_WITH(c.classify(folder / "large.ppm"), Catch::Contains("large.ppm"));
    c.fit = data::ImageFit::resize;
    CHECK_NOTHROW(c.classify(folder / "large.ppm"));
    CHECK_THROWS_AS(c.probabilities(std::vector<fs::path>{}), UsageError);
    CHECK_THROWS_WITH(small_classifier({4, 4, 1}, {"no", "yes"}, DType::f32).classify(folder / "0.ppm"),
                      Catch::Contains("image files have 1 or 3 channels of 8 or 16 bits"));
}

TEST_CASE("images that a classifier was not trained on are refused") {
    Classifier c = small_classifier({4, 3, 3}, {"a", "b", "c"});
    CHECK_THROWS_WITH(c.probabilities(some_pixels({2, 3, 4, 3}, DType::u8)),
                      Catch::Contains("expected images of (4, 3, 3)"));
    CHECK_THROWS_WITH(c.probabilities(some_pixels({2, 4, 3, 3}, DType::f32)),
                      Catch::Contains("expected pixels of u8") && Catch::Contains("standardisation"));
    CHECK_THROWS_AS(c.probabilities(some_pixels({4, 3}, DType::u8)), Error);
    CHECK_THROWS_AS(c.probabilities(Tensor()), Error);
    CHECK_THROWS_AS(c.probabilities(some_pixels({2, 4, 3, 3}, DType::u8), 0), UsageError);
    CHECK_THROWS_WITH(c.classify(some_pixels({2, 4, 3, 3}, DType::u8)), Catch::Contains("of one image"));
    CHECK_THROWS_AS(Classifier{}.probabilities(some_pixels({4, 3, 3}, DType::u8)), Error);
    Classifier floats = small_classifier({2, 2, 1}, {"no", "yes"}, DType::f32);
    CHECK_THROWS_WITH(floats.probabilities(Tensor::full({1, 2, 2, 1}, std::numeric_limits<double>::quiet_NaN())),
                      Catch::Contains("NaN or infinity"));
}

TEST_CASE("a file that is no classifier is an error that names file and key") {
    const test::TemporaryFolder folder;
    const fs::path file = folder / "weights.safetensors";
    const Classifier c = small_classifier({4, 4, 1}, {"no", "yes"});
    io::save_weights(file, c.network.state_dict(), {});
    CHECK_THROWS_WITH(Classifier::load(file), Catch::Contains("weights.safetensors") &&
                                                  Catch::Contains("has no 'cyclone.model' among its metadata"));
    c.save(file);
    const io::WeightsFile good = io::load_weights(file);
    StateDict with_counter = good.tensors;
    with_counter.add("num_batches_tracked", Tensor::zeros({}, DType::i64));
    io::save_weights(file, with_counter, good.metadata);
    CHECK(Classifier::load(file).notes == std::vector<std::string>{"not used: num_batches_tracked (i64 ())"});
    const auto with = [&](const std::string& key, const std::string& value) {
        io::Metadata metadata = good.metadata;
        for (auto& [name, text] : metadata)
            if (name == key) text = value;
        io::save_weights(file, good.tensors, metadata);
    };
    for (const auto& [key, value] : {std::pair{"cyclone.input", "[4, 4]"},
                                     {"cyclone.input", "[4, 4, 0]"},
                                     {"cyclone.classes", "[]"},
                                     {"cyclone.threshold", "\"high\""},
                                     {"cyclone.standardization", "[[1], [0]]"},
                                     {"cyclone.pixels", "u9"},
                                     {"cyclone.image_fit", "stretch"},
                                     {"cyclone.model", "flatten linear:7"}}) {
        INFO(key << " " << value);
        with(key, value);
        CHECK_THROWS_WITH(Classifier::load(file), Catch::Contains("weights.safetensors"));
    }
    Classifier odd = c;
    odd.pixels = DType::i64;
    CHECK_THROWS_WITH(odd.save(file), Catch::Contains("expected images of u8, u16 or f32"));
    odd = c;
    odd.model.clear();  // as load_onnx() leaves it
    CHECK_THROWS_WITH(odd.save(file), Catch::Contains("expected a network with a text"));
}

TEST_CASE("names of classes that are not UTF-8 are saved as text that is") {
    const test::TemporaryFolder folder;
    const Classifier c = small_classifier({2, 2, 1}, {"caf\xE9", "th\xC3\xA9"});
    c.save(folder / "weights.safetensors");
    CHECK(Classifier::load(folder / "weights.safetensors").class_names ==
          std::vector<std::string>{"caf\\xE9", "th\xC3\xA9"});
}

TEST_CASE("an ONNX graph whose softmax cannot be left out is no classifier") {
    const test::TemporaryFolder folder;
    for (const char* last : {"Softmax", "Sigmoid", "Exp"}) {
        INFO(last);
        onnx::Model model;
        model.nodes = {{.op = "Flatten", .inputs = {"in"}, .outputs = {"h"}},
                       {.op = "Tanh", .inputs = {"h"}, .outputs = {"t"}},
                       {.op = "Mul", .inputs = {"h", "t"}, .outputs = {"logits"}},
                       {.op = last, .inputs = {"logits"}, .outputs = {"out"}}};
        model.inputs = {{.name = "in", .sizes = {-1, 1, 1, 2}}};
        model.outputs = {{.name = "out"}};  // of any shape
        std::ofstream(folder / "f.onnx", std::ios::binary) << onnx::write_model(model);
        if (std::string(last) != "Exp")
            CHECK_THROWS_WITH(train::load_onnx(folder / "f.onnx"),
                              Catch::Contains("f.onnx: ends in a s") && Catch::Contains("hint"));
        else
            CHECK(train::load_onnx(folder / "f.onnx").class_names.size() == 2);
    }
}

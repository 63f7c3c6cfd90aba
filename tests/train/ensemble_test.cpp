// Several weight files as one classifier.

#include <cyclone/base/random.h>
#include <cyclone/nn/nn.h>
#include <cyclone/train/classifier.h>
#include <cyclone/train/evaluate.h>

#include <fstream>

#include "support/catch.h"
#include "support/shared_files.h"
#include "train/tiny_training.h"

using namespace cyclone;
namespace fs = std::filesystem;

namespace {

Classifier member(std::uint64_t seed, const std::string& model = "flatten linear:5 relu linear:classes",
                  std::vector<std::string> names = {"a", "b", "c"}, Shape input = {2, 2, 1}) {
    manual_seed(seed);
    Classifier c{.model = model, .input = input, .class_names = std::move(names)};
    c.network = nn::parse_model(c.model, c.input, static_cast<std::int64_t>(c.class_names.size()));
    c.standardization =
        data::Standardization{{90.0 + 3 * static_cast<double>(seed)}, {30.0 + static_cast<double>(seed)}};
    c.threshold = 0.1 * static_cast<double>(seed);
    return c;
}

void write(const fs::path& file, const std::string& text) { std::ofstream(file) << text; }

}  // namespace

TEST_CASE("an ensemble's probabilities are the mean of those of its members") {
    const test::TemporaryFolder folder;
    std::vector<Classifier> members{member(1), member(2, "flatten linear:9 relu linear:classes"), member(4)};
    fs::create_directory(folder / "deeper");
    members[0].save(folder / "one.safetensors");
    members[1].save(folder / "deeper" / "two.safetensors");
    members[2].save(folder / "three.safetensors");
    Classifier::save_ensemble(folder / "ensemble.json",
                              {"one.safetensors", "deeper/two.safetensors", "three.safetensors"}, 0.25);
    Classifier ensemble = Classifier::load(folder / "ensemble.json");
    CHECK(ensemble.threshold == 0.25);
    CHECK(ensemble.others.size() == 2);
    CHECK(ensemble.notes.empty());
    const data::Dataset data = test::tiny_data(3, 50, 3);
    const Tensor images = data.images.tensor();
    const std::int64_t batch = GENERATE(512, 7);
    std::vector<double> expected(150, 0);
    for (Classifier& m : members) {
        const Tensor p = m.probabilities(images);
        for (std::size_t i = 0; i < expected.size(); ++i) expected[i] += static_cast<double>(p.values<float>()[i]) / 3;
    }
    const Tensor given = ensemble.probabilities(images, batch);
    for (std::size_t i = 0; i < expected.size(); ++i)
        CHECK(given.values<float>()[i] == Approx(expected[i]).epsilon(3e-7));
    // The same of a data set, whatever it was standardised with.
    data::Dataset set = data;
    set.standardization = data::Standardization{.mean = {7}, .scale = {3}};
    const metrics::Predictions predictions = train::predictions(ensemble, set);
    CHECK(predictions.labels.size() == 50);
    for (std::size_t i = 0; i < expected.size(); ++i)
        CHECK(predictions.probabilities[i] == Approx(expected[i]).epsilon(1e-6));
}

TEST_CASE("an ensemble of one file is that file and the threshold is by default the mean") {
    const test::TemporaryFolder folder;
    Classifier one = member(3), two = member(5);
    one.save(folder / "one.safetensors"), two.save(folder / "two.safetensors");
    write(folder / "single.json", R"({"members": ["one.safetensors"]})");
    write(folder / "both.json", R"({"members": ["one.safetensors", "two.safetensors"], "by": "hand"})");
    Classifier single = Classifier::load(folder / "single.json");
    const Tensor images = test::tiny_data(3, 9, 3).images.tensor();
    CHECK(single.probabilities(images).to_vector<float>() == one.probabilities(images).to_vector<float>());
    CHECK(single.threshold == one.threshold);
    const Classifier both = Classifier::load(folder / "both.json");
    CHECK(both.threshold == Approx(0.4));
    CHECK(both.notes == std::vector<std::string>{"not used: 'by'"});
}

TEST_CASE("an ensemble that cannot be is refused in one line that names file and member") {
    const test::TemporaryFolder folder;
    member(1).save(folder / "one.safetensors");
    member(2).save(folder / "two.safetensors");
    member(2, "flatten linear:classes", {"a", "b"}).save(folder / "fewer.safetensors");
    member(2, "flatten linear:classes", {"a", "b", "z"}).save(folder / "other.safetensors");
    member(2, "flatten linear:classes", {"a", "b", "c"}, {3, 2, 1}).save(folder / "larger.safetensors");
    fs::resize_file(folder / "two.safetensors", fs::file_size(folder / "two.safetensors") - 3);
    const auto refused = [&](const std::string& text, const std::string& what) {
        write(folder / "ensemble.json", text);
        try {
            Classifier::load(folder / "ensemble.json");
            FAIL("accepted " << text);
        } catch (const Error& error) {
            const std::string message = error.what();
            INFO(message);
            CHECK_THAT(message, Catch::Contains("ensemble.json") && Catch::Contains(what));
            CHECK(message.find('\n') == std::string::npos);
        }
    };
    const std::string expected = "expected an ensemble, {\"members\"";
    for (const char* text :
         {"", "{", "[]", "7", "null", "{}", R"({"members": []})", R"({"members": "one.safetensors"})",
          R"({"members": [1]})", R"({"members": [""]})", R"({"members": ["one.safetensors", null]})"})
        refused(text, expected);
    const auto with = [](const std::string& name) { return R"({"members": ["one.safetensors", ")" + name + R"("]})"; };
    refused(with("gone.safetensors"), "member 'gone.safetensors'");
    refused(with("two.safetensors"), "member 'two.safetensors'");
    refused(with("one.safetensors"), "member 'one.safetensors': is listed twice");
    refused(with("ensemble.json"), "an ensemble has no ensembles as members");
    refused(with("fewer.safetensors"), R"(got (2, 2, 1) of u8 in the classes ["a","b"])");
    refused(with("other.safetensors"),
            R"(as 'one.safetensors' has them, got (2, 2, 1) of u8 in the classes ["a","b","z"])");
    refused(with("larger.safetensors"), "got (3, 2, 1) of u8");
    refused(R"({"members": ["one.safetensors"], "threshold": "high"})", "expected a number as threshold");
    refused(R"({"members": ["one.safetensors"], "threshold": 1e999})", "ensemble.json");
    CHECK_THROWS_AS(Classifier::load(folder / "nothing.json"), Error);
}

TEST_CASE("a mean of predictions needs the same samples") {
    const metrics::Predictions a{{0, 1}, {0.5, 0.5, 0.25, 0.75}, {}}, b{{0, 1}, {1, 0, 0.5, 0.5}, {}};
    CHECK(metrics::mean_of(std::vector{a, b}).probabilities == std::vector<double>{0.75, 0.25, 0.375, 0.625});
    CHECK(metrics::mean_of(std::vector{a}).probabilities == a.probabilities);
    const metrics::Predictions other{{1, 1}, {1, 0, 0.5, 0.5}, {}}, three{{0, 1}, {0.2, 0.3, 0.5, 0.1, 0.1, 0.8}, {}};
    CHECK_THROWS_WITH(metrics::mean_of(std::vector{a, other}), Catch::Contains("the same samples and classes"));
    CHECK_THROWS_WITH(metrics::mean_of(std::vector{a, three}), Catch::Contains("the same samples and classes"));
    CHECK_THROWS_WITH(metrics::mean_of({}), Catch::Contains("at least one model"));
}

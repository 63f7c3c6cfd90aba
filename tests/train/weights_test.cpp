#include <cyclone/train/evaluate.h>
#include <cyclone/train/weights.h>

#include <filesystem>

#include "support/catch.h"
#include "support/shared_files.h"
#include "train/small_model.h"

using namespace cyclone;

TEST_CASE("a model saved and loaded gives the same outputs") {
    const test::TemporaryFolder folder;
    const auto data = test::small_patches().test;
    nn::Sequential model = test::small_model(1), other = test::small_model(2);
    train::save(model, folder / "model.safetensors", {{"epoch", "12"}});
    CHECK(test::weights_of(model) != test::weights_of(other));
    const auto metadata = train::load(other, folder / "model.safetensors");
    CHECK(metadata == io::Metadata{{"epoch", "12"}});
    CHECK(test::weights_of(model) == test::weights_of(other));
    CHECK(train::predict(model, data).to_vector<float>() == train::predict(other, data).to_vector<float>());
}

TEST_CASE("buffers are saved too") {
    const test::TemporaryFolder folder;
    nn::Sequential model{nn::BatchNorm{3}}, other{nn::BatchNorm{3}};
    model(Tensor::from<float>({1, 2, 3, 5, 6, 7}, {2, 3}));  // moves the running values
    train::save(model, folder / "w");
    train::load(other, folder / "w");
    const auto a = model.state_dict(), b = other.state_dict();
    REQUIRE(a.size() == 4);
    for (std::size_t i = 0; i < a.size(); ++i) CHECK(a[i].tensor.to_vector<float>() == b[i].tensor.to_vector<float>());
    CHECK(a[2].tensor.data<float>()[0] == Approx(0.3));  // .1 of the batch's mean 3
}

TEST_CASE("weights of another model are refused with the name of the file and change nothing") {
    const test::TemporaryFolder folder;
    nn::Sequential model = test::small_model(1);
    train::save(model, folder / "w");
    nn::Sequential other{nn::Linear{2, 3}};
    const auto before = test::weights_of(other);
    CHECK_THROWS_WITH(train::load(other, folder / "w"), Catch::Contains((folder / "w").string()) &&
                                                            Catch::Contains("does not fit the model") &&
                                                            Catch::Contains("0.weight"));
    CHECK(test::weights_of(other) == before);
    CHECK_THROWS_AS(train::load(other, folder / "missing"), Error);
}

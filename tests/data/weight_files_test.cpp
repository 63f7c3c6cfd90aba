// Weights in files of named arrays.

#include <cyclone/data/data.h>
#include <cyclone/nn/nn.h>

#include <cstring>
#include <fstream>

#include "onnx/networks.h"
#include "support/catch.h"
#include "support/python.h"
#include "support/shared_files.h"

using namespace cyclone;
using nn::WeightOrder;

TEST_CASE("arrays of every type and shape go into an npz file and come back to the same bits") {
    const test::TemporaryFolder folder;
    const StateDict arrays{{"0.weight", test::noise({3, 4, 2}, 1)},
                           {"layer/scalar", Tensor::scalar(2.5)},
                           {"f64", Tensor::full({2}, 1e-300, DType::f64)},
                           {"i64", Tensor::from<std::int64_t>({-1, 1LL << 62}, {2, 1})},
                           {"bytes", Tensor::from<std::uint8_t>({0, 255}, {2})},
                           {"words", Tensor::from<std::uint16_t>({65535}, {1})}};
    data::write_npz(folder / "a.npz", arrays);
    const StateDict back = data::read_npz(folder / "a.npz");
    REQUIRE(back.size() == arrays.size());
    for (std::size_t i = 0; i < arrays.size(); ++i) {
        INFO(arrays[i].name);
        CHECK(back[i].name == arrays[i].name);
        REQUIRE(
            (back[i].tensor.shape() == arrays[i].tensor.shape() && back[i].tensor.dtype() == arrays[i].tensor.dtype()));
        CHECK(std::memcmp(back[i].tensor.bytes(), arrays[i].tensor.bytes(),
                          static_cast<std::size_t>(arrays[i].tensor.numel()) * size_of(arrays[i].tensor.dtype())) == 0);
    }
    data::write_npz(folder / "b.npz", arrays);
    CHECK(test::whole_file(folder / "a.npz") == test::whole_file(folder / "b.npz"));
    CHECK_THROWS_WITH(data::write_npz(folder / "c.npz", {{"", Tensor::ones({1})}}), Catch::Contains("expected names"));
    CHECK(!std::filesystem::exists(folder / "c.npz"));
}

TEST_CASE("Keras's files of weights are refused with what was expected where they are none") {
    const test::TemporaryFolder folder;
    std::ofstream(folder / "no.keras") << "PK\3\4 no archive";
    CHECK_THROWS_WITH(data::read_keras_weights(folder / "no.keras"),
                      Catch::Contains("no.keras: expected a .keras file"));
    data::write_npz(folder / "other.keras", {{"a", Tensor::ones({1})}});
    CHECK_THROWS_WITH(data::read_keras_weights(folder / "other.keras"),
                      Catch::Contains("which holds model.weights.h5"));
    std::ofstream(folder / "no.weights.h5") << "no";
    CHECK_THROWS_WITH(data::read_keras_weights(folder / "no.weights.h5"), Catch::Contains("no.weights.h5"));
    CHECK_THROWS_WITH(data::read_keras_weights(folder / "missing.h5"), Catch::Contains("missing.h5"));
}

#ifdef CYCLONE_WITH_HDF5

#include <hdf5.h>

TEST_CASE("weights of a Keras 3 file are found in its groups, those of its optimizer left out") {
    const test::TemporaryFolder folder;
    const hid_t file = H5Fcreate((folder / "k.weights.h5").c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    const hid_t links = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_create_intermediate_group(links, 1);
    const auto add = [&](const char* name, const Tensor& t) {
        std::vector<hsize_t> sizes(t.shape().begin(), t.shape().end());
        const hid_t space = H5Screate_simple(t.rank(), sizes.data(), nullptr);
        const hid_t set = H5Dcreate2(file, name, H5T_IEEE_F32LE, space, links, H5P_DEFAULT, H5P_DEFAULT);
        REQUIRE(H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, t.bytes()) >= 0);
        H5Dclose(set), H5Sclose(space);
    };
    const nn::Sequential network =
        test::with_noise(nn::parse_model("conv:3 batch-norm relu flatten linear:classes", {4, 4, 2}, 5));
    const StateDict keras = nn::export_weights(network, WeightOrder::keras);
    const auto weight = [&](const char* name) {
        REQUIRE(keras.find(name));
        return *keras.find(name);
    };
    add("layers/sequential/layers/sequential/layers/conv2d/vars/0", weight("0.weight"));
    add("layers/sequential/layers/sequential/layers/conv2d/vars/1", weight("0.bias"));
    add("layers/batch_normalization/vars/0", weight("1.weight"));
    add("layers/batch_normalization/vars/1", weight("1.bias"));
    add("layers/batch_normalization/vars/2", weight("1.running_mean"));
    add("layers/batch_normalization/vars/3", weight("1.running_var"));
    add("layers/dense/vars/0", weight("3.weight"));
    add("layers/dense/vars/1", weight("3.bias"));
    add("layers/dropout/seed_generator/vars/0", Tensor::ones({2}));
    add("optimizer/vars/1", Tensor::ones({3, 3}));
    H5Pclose(links), H5Fclose(file);
    const StateDict read = data::read_keras_weights(folder / "k.weights.h5");
    CHECK(read.size() == 8);
    const nn::MappedWeights mapped = nn::map_weights(network, read, WeightOrder::keras);
    for (const NamedTensor& t : network.state_dict())
        CHECK(test::largest_difference(*mapped.state.find(t.name), t.tensor) == 0);
}

TEST_CASE("a network of Keras gives Keras's answers from each of its files") {
    const test::TemporaryFolder folder;
    const test::PythonResult result = test::run_python("data/keras_weights.py", folder.path().string());
    CYCLONE_NEED_ORACLE(result);
    INFO(result.out);
    REQUIRE(result.code == 0);
    const auto read = [&](const char* name, const Shape& shape) {
        const std::string bytes = test::whole_file(folder / name);
        Tensor out = Tensor::empty(shape);
        REQUIRE(bytes.size() == static_cast<std::size_t>(out.numel()) * sizeof(float));
        std::memcpy(out.mutable_bytes(), bytes.data(), bytes.size());
        return out;
    };
    nn::Sequential network = nn::parse_model(
        "conv:4,3x5 relu conv:5,bias=0 batch-norm:epsilon=0.001 relu pool flatten linear:7 relu dropout linear:classes",
        {8, 6, 2}, 3);
    for (const char* name : {"k.weights.h5", "k.keras", "k.npz"}) {
        INFO(name);
        const bool npz = std::string_view(name) == "k.npz";
        const StateDict tensors = npz ? data::read_npz(folder / name) : data::read_keras_weights(folder / name);
        const nn::MappedWeights mapped = nn::map_weights(network, tensors, WeightOrder::keras);
        network.load_state_dict(mapped.state);
        CHECK(test::largest_difference(test::answer(network, read("k.in", {3, 8, 6, 2})), read("k.out", {3, 3})) <=
              1e-5);
    }
}

#endif

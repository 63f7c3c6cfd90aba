// Golden numbers of other projects: Keras (keras_optimizers/golden.json) and ONNX (onnx_node/test_momentum, ...).

#include <cyclone/optim/optim.h>

#include <cmath>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "support/catch.h"
#include "support/npy.h"
#include "support/shared_files.h"

using namespace cyclone;
using namespace cyclone::test;

namespace {

/// The optimizers of golden.json that Cyclone has, as Keras constructs them there.
std::unique_ptr<optim::Optimizer> keras_optimizer(const std::string& name, const Tensor& x) {
    // Keras's Nesterov without a momentum is plain SGD (Cyclone refuses the combination as a mistake).
    if (name == "SGD(nesterov=True)")
        return std::make_unique<optim::Sgd>(std::vector{x}, optim::SgdOptions{.lr = 0.01});
    // The second moment only grows in this case, so that amsgrad's running maximum is the moment itself.
    if (name == "Adam(amsgrad=True)")
        return std::make_unique<optim::Adam>(std::vector{x}, optim::AdamOptions{.epsilon = 1e-7});
    if (name == "AdamW(learning_rate=1.0, weight_decay=0.5, epsilon=2)")
        return std::make_unique<optim::AdamW>(std::vector{x},
                                              optim::AdamWOptions{.lr = 1.0, .epsilon = 2, .weight_decay = 0.5});
    return nullptr;
}

/// Those that Cyclone does not have. A name that is in neither list fails the test.
const std::set<std::string> absent = {"Adadelta", "Adagrad", "Adamax", "Ftrl", "Lion", "Nadam", "RMSprop"};

std::vector<float> keras_gradient(bool first) {
    std::vector<float> g(10, 0.01F);
    for (std::size_t i = 0; !first && i < g.size(); ++i) g[i] = 0.1F * static_cast<float>(i + 1);
    return g;
}

Tensor onnx(const std::string& name) { return read_npy(shared_file("peer/onnx_node/" + name + ".npy")); }

nlohmann::json onnx_attributes(const std::string& test) {
    std::ifstream in(shared_file("peer/onnx_node/" + test + "/node.json"));
    return nlohmann::json::parse(in).at("nodes").at(0).at("attrs");
}

void check_close(const Tensor& got, const Tensor& expected) {
    for (std::size_t i = 0; i < static_cast<std::size_t>(expected.numel()); ++i)
        CHECK(got.values<float>()[i] == Approx(expected.values<float>()[i]).epsilon(1e-6));
}

}  // namespace

TEST_CASE("the golden numbers of the keras optimizers hold") {
    CYCLONE_NEED_SHARED("peer/keras_optimizers/golden.json");
    std::ifstream in(shared_file("peer/keras_optimizers/golden.json"));
    int compared = 0;
    for (const auto& entry : nlohmann::json::parse(in)) {
        const auto name = entry.at("optimizer").get<std::string>();
        INFO(name);
        Tensor x = Tensor::ones({10});
        x.set_requires_grad();
        const auto optimizer = keras_optimizer(name, x);
        if (!optimizer) {
            CHECK(absent.count(name.substr(0, name.find('('))) == 1);
            continue;
        }
        // Keras puts its epsilon beside the uncorrected root of v: ours is that / sqrt(1 - beta2^k).
        if (name.rfind("Adam", 0) == 0)
            optimizer->before_update([](optim::Update& update) {
                auto& values = update.groups[0];
                values["epsilon"] /= std::sqrt(1 - std::pow(values["beta2"], static_cast<double>(update.number + 1)));
            });
        x.set_grad(Tensor::from(keras_gradient(true), {10}));
        optimizer->step();
        x.set_grad(Tensor::from(keras_gradient(false), {10}));
        for (const auto& row : entry.at("golden")) {
            for (std::size_t i = 0; i < 10; ++i) {
                const double expected = row.at(i).get<double>();
                // Upstream's tolerance. The numbers have four decimals; those of amsgrad are off in the fourth, by as
                // much from upstream's own recurrence in f64.
                const double tolerance = name == "Adam(amsgrad=True)" ? 5e-4 + 5e-4 * std::abs(expected) : 0.6e-4;
                CHECK(std::abs(static_cast<double>(x.values<float>()[i]) - expected) <= tolerance);
            }
            optimizer->step();
        }
        ++compared;
    }
    CHECK(compared == 3);
}

TEST_CASE("onnx momentum and nesterov momentum give the same weights and velocities") {
    for (const std::string test : {"test_momentum", "test_nesterov_momentum"}) {
        CYCLONE_NEED_SHARED("peer/onnx_node/" + test);
        INFO(test);
        const auto attributes = onnx_attributes(test);
        Tensor x = onnx(test + "/input_2");
        x.set_requires_grad();
        x.set_grad(onnx(test + "/input_3"));
        // ONNX uses its beta (our 1 - dampening) only after update 0, and T is 0 in both cases.
        REQUIRE(onnx(test + "/input_1").item() == 0);
        optim::Sgd sgd({x}, {.lr = onnx(test + "/input_0").item(),
                             .momentum = attributes.at("alpha").get<double>(),
                             .nesterov = attributes.at("mode") == "nesterov",
                             .weight_decay = attributes.at("norm_coefficient").get<double>()});
        sgd.load_state_dict(
            {{"counts", Tensor::from<std::int64_t>({0, 1, 1}, {3})}, {"0.momentum", onnx(test + "/input_4")}});
        sgd.step();
        check_close(x, onnx(test + "/output_0"));
        check_close(sgd.state_dict()[1].tensor, onnx(test + "/output_1"));
    }
}

TEST_CASE("onnx adam gives the same weights and moments") {
    CYCLONE_NEED_SHARED("peer/onnx_node/test_adam");
    const std::string test = "test_adam";
    const auto attributes = onnx_attributes(test);
    Tensor x = onnx(test + "/input_2");
    x.set_requires_grad();
    x.set_grad(onnx(test + "/input_3"));
    REQUIRE(onnx(test + "/input_1").item() == 0);
    optim::Adam adam({x}, {.lr = onnx(test + "/input_0").item(),
                           .beta1 = attributes.at("alpha").get<double>(),
                           .beta2 = attributes.at("beta").get<double>(),
                           .epsilon = attributes.at("epsilon").get<double>(),
                           .weight_decay = attributes.at("norm_coefficient").get<double>()});
    // ONNX does not correct the bias at T = 0: products of 0 make the corrections 1.
    adam.load_state_dict({{"counts", Tensor::from<std::int64_t>({0, 1, 3}, {3})},
                          {"0.m", onnx(test + "/input_4")},
                          {"0.v", onnx(test + "/input_5")},
                          {"0.beta_products", Tensor::zeros({2}, DType::f64)}});
    adam.step();
    check_close(x, onnx(test + "/output_0"));
    check_close(adam.state_dict()[1].tensor, onnx(test + "/output_1"));
    check_close(adam.state_dict()[2].tensor, onnx(test + "/output_2"));
}

// Which weights other frameworks store in another order, in models with branches.

#include <cyclone/nn/nn.h>
#include <cyclone/nn/weight_layout.h>

#include <string>
#include <vector>

#include "support/catch.h"

using namespace cyclone;

namespace {

/// "0 kernel", "3 dense of 4 channels".
std::vector<std::string> weights_of(const std::string& text) {
    std::vector<std::string> out;
    for (const nn::LayoutWeight& w : nn::layout_weights(nn::parse_model(text, {4, 4, 2}, 2)))
        out.push_back(w.name + (w.kernel ? " kernel" : " dense of " + std::to_string(w.channels) + " channels"));
    return out;
}

}  // namespace

TEST_CASE("the dense layer behind a flatten has as many channels as the branches before it give") {
    using Names = std::vector<std::string>;
    CHECK(weights_of("conv:3 pool flatten linear:4 linear:classes") ==
          Names{"0.weight kernel", "3.weight dense of 3 channels"});
    CHECK(weights_of("conv:4 concat( conv:3 ) flatten linear:classes") ==
          Names{"0.weight kernel", "1.1.0.weight kernel", "3.weight dense of 7 channels"});
    CHECK(weights_of("concat( conv:3 | conv:5,1 ) batch-norm flatten linear:classes") ==
          Names{"0.0.0.weight kernel", "0.1.0.weight kernel", "3.weight dense of 8 channels"});
    CHECK(weights_of("conv:4 residual( conv:6 conv:8 | subsample:1,8 ) relu flatten linear:classes") ==
          Names{"0.weight kernel", "1.body.0.weight kernel", "1.body.1.weight kernel", "3.weight dense of 8 channels"});
    CHECK(weights_of("conv:4 subsample:2,6 flatten linear:classes") ==
          Names{"0.weight kernel", "3.weight dense of 6 channels"});
    CHECK(weights_of("conv:4 conv-transpose:5 flatten linear:classes") ==
          Names{"0.weight kernel", "1.weight kernel", "3.weight dense of 5 channels"});
    CHECK(weights_of("flatten linear:classes").empty());
    CHECK(weights_of("concat( conv:3 ) flatten linear:classes") ==
          Names{"0.1.0.weight kernel"});  // the input's: unknown
}

TEST_CASE("kernels in branches are turned from the layout of PyTorch") {
    const nn::Sequential model = nn::parse_model("conv:4 residual( conv:4,1x3 ) flatten linear:classes", {2, 2, 1}, 2);
    StateDict state = model.state_dict().clone();
    Tensor kernel = Tensor::empty({4, 4, 1, 3});
    for (std::int64_t i = 0; i < 48; ++i) kernel.mutable_data<float>()[i] = static_cast<float>(i);
    state.set("1.body.0.weight", kernel);
    const Tensor turned = *nn::from_pytorch(model, state).find("1.body.0.weight");
    CHECK(turned.shape() == Shape{4, 1, 3, 4});
    const auto values = turned.values<float>();
    CHECK(values[0] == 0);    // out 0, column 0, in 0
    CHECK(values[1] == 3);    // in 1
    CHECK(values[4] == 1);    // column 1, in 0
    CHECK(values[12] == 12);  // out 1
}

TEST_CASE("norms behind a flatten have their features in the order of the layer behind them") {
    CHECK(weights_of("conv:2,1 flatten batch-norm linear:classes") ==
          std::vector<std::string>{"0.weight kernel", "2.scale dense of 2 channels", "2.shift dense of 2 channels",
                                   "2.running_mean dense of 2 channels", "2.running_variance dense of 2 channels",
                                   "3.weight dense of 2 channels"});
    const nn::Sequential model = nn::parse_model("conv:2,1 flatten batch-norm layer-norm linear:classes", {2, 3, 1}, 2);
    const StateDict own = model.state_dict();
    for (const char* name : {"2.scale", "2.running_variance", "3.shift"}) {
        INFO(name);
        float* values = Tensor(*own.find(name)).mutable_data<float>();
        for (int i = 0; i < 12; ++i) values[i] = static_cast<float>(i);
        const Tensor theirs = *nn::to_pytorch(model, own).find(name);
        for (int c = 0; c < 2; ++c)
            for (int place = 0; place < 6; ++place)
                CHECK(theirs.data<float>()[6 * c + place] == static_cast<float>(2 * place + c));
        CHECK(nn::from_pytorch(model, nn::to_pytorch(model, own)).find(name)->to_vector<float>() ==
              own.find(name)->to_vector<float>());
    }
}

TEST_CASE("features of several branches behind a flatten cannot be converted") {
    const nn::Sequential model =
        nn::parse_model("conv:4 concat( flatten | pool:2 flatten ) linear:classes", {8, 8, 1}, 2);
    const auto error = Catch::Contains("2.weight: its features come from several branches behind a flatten");
    CHECK_THROWS_WITH(nn::to_pytorch(model, model.state_dict()), error);
    CHECK_THROWS_WITH(nn::from_pytorch(model, model.state_dict()), error);
    // With one place for each channel there is no order.
    for (const char* text : {"conv:4 concat( global-avg-pool | global-max-pool ) linear:classes",
                             "conv:4 concat( global-avg-pool flatten | global-max-pool flatten ) linear:classes"}) {
        INFO(text);
        const nn::Sequential pooled = nn::parse_model(text, {8, 8, 1}, 2);
        const StateDict own = pooled.state_dict(), theirs = nn::to_pytorch(pooled, own);
        CHECK(theirs.find("2.weight")->to_vector<float>() == own.find("2.weight")->to_vector<float>());
    }
}

TEST_CASE("a group norm behind a flatten is turned with one group and refused with several") {
    const auto model_of = [](std::int64_t channels, std::int64_t groups) {
        return nn::Sequential{nn::Conv2d{1, channels, {.padding = nn::same}}, nn::Flatten{},
                              nn::GroupNorm{groups, 6 * channels}, nn::Linear{6 * channels, 3}};
    };
    const nn::Sequential model = model_of(2, 1);
    const StateDict own = model.state_dict();
    float* values = Tensor(*own.find("2.scale")).mutable_data<float>();
    for (int i = 0; i < 12; ++i) values[i] = static_cast<float>(i);
    CHECK(nn::to_pytorch(model, own).find("2.scale")->to_vector<float>() ==
          std::vector<float>{0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11});
    const nn::Sequential grouped = model_of(2, 3), grey = model_of(1, 3);
    CHECK_THROWS_WITH(nn::to_pytorch(grouped, grouped.state_dict()),
                      Catch::Contains("2.scale") && Catch::Contains("in groups"));
    CHECK_NOTHROW(nn::to_pytorch(grey, grey.state_dict()));  // one channel has one order
}

TEST_CASE("a residual block behind a flatten has no order of PyTorch") {
    const auto turned = [](const std::string& text) {
        const nn::Sequential model = nn::parse_model(text, {8, 8, 1}, 3);
        return nn::to_pytorch(model, model.state_dict());
    };
    CHECK_THROWS_WITH(turned("conv:4 flatten residual( linear:256 relu linear:256 ) linear:classes"),
                      Catch::Contains("several branches behind a flatten"));
    CHECK_NOTHROW(turned("conv:4 global-avg-pool flatten residual( linear:4 ) linear:classes"));
}

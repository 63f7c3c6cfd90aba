// A frozen part in a training by fit().

#include <cyclone/optim/sgd.h>
#include <cyclone/train/evaluate.h>
#include <cyclone/train/fit.h>

#include <vector>

#include "support/catch.h"
#include "train/small_model.h"

using namespace cyclone;

TEST_CASE("fit leaves a frozen batch norm in evaluation mode and its values as they are") {
    const auto data = test::small_patches().train;
    set_num_threads(1);
    manual_seed(3);
    const nn::BatchNorm norm{4};
    nn::Sequential model{nn::Conv2d{1, 4}, norm, nn::Flatten{}, nn::Linear{6 * 6 * 4, 2}};
    model[1].freeze();
    const StateDict before = model.state_dict().clone();
    optim::Sgd sgd{model.parameters(), {.lr = 0.1}};
    train::fit(model, sgd, data, {.epochs = 1, .batch_size = 16});
    train::evaluate(model, data);
    CHECK(model.is_training());
    CHECK_FALSE(model[1].is_training());
    for (const auto& [name, tensor] : model.state_dict()) {
        INFO(name);
        const bool same = tensor.to_vector<float>() == before.find(name)->to_vector<float>();
        CHECK(same == name.starts_with("1."));
    }
}

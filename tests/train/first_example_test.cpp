// The README's first example as a user types it (smaller numbers): this file compiles with one include and one using.
#include <cyclone/cyclone.h>

#include <sstream>

#include "support/catch.h"

using namespace cyclone;

TEST_CASE("the first example compiles and runs") {
    set_num_threads(1);
    std::ostringstream out;
    auto [train, test] = data::synthetic_patches({.positives = 30, .negatives = 120, .seed = 1}).split(0.8);

    nn::Sequential model{
        nn::Conv2d{1, 32, {.kernel = 3, .padding = nn::same, .activation = relu}},
        nn::MaxPool2d{2},
        nn::Flatten{},
        nn::Linear{8 * 8 * 32, 2},
    };
    optim::Sgd sgd{model.parameters(),
                   {.lr = schedule::triangular({.base = 0.002, .max = 0.03, .step_size = Epochs{2}})}};

    train::fit(model, sgd, train, {.epochs = 2, .batch_size = 32});
    out << train::evaluate(model, test);

    CHECK_THAT(out.str(), Catch::Contains("30 samples: 6 positive, 24 negative") && Catch::Contains("AUC") &&
                              Catch::Contains("F1"));
    CHECK(sgd.updates() == 8);
}

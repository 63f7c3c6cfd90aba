#include <cyclone/cyclone.h>

#include <iostream>

using namespace cyclone;

int main() {
    auto [train, test] = data::synthetic_patches({.positives = 100, .negatives = 400}).split(0.8);
    manual_seed(1);
    nn::Sequential model = nn::study_cnn();
    optim::Sgd sgd{model.parameters(), {.lr = 0.05}};
    train::fit(model, sgd, train, {.epochs = 1});
    std::cout << train::evaluate(model, test);
}

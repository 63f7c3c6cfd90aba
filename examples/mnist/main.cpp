// The plain training loop, nothing hidden: a small CNN on MNIST's files, or on drawn digits when no folder is given.
// train::fit does the same in one call; this program is for reading.

#include <cyclone/cyclone.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <string>

using namespace cyclone;

namespace {

constexpr std::uint64_t kSeed = 1;  // of weights, batches and dropout
constexpr double kMaxLr = 0.05;

data::Splits load(const std::string& folder) {
    if (!folder.empty()) return data::read_mnist_folder(folder);
    std::cout << "no folder: using drawn digits\n";
    return data::synthetic_digits({.count = 12'000}).split(5.0 / 6);
}

void train_digits(const std::string& folder, int epochs) {
    const auto [train, test] = load(folder);
    std::cout << train.describe() << "\n\n";

    manual_seed(kSeed);  // the weights, then the dropout
    nn::Sequential model{
        nn::Conv2d{1, 16, {.kernel = 3, .padding = nn::same, .activation = relu}},
        nn::MaxPool2d{2},
        nn::Conv2d{16, 32, {.kernel = 3, .padding = nn::same, .activation = relu}},
        nn::MaxPool2d{2},
        nn::Flatten{},
        nn::Dropout{0.25},
        nn::Linear{7 * 7 * 32, 128, {.activation = relu}},
        nn::Linear{128, 10},
    };
    std::cout << model << '\n';

    data::Loader loader(train, {.batch_size = 64, .seed = kSeed});
    const auto length = Iterations{epochs * loader.batches_per_epoch()};
    optim::Sgd sgd{model.parameters(),
                   {.lr = schedule::one_cycle({.max = kMaxLr, .length = length}), .momentum = 0.9, .nesterov = true}};

    const auto start = std::chrono::steady_clock::now();
    for (int epoch = 1; epoch <= epochs; ++epoch) {
        double sum_of_losses = 0;
        for (const data::Batch& batch : loader) {
            const Tensor loss = cross_entropy(model(batch.x), batch.y);
            sgd.zero_grad();
            backward(loss);
            sgd.step();
            sum_of_losses += loss.item();
        }
        std::printf("epoch %d: mean loss %.4f, learning rate at its end %.4g\n", epoch,
                    sum_of_losses / static_cast<double>(loader.batches_per_epoch()), sgd.last_lr());
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    std::printf("%.1f s, %.0f images/s\n\n", seconds, epochs * static_cast<double>(train.size()) / seconds);

    model.eval();  // dropout off
    const NoGrad do_not_record;
    std::int64_t right = 0;
    for (const data::Batch& batch : data::Loader(test, {.batch_size = 500, .shuffle = false})) {
        const Tensor logits = model(batch.x);
        for (std::int64_t i = 0; i < logits.size(0); ++i) {
            const float* row = logits.data<float>() + 10 * i;
            right += std::max_element(row, row + 10) - row == batch.y.data<std::int64_t>()[i];
        }
    }
    std::printf("test accuracy: %.2f %% of %lld\n",
                100.0 * static_cast<double>(right) / static_cast<double>(test.size()),
                static_cast<long long>(test.size()));
}

}  // namespace

int main(int argc, char** argv) {
    try {
        const std::string folder = argc > 1 ? argv[1] : "";
        const int epochs = argc > 2 ? static_cast<int>(parse_count("EPOCHS", argv[2], 1'000)) : 2;
        check<UsageError>(argc <= 3 && !folder.starts_with("-") && epochs >= 1, "usage",
                          "mnist [FOLDER [EPOCHS]], a folder with train-images-idx3-ubyte[.gz] and its companions");
        train_digits(folder, epochs);
        return 0;
    } catch (const UsageError& error) {
        std::cerr << "mnist: " << error.what() << '\n';
        return 2;
    } catch (const Error& error) {
        std::cerr << "mnist: " << error.what() << '\n';
        return 1;
    }
}

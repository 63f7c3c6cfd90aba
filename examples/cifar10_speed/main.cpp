// Time to accuracy on CIFAR-10: the recipe of airbench94 (Jordan 2024, arXiv 2404.00498) with Cyclone's parts.

#include <cyclone/cyclone.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <string>

#include "network.h"

using namespace cyclone;

namespace {

constexpr const char* kUsage =
    "cifar10_speed [DATA] [--epochs X] [--images N] [--batch N] [--width N] [--seed N] [--threads N]";

struct Settings {
    std::string data;  // empty: drawn digits
    double epochs = 9.9;
    std::int64_t batch = 1024, images = 0, width = 64, seed = 1, threads = 0;
};

constexpr double kMomentum = 0.85, kRate = 11.5, kDecay = 0.0153, kSmoothing = 0.2;
constexpr double kPerStep = 1 + 1 / (1 - kMomentum);  // a step of the paper's "kilostep", for the mean of 1024 losses
constexpr std::int64_t kBiasEpochs = 3;               // in which the whitening layer's bias is trained

data::Splits load(const Settings& s) {
    if (s.data.empty()) std::cout << "no data: using drawn digits\n";
    data::Splits all = s.data.empty() ? data::synthetic_digits({.count = 12'000}).split(5.0 / 6) : data::open(s.data);
    if (!all.test) all = all.train.split(5.0 / 6);
    const double part = static_cast<double>(s.images) / static_cast<double>(all.train.size());
    if (part > 0 && part < 1) {
        all.train = all.train.split(part).train;
        all.test = all.test->split(part).train;
    }
    all.standardize();
    return all;
}

void run(const Settings& s) {
    const data::Splits data = load(s);
    std::cout << data.describe();
    manual_seed(static_cast<std::uint64_t>(s.seed));
    nn::Sequential model = airbench_network(data.train, s.width, s.batch);
    // A triangle from a fifth up at 23 % of the run and down to 7 %.
    const double top = kRate * static_cast<double>(s.batch) / 1024 / kPerStep;
    const Epochs up{0.23 * s.epochs}, down{0.77 * s.epochs};
    const Schedule rate = schedule::join({{up, schedule::linear({.start = 0.2 * top, .end = top, .length = up})},
                                          {schedule::linear({.start = top, .end = 0.07 * top, .length = down})}});
    optim::Sgd sgd{model.parameters(),
                   {.lr = rate, .momentum = kMomentum, .nesterov = true, .weight_decay = kDecay / kRate}};
    // Shifts of batch norms learn faster, their scales and the whitening filters stay as they are.
    optim::parse_groups("*.shift:lr*64,*.shift:weight-decay*0.015625,*.scale:lr*0,0.weight:lr*0,0.bias:lr*1", model,
                        sgd);
    const std::size_t bias = sgd.group_of_parameters()[1];
    sgd.before_update([&](optim::Update& update) {
        if (sgd.epochs() > static_cast<std::uint64_t>(kBiasEpochs)) update.groups[bias]["lr"] = 0;
    });
    const bool drop_last = data.train.size() >= s.batch;
    const auto batches = static_cast<double>(data::batches_in(data.train.size(), s.batch, drop_last));
    const double updates = std::max(1.0, std::round(s.epochs * batches));
    const auto alpha = [updates](std::uint64_t t) {
        const double place = std::min(1.0, static_cast<double>(t + 1) / updates);
        return 1 - std::pow(0.95, 5) * place * place * place;
    };
    train::Lookahead lookahead(5, schedule::function("airbench's", alpha), {.buffers = true});
    train::FitOptions options{.epochs = static_cast<std::int64_t>(std::ceil(s.epochs)),
                              .batch_size = s.batch,
                              .drop_last = drop_last,
                              .seed = static_cast<std::uint64_t>(s.seed)};
    options.loss = [](const Tensor& logits, const Tensor& labels) {
        return cross_entropy(logits, labels, {.label_smoothing = kSmoothing});
    };
    options.loss_name = "label smoothing 0.2";
    options.loss_weight = [](const Tensor& labels) { return static_cast<double>(labels.numel()); };
    options.augmentation = {.flip_alternating = true, .pad_crop = 2};
    options.weight_hooks = {&lookahead};
    options.after_update = [&](const train::UpdateRow& row) {
        return static_cast<double>(row.update + 1) < updates ? train::Control::proceed : train::Control::stop;
    };
    options.after_epoch = [](const train::EpochRow& row) {
        std::printf("epoch %2lld  loss %.4f  %.0f images/s\n", static_cast<long long>(row.epoch), row.train_loss,
                    row.images_per_second);
        std::fflush(stdout);
        return train::Control::proceed;
    };
    const auto start = std::chrono::steady_clock::now();
    train::fit(model, sgd, data.train, options);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    std::printf("test accuracy %.2f %%, with mirror images %.2f %%, after %llu updates in %.0f s\n",
                100 * train::evaluate(model, *data.test).accuracy,
                100 * train::evaluate(model, *data.test, {.mirror = true}).accuracy,
                static_cast<unsigned long long>(sgd.updates()), seconds);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 2 && std::string(argv[1]) == "--help") {
        std::cout << "usage: " << kUsage
                  << "\n\nThe recipe of airbench94, and how long it takes here.\n\n"
                     "examples:\n"
                     "  cifar10_speed cifar10                     9.9 epochs, half an hour on two cores\n"
                     "  cifar10_speed --images 512 --epochs 2.5 --batch 128 --width 4      drawn digits, a second\n";
        return 0;
    }
    try {
        Settings s;
        for (int i = 1; i < argc; ++i) {
            const std::string name = argv[i], value = name.starts_with("--") && i + 1 < argc ? argv[++i] : "";
            if (name == "--epochs")
                s.epochs = parse_number(name, value);
            else if (name == "--batch")
                s.batch = parse_count(name, value, 1 << 20);
            else if (name == "--images")
                s.images = parse_count(name, value, 1 << 30);
            else if (name == "--width")
                s.width = parse_count(name, value, 1 << 12);
            else if (name == "--seed")
                s.seed = parse_count(name, value);
            else if (name == "--threads")
                s.threads = parse_count(name, value, 1024);
            else if (!name.starts_with("--") && s.data.empty())
                s.data = name;
            else
                fail<UsageError>("usage", kUsage, ", got '", name, "'");
        }
        check<UsageError>(s.epochs > 0 && s.epochs <= 1000 && s.batch >= 1 && s.width >= 1, "usage",
                          "expected epochs, batches and widths above 0");
        if (s.threads > 0) set_num_threads(static_cast<int>(s.threads));
        run(s);
        return 0;
    } catch (const UsageError& error) {
        std::cerr << "cifar10_speed: " << error.what() << '\n';
        return 2;
    } catch (const Error& error) {
        std::cerr << "cifar10_speed: " << error.what() << '\n';
        return 1;
    }
}

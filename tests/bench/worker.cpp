#include "bench/worker.h"

#include "bench/growth.h"
#include "bench/training.h"

#include <chrono>
#include <cstdio>
#include <functional>
#include <iostream>

namespace bench {
namespace {

/// Steps a second, over at least `seconds`.
double rate_of(const std::function<void()>& step, double seconds) {
    using Clock = std::chrono::steady_clock;
    const auto start = Clock::now();
    int steps = 0;
    std::chrono::duration<double> spent{};
    do {
        step();
        ++steps;
        spent = Clock::now() - start;
    } while (spent.count() < seconds);
    return steps / spent.count();
}

void say(const std::string& line) {
    std::printf("%s\n", line.c_str());
    std::fflush(stdout);
}

void serve(const std::function<void()>& step, std::int64_t batch) {
    step();
    say("started");
    rate_of(step, 0.5);
    say("ready");
    for (double seconds = 0; std::cin >> seconds;)
        say(std::to_string(static_cast<double>(batch) * rate_of(step, seconds)));
}

}  // namespace

int worker_main(const std::string& task) {
    const auto colon = task.find(':');
    const std::string kind = task.substr(0, colon);
    const std::int64_t batch = colon == std::string::npos ? 0 : std::atoll(task.c_str() + colon + 1);
    cyclone::check<cyclone::UsageError>((kind == "training" || kind == "inference") && batch >= 1, "--worker",
                                        "expected training:BATCH or inference:BATCH, got '", task, "'");
    if (kind == "training") {
        Training training(random_patches(8192), batch);
        serve([&] { training.step(); }, batch);
        return 0;
    }
    cyclone::nn::Sequential model = cyclone::nn::study_cnn();
    model.eval();
    const cyclone::NoGrad guard;
    const cyclone::Tensor x = cyclone::Tensor::full({batch, 16, 16, 1}, 0.5);
    serve([&] { model(x); }, batch);
    return 0;
}

}  // namespace bench

// A steady-state step() takes nothing from the heap.
#include "support/counting_new.h"
#ifndef CYCLONE_NO_MULTIVERSION

#include <cyclone/optim/optim.h>
#include <cyclone/schedule/cyclic.h>
#include <cyclone/tensor/allocator.h>

#include <memory>
#include <string>
#include <vector>

#include "optim/reference.h"
#include "support/catch.h"

using namespace cyclone;
using namespace cyclone::test;

TEST_CASE("a step in the steady state allocates nothing") {
    const Schedule cycle = schedule::triangular2({.base = 0.01, .max = 0.1, .step_size = Iterations{5}});
    std::vector<Tensor> parameters{make_parameter<float>(50'000), make_parameter<float>(10)};
    for (Tensor& p : parameters) set_gradient<float>(p, 0);
    std::vector<std::unique_ptr<optim::Optimizer>> optimizers;
    optimizers.push_back(std::make_unique<optim::Sgd>(parameters, optim::SgdOptions{.lr = cycle, .clip_norm = 1}));
    optimizers.push_back(
        std::make_unique<optim::Sgd>(parameters, optim::SgdOptions{.lr = cycle, .momentum = 0.9, .nesterov = true}));
    optimizers.push_back(std::make_unique<optim::Adam>(parameters, optim::AdamOptions{.lr = cycle, .beta1 = cycle}));
    std::uint64_t hooks = 0;
    for (const auto& optimizer : optimizers) {
        INFO(optimizer->describe());
        optimizer->before_update([&hooks](optim::Update& update) {
            update.groups[0]["lr"] *= 0.5;
            ++hooks;
        });
        optimizer->step();
        const std::uint64_t heap = heap_calls.ours, system = allocator_stats().system_allocations;
        for (int i = 0; i < 20; ++i) optimizer->step();
        CHECK(heap_calls.ours - heap == 0);
        CHECK(allocator_stats().system_allocations == system);
    }
    CHECK(hooks == 63);
    const std::uint64_t before = heap_calls.ours;
    const auto sentinel = std::make_unique<std::string>(100, 'x');
    CHECK(heap_calls.ours > before);  // the counter counts
}

#endif

// A steady-state update of the whole loop (batch, model, loss, backward, step, history, hook) takes nothing from the
// heap: operator new of this program counts its calls per thread. The model has no oneDNN layer, because oneDNN itself
// allocates a little in every call of a primitive.
#include <cyclone/base/threads.h>
#include <cyclone/ops/arithmetic.h>
#include <cyclone/ops/shape.h>
#include <cyclone/optim/sgd.h>
#include <cyclone/tensor/allocator.h>
#include <cyclone/train/fit.h>

#include <cstdlib>
#include <new>
#include <vector>

#include "support/catch.h"
#include "train/small_model.h"

namespace {
thread_local std::uint64_t heap_calls = 0;
}

void* operator new(std::size_t size) {
    ++heap_calls;
    if (void* p = std::malloc(size == 0 ? 1 : size)) return p;
    throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {  // std::stable_sort uses it
    ++heap_calls;
    return std::malloc(size == 0 ? 1 : size);
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete(void* p, const std::nothrow_t&) noexcept { std::free(p); }

using namespace cyclone;

namespace {

struct LogisticRegression : nn::Module {
    Tensor weight = nn::parameter(Tensor::zeros({64, 2}));
    Tensor bias = nn::parameter(Tensor::zeros({2}));
    Tensor forward(const Tensor& x) override { return matmul(flatten(x), weight) + bias; }
    void visit(nn::Visitor& v) override {
        v.parameter("weight", weight);
        v.parameter("bias", bias);
    }
};

}  // namespace

TEST_CASE("an update in the steady state asks neither the heap nor the system for memory") {
    const auto data = test::small_patches().train;
    set_num_threads(1);
    LogisticRegression model;
    optim::Sgd sgd{model.parameters(), {.lr = 0.01, .momentum = 0.9}};
    std::vector<std::uint64_t> heap(300);  // calls so far, after each update
    std::uint64_t system_at_warm = 0, system_at_end = 0;
    train::FitOptions options{.epochs = 30, .batch_size = 24};  // 7 whole batches an epoch
    options.after_update = [&](const train::UpdateRow& row) {
        heap[row.update] = heap_calls;
        if (row.update == 100) system_at_warm = allocator_stats().system_allocations;
        system_at_end = allocator_stats().system_allocations;
        return train::Continue::yes;
    };
    const auto history = train::fit(model, sgd, data, options);
    REQUIRE(history.updates().size() == 210);
    for (std::size_t k = 105; k < 210; ++k) {
        if (k % 7 == 0) continue;  // a new epoch makes a permutation and a thread
        INFO("update " << k);
        CHECK(heap[k] - heap[k - 1] == 0);
    }
    CHECK(system_at_end - system_at_warm <= 4);  // the loader's thread may get further ahead than ever before
}

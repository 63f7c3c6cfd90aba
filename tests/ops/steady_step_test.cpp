// Not in sanitizer builds (they define CYCLONE_NO_MULTIVERSION), where operator new belongs to the sanitizer.
#ifndef CYCLONE_NO_MULTIVERSION

#include <cyclone/autograd/backward.h>
#include <cyclone/ops/activation.h>
#include <cyclone/ops/arithmetic.h>
#include <cyclone/ops/dropout.h>
#include <cyclone/ops/loss.h>
#include <cyclone/ops/reduce.h>
#include <cyclone/ops/shape.h>
#include <cyclone/tensor/allocator.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "support/catch.h"

// Counts what goes past the caching allocator, library included.
namespace {
std::atomic<std::int64_t> heap_allocations{0};
}  // namespace

void* operator new(std::size_t bytes) {
    ++heap_allocations;
    if (void* block = std::malloc(bytes > 0 ? bytes : 1)) return block;
    throw std::bad_alloc();
}
void operator delete(void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t) noexcept { std::free(block); }

using namespace cyclone;

TEST_CASE("a repeated training step of ops allocates nothing from the system") {
    Tensor w = Tensor::full({48, 64}, 0.01), b = Tensor::zeros({64}), v = Tensor::full({128, 5}, 0.02);
    for (Tensor* parameter : {&w, &b, &v}) parameter->set_requires_grad();
    const Tensor x = Tensor::full({32, 4, 12}, 0.5);
    Tensor labels = Tensor::zeros({32}, DType::i64);
    Generator generator;
    const auto step = [&] {
        const Tensor h = dropout(relu(matmul(flatten(x), w) + b), 0.2, generator);
        const Tensor logits = matmul(concat({h, sigmoid(h)}, 1), v) / 2;
        const Tensor loss = cross_entropy(logits, labels) + mean(tanh(logits) * logits);
        backward(loss);
    };
    for (int k = 0; k < 3; ++k) step();
    const std::uint64_t system_before = allocator_stats().system_allocations;
    const std::int64_t heap_before = heap_allocations;
    for (int k = 0; k < 5; ++k) step();
    CHECK(heap_allocations - heap_before == 0);
    CHECK(allocator_stats().system_allocations - system_before == 0);
}

#endif  // CYCLONE_NO_MULTIVERSION

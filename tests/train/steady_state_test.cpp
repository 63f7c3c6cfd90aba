// A steady-state update of the study's net through fit (batch, model, loss, backward, step, history, hook) creates no
// oneDNN primitive and takes nothing from the heap, but for what oneDNN itself allocates in every call of a primitive.
#include "support/counting_new.h"
#ifndef CYCLONE_NO_MULTIVERSION

#include <cyclone/base/threads.h>
#include <cyclone/nn/models.h>
#include <cyclone/ops/precision.h>
#include <cyclone/optim/sgd.h>
#include <cyclone/schedule/cyclic.h>
#include <cyclone/tensor/allocator.h>
#include <cyclone/train/fit.h>

#include <array>

#ifdef CYCLONE_WITH_ONEDNN
#include "onednn/stats.h"
#endif
#include "support/catch.h"
#include "train/small_model.h"

using namespace cyclone;

namespace {

struct Counts {
    test::HeapCalls heap;
    std::uint64_t system = 0, primitives = 0;
};

Counts counts_now() {
    Counts counts{.heap = test::heap_calls, .system = allocator_stats().system_allocations};
#ifdef CYCLONE_WITH_ONEDNN
    counts.primitives = onednn::stats().primitives_created;
#endif
    return counts;
}

void check_steady(Precision precision) {
    const auto data = test::small_patches().train;
    set_num_threads(1);
    manual_seed(1);
    nn::Sequential model = nn::study_cnn({.size = 8});
    const Schedule cycle = schedule::triangular({.base = 0.01, .max = 0.02, .step_size = Epochs{2}});
    optim::Sgd sgd{model.parameters(), {.lr = cycle, .momentum = 0.9}};
    constexpr std::size_t kUpdates = 210, kWarm = 105;
    std::array<Counts, kUpdates> after;
    train::FitOptions options{.epochs = 30, .batch_size = 24, .precision = precision};  // 7 whole batches an epoch
    options.after_update = [&](const train::UpdateRow& row) {
        after[row.update] = counts_now();
        return train::Control::proceed;
    };
    const auto history = train::fit(model, sgd, data, options);
    REQUIRE(history.updates().size() == kUpdates);
    for (std::size_t k = kWarm; k < kUpdates; ++k) {
        if (k % 7 == 0) continue;  // a new epoch makes a permutation and a thread
        INFO("update " << k);
        CHECK(after[k].heap.ours - after[k - 1].heap.ours == 0);
        CHECK(after[k].primitives - after[k - 1].primitives == 0);
    }
    CHECK(after[0].heap.ours > 0);  // the counters count
#ifdef CYCLONE_WITH_ONEDNN
    CHECK(after[0].primitives > 0);
#endif
    // The loader's thread may get further ahead than ever before.
    CHECK(after[kUpdates - 1].system - after[kWarm].system <= 4);
}

}  // namespace

TEST_CASE("an update in the steady state asks neither the heap nor the system for memory and creates no primitive") {
    check_steady(Precision::f32);
}

TEST_CASE("an update in bf16 in the steady state asks neither heap nor system and creates no primitive") {
    check_steady(why_not_bf16().empty() ? Precision::bf16 : Precision::bf16_emulated);
}

#endif

#include <cyclone/base/threads.h>
#include <cyclone/ops/ops.h>

#include "support/catch.h"

namespace {

using namespace cyclone;

TEST_CASE("ending the idle workers changes neither the thread count nor what is computed after it") {
    const int before = num_threads();
    set_num_threads(3);
    const Tensor x = Tensor::ones({64, 1024});  // large enough to be spread over the threads
    CHECK(sum(x).item() == 65536);
    end_idle_threads();
    CHECK(num_threads() == 3);
    CHECK(sum(x).item() == 65536);
    end_idle_threads();
    end_idle_threads();
    set_num_threads(before);
}

}  // namespace

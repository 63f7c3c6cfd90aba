// Norms of tensors.

#include <cyclone/base/error.h>
#include <cyclone/base/threads.h>
#include <cyclone/optim/norms.h>

#include <vector>

#include "support/catch.h"

using namespace cyclone;

TEST_CASE("norms are the sums of squares, the same for any number of threads") {
    std::vector<float> a(100'003), b(a.size());
    double squares = 0, distance = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        a[i] = static_cast<float>(i % 17) - 8.25F;
        b[i] = static_cast<float>(i % 5) * 0.5F;
        squares += static_cast<double>(a[i]) * a[i];
        distance += (static_cast<double>(a[i]) - b[i]) * (static_cast<double>(a[i]) - b[i]);
    }
    const Shape shape{static_cast<std::int64_t>(a.size())};
    const Tensor x = Tensor::from(a, shape), y = Tensor::from(b, shape);
    CHECK(optim::sum_of_squares(x) == Approx(squares).epsilon(1e-13));
    CHECK(optim::squared_distance(x, y) == Approx(distance).epsilon(1e-13));
    CHECK(optim::squared_distance(x.to(DType::f64), y.to(DType::f64)) == Approx(distance).epsilon(1e-13));
    const double many = optim::sum_of_squares(x);
    const int threads = num_threads();
    set_num_threads(1);
    CHECK(optim::sum_of_squares(x) == many);
    set_num_threads(threads);
    CHECK_THROWS_WITH(optim::squared_distance(x, y.to(DType::f64)), Catch::Contains("one shape and dtype"));
    CHECK_THROWS_WITH(optim::sum_of_squares(Tensor::zeros({2}, DType::u8)), Catch::Contains("f32 or f64"));
}

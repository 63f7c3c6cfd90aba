#include <cyclone/autograd/backward.h>
#include <cyclone/autograd/gradcheck.h>
#include <cyclone/base/threads.h>
#include <cyclone/ops/dropout.h>

#include <cmath>

#include "support/catch.h"

using namespace cyclone;

TEST_CASE("dropout keeps exactly the elements whose philox word says so") {
    for (const std::int64_t n : {1, 3, 63, 64, 65, 1021}) {
        Generator generator{.seed = 0x123456789abcdefULL,
                            .position = 0xffffffffULL};  // the counter's low word overflows
        const Random random = generator.random();
        const double rate = 0.3;
        const Tensor x = Tensor::full({n}, 2, DType::f64);
        const Tensor y = dropout(x, rate, generator);
        CHECK(generator.position == 0xffffffffULL + static_cast<std::uint64_t>((n + 3) / 4));
        std::vector<double> expected;
        for (std::int64_t i = 0; i < n; ++i) {
            const auto words = random.words(0xffffffffULL + static_cast<std::uint64_t>(i / 4));
            const bool dropped = words[static_cast<std::size_t>(i % 4)] < std::llround(rate * 4294967296.0);
            expected.push_back(dropped ? 0 : 2 / (1 - rate));
        }
        for (std::size_t i = 0; i < expected.size(); ++i)
            CHECK(y.data<double>()[i] == Approx(expected[i]).epsilon(1e-14));
    }
}

TEST_CASE("dropout gives the same elements in f32 and f64 and for any thread count") {
    const int threads = num_threads();
    std::vector<std::vector<double>> results;
    for (const int count : {1, 2, 3})
        for (const DType dtype : {DType::f32, DType::f64}) {
            set_num_threads(count);
            Generator generator{.seed = 5, .position = 0};
            results.push_back(
                dropout(Tensor::ones({101, 997}, dtype), 0.5, generator).to(DType::f64).to_vector<double>());
        }
    set_num_threads(threads);
    for (const auto& result : results) CHECK(result == results[0]);
}

TEST_CASE("the fraction of dropped elements is the rate and the mean is kept") {
    for (const double rate : {0.01, 0.25, 0.5, 0.9}) {
        Generator generator{.seed = 11, .position = 0};
        const Tensor y = dropout(Tensor::ones({400'000}), rate, generator);
        std::int64_t zeros = 0;
        double sum = 0;
        for (const float v : y.values<float>()) {
            zeros += v == 0;
            sum += static_cast<double>(v);
        }
        const double sd = std::sqrt(rate * (1 - rate) / 400'000);
        CHECK(std::abs(static_cast<double>(zeros) / 400'000 - rate) < 4 * sd);
        CHECK(std::abs(sum / 400'000 - 1) < 4 * sd / (1 - rate));
    }
}

TEST_CASE("dropout sends the gradient where the elements went") {
    Tensor x = Tensor::ones({57});
    x.set_requires_grad();
    Generator generator{.seed = 2, .position = 7};
    const Tensor y = dropout(x, 0.4, generator);
    backward(y, Tensor::ones({57}));
    CHECK(x.grad().to_vector<float>() == y.to_vector<float>());  // x and the gradient are all ones

    Tensor z = Tensor::full({5, 7}, 0.7, DType::f64);
    z.set_requires_grad();
    const auto result = gradcheck(
        [](const TensorList& in) {
            Generator fixed{.seed = 1, .position = 0};
            return dropout(in[0], 0.3, fixed);
        },
        {z});
    INFO(result.message);
    CHECK(result.passed);
}

TEST_CASE("dropout at rate zero is the identity and draws nothing") {
    Generator generator{.seed = 2, .position = 7};
    const Tensor x = Tensor::ones({8});
    CHECK(dropout(x, 0, generator).is_same(x));
    CHECK(generator.position == 7);
}

TEST_CASE("two calls draw different masks and a restored generator repeats one") {
    Generator generator{.seed = 3, .position = 0};
    const Tensor x = Tensor::ones({256});
    const auto first = dropout(x, 0.5, generator).to_vector<float>();
    const Generator kept = generator;
    const auto second = dropout(x, 0.5, generator).to_vector<float>();
    CHECK(first != second);
    Generator restored = kept;
    CHECK(dropout(x, 0.5, restored).to_vector<float>() == second);
}

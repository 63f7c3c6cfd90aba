#include "ops/op_table.h"

#include <cyclone/autograd/backward.h>
#include <cyclone/autograd/gradcheck.h>
#include <cyclone/base/random.h>
#include <cyclone/base/threads.h>

#include <algorithm>
#include <cmath>

#include "support/catch.h"

namespace cyclone::test {

double Array::at(std::int64_t i, const std::vector<std::int64_t>& full) const {
    std::int64_t index = 0, stride = 1;
    for (std::size_t back = 1; back <= full.size(); ++back) {
        const std::int64_t size = full[full.size() - back], coordinate = i % size;
        i /= size;
        if (back > shape.size()) continue;
        const std::int64_t mine = shape[shape.size() - back];
        index += (mine == 1 ? 0 : coordinate) * stride;
        stride *= mine;
    }
    return values[static_cast<std::size_t>(index)];
}

namespace {

/// Values that f32 holds exactly, so that both precisions see the same input.
Tensor draw(const Shape& shape, double low, double high, std::uint64_t stream) {
    const Random random(42, stream);
    Tensor x = Tensor::empty(shape, DType::f64);
    double* values = x.mutable_data<double>();
    for (std::int64_t i = 0; i < x.numel(); ++i) {
        double v = low + (high - low) * random.uniform(static_cast<std::uint64_t>(i));
        if (std::abs(v) < 0.05) v += v < 0 ? -0.05 : 0.05;
        values[i] = static_cast<double>(static_cast<float>(v));
    }
    return x;
}

TensorList draw_inputs(const OpCase& row, std::int64_t a, std::int64_t b, std::int64_t c, DType dtype) {
    TensorList inputs;
    for (const Shape& shape : row.shapes(a, b, c)) {
        inputs.push_back(draw(shape, row.low, row.high, inputs.size()).to(dtype).clone());
        inputs.back().set_requires_grad();
    }
    return inputs;
}

std::vector<double> doubles(const Tensor& x) { return x.to(DType::f64).to_vector<double>(); }

void check_close(const std::vector<double>& got, const std::vector<double>& expected, double tolerance) {
    REQUIRE(got.size() == expected.size());
    double scale = 0;
    for (const double v : expected) scale = std::max(scale, std::abs(v));
    for (std::size_t i = 0; i < got.size(); ++i) {
        if (std::abs(got[i] - expected[i]) <= tolerance * scale) continue;  // NaN does not
        INFO("element " << i << " is " << got[i] << ", expected " << expected[i] << ", largest " << scale);
        CHECK(false);
        return;
    }
}

/// The output, then the gradient of every input, for an output gradient of random weights.
std::vector<std::vector<double>> run(const OpCase& row, TensorList inputs) {
    const Tensor y = row.op(inputs);
    const Tensor weights = draw(y.shape(), 0.5, 1.5, 99).to(y.dtype());
    backward(y, weights);
    std::vector<std::vector<double>> results{doubles(y)};
    for (const Tensor& x : inputs) results.push_back(doubles(x.grad()));
    return results;
}

void check_shape(const OpCase& row, std::int64_t a, std::int64_t b, std::int64_t c, bool numeric) {
    const TensorList exact = draw_inputs(row, a, b, c, DType::f64);
    std::vector<Array> arrays;
    for (const Tensor& x : exact) arrays.push_back({{x.shape().begin(), x.shape().end()}, x.to_vector<double>()});
    const std::vector<double> expected = row.oracle(arrays);
    // An oracle of zeros would let a kernel pass that does nothing.
    REQUIRE(std::any_of(expected.begin(), expected.end(), [](double v) { return v != 0; }));

    const auto reference = run(row, exact);
    check_close(reference[0], expected, 1e-13);
    if (numeric) {
        const GradcheckResult result = gradcheck(row.op, draw_inputs(row, a, b, c, DType::f64));
        INFO(result.message);
        CHECK(result.passed);
    }
    const int threads = num_threads();
    set_num_threads(1);
    const auto one_thread = run(row, draw_inputs(row, a, b, c, DType::f32));
    for (std::size_t k = 0; k < reference.size(); ++k) {
        INFO((k == 0 ? "output" : "gradient of input " + std::to_string(k - 1)) << " in f32");
        check_close(one_thread[k], reference[k], row.f32_tolerance);
    }
    set_num_threads(3);  // uneven parts
    const auto several = run(row, draw_inputs(row, a, b, c, DType::f32));
    if (row.same_bits) CHECK(several == one_thread);
    for (std::size_t k = 0; k < reference.size(); ++k) check_close(several[k], one_thread[k], row.f32_tolerance);
    set_num_threads(threads);
}

}  // namespace

void check_case(const OpCase& row) {
    INFO(row.name);
    {
        INFO("friendly shape");
        check_shape(row, 2, 4, 8, row.numeric_gradient);
    }
    {
        INFO("prime shape");
        check_shape(row, 3, 5, 7, row.numeric_gradient);
    }
    {
        INFO("large shape, several threads");
        check_shape(row, 29, 31, 37, false);
    }
}

}  // namespace cyclone::test

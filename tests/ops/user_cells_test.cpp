// What a user writes with the ops: a recurrent cell and attention, each against loops of its own.

#include <cyclone/autograd/gradcheck.h>
#include <cyclone/base/random.h>
#include <cyclone/ops/ops.h>

#include <cmath>
#include <vector>

#include "support/catch.h"

using namespace cyclone;

namespace {

using Index = std::int64_t;

/// The last state of a gated recurrent unit (Cho et al. 2014, in PyTorch's form) over x (N, T, I). w (3 H, I), u (3 H,
/// H), b and c (3 H): reset gate, update gate, new state.
Tensor gru(const Tensor& x, const Tensor& w, const Tensor& u, const Tensor& b, const Tensor& c) {
    const Index hidden = u.size(1);
    Tensor h = Tensor::zeros({x.size(0), hidden}, x.dtype());
    for (Index t = 0; t < x.size(1); ++t) {
        const auto in = split(linear(select(x, 1, t), w, b), {hidden, hidden, hidden}, 1);
        const auto back = split(linear(h, u, c), {hidden, hidden, hidden}, 1);
        const Tensor reset = sigmoid(in[0] + back[0]), update = sigmoid(in[1] + back[1]);
        const Tensor fresh = tanh(in[2] + reset * back[2]);
        h = fresh + update * (h - fresh);
    }
    return h;
}

/// Scaled dot-product attention (Vaswani et al. 2017) of `heads` heads over x (N, T, D), each position seeing itself
/// and those before it. w (3 D, D): queries, keys, values.
Tensor attention(const Tensor& x, const Tensor& w, Index heads) {
    const Index n = x.size(0), steps = x.size(1), width = x.size(2), each = width / heads;
    const auto parts = split(linear(x.reshape({n * steps, width}), w), {width, width, width}, 1);
    const auto by_head = [&](const Tensor& part) {
        return permute(part.reshape({n, steps, heads, each}), {0, 2, 1, 3});
    };
    const Tensor q = by_head(parts[0]), k = by_head(parts[1]), v = by_head(parts[2]);
    const Tensor scores = matmul(q, k, {.transpose_b = true}) / std::sqrt(static_cast<double>(each));
    Tensor later = Tensor::zeros({steps, steps}, DType::u8);
    for (Index i = 0; i < steps; ++i)
        for (Index j = i + 1; j < steps; ++j) later.mutable_data<std::uint8_t>()[i * steps + j] = 1;
    const Tensor seen = where(later, Tensor::scalar(-1e9, x.dtype()), scores);
    return permute(matmul(softmax(seen), v), {0, 2, 1, 3}).reshape({n, steps, width});
}

Tensor draw(const Shape& shape, std::uint64_t stream) {
    const Random random(5, stream);
    Tensor x = Tensor::empty(shape, DType::f64);
    for (Index i = 0; i < x.numel(); ++i)
        x.mutable_data<double>()[i] = 2 * random.uniform(static_cast<std::uint64_t>(i)) - 1;
    return x.set_requires_grad();
}

}  // namespace

TEST_CASE("a gated recurrent unit of twenty lines") {
    const Index n = 2, steps = 3, in = 4, hidden = 3;
    const TensorList inputs{draw({n, steps, in}, 1), draw({3 * hidden, in}, 2), draw({3 * hidden, hidden}, 3),
                            draw({3 * hidden}, 4), draw({3 * hidden}, 5)};
    const auto cell = [](const TensorList& a) { return gru(a[0], a[1], a[2], a[3], a[4]); };
    const auto got = cell(inputs).to_vector<double>();
    const auto at = [&](std::size_t k, Index i) { return inputs[k].data<double>()[i]; };
    const auto gate = [&](std::size_t matrix, std::size_t bias, Index row, const double* v, Index size) {
        double sum = at(bias, row);
        for (Index j = 0; j < size; ++j) sum += at(matrix, row * size + j) * v[j];
        return sum;
    };
    for (Index i = 0; i < n; ++i) {
        std::vector<double> h(static_cast<std::size_t>(hidden), 0.0);
        for (Index t = 0; t < steps; ++t) {
            const double* x = inputs[0].data<double>() + (i * steps + t) * in;
            std::vector<double> next;
            for (Index j = 0; j < hidden; ++j) {
                const auto both = [&](Index row) { return gate(1, 3, row, x, in) + gate(2, 4, row, h.data(), hidden); };
                const double reset = 1 / (1 + std::exp(-both(j))), update = 1 / (1 + std::exp(-both(hidden + j)));
                const double fresh =
                    std::tanh(gate(1, 3, 2 * hidden + j, x, in) + reset * gate(2, 4, 2 * hidden + j, h.data(), hidden));
                next.push_back((1 - update) * fresh + update * h[static_cast<std::size_t>(j)]);
            }
            h = next;
        }
        for (Index j = 0; j < hidden; ++j)
            CHECK(got[static_cast<std::size_t>(i * hidden + j)] ==
                  Approx(h[static_cast<std::size_t>(j)]).epsilon(1e-12));
    }
    const GradcheckResult result = gradcheck(cell, inputs);
    INFO(result.message);
    CHECK(result.passed);
}

TEST_CASE("attention with a mask of twenty lines") {
    const Index n = 2, steps = 4, width = 6, heads = 2, each = width / heads;
    const TensorList inputs{draw({n, steps, width}, 1), draw({3 * width, width}, 2)};
    const auto layer = [=](const TensorList& a) { return attention(a[0], a[1], heads); };
    const auto got = layer(inputs).to_vector<double>();
    const auto projected = [&](Index part, Index image, Index step, Index column) {
        double sum = 0;
        for (Index j = 0; j < width; ++j)
            sum += inputs[0].data<double>()[(image * steps + step) * width + j] *
                   inputs[1].data<double>()[(part * width + column) * width + j];
        return sum;
    };
    for (Index i = 0; i < n; ++i)
        for (Index t = 0; t < steps; ++t)
            for (Index c = 0; c < width; ++c) {
                const Index first = c / each * each;
                double total = 0, value = 0;
                for (Index s = 0; s <= t; ++s) {
                    double score = 0;
                    for (Index j = first; j < first + each; ++j) score += projected(0, i, t, j) * projected(1, i, s, j);
                    const double weight = std::exp(score / std::sqrt(static_cast<double>(each)));
                    total += weight;
                    value += weight * projected(2, i, s, c);
                }
                CHECK(got[static_cast<std::size_t>((i * steps + t) * width + c)] ==
                      Approx(value / total).epsilon(1e-12));
            }
    const GradcheckResult result = gradcheck(layer, inputs);
    INFO(result.message);
    CHECK(result.passed);
}

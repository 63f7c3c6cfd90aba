#include <cyclone/ops/arithmetic.h>
#include <cyclone/ops/reduce.h>
#include <cyclone/ops/shape.h>

#include <algorithm>

#include "ops/op_table.h"
#include "support/catch.h"

using namespace cyclone;
using test::Array;
using test::check_case;
using test::OpCase;

namespace {

using Extent = std::int64_t;

std::string text(const std::vector<int>& axes) {
    std::string out;
    for (const int axis : axes) (out += ' ') += std::to_string(axis);
    return out;
}

/// Scatters every element into its cell, over four axes of which `axes` are summed away.
OpCase reduction(bool mean_of, std::vector<int> axes, bool keep_dims) {
    return {.name = std::string(mean_of ? "mean" : "sum") + text(axes) + (keep_dims ? " kept" : ""),
            .shapes =
                [](Extent a, Extent b, Extent c) {
                    return std::vector<Shape>{{a, b, 3, c}};
                },
            .op =
                [=](const TensorList& in) {
                    const ReduceOptions options{.axes = axes, .keep_dims = keep_dims};
                    return mean_of ? mean(in[0], options) : sum(in[0], options);
                },
            .oracle =
                [=](const std::vector<Array>& in) {
                    const Array& x = in[0];
                    std::vector<std::int64_t> cell_shape = x.shape;
                    for (std::size_t k = 0; k < 4; ++k) {
                        const int axis = static_cast<int>(k);
                        const bool named =
                            std::count(axes.begin(), axes.end(), axis) + std::count(axes.begin(), axes.end(), axis - 4);
                        if (axes.empty() || named) cell_shape[k] = 1;
                    }
                    Array cell{cell_shape, {}};
                    std::int64_t cells = 1;
                    for (const std::int64_t size : cell_shape) cells *= size;
                    for (std::int64_t i = 0; i < cells; ++i) cell.values.push_back(static_cast<double>(i));
                    std::vector<double> y(static_cast<std::size_t>(cells));
                    for (std::int64_t i = 0; i < x.numel(); ++i)
                        y[static_cast<std::size_t>(cell.at(i, x.shape))] += x.values[static_cast<std::size_t>(i)];
                    const double count = static_cast<double>(x.numel()) / static_cast<double>(cells);
                    for (double& v : y) v /= mean_of ? count : 1;
                    return y;
                },
            .low = -1};
}

/// Batched product by the definition; `a` and `b` name the shapes, a vector is a row or a column.
OpCase product(const char* name, std::function<std::vector<Shape>(Extent, Extent, Extent)> shapes) {
    return {.name = std::string("matmul ") + name,
            .shapes = std::move(shapes),
            .op = [](const TensorList& in) { return matmul(in[0], in[1]); },
            .oracle =
                [](const std::vector<Array>& in) {
                    Array a = in[0], b = in[1];
                    if (a.shape.size() == 1) a.shape.insert(a.shape.begin(), 1);
                    if (b.shape.size() == 1) b.shape.push_back(1);
                    const std::int64_t m = a.shape.end()[-2], k = a.shape.end()[-1], n = b.shape.end()[-1];
                    const std::vector<std::int64_t> lead_a(a.shape.begin(), a.shape.end() - 2),
                        lead_b(b.shape.begin(), b.shape.end() - 2);
                    std::vector<std::int64_t> batch(std::max(lead_a.size(), lead_b.size()), 1);
                    for (const auto* lead : {&lead_a, &lead_b})
                        for (std::size_t i = 1; i <= lead->size(); ++i)
                            batch.end()[-static_cast<std::ptrdiff_t>(i)] =
                                std::max(batch.end()[-static_cast<std::ptrdiff_t>(i)],
                                         lead->end()[-static_cast<std::ptrdiff_t>(i)]);
                    std::int64_t count = 1;
                    for (const std::int64_t size : batch) count *= size;
                    std::vector<double> y;
                    for (std::int64_t t = 0; t < count; ++t)
                        for (std::int64_t i = 0; i < m; ++i)
                            for (std::int64_t j = 0; j < n; ++j) {
                                std::vector<std::int64_t> full_a = batch, full_b = batch;
                                full_a.insert(full_a.end(), {m, k});
                                full_b.insert(full_b.end(), {k, n});
                                double sum = 0;
                                for (std::int64_t p = 0; p < k; ++p)
                                    sum += a.at((t * m + i) * k + p, full_a) * b.at((t * k + p) * n + j, full_b);
                                y.push_back(sum);
                            }
                    return y;
                },
            .low = -1};
}

OpCase join(int axis) {
    return {.name = "concat axis " + std::to_string(axis),
            .shapes =
                [axis](Extent a, Extent b, Extent c) {
                    std::vector<Shape> shapes(3, Shape{a, b, c});
                    shapes[1].set(axis, 1);
                    shapes[2].set(axis, 2 * shapes[0][axis]);
                    return shapes;
                },
            .op =
                [axis](const TensorList& in) {
                    return concat({in[0], in[1], in[2]}, axis);
                },
            .oracle =
                [axis](const std::vector<Array>& in) {
                    const std::size_t at = static_cast<std::size_t>(axis < 0 ? axis + 3 : axis);
                    std::vector<std::int64_t> size = in[0].shape;
                    size[at] += in[1].shape[at] + in[2].shape[at];
                    std::vector<double> y;
                    for (std::int64_t i = 0; i < size[0] * size[1] * size[2]; ++i) {
                        std::int64_t index[3] = {i / (size[1] * size[2]), i / size[2] % size[1], i % size[2]};
                        std::size_t part = 0;
                        while (index[at] >= in[part].shape[at]) index[at] -= in[part++].shape[at];
                        const auto& s = in[part].shape;
                        y.push_back(
                            in[part].values[static_cast<std::size_t>((index[0] * s[1] + index[1]) * s[2] + index[2])]);
                    }
                    return y;
                }};
}

}  // namespace

TEST_CASE("sum and mean over every choice of axes") {
    for (const bool mean_of : {false, true})
        for (const std::vector<int>& axes : std::vector<std::vector<int>>{{},
                                                                          {0},
                                                                          {1},
                                                                          {2},
                                                                          {3},
                                                                          {-1},
                                                                          {0, 1},
                                                                          {1, 2},
                                                                          {2, 3},
                                                                          {0, 2},
                                                                          {0, 3},
                                                                          {-3, -1},
                                                                          {0, 1, 2},
                                                                          {3, 1, 0},
                                                                          {0, 1, 2, 3}})
            check_case(reduction(mean_of, axes, axes.size() % 2 == 1));
}

TEST_CASE("matmul of matrices, vectors and broadcast batches") {
    using Shapes = std::vector<Shape>;
    const std::vector<OpCase> rows = {
        product("matrices",
                [](Extent a, Extent b, Extent c) {
                    return Shapes{{a, b}, {b, c}};
                }),
        product("dot",
                [](Extent, Extent b, Extent) {
                    return Shapes{{b}, {b}};
                }),
        product("vector left",
                [](Extent, Extent b, Extent c) {
                    return Shapes{{b}, {b, c}};
                }),
        product("vector right",
                [](Extent a, Extent b, Extent) {
                    return Shapes{{a, b}, {b}};
                }),
        product("vector left of a batch",
                [](Extent a, Extent b, Extent c) {
                    return Shapes{{b}, {a, b, c}};
                }),
        product("vector right of a batch",
                [](Extent a, Extent b, Extent c) {
                    return Shapes{{2, a, b, c}, {c}};
                }),
        product("batch",
                [](Extent a, Extent b, Extent c) {
                    return Shapes{{3, a, b}, {3, b, c}};
                }),
        product("one matrix right",
                [](Extent a, Extent b, Extent c) {
                    return Shapes{{2, 3, a, b}, {b, c}};
                }),
        product("crossed batches",
                [](Extent a, Extent b, Extent c) {
                    return Shapes{{2, 1, a, b}, {3, b, c}};
                }),
        product("inner batch repeats",
                [](Extent a, Extent b, Extent c) {
                    return Shapes{{2, 3, a, b}, {2, 1, b, c}};
                }),
    };
    for (const OpCase& row : rows) check_case(row);
}

TEST_CASE("matmul of small integers is exact at sizes around the blocks") {
    for (const auto [m, k, n] : std::vector<std::array<std::int64_t, 3>>{
             {1, 1, 1}, {6, 256, 32}, {7, 257, 33}, {5, 255, 31}, {97, 300, 64}, {193, 3, 65}, {2, 0, 3}}) {
        Tensor a = Tensor::empty({m, k}), b = Tensor::empty({k, n});
        for (std::int64_t i = 0; i < a.numel(); ++i)
            a.mutable_data<float>()[i] = static_cast<float>((i * 7 + 3) % 17 - 8);
        for (std::int64_t i = 0; i < b.numel(); ++i)
            b.mutable_data<float>()[i] = static_cast<float>((i * 5 + 1) % 13 - 6);
        std::vector<float> expected;
        for (std::int64_t i = 0; i < m; ++i)
            for (std::int64_t j = 0; j < n; ++j) {
                std::int64_t sum = 0;
                for (std::int64_t p = 0; p < k; ++p)
                    sum += (((i * k + p) * 7 + 3) % 17 - 8) * (((p * n + j) * 5 + 1) % 13 - 6);
                expected.push_back(static_cast<float>(sum));
            }
        INFO(m << " x " << k << " x " << n);
        CHECK((matmul(a, b).to_vector<float>() == expected));
    }
}

TEST_CASE("concat along every axis") {
    for (const int axis : {0, 1, 2, -1, -2}) check_case(join(axis));
}

TEST_CASE("a sum of ten million equal numbers is exact") {
    const Tensor x = Tensor::full({10'000'000}, 0.1);
    CHECK(sum(x).item() == static_cast<double>(static_cast<float>(1e7 * static_cast<double>(0.1F))));
    CHECK(mean(x).item() == static_cast<double>(0.1F));
}

TEST_CASE("sums over empty axes are zero") {
    CHECK(sum(Tensor::zeros({2, 0, 4}), {.axes = {1}}).to_vector<float>() == std::vector<float>(8, 0.0F));
    CHECK(sum(Tensor::zeros({2, 0, 4}), {.axes = {0}, .keep_dims = true}).shape() == Shape{1, 0, 4});
}

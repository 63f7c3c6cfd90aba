#include <cyclone/ops/activation.h>
#include <cyclone/ops/arithmetic.h>
#include <cyclone/ops/dropout.h>
#include <cyclone/ops/loss.h>
#include <cyclone/ops/reduce.h>
#include <cyclone/ops/shape.h>

#include <functional>

#include "support/catch.h"

using namespace cyclone;

namespace {

struct Misuse {
    const char* op;
    std::vector<std::string> says;  // parts of the message besides the op
    std::function<void()> call;
};

Tensor f32(const Shape& shape) { return Tensor::zeros(shape); }
Tensor f64(const Shape& shape) { return Tensor::zeros(shape, DType::f64); }
Tensor labels(const std::vector<std::int64_t>& values) {
    return Tensor::from(values, {static_cast<std::int64_t>(values.size())});
}

void check_all(const std::vector<Misuse>& rows) {
    for (const Misuse& row : rows) {
        std::string message;
        try {
            row.call();
        } catch (const Error& error) {
            message = error.what();
        }
        INFO(row.op << " said: " << message);
        CHECK(message.rfind(std::string(row.op) + ": ", 0) == 0);
        for (const std::string& part : row.says) {
            INFO("expected to read: " << part);
            CHECK(message.find(part) != std::string::npos);
        }
    }
}

}  // namespace

TEST_CASE("misused element-wise ops name the op and what came") {
    check_all({
        {"add",
         {"(2, 3)", "(2, 4)"},
         [] {
             add(f32({2, 3}), f32({2, 4}));
         }},
        {"sub", {"f32", "f64"}, [] { sub(f32({2}), f64({2})); }},
        {"mul", {"undefined"}, [] { mul(f32({2}), {}); }},
        {"div", {"f32 or f64", "i64"}, [] { div(labels({1}), labels({1})); }},
        {"relu", {"undefined"}, [] { relu({}); }},
        {"exp", {"u8"}, [] { exp(Tensor::zeros({1}, DType::u8)); }},
        {"softmax",
         {"(2, 3)", "got 2"},
         [] {
             softmax(f32({2, 3}), 2);
         }},
        {"log_softmax",
         {"got -3"},
         [] {
             log_softmax(f32({2, 3}), -3);
         }},
        {"softmax", {"got -1"}, [] { softmax(f32({})); }},
        {"dropout", {"[0, 1)", "got 1"}, [] { dropout(f32({2}), 1.0); }},
        {"dropout", {"got -0.1"}, [] { dropout(f32({2}), -0.1); }},
        {"dropout", {"nan"}, [] { dropout(f32({2}), std::numeric_limits<double>::quiet_NaN()); }},
    });
}

TEST_CASE("misused products and reductions and shapes name the op and what came") {
    check_all({
        {"matmul",
         {"(2, 3)", "(4, 5)", "3", "4"},
         [] {
             matmul(f32({2, 3}), f32({4, 5}));
         }},
        {"matmul", {"at least one dimension"}, [] { matmul(f32({}), f32({3})); }},
        {"matmul",
         {"(2)", "(3)"},
         [] {
             matmul(f32({2, 4, 5}), f32({3, 5, 4}));
         }},
        {"matmul",
         {"f32", "f64"},
         [] {
             matmul(f32({2, 2}), f64({2, 2}));
         }},
        {"sum",
         {"(2, 3)", "got 5"},
         [] {
             sum(f32({2, 3}), {.axes = {5}});
         }},
        {"mean",
         {"-1", "twice"},
         [] {
             mean(f32({2, 3}), {.axes = {1, -1}});
         }},
        {"sum",
         {"i64"},
         [] {
             sum(labels({1, 2}));
         }},
        {"reshape",
         {"6", "(2, 3)", "(4, 2)"},
         [] {
             reshape(f32({2, 3}), {4, 2});
         }},
        {"reshape",
         {"(2, 3)", "4"},
         [] {
             reshape(f32({2, 3}), {4, -1});
         }},
        {"reshape",
         {"at most one"},
         [] {
             reshape(f32({2, 3}), {-1, -1});
         }},
        {"reshape",
         {"-2"},
         [] {
             reshape(f32({2, 3}), {-2, 3});
         }},
        {"reshape",
         {"0"},
         [] {
             reshape(f32({0}), {0, -1});
         }},
        {"reshape",
         {"at most 8"},
         [] {
             reshape(f32({1}), {1, 1, 1, 1, 1, 1, 1, 1, 1});
         }},
        {"flatten",
         {"got 3"},
         [] {
             flatten(f32({2, 3}), 3);
         }},
        {"concat", {"none"}, [] { concat(std::span<const Tensor>{}, 0); }},
        {"concat",
         {"(2, 3)", "(3, 3)", "part 1"},
         [] {
             concat({f32({2, 3}), f32({3, 3})}, 1);
         }},
        {"concat",
         {"f32", "f64"},
         [] {
             concat({f32({2}), f64({2})}, 0);
         }},
        {"concat", {"got 1"}, [] { concat({f32({2})}, 1); }},
        {"concat",
         {"undefined"},
         [] {
             concat({f32({2}), Tensor()}, 0);
         }},
        {"concat",
         {"(2)"},
         [] {
             concat({f32({2, 2}), f32({2})}, 0);
         }},
    });
}

TEST_CASE("misused losses name the op and the label or target at fault") {
    const std::vector<std::int64_t> good = {0, 1};
    check_all({
        {"cross_entropy",
         {"0 to 2", "label 1 is 3"},
         [] {
             cross_entropy(f32({2, 3}), labels({0, 3}));
         }},
        {"cross_entropy",
         {"label 0 is -1"},
         [] {
             cross_entropy(f32({2, 3}), labels({-1, 3}));
         }},
        {"cross_entropy",
         {"label 1 is -7"},
         [] {
             cross_entropy(f32({2, 3}), labels({-1, -7}), {.ignore_index = -1});
         }},
        {"cross_entropy",
         {"i64", "f32"},
         [] {
             cross_entropy(f32({2, 3}), f32({2}));
         }},
        {"cross_entropy",
         {"(2)", "(2, 3)", "(3)"},
         [] {
             cross_entropy(f32({2, 3}), labels({0, 1, 2}));
         }},
        {"cross_entropy", {"classes"}, [] { cross_entropy(f32({}), labels({0})); }},
        {"cross_entropy",
         {"[0, 1)", "got 1"},
         [=] {
             cross_entropy(f32({2, 3}), labels(good), {.label_smoothing = 1});
         }},
        {"cross_entropy",
         {"(3)", "(2)"},
         [=] {
             cross_entropy(f32({2, 3}), labels(good), {.class_weights = f32({2})});
         }},
        {"cross_entropy",
         {"f32 or f64", "i64"},
         [=] {
             cross_entropy(labels({1, 2}), Tensor::zeros({}, DType::i64));
         }},
        {"cross_entropy", {"undefined"}, [=] { cross_entropy({}, labels(good)); }},
        {"nll_loss",
         {"label_smoothing"},
         [=] {
             nll_loss(f32({2, 3}), labels(good), {.label_smoothing = 0.1});
         }},
        {"nll_loss",
         {"label 0 is 9"},
         [] {
             nll_loss(f32({1, 3}), labels({9}));
         }},
        {"binary_cross_entropy",
         {"[0, 1]", "target 1 is 2"},
         [] {
             binary_cross_entropy(f32({2}), Tensor::from<float>({1, 2}, {2}));
         }},
        {"binary_cross_entropy",
         {"(2)", "(2, 1)"},
         [] {
             binary_cross_entropy(f32({2}), f32({2, 1}));
         }},
        {"binary_cross_entropy",
         {"positive_weight", "-1"},
         [] { binary_cross_entropy(f32({2}), f32({2}), {.positive_weight = -1}); }},
        {"binary_cross_entropy", {"gradient"}, [] { binary_cross_entropy(f32({2}), f32({2}).set_requires_grad()); }},
        {"mse_loss", {"(2)", "(3)"}, [] { mse_loss(f32({2}), f32({3})); }},
        {"mse_loss", {"f32", "f64"}, [] { mse_loss(f32({2}), f64({2})); }},
    });
}

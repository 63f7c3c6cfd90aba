// Sums and joins of branches.

#include <cyclone/autograd/record.h>
#include <cyclone/nn/branches.h>
#include <cyclone/ops/arithmetic.h>
#include <cyclone/ops/precision.h>
#include <cyclone/ops/shape.h>

#include <algorithm>
#include <array>
#include <span>

#include "nn/describe.h"

namespace cyclone::nn {

namespace {

/// The form of branches that get the same input and whose results are joined.
Bf16Form form_of_both(Bf16Form a, Bf16Form b) {
    if (a == Bf16Form::none || b == Bf16Form::none) return Bf16Form::none;
    return a == b ? a : Bf16Form::takes;
}

/// Where a result is f32, all are.
void match(std::span<Tensor> results) {
    const auto is_f32 = [](const Tensor& result) { return result.dtype() == DType::f32; };
    if (std::none_of(results.begin(), results.end(), is_f32)) return;
    for (Tensor& result : results)
        if (result.dtype() == DType::bf16) result = cast(result, DType::f32);
}

}  // namespace

Tensor Residual::forward(const Tensor& x) {
    std::array<Tensor, 2> both{body_.get()(x), options_.shortcut ? options_.shortcut->get()(x) : x};
    match(both);
    const auto& [y, straight] = both;
    check(y.shape() == straight.shape(), "Residual", "expected a body and a shortcut of one shape, got ", y.shape(),
          " and ", straight.shape(), options_.shortcut ? "" : " (the input itself)",
          " (hint: where a body changes size or channels, its shortcut is a convolution, or Subsample)");
    return options_.activation.is_relu() ? add_relu(y, straight) : options_.activation(y + straight);
}

void Residual::visit(Visitor& v) {
    v.module("body", body_.get());
    if (options_.shortcut) v.module("shortcut", options_.shortcut->get());
}

std::string Residual::describe() const {
    return options_.activation.none() ? "Residual" : "Residual(" + options_.activation.name() + ")";
}

bool Residual::separates_rows() const {
    return body_.get().separates_rows() && (!options_.shortcut || options_.shortcut->get().separates_rows());
}

Bf16Form Residual::bf16_form() const {
    if (form_with(options_.activation) == Bf16Form::none) return Bf16Form::none;
    return form_of_both(body_.get().bf16_form(),
                        options_.shortcut ? options_.shortcut->get().bf16_form() : Bf16Form::keeps);
}

std::string Residual::bounded_by() const { return bound_of(options_.activation); }

Concat::Concat(std::vector<AnyModule> branches) : branches_(std::move(branches)) {
    check(!branches_.empty(), "Concat", "expected at least one branch");
}

Tensor Concat::forward(const Tensor& x) {
    TensorList parts;
    parts.reserve(branches_.size());
    for (AnyModule& branch : branches_) parts.push_back(branch.get()(x));
    match(parts);
    return concat(parts, -1);
}

void Concat::visit(Visitor& v) {
    for (std::size_t i = 0; i < branches_.size(); ++i) v.module(std::to_string(i), branches_[i].get());
}

Bf16Form Concat::bf16_form() const {
    Bf16Form form = branches_[0].get().bf16_form();
    for (const AnyModule& branch : branches_) form = form_of_both(form, branch.get().bf16_form());
    return form;
}

std::string Concat::describe() const { return "Concat"; }

bool Concat::separates_rows() const {
    return std::all_of(branches_.begin(), branches_.end(), [](const AnyModule& b) { return b.get().separates_rows(); });
}

Subsample::Subsample(Pair stride, std::int64_t channels) : stride_(stride), channels_(channels) {
    check(stride.h >= 1 && stride.w >= 1 && channels >= 1, "Subsample", "expected a stride and channels >= 1, got ",
          text(stride), " and ", channels);
}

Tensor Subsample::forward(const Tensor& x) {
    check(x.rank() == 4, "Subsample", "expected images of shape (N, H, W, C), got ", x.shape());
    check(x.size(3) <= channels_, "Subsample", "expected at most ", channels_, " channels, got ", x.size(3));
    const Tensor y = stride_ == Pair(1) ? x : slice(x, {{}, {.step = stride_.h}, {.step = stride_.w}});
    return y.size(3) == channels_ ? y : pad(y, {{}, {}, {}, {0, channels_ - y.size(3)}});
}

std::string Subsample::describe() const {
    return "Subsample(stride " + text(stride_) + ", " + std::to_string(channels_) + " channels)";
}

}  // namespace cyclone::nn

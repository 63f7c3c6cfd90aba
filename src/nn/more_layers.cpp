// Layers without a batch: normalisation per sample, larger images, activations.

#include <cyclone/nn/layers.h>
#include <cyclone/ops/group_norm.h>
#include <cyclone/ops/shape.h>

#include <cmath>
#include <string>

#include "nn/describe.h"

namespace cyclone::nn {
namespace {

void check_epsilon(const char* layer, double epsilon) {
    check(epsilon > 0 && std::isfinite(epsilon), layer, "expected an epsilon > 0, got ", epsilon);
}

void visit_affine(Visitor& v, Tensor& scale, Tensor& shift) {
    v.parameter("scale", scale);
    v.parameter("shift", shift);
}

}  // namespace

GroupNorm::GroupNorm(std::int64_t groups, std::int64_t channels, double epsilon) : groups_(groups), epsilon_(epsilon) {
    check(channels >= 1 && groups >= 1 && channels % groups == 0, "GroupNorm",
          "expected groups that divide the channels, got ", groups, " groups of ", channels);
    check_epsilon("GroupNorm", epsilon);
    scale = parameter(Tensor::ones({channels}));
    shift = parameter(Tensor::zeros({channels}));
}

Tensor GroupNorm::forward(const Tensor& x) { return group_norm(x, groups_, scale, shift, epsilon_); }
void GroupNorm::visit(Visitor& v) { visit_affine(v, scale, shift); }
std::string GroupNorm::describe() const {
    return "GroupNorm(" + std::to_string(groups_) + " groups, " + std::to_string(scale.numel()) + ")";
}

LayerNorm::LayerNorm(std::int64_t features, double epsilon) : epsilon_(epsilon) {
    check(features >= 1, "LayerNorm", "expected at least one feature, got ", features);
    check_epsilon("LayerNorm", epsilon);
    scale = parameter(Tensor::ones({features}));
    shift = parameter(Tensor::zeros({features}));
}

Tensor LayerNorm::forward(const Tensor& x) { return layer_norm(x, scale, shift, epsilon_); }
void LayerNorm::visit(Visitor& v) { visit_affine(v, scale, shift); }
std::string LayerNorm::describe() const { return "LayerNorm(" + std::to_string(scale.numel()) + ")"; }

Upsample::Upsample(Pair factor, Interpolation interpolation) : factor_(factor), interpolation_(interpolation) {
    check(factor.h >= 1 && factor.w >= 1, "Upsample", "expected a factor >= 1, got ", text(factor));
}

Tensor Upsample::forward(const Tensor& x) {
    return interpolation_ == Interpolation::bilinear ? upsample_bilinear2d(x, factor_) : upsample_nearest2d(x, factor_);
}
std::string Upsample::describe() const {
    return "Upsample(" + text(factor_) + (interpolation_ == Interpolation::bilinear ? ", bilinear)" : ")");
}

Activate::Activate(Activation activation) : activation_(activation) {
    check(!activation.none(), "Activate", "expected an activation");
}

std::string Activate::describe() const { return activation_.name(); }
Bf16Form Activate::bf16_form() const { return form_with(activation_); }
std::string Activate::bounded_by() const { return bound_of(activation_); }

Elu::Elu(double alpha) : alpha_(alpha) { check(std::isfinite(alpha), "Elu", "expected a finite alpha, got ", alpha); }

Tensor Elu::forward(const Tensor& x) { return elu(x, alpha_); }
std::string Elu::describe() const { return joined("Elu(", alpha_, ')'); }

}  // namespace cyclone::nn

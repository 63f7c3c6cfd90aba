#pragma once
// Layers with branches: Residual adds what two of them give, Concat joins the channels of several.

#include <cyclone/nn/any_module.h>
#include <cyclone/nn/module.h>
#include <cyclone/ops/activation.h>
#include <cyclone/ops/window.h>

#include <concepts>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace cyclone::nn {

/// Options of Residual.
struct ResidualOptions {
    std::optional<AnyModule> shortcut = {};  ///< default: the input itself
    Activation activation = {};              ///< applied to the sum
};

/// activation(body(x) + shortcut(x)), the block of a residual network (He et al. 2015, arXiv 1512.03385):
/// `nn::Residual{nn::Sequential{nn::Conv2d{16, 16, {.padding = nn::same}}, nn::BatchNorm{16}}, {.activation = relu}}`.
/// Its tensors are "body...." and "shortcut....".
class Residual final : public Module {
public:
    /// `body` is any module by value, or an AnyModule.
    template <class Body>
    requires(std::same_as<std::remove_cvref_t<Body>, AnyModule> ||
             (std::derived_from<std::remove_cvref_t<Body>, Module> &&
              !std::same_as<std::remove_cvref_t<Body>, Residual>))
        // NOLINTNEXTLINE(bugprone-forwarding-reference-overload): the constraint excludes Residual
        explicit Residual(Body&& body, ResidualOptions options = {})
        : body_(std::forward<Body>(body)), options_(std::move(options)) {}
    /// Error unless body and shortcut give tensors of one shape.
    Tensor forward(const Tensor& x) override;
    void visit(Visitor& v) override;
    std::string describe() const override;
    /// Whether both branches do.
    bool separates_rows() const override;
    std::string bounded_by() const override;
    /// None where a branch has none, or with another activation than relu.
    Bf16Form bf16_form() const override;
    Activation activation() const { return options_.activation; }  ///< as given

private:
    AnyModule body_;
    ResidualOptions options_;
};

/// What the branches give for the same input, joined along the last axis: `nn::Concat{nn::Sequential{}, nn::Conv2d{16,
/// 12, {.padding = nn::same}}}` is the input with 12 channels more (DenseNet), as an empty Sequential gives its input.
/// The branches are named "0", "1", ...
class Concat final : public Module {
public:
    /// Error when there is no branch.
    explicit Concat(std::vector<AnyModule> branches);
    /// The branches in their order, two or more.
    template <class... Branches>
    requires(sizeof...(Branches) >= 2 &&
             (std::derived_from<std::remove_cvref_t<Branches>, Module> && ...)) explicit Concat(Branches&&... branches)
        : Concat(listed(std::forward<Branches>(branches)...)) {}
    /// Error unless what the branches give agrees outside the last axis.
    Tensor forward(const Tensor& x) override;
    void visit(Visitor& v) override;
    std::string describe() const override;
    /// Whether all branches do.
    bool separates_rows() const override;

    /// None where a branch has none.
    Bf16Form bf16_form() const override;

    std::size_t size() const { return branches_.size(); }  ///< number of branches

private:
    template <class... Branches>
    static std::vector<AnyModule> listed(Branches&&... branches) {
        std::vector<AnyModule> list;
        (list.emplace_back(std::forward<Branches>(branches)), ...);
        return list;
    }

    std::vector<AnyModule> branches_;
};

/// Every stride-th pixel, and zeros as further channels: (N, H, W, C) -> (N, ceil(H / stride), ceil(W / stride),
/// channels). The shortcut without parameters of residual networks, "option A" of He et al. 2015.
class Subsample : public Module {
public:
    /// Error unless the stride and the channels are >= 1.
    Subsample(Pair stride, std::int64_t channels);
    /// Error unless x has images of at most channels() channels.
    Tensor forward(const Tensor& x) override;
    std::string describe() const override;
    bool separates_rows() const override { return true; }
    Bf16Form bf16_form() const override { return Bf16Form::keeps; }

    std::int64_t channels() const { return channels_; }  ///< of the output
    Pair stride() const { return stride_; }              ///< as given

private:
    Pair stride_;
    std::int64_t channels_;
};

}  // namespace cyclone::nn

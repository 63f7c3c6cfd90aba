#pragma once
// Sequential: layers one after the other.

#include <cyclone/nn/any_module.h>
#include <cyclone/nn/module.h>

#include <concepts>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace cyclone::nn {

/// Owns its layers, named "0", "1", ...: `nn::Sequential model{nn::Linear{4, 8, {.activation = relu}}, nn::Linear{8,
/// 2}};`. Layers are given by value; a named one is copied and shares its tensors with the copy.
class Sequential final : public Module {
    template <class M>
    static constexpr bool is_layer = std::derived_from<std::remove_cvref_t<M>, Module>;

public:
    Sequential() = default;

    /// The layers in their order.
    template <class First, class... Rest>
    requires(is_layer<First> && (is_layer<Rest> && ...) &&
             (sizeof...(Rest) > 0 ||
              !std::same_as<std::remove_cvref_t<First>, Sequential>)) explicit Sequential(First&& first,
                                                                                          Rest&&... rest) {
        layers_.reserve(1 + sizeof...(Rest));
        add(std::forward<First>(first));
        (add(std::forward<Rest>(rest)), ...);
    }

    /// Appends a layer: any module by value, or an AnyModule.
    Sequential& add(AnyModule layer);
    /// Appends a layer whose type is not known here. The whole then cannot be copied, nor cloned.
    Sequential& add(std::unique_ptr<Module> layer);

    Tensor forward(const Tensor& x) override;
    void visit(Visitor& v) override;
    std::string describe() const override { return "Sequential"; }
    /// Of the last layer, or of the one before layers that keep bounds (pooling, dropout, flatten).
    std::string bounded_by() const override;
    /// Whether all layers do.
    bool separates_rows() const override;

    /// Of the first layer that does not keep the dtype.
    Bf16Form bf16_form() const override { return form_of(0); }

    std::size_t size() const { return layers_.size(); }  ///< number of layers
    /// Layer i; Error outside [0, size()).
    Module& operator[](std::size_t i);
    const Module& operator[](std::size_t i) const;  ///< the same, for reading

private:
    Bf16Form form_of(std::size_t first) const;

    std::vector<AnyModule> layers_;
};

}  // namespace cyclone::nn

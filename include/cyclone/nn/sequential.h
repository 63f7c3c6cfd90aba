#pragma once
// Sequential: layers one after the other.

#include <cyclone/base/error.h>
#include <cyclone/nn/module.h>

#include <concepts>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace cyclone::nn {

/// Owns its layers, named "0", "1", ...: `nn::Sequential model{nn::Linear{4, 8, {.activation = relu}}, nn::Linear{8,
/// 2}};`. Layers are given by value (handing over a named one copies it and shares its tensors).
class Sequential final : public Module {
    template <class M>
    static constexpr bool is_layer = std::derived_from<std::remove_cvref_t<M>, Module>;

public:
    Sequential() = default;

    template <class First, class... Rest>
    requires(is_layer<First> && (is_layer<Rest> && ...) &&
             (sizeof...(Rest) > 0 ||
              !std::same_as<std::remove_cvref_t<First>, Sequential>)) explicit Sequential(First&& first,
                                                                                          Rest&&... rest) {
        layers_.reserve(1 + sizeof...(Rest));
        add(std::forward<First>(first));
        (add(std::forward<Rest>(rest)), ...);
    }

    Sequential(const Sequential& other);
    Sequential& operator=(const Sequential& other);
    Sequential(Sequential&&) = default;
    Sequential& operator=(Sequential&&) = default;

    /// Appends a layer.
    template <class M>
    requires is_layer<M> Sequential& add(M&& layer) {
        layers_.push_back(std::make_unique<HolderOf<std::remove_cvref_t<M>>>(std::forward<M>(layer)));
        return *this;
    }

    Tensor forward(const Tensor& x) override;
    void visit(Visitor& v) override;
    std::string describe() const override { return "Sequential"; }

    std::size_t size() const { return layers_.size(); }
    /// Layer i; Error outside [0, size()).
    Module& operator[](std::size_t i);

private:
    struct Holder {
        virtual ~Holder() = default;
        virtual Module& get() = 0;
        virtual std::unique_ptr<Holder> copy() const = 0;
    };
    template <class M>
    struct HolderOf final : Holder {
        M layer;
        explicit HolderOf(const M& from) requires std::copy_constructible<M> : layer(from) {}
        explicit HolderOf(M&& from) : layer(std::move(from)) {}
        Module& get() override { return layer; }
        std::unique_ptr<Holder> copy() const override {
            if constexpr (std::copy_constructible<M>)
                return std::make_unique<HolderOf>(layer);
            else
                fail("Sequential", layer.describe(), " cannot be copied");
        }
    };

    std::vector<std::unique_ptr<Holder>> layers_;
};

/// The table of operator<< with the shape that each layer gives for zeros of shape `input`, such as {1, 16, 16, 1}.
std::string summary(const Sequential& model, const Shape& input);

}  // namespace cyclone::nn

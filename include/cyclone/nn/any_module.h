#pragma once
// AnyModule: a module whose type is chosen at run time, as a value.

#include <cyclone/base/error.h>
#include <cyclone/nn/module.h>

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

namespace cyclone::nn {

/// Owns a module of any type: `nn::AnyModule layer = wide ? nn::AnyModule(nn::Conv2d{1, 64}) : nn::Relu{};`. A copy
/// copies the module, which shares its tensors.
class AnyModule {
public:
    /// Holds a copy of `module`, or the module itself when it is a temporary.
    template <class M>
    requires(std::derived_from<std::remove_cvref_t<M>, Module>&& std::constructible_from<std::remove_cvref_t<M>, M>)
        AnyModule(M&& module)  // NOLINT(bugprone-forwarding-reference-overload): the constraint excludes AnyModule
        : module_(std::make_unique<std::remove_cvref_t<M>>(std::forward<M>(module))),
          copy_(copier<std::remove_cvref_t<M>>()) {}
    /// A module behind a pointer cannot be copied, as its type is not known here. Error when there is none.
    AnyModule(std::unique_ptr<Module> module) : module_(std::move(module)) {
        check(module_ != nullptr, "AnyModule", "expected a module, got an empty pointer");
    }

    /// Error when the module cannot be copied.
    AnyModule(const AnyModule& other) : module_(other.copied()), copy_(other.copy_) {}
    /// Error when the module cannot be copied.
    AnyModule& operator=(const AnyModule& other) { return *this = AnyModule(other); }
    AnyModule(AnyModule&&) = default;             ///< leaves `other` empty, to be assigned to only
    AnyModule& operator=(AnyModule&&) = default;  ///< leaves `other` empty, to be assigned to only

    Module& get() { return *module_; }              ///< the module
    const Module& get() const { return *module_; }  ///< the module

private:
    using Copy = std::unique_ptr<Module> (*)(const Module&);

    template <class M>
    static Copy copier() {
        if constexpr (std::copy_constructible<M>)
            return [](const Module& module) -> std::unique_ptr<Module> {
                return std::make_unique<M>(static_cast<const M&>(module));
            };
        else
            return nullptr;
    }
    std::unique_ptr<Module> copied() const {
        check(copy_ != nullptr, module_->describe(),
              "cannot be copied (hint: give the layer by value, of a type with a copy constructor)");
        return copy_(*module_);
    }

    std::unique_ptr<Module> module_;
    Copy copy_ = nullptr;
};

}  // namespace cyclone::nn

#pragma once
// StateDict: tensors with unique names in a fixed order. Modules and optimizers hand one out to be stored, files hold
// one.

#include <cyclone/tensor/tensor.h>

#include <cstddef>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cyclone {

/// A tensor with its name.
struct NamedTensor {
    std::string name;  ///< such as "0.weight"
    Tensor tensor;     ///< a handle
};

/// "f32 (2, 3)", or "an undefined tensor".
std::string dtype_and_shape(const Tensor& tensor);

/// How the tensors that were given differ from those that were expected.
struct StateDictReport {
    std::vector<std::string> missing;     ///< names that were expected and not given
    std::vector<std::string> unexpected;  ///< names that were given and not expected
    std::vector<std::string> different;   ///< "0.weight (expected f32 (2, 3), got f32 (3, 2))"

    /// Whether names, shapes and dtypes agree.
    bool fits() const { return missing.empty() && unexpected.empty() && different.empty(); }
    /// "missing: a, b; unexpected: c; not fitting: d (expected ..., got ...)"; empty when everything fits.
    std::string str() const;
};

/// The order is that of visiting or of the file, and is kept. A search takes logarithmic time. The tensors are handles:
/// clone() the dictionary to keep a snapshot.
class StateDict {
public:
    /// Over NamedTensor.
    using const_iterator = std::vector<NamedTensor>::const_iterator;

    StateDict() = default;
    /// Error when two have the same name.
    StateDict(std::initializer_list<NamedTensor> tensors);

    std::size_t size() const { return tensors_.size(); }                        ///< number of tensors
    bool empty() const { return tensors_.empty(); }                             ///< whether there is none
    const_iterator begin() const { return tensors_.begin(); }                   ///< the first
    const_iterator end() const { return tensors_.end(); }                       ///< behind the last
    const NamedTensor& operator[](std::size_t i) const { return tensors_[i]; }  ///< tensor i < size()

    /// The tensor of this name, or nullptr.
    const Tensor* find(std::string_view name) const;

    /// Appends a tensor. Error when the name is taken.
    void add(std::string name, Tensor tensor);
    /// Appends every tensor of `others` under the name prefix + name.
    void add_with_prefix(std::string_view prefix, const StateDict& others);
    /// Puts `tensor` in the place of the one of this name; appends it when there is none.
    void set(std::string name, Tensor tensor);
    /// Removes the tensor of this name; false when there is none.
    bool erase(std::string_view name);

    /// The tensors whose names begin with `prefix`, named by the rest.
    StateDict with_prefix(std::string_view prefix) const;
    /// The same names with copies of the values.
    StateDict clone() const;

    /// How `given` differs from this dictionary, which holds what is expected.
    StateDictReport compare(const StateDict& given) const;
    /// Copies the values of each tensor into the one of the same name, shape and dtype in `target`, and reports the
    /// tensors for which there was none.
    StateDictReport copy_into(const StateDict& target) const;

private:
    std::vector<NamedTensor> tensors_;
    std::map<std::string, std::size_t, std::less<>> places_;
};

}  // namespace cyclone

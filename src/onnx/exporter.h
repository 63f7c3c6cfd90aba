#pragma once
// The graph that is being written, and how modules add themselves to it.

#include <cyclone/nn/module.h>
#include <cyclone/ops/activation.h>

#include <set>
#include <string>
#include <vector>

#include "onnx/model.h"

namespace cyclone::onnx {

/// What a module gets or gives, as it stands in the file.
struct Value {
    std::string name;
    Shape shape;     ///< of one sample in Cyclone's order: (H, W, C) or (features); in the file images are (C, H, W)
    Shape hwc = {};  ///< of rows that Flatten made, which are in the order (C, H, W): (H, W, C); else of rank 0

    bool is_image() const { return shape.rank() == 3; }
    bool is_flattened() const { return hwc.rank() == 3; }
};

Attribute attribute(const char* name, std::int64_t value);
Attribute attribute(const char* name, double value);
Attribute attribute(const char* name, const char* value);
Attribute attribute(const char* name, std::vector<std::int64_t> values);

/// Appends nodes and weights.
class Exporter {
public:
    /// Appends a node of one output, whose name it makes and returns.
    std::string node(const char* op, std::vector<std::string> inputs, std::vector<Attribute> attributes = {});
    /// Stores a tensor under `name`, or a name like it; returns the name.
    std::string store(const std::string& name, const Tensor& tensor);
    std::string constant(double value) { return store("constant", Tensor::scalar(value)); }
    std::string numbers(const std::vector<std::int64_t>& values);
    /// Takes a name that no other value has yet.
    std::string store_name(const std::string& name) { return unique(name); }

    /// What `module` gives for x; `path` is its name in the model. Error naming it when it has no form in ONNX.
    Value module(const nn::Module& module, const std::string& path, const Value& x);
    Value activation(const Activation& activation, const std::string& where, Value x);
    /// The same rows in Cyclone's order of features.
    Value in_own_order(const Value& x);
    /// Values of one number per feature of x, in the order of the features of x.
    Tensor per_feature(const Tensor& values, const Value& x) const;

    Model model;

private:
    std::string unique(const std::string& name);
    std::set<std::string> names_;
    std::int64_t number_ = 0;
};

}  // namespace cyclone::onnx

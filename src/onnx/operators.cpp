// The table of operators, and tensors whose channels stand last.

#include "onnx/operators.h"

#include <cyclone/autograd/record.h>
#include <cyclone/base/arguments.h>
#include <cyclone/ops/arithmetic.h>
#include <cyclone/ops/shape.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace cyclone::onnx {

Tensor plain(const Array& x) {
    if (!x.channels_last) return x.tensor;
    std::vector<int> axes{0, x.tensor.rank() - 1};
    for (int axis = 1; axis < x.tensor.rank() - 1; ++axis) axes.push_back(axis);
    return permute(x.tensor, axes);
}

Tensor last(const Array& x) {
    if (x.channels_last || x.tensor.rank() < 3) return x.tensor;
    std::vector<int> axes{0};
    for (int axis = 2; axis < x.tensor.rank(); ++axis) axes.push_back(axis);
    axes.push_back(1);
    return permute(x.tensor, axes);
}

int stored_axis(const Array& x, std::int64_t axis) {
    const int rank = x.tensor.rank();
    check(axis >= -rank && axis < rank, "axis", "expected -", rank, " to ", rank - 1, ", got ", axis);
    const int a = static_cast<int>(axis < 0 ? axis + rank : axis);
    if (!x.channels_last || a == 0) return a;
    return a == 1 ? rank - 1 : a - 1;
}

namespace {

const OperatorRow* row_named(const std::string& name) {
    for (const auto rows : {layer_operators(), element_operators(), axes_operators()})
        for (const OperatorRow& row : rows)
            if (name == row.name) return &row;
    return nullptr;
}

}  // namespace

bool has_operator(const std::string& name) { return row_named(name) != nullptr; }

std::vector<std::string> operator_names() {
    std::vector<std::string> names;
    for (const auto rows : {layer_operators(), element_operators(), axes_operators()})
        for (const OperatorRow& row : rows) names.emplace_back(row.name);
    std::sort(names.begin(), names.end());
    return names;
}

Operator make_operator(const Node& node, std::int64_t opset, const std::map<std::string, Tensor>& constants) {
    const bool usual = node.domain.empty() || node.domain == "ai.onnx";
    const OperatorRow* row = usual ? row_named(node.op) : nullptr;
    check(row != nullptr, node.where(), "Cyclone has no such operator", usual ? "" : " of " + quoted(node.domain));
    NodeReader reader(node, opset, constants);
    reader.need(reader.has_input(0), "expected an input");
    Operator result = row->make(reader);
    reader.check_all_asked();
    return result;
}

Tensor erf(const Tensor& x) {
    Tensor y = Tensor::empty(x.shape(), x.dtype());
    visit_floating(x.dtype(), "erf", [&](auto zero) {
        using T = decltype(zero);
        const T* from = x.data<T>();
        std::transform(from, from + x.numel(), y.mutable_data<T>(), [](T v) { return std::erf(v); });
    });
    return autograd::record("erf", y, {x}, [x = Saved(x)](const Tensor& grad) {
        return Gradients{grad * exp(neg(x.get() * x.get())) * (2 * std::numbers::inv_sqrtpi)};
    });
}

}  // namespace cyclone::onnx

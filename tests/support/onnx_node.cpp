#include "support/onnx_node.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "support/shared_files.h"

namespace cyclone::test {
namespace {

/// The text between `before` and `after` in a NumPy header.
std::string between(const std::string& header, const std::string& before, const std::string& after,
                    const std::string& file) {
    const std::size_t begin = header.find(before);
    check(begin != std::string::npos, file, "the header lacks ", before);
    const std::size_t from = begin + before.size(), end = header.find(after, from);
    check(end != std::string::npos, file, "the header breaks off after ", before);
    return header.substr(from, end - from);
}

Tensor permuted(const Tensor& x, const std::vector<int>& order) {
    Shape shape;
    for (const int axis : order) shape.push_back(x.size(axis));
    Tensor y = Tensor::empty(shape, x.dtype());
    std::array<std::int64_t, Shape::kMaxRank> stride{};
    for (int axis = 0; axis < x.rank(); ++axis)
        stride[static_cast<std::size_t>(axis)] = x.shape().numel_between(axis + 1, x.rank());
    visit_dtype(x.dtype(), [&](auto zero) {
        using T = decltype(zero);
        const T* from = x.data<T>();
        T* into = y.mutable_data<T>();
        for (std::int64_t i = 0; i < y.numel(); ++i) {
            std::int64_t rest = i, at = 0;
            for (int k = y.rank() - 1; k >= 0; --k) {
                at += rest % y.size(k) * stride[static_cast<std::size_t>(order[static_cast<std::size_t>(k)])];
                rest /= y.size(k);
            }
            into[i] = from[at];
        }
    });
    return y;
}

}  // namespace

Tensor read_node_array(const std::filesystem::path& path) {
    const std::string bytes = whole_file(path), file = path.string();
    check(!bytes.empty(), file, "cannot be read");
    check(bytes.size() >= 10 && bytes.compare(0, 8, std::string("\x93NUMPY\x01\x00", 8)) == 0, file,
          "expected a NumPy file of version 1.0");
    const std::size_t length = static_cast<unsigned char>(bytes[8]) + 256U * static_cast<unsigned char>(bytes[9]);
    check(bytes.size() >= 10 + length, file, "the header is cut off");
    const std::string header = bytes.substr(10, length);
    check(between(header, "'fortran_order': ", ",", file) == "False", file, "expected C order");
    const std::string type = between(header, "'descr': '", "'", file);
    check(type == "<f4" || type == "<i8", file, "expected <f4 or <i8, got ", type);
    std::string sizes = between(header, "'shape': (", ")", file);
    Shape shape;
    for (char& c : sizes)
        if (c == ',') c = ' ';
    std::istringstream in(sizes);
    for (std::int64_t size; in >> size;) shape.push_back(size);
    Tensor x = Tensor::empty(shape, type == "<f4" ? DType::f32 : DType::i64);
    const std::size_t expected = static_cast<std::size_t>(x.numel()) * size_of(x.dtype());
    check(bytes.size() == 10 + length + expected, file, "expected ", expected, " bytes of elements");
    if (expected > 0) std::memcpy(x.mutable_bytes(), bytes.data() + 10 + length, expected);
    return x;
}

OnnxCase::OnnxCase(const std::filesystem::path& folder) : name(folder.filename().string()) {
    const nlohmann::json description = nlohmann::json::parse(whole_file(folder / "node.json"));
    check(description.at("nodes").size() == 1, name, "expected one node");
    const nlohmann::json& node = description.at("nodes").at(0);
    op = node.at("op").get<std::string>();
    attributes = node.at("attrs");
    const auto tensors = [&](const char* graph, const char* mine, const std::string& prefix) {
        std::vector<Tensor> out;
        const auto names = description.at(graph).get<std::vector<std::string>>();
        for (const auto& wanted : node.at(mine).get<std::vector<std::string>>()) {
            const auto at = std::find(names.begin(), names.end(), wanted);
            out.emplace_back();  // an optional input that is left out has an empty name
            if (at != names.end())
                out.back() = read_node_array(folder / (prefix + std::to_string(at - names.begin()) + ".npy"));
            else
                check(wanted.empty(), name, "no file for the tensor ", wanted);
        }
        return out;
    };
    inputs = tensors("graph_inputs", "inputs", "input_");
    outputs = tensors("graph_outputs", "outputs", "output_");
}

Tensor channels_last(const Tensor& x) {
    std::vector<int> order{0};
    for (int axis = 2; axis < x.rank(); ++axis) order.push_back(axis);
    order.push_back(1);
    return permuted(x, order);
}

Tensor channels_second(const Tensor& x) {
    std::vector<int> order{0, x.rank() - 1};
    for (int axis = 1; axis < x.rank() - 1; ++axis) order.push_back(axis);
    return permuted(x, order);
}

Tensor transposed(const Tensor& x) { return permuted(x, {1, 0}); }

}  // namespace cyclone::test

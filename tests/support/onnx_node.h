#pragma once
// Reading one case of the ONNX backend tests: node.json with the operator and its attributes, input_k.npy and
// output_k.npy with the tensors.

#include <cyclone/tensor/tensor.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace cyclone::test {

/// A dense NumPy file of version 1.0 with f32 or i64 elements; anything else is an Error that names the file.
Tensor read_node_array(const std::filesystem::path& file);

struct OnnxCase {
    std::string name, op;
    nlohmann::json attributes;
    std::vector<Tensor> inputs, outputs;

    explicit OnnxCase(const std::filesystem::path& folder);

    template <class T>
    T attribute(const char* key, T otherwise) const {
        return attributes.contains(key) ? attributes.at(key).get<T>() : otherwise;
    }
    bool has_input(std::size_t k) const { return k < inputs.size() && inputs[k].defined(); }
};

/// (N, C, d1, ...) -> (N, d1, ..., C): ONNX's class and channel axis 1 goes last, as Cyclone has it.
Tensor channels_last(const Tensor& x);
/// The way back.
Tensor channels_second(const Tensor& x);
/// A matrix with rows and columns exchanged.
Tensor transposed(const Tensor& x);

}  // namespace cyclone::test

#pragma once
// An ONNX file as values: what Cyclone reads and writes of onnx.proto (github.com/onnx/onnx).

#include <cyclone/tensor/tensor.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cyclone::onnx {

/// Numbers of element types in TensorProto.DataType.
enum class ElementType : std::int32_t {
    undefined = 0,
    f32 = 1,
    u8 = 2,
    i8 = 3,
    u16 = 4,
    i16 = 5,
    i32 = 6,
    i64 = 7,
    text = 8,
    boolean = 9,
    f16 = 10,
    f64 = 11,
    bf16 = 16
};

/// "FLOAT", "INT32"; "type 17" of what has no name here.
std::string name_of(ElementType type);
/// The type of a Tensor's elements in a file.
ElementType element_type(DType dtype);

/// A named tensor of a file.
struct Initializer {
    std::string name;
    Tensor tensor;                                ///< undefined where a Tensor cannot hold the type
    ElementType stored = ElementType::undefined;  ///< f16, bf16 and f64 are read as f32, i8, i16, i32, bool as i64
};

/// An attribute of a node; which of the values counts, `type` says.
struct Attribute {
    enum class Type : std::int32_t {
        undefined = 0,
        real = 1,
        number = 2,
        text = 3,
        tensor = 4,
        graph = 5,
        reals = 6,
        numbers = 7,
        texts = 8
    };
    std::string name;
    Type type = Type::undefined;
    float real = 0;
    std::int64_t number = 0;
    std::string text = {};
    Tensor tensor = {};
    std::vector<float> reals = {};
    std::vector<std::int64_t> numbers = {};
};

struct Node {
    std::string op, name = {}, domain = {};
    std::vector<std::string> inputs = {}, outputs = {};  ///< an input that is left out has the name ""
    std::vector<Attribute> attributes = {};

    /// "node 'conv1' (Conv)", or by its first output where it has no name.
    std::string where() const;
};

/// An input or output of the graph.
struct ValueInfo {
    std::string name;
    ElementType type = ElementType::f32;
    bool has_shape = true;
    std::vector<std::int64_t> sizes = {};  ///< -1: open
    std::string batch = {};                ///< when writing: the word for a first size that is open
};

struct Model {
    std::int64_t ir_version = 8;
    std::int64_t opset = 17;
    std::string producer = {}, producer_version = {}, graph_name = {};
    std::vector<Node> nodes = {};
    std::vector<Initializer> initializers = {};
    std::vector<ValueInfo> inputs = {}, outputs = {};
    std::vector<std::pair<std::string, std::string>> metadata = {};
};

/// Error for more than 2 GiB, which protocol buffers do not hold.
std::string write_model(const Model& model);

/// Reads the bytes of a file; `name` is for the messages. Every size is checked against the bytes that are there before
/// anything is allocated. Errors: bytes that are no ONNX file or a truncated one, tensors whose size is not that of
/// their elements, elements in other files ("external data"), other operator sets than 7 to 22, sparse tensors,
/// functions.
Model read_model(std::string_view bytes, const std::string& name);

}  // namespace cyclone::onnx

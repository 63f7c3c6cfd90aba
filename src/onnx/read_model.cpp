// The bytes of an ONNX file as values. Messages within messages are read by a function each, so that their depth has a
// bound; graphs within nodes are not read.

#include <cyclone/base/arguments.h>

#include <optional>

#include "onnx/model.h"
#include "onnx/read_tensor.h"
#include "onnx/wire.h"

namespace cyclone::onnx {
namespace {

constexpr std::int64_t kOldestOpset = 7, kNewestOpset = 22;

Attribute read_attribute(std::string_view bytes, const std::string& where) {
    Attribute out;
    WireReader reader(bytes, where);
    while (const auto field = reader.next()) {
        switch (field->number) {
            case 1:
                out.name = as_bytes(*field, where);
                break;
            case 2:
                out.real = as_float(*field, where);
                break;
            case 3:
                out.number = as_int(*field, where);
                break;
            case 4:
                out.text = as_bytes(*field, where);
                break;
            case 5:
                out.tensor = read_tensor(as_bytes(*field, where), where).tensor;
                break;
            case 7:
                read_floats(*field, where, out.reals);
                break;
            case 8:
                read_numbers(*field, where, out.numbers);
                break;
            case 20:
                out.type = static_cast<Attribute::Type>(as_int(*field, where));
                break;
            default:
                break;  // graphs and texts: the type tells
        }
    }
    return out;
}

Node read_node(std::string_view bytes, const std::string& where) {
    Node out;
    WireReader reader(bytes, where);
    while (const auto field = reader.next()) {
        switch (field->number) {
            case 1:
                out.inputs.emplace_back(as_bytes(*field, where));
                break;
            case 2:
                out.outputs.emplace_back(as_bytes(*field, where));
                break;
            case 3:
                out.name = as_bytes(*field, where);
                break;
            case 4:
                out.op = as_bytes(*field, where);
                break;
            case 5:
                out.attributes.push_back(read_attribute(as_bytes(*field, where), where));
                break;
            case 7:
                out.domain = as_bytes(*field, where);
                break;
            default:
                break;  // documentation
        }
    }
    return out;
}

// One size of a shape: {value 1, word 2}.
std::int64_t read_size(std::string_view bytes, const std::string& where) {
    std::int64_t size = -1;
    WireReader reader(bytes, where);
    while (const auto field = reader.next())
        if (field->number == 1) size = as_int(*field, where);
    return size > 0 ? size : -1;  // some writers put 0 where a size is open
}

// Type {tensor 1 {element 1, shape 2 {size 1}}}.
void read_type(std::string_view bytes, const std::string& where, ValueInfo& out) {
    out.type = ElementType::undefined;
    out.has_shape = false;
    WireReader type(bytes, where);
    while (const auto kind = type.next()) {
        if (kind->number != 1) continue;
        WireReader tensor(as_bytes(*kind, where), where);
        while (const auto field = tensor.next()) {
            if (field->number == 1) out.type = static_cast<ElementType>(as_int(*field, where));
            if (field->number != 2) continue;
            out.has_shape = true;
            WireReader shape(as_bytes(*field, where), where);
            while (const auto size = shape.next())
                if (size->number == 1) out.sizes.push_back(read_size(as_bytes(*size, where), where));
        }
    }
}

ValueInfo read_value(std::string_view bytes, const std::string& where) {
    ValueInfo out;
    out.type = ElementType::undefined;
    WireReader reader(bytes, where);
    while (const auto field = reader.next()) {
        if (field->number == 1) out.name = as_bytes(*field, where);
        if (field->number == 2) read_type(as_bytes(*field, where), where, out);
    }
    return out;
}

void read_graph(std::string_view bytes, const std::string& where, Model& out) {
    WireReader reader(bytes, where);
    while (const auto field = reader.next()) {
        switch (field->number) {
            case 1:
                out.nodes.push_back(read_node(as_bytes(*field, where), where));
                break;
            case 2:
                out.graph_name = as_bytes(*field, where);
                break;
            case 5:
                out.initializers.push_back(read_tensor(as_bytes(*field, where), where));
                break;
            case 11:
                out.inputs.push_back(read_value(as_bytes(*field, where), where));
                break;
            case 12:
                out.outputs.push_back(read_value(as_bytes(*field, where), where));
                break;
            case 15:
                fail(where, "holds a sparse tensor, which is not read");
            default:
                break;  // documentation, shapes of what nodes give
        }
    }
}

// {domain 1, version 2}; operators of other domains are refused where they are used.
void read_opset(std::string_view bytes, const std::string& where, std::optional<std::int64_t>& opset) {
    std::string domain;
    std::int64_t version = 0;
    WireReader reader(bytes, where);
    while (const auto field = reader.next()) {
        if (field->number == 1) domain = as_bytes(*field, where);
        if (field->number == 2) version = as_int(*field, where);
    }
    if (domain.empty() || domain == "ai.onnx") opset = version;
}

std::pair<std::string, std::string> read_entry(std::string_view bytes, const std::string& where) {
    std::pair<std::string, std::string> out;
    WireReader reader(bytes, where);
    while (const auto field = reader.next()) {
        if (field->number == 1) out.first = as_bytes(*field, where);
        if (field->number == 2) out.second = as_bytes(*field, where);
    }
    return out;
}

}  // namespace

std::string Node::where() const {
    const std::string& called = !name.empty() || outputs.empty() ? name : outputs[0];
    return "node " + quoted(called) + " (" + op + ")";
}

Model read_model(std::string_view bytes, const std::string& name) {
    Model out;
    std::optional<std::int64_t> opset;
    bool has_graph = false;
    WireReader reader(bytes, name);
    while (const auto field = reader.next()) {
        switch (field->number) {
            case 1:
                out.ir_version = as_int(*field, name);
                break;
            case 2:
                out.producer = as_bytes(*field, name);
                break;
            case 3:
                out.producer_version = as_bytes(*field, name);
                break;
            case 7:
                check(!has_graph, name, "holds two graphs");
                has_graph = true;
                read_graph(as_bytes(*field, name), name, out);
                break;
            case 8:
                read_opset(as_bytes(*field, name), name, opset);
                break;
            case 14:
                out.metadata.push_back(read_entry(as_bytes(*field, name), name));
                break;
            case 25:
                fail(name, "holds functions, which are not read (hint: export it without them, or with a lower opset)");
            default:
                break;  // documentation, training information
        }
    }
    check(has_graph && !out.nodes.empty(), name, "holds no graph with nodes (hint: is it an ONNX file?)");
    check(opset.has_value(), name, "does not say its operator set (hint: is it an ONNX file?)");
    check(*opset >= kOldestOpset && *opset <= kNewestOpset, name, "expected operators of set ", kOldestOpset, " to ",
          kNewestOpset, ", got set ", *opset, " (hint: export it with opset 17)");
    out.opset = *opset;
    return out;
}

}  // namespace cyclone::onnx

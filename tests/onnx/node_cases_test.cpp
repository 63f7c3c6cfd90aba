// The ONNX project's own cases through the importer: each becomes a file that is read and run. Tolerances are ONNX's:
// relative 1e-3, absolute 1e-7.

#include <cyclone/onnx/onnx.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "onnx/model.h"
#include "onnx/networks.h"
#include "support/catch.h"
#include "support/onnx_node.h"
#include "support/shared_files.h"

using namespace cyclone;
using test::OnnxCase;

namespace {

/// Cases that are refused, with what the message says behind the file's name.
const std::map<std::string, std::string> kRefused = {
    {"test_adam", "'node' (ai.onnx.preview.training.Adam)"},
    {"test_momentum", "'node' (ai.onnx.preview.training.Momentum)"},
    {"test_nesterov_momentum", "'node' (ai.onnx.preview.training.Momentum)"},
    {"test_averagepool_3d_default", "node 'node' (AveragePool): expected one or two spatial axes"},
    {"test_averagepool_3d_dilations_large_count_include_pad_is_0_ceil_mode_is_True",
     "expected one or two spatial axes"},
    {"test_averagepool_3d_dilations_large_count_include_pad_is_1_ceil_mode_is_True",
     "expected one or two spatial axes"},
    {"test_maxpool_3d_default", "node 'node' (MaxPool): expected one or two spatial axes"},
    {"test_maxpool_3d_dilations_use_ref_impl", "expected one or two spatial axes"},
    {"test_convtranspose_3d", "'node' (ConvTranspose)"},
};

/// Further outputs of an operator that Cyclone does not compute.
bool is_left_out(const OnnxCase& c, std::size_t output) {
    return output > 0 && (c.op == "MaxPool" || c.op == "LayerNormalization");
}

onnx::Attribute attribute_of(const std::string& name, const nlohmann::json& value) {
    onnx::Attribute a;
    a.name = name;
    using Type = onnx::Attribute::Type;
    const auto is_real = [](const nlohmann::json& v) { return v.is_number_float(); };
    if (value.is_string())
        a.type = Type::text, a.text = value.get<std::string>();
    else if (value.is_number_float())
        a.type = Type::real, a.real = value.get<float>();
    else if (value.is_number())
        a.type = Type::number, a.number = value.get<std::int64_t>();
    else if (value.is_array() && std::any_of(value.begin(), value.end(), is_real))
        a.type = Type::reals, a.reals = value.get<std::vector<float>>();
    else
        a.type = Type::numbers, a.numbers = value.get<std::vector<std::int64_t>>();
    return a;
}

/// A file whose input is the first of the case, whose other inputs stand in it, and whose output is one of the case.
std::string file_of(const OnnxCase& c, std::size_t output, std::int64_t opset) {
    onnx::Model model;
    model.opset = opset;
    onnx::Node node{.op = c.op, .name = "node"};
    if (c.op == "Adam" || c.op == "Momentum") node.domain = "ai.onnx.preview.training";
    for (std::size_t k = 0; k < c.inputs.size(); ++k) {
        node.inputs.push_back(c.inputs[k].defined() ? "in" + std::to_string(k) : "");
        if (k > 0 && c.inputs[k].defined()) model.initializers.push_back({node.inputs[k], c.inputs[k]});
    }
    for (std::size_t k = 0; k < c.outputs.size(); ++k) node.outputs.push_back("out" + std::to_string(k));
    for (const auto& [name, value] : c.attributes.items()) node.attributes.push_back(attribute_of(name, value));
    model.nodes.push_back(node);
    onnx::ValueInfo input{.name = "in0"}, result{.name = node.outputs[output]};
    input.sizes.assign(c.inputs[0].shape().begin(), c.inputs[0].shape().end());
    result.sizes.assign(c.outputs[output].shape().begin(), c.outputs[output].shape().end());
    model.inputs.push_back(input);
    model.outputs.push_back(result);
    return onnx::write_model(model);
}

void check_equal(const Tensor& got, const Tensor& expected) {
    REQUIRE(got.shape() == expected.shape());
    for (std::int64_t i = 0; i < got.numel(); ++i) {
        const auto a = static_cast<double>(got.data<float>()[i]), b = static_cast<double>(expected.data<float>()[i]);
        if (a == b || std::abs(a - b) <= 1e-7 + 1e-3 * std::abs(b)) continue;
        INFO("element " << i << " is " << a << ", expected " << b);
        CHECK(false);
        return;
    }
}

std::vector<std::string> case_names() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(test::shared_file("peer/onnx_node")))
        if (entry.is_directory()) names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
}

/// The operator set of the case's own file.
std::int64_t opset_of(const OnnxCase& c) {
    return c.op == "ReduceMean" && c.inputs.size() > 1 ? 18 : c.op == "AveragePool" ? 19 : 17;
}

}  // namespace

TEST_CASE("every onnx case goes through the importer, or is refused by the name of its node") {
    CYCLONE_NEED_SHARED("peer/onnx_node");
    std::size_t run = 0, refused = 0;
    for (const std::string& name : case_names()) {
        const OnnxCase c(test::shared_file("peer/onnx_node") / name);
        INFO(name);
        const auto refusal = kRefused.find(name);
        for (std::size_t k = 0; k < c.outputs.size(); ++k) {
            const std::string file = file_of(c, k, opset_of(c));
            if (refusal != kRefused.end()) {
                CHECK_THROWS_WITH(onnx::parse(file, "case.onnx"), Catch::Contains(refusal->second));
                ++refused;
                break;
            }
            onnx::Loaded loaded = onnx::parse(file, "case.onnx", {.as_declared = true});
            if (is_left_out(c, k)) {
                CHECK_THROWS_WITH(test::answer(loaded.network, c.inputs[0]),
                                  Catch::Contains("node 'node' (" + c.op + ")") && Catch::Contains("does not compute"));
                continue;
            }
            INFO("output " << k);
            check_equal(test::answer(loaded.network, c.inputs[0]), c.outputs[k]);
            ++run;
        }
    }
    CHECK(refused == kRefused.size());
    CHECK(run >= 100);
}

TEST_CASE("onnx cases of images become layers that give the published output") {
    CYCLONE_NEED_SHARED("peer/onnx_node");
    std::size_t layers = 0;
    for (const std::string& name : case_names()) {
        const OnnxCase c(test::shared_file("peer/onnx_node") / name);
        if (kRefused.count(name) > 0 || c.inputs[0].rank() != 4 || c.outputs[0].rank() != 4) continue;
        INFO(name);
        onnx::Loaded loaded = onnx::parse(file_of(c, 0, opset_of(c)), "case.onnx");
        if (loaded.has_layers) ++layers;
        const Tensor y = test::answer(loaded.network, test::channels_last(c.inputs[0]));
        const bool pooled = y.rank() == 2;  // global pools give rows
        check_equal(pooled ? y.viewed(c.outputs[0].shape()) : test::channels_second(y), c.outputs[0]);
    }
    CHECK(layers >= 18);
}

// A whole network as an ONNX file.

#include <cyclone/onnx/save.h>

#include <cyclone/base/error.h>
#include <cyclone/base/utf8.h>
#include <cyclone/base/version.h>
#include <cyclone/io/atomic_file.h>

#include <algorithm>
#include <cmath>

#include "onnx/exporter.h"
#include "onnx/model.h"

namespace cyclone::onnx {
namespace {

void check_options(const Shape& image, const SaveOptions& o) {
    const bool positive = std::all_of(image.begin(), image.end(), [](std::int64_t size) { return size >= 1; });
    check((image.rank() == 1 || image.rank() == 3) && positive, "ONNX",
          "expected the shape of an image, (H, W, C), or of its features, (F), got ", image);
    check(o.pixels == DType::f32 || o.pixels == DType::u8 || o.pixels == DType::u16, "ONNX",
          "expected images of u8, u16 or f32, got ", name_of(o.pixels));
    const auto channels = static_cast<std::size_t>(image[-1]);
    check((o.mean.empty() && o.scale.empty()) || (o.mean.size() == channels && o.scale.size() == channels), "ONNX",
          "expected a mean and a scale for each of ", channels, " channels, got ", o.mean.size(), " and ",
          o.scale.size());
    for (std::size_t c = 0; c < o.mean.size(); ++c)
        check(std::isfinite(o.mean[c]) && std::isfinite(o.scale[c]) && o.scale[c] > 0, "ONNX",
              "expected a finite mean and a scale > 0, got ", o.mean[c], " and ", o.scale[c]);
}

std::string stored_per_channel(Exporter& out, const char* name, const std::vector<double>& values, const Shape& shape) {
    return out.store(name, Tensor::from(std::vector<float>(values.begin(), values.end()), shape));
}

/// From what the file takes to what the network takes.
Value add_input(Exporter& out, const Shape& image, const SaveOptions& o) {
    const bool images = image.rank() == 3, last = o.axes == ImageAxes::nhwc || !images;
    ValueInfo input{.name = "images", .type = element_type(o.pixels), .batch = "N"};
    input.sizes = !images ? std::vector<std::int64_t>{-1, image[0]}
                  : last  ? std::vector<std::int64_t>{-1, image[0], image[1], image[2]}
                          : std::vector<std::int64_t>{-1, image[2], image[0], image[1]};
    out.model.inputs.push_back(input);
    std::string name = out.store_name(input.name);
    if (o.pixels != DType::f32) name = out.node("Cast", {name}, {attribute("to", std::int64_t{1})});
    if (!o.mean.empty()) {
        const Shape shape = last ? Shape{image[-1]} : Shape{image[-1], 1, 1};
        name = out.node("Sub", {name, stored_per_channel(out, "mean", o.mean, shape)});
        name = out.node("Div", {name, stored_per_channel(out, "scale", o.scale, shape)});
    }
    if (images && last)
        name = out.node("Transpose", {name}, {attribute("perm", std::vector<std::int64_t>{0, 3, 1, 2})});
    return {name, image};
}

}  // namespace

std::string to_bytes(const nn::Module& network, const Shape& image, const SaveOptions& options) {
    check_options(image, options);
    Exporter out;
    Model& model = out.model;
    model.producer = "Cyclone";
    model.producer_version = version();
    model.graph_name = "network";
    const Value last = out.in_own_order(out.module(network, "", add_input(out, image, options)));
    const char* name = options.softmax ? "probabilities" : "logits";
    out.node(options.softmax ? "Softmax" : "Identity", {last.name},
             options.softmax ? std::vector{attribute("axis", std::int64_t{1})} : std::vector<Attribute>{});
    model.nodes.back().outputs = {out.store_name(name)};
    ValueInfo output{.name = model.nodes.back().outputs[0], .batch = "N"};
    output.sizes = last.is_image() ? std::vector<std::int64_t>{-1, last.shape[2], last.shape[0], last.shape[1]}
                                   : std::vector<std::int64_t>{-1, last.shape[0]};
    model.outputs.push_back(output);
    for (const auto& [key, value] : options.metadata) model.metadata.emplace_back(key, valid_utf8(value));
    return write_model(model);
}

void save(const nn::Module& network, const std::filesystem::path& path, const Shape& image,
          const SaveOptions& options) {
    io::write_file_atomically(path, to_bytes(network, image, options));
}

}  // namespace cyclone::onnx

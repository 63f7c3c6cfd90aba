#pragma once
// What the layers of a model give and cost.

#include <cyclone/nn/module.h>

#include <cstdint>
#include <string>
#include <vector>

namespace cyclone::nn {

/// A module of a model with what it costs, all below it included.
struct LayerCost {
    std::string name;                ///< "0", "2.1.body.0"; empty for the model itself
    const Module* module = nullptr;  ///< the module
    Shape output;                    ///< of its last call; of rank 0 when it was not called
    std::int64_t parameters = 0;     ///< elements
    std::int64_t multiply_adds = 0;  ///< per image, see Module::multiply_adds()
};

/// Every module in the order of named_modules(), for zeros of shape `input`, such as {1, 16, 16, 1}. The model runs
/// once, in evaluation mode: it draws no random numbers and its buffers stay. Errors: those of its layers.
std::vector<LayerCost> layer_costs(const Module& model, const Shape& input);

/// Multiplications with an addition for one image (H, W, C).
std::int64_t multiply_adds(const Module& model, const Shape& image);

/// Options of summary().
struct SummaryOptions {
    /// Most rows: layers within layers are shown as deep as they fit, those at the top always.
    std::int64_t rows = std::int64_t{1} << 20;
};

/// The table of operator<< with the output and the multiply-adds of each layer; see layer_costs().
std::string summary(const Module& model, const Shape& input, const SummaryOptions& options = {});

}  // namespace cyclone::nn

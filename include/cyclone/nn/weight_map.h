#pragma once
// Weights of other frameworks for a model of the same layers: which of their tensors belongs to which of ours.

#include <cyclone/nn/module.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cyclone::nn {

/// In which order the elements of a file's kernels and matrices are; src/io/README.md has the table.
enum class WeightOrder {
    cyclone,  ///< kernels (out, height, width, in), matrices (out, in)
    pytorch,  ///< kernels (out, in, height, width); behind Flatten the features are (channel, height, width)
    keras,    ///< kernels (height, width, in, out), matrices (in, out)
};

/// "cyclone", "pytorch", "keras".
std::string_view name_of(WeightOrder order);
/// UsageError for another name.
WeightOrder parse_weight_order(std::string_view name);

/// A tensor of a file and the one of the model that gets its values.
struct MappedTensor {
    std::string from;  ///< name in the file
    Shape stored;      ///< in the file
    std::string to;    ///< name in the model
    Shape shape;       ///< in the model
};

/// What map_weights() found.
struct MappedWeights {
    StateDict state;                    ///< names and order of the model
    std::vector<MappedTensor> tensors;  ///< in the order of the model
    std::vector<std::string> not_used;  ///< names of the file
    bool by_name = false;               ///< whether the names of the file were the model's own
};

/// Finds the tensors of `model` among those of a file. Where the file has all names of the model, in Cyclone's or
/// PyTorch's words ("0.weight", "1.running_var"), these count. Otherwise tensors with a common beginning of their names
/// ("layer1.0.bn1.", "layers/conv2d/vars/") are a layer: a convolution, a dense layer, a batch norm or another norm.
/// The layers of each kind go to those of the model in the natural order of their names (conv2 before conv10), each to
/// the first that its shape fits; arrays without names ("arr_0", ...) go in order, as Keras's get_weights() gives them.
/// Counters (num_batches_tracked), seeds and the optimizer's tensors are left out. Error naming the tensor of the model
/// that finds none, with its shape and that of the nearest one left, and for tensors that are left over. `partly`: such
/// layers of the model are left out, and such tensors not used; Error where nothing fits.
MappedWeights map_weights(const Module& model, const StateDict& tensors, WeightOrder order, bool partly = false);

/// The state of `model` in another order, under the names of PyTorch (weight, bias, running_mean, running_var) below
/// the places of the model's layers. With `like`, the tensors of a file in that order: its names, and its tensors that
/// the model does not have.
StateDict export_weights(const Module& model, WeightOrder order, const StateDict* like = nullptr);

/// What the shapes say: the orders in which a file can be that of `model`.
std::vector<WeightOrder> possible_orders(const Module& model, const StateDict& tensors);

}  // namespace cyclone::nn

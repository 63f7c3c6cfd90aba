#pragma once
// A trained network with everything needed to use it, in one safetensors file: the weights, and as metadata the
// network's text, the form of its images, their standardisation, the classes and the threshold.

#include <cyclone/data/images/image_options.h>
#include <cyclone/data/standardization.h>
#include <cyclone/io/safetensors.h>
#include <cyclone/nn/sequential.h>
#include <cyclone/tensor/tensor.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace cyclone::train {

struct Classifier {
    std::string model;                           ///< text for nn::parse_model()
    Shape input;                                 ///< of one image: (H, W, C)
    DType pixels = DType::u8;                    ///< of the images before standardisation: u8, u16 or f32
    data::ImageFit fit = data::ImageFit::exact;  ///< what is done with image files of another size
    std::vector<std::string> class_names;
    std::optional<data::Standardization> standardization;
    double threshold = 0.5;  ///< of two classes: class 1 where its probability is above
    nn::Sequential network;
};

/// Writes weights and metadata (keys "cyclone.model", "cyclone.input", ..., "cyclone.version"), and `more` behind them;
/// the file appears whole or not at all.
void save_classifier(const std::filesystem::path& path, const Classifier& classifier, const io::Metadata& more = {});

/// Reads a file of save_classifier(); the network is in evaluation mode. Errors: metadata that are missing or make no
/// sense (naming the key), weights that do not fit the network.
Classifier load_classifier(const std::filesystem::path& path);

}  // namespace cyclone::train

#pragma once
// Classifiers as ONNX files, and ONNX files of any origin as classifiers.

#include <cyclone/onnx/save.h>
#include <cyclone/train/classifier.h>

#include <filesystem>

namespace cyclone::train {

/// What the ONNX file of a classifier takes and gives.
struct OnnxOptions {
    onnx::ImageAxes axes = onnx::ImageAxes::nhwc;  ///< of the images that it takes
    bool raw_pixels = true;  ///< takes images as Classifier::pixels says and standardises them; else standardised f32
    bool softmax = true;     ///< gives probabilities; else logits
};

/// Writes the network with its standardisation; Classifier::metadata() (class names, threshold, ...) stands in the
/// file. Errors: an ensemble, those of onnx::save().
void save_onnx(const Classifier& classifier, const std::filesystem::path& path, const OnnxOptions& options = {});

/// The network of an ONNX file as a classifier. What the file does not say: `image` (H, W, C) where the size is open;
/// the classes are called "0", "1", ..., the threshold is 0.5, the pixels are of the type of the file's input. It can
/// answer and train on; Classifier::save() refuses it, as its network has no text. Errors: those of onnx::load();
/// a network that does not give at least two numbers per image.
Classifier load_onnx(const std::filesystem::path& path, const Shape& image = {});

}  // namespace cyclone::train

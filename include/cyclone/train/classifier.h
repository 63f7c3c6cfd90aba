#pragma once
// Classifier: a trained network with everything needed to use it, in one safetensors file: the weights, and as metadata
// the network's text, the form of its images, their standardisation, the classes and the threshold. Several such files
// are an ensemble by a JSON file that lists them, {"members": ["snapshot-1.safetensors", "snapshot-2.safetensors"]}.
//
//     auto c = Classifier::load("best.safetensors");
//     const Classifier::Answer answer = c.classify("photo.png");  // {index, name, probability}

#include <cyclone/data/images/image_options.h>
#include <cyclone/data/standardization.h>
#include <cyclone/io/safetensors.h>
#include <cyclone/nn/sequential.h>
#include <cyclone/ops/precision.h>
#include <cyclone/tensor/tensor.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cyclone::train {

/// A trained network and how to use it.
struct Classifier {
    std::string model = {};                      ///< text for nn::parse_model()
    Shape input = {};                            ///< of one image: (H, W, C)
    DType pixels = DType::u8;                    ///< of the images before standardisation: u8, u16 or f32
    data::ImageFit fit = data::ImageFit::exact;  ///< what is done with image files of another size
    std::vector<std::string> class_names = {};   ///< in the order of the outputs
    std::optional<data::Standardization> standardization = {};  ///< of the pixels
    double threshold = 0.5;       ///< of two classes: class 1 where its probability is above
    nn::Sequential network = {};  ///< logits from standardised images
    /// What convolution and linear layers multiply in when it answers, those of the other members of an ensemble too
    /// (default: precision()). Not part of the file: its weights are f32.
    std::optional<Precision> precision = {};
    std::vector<std::string> notes = {};  ///< of load(): tensors that were converted, and those that are not used
    /// Of an ensemble: its other members. Its probabilities are the mean of those of all members, each of which
    /// standardises the images as its own training did.
    std::vector<Classifier> others = {};

    /// Reads a file of save(), or a checkpoint of fit() that has the metadata (CheckpointOptions::metadata); the
    /// network is in evaluation mode. Errors: metadata that are missing or invalid (naming the key), weights that do
    /// not fit the network.
    /// A file that ends in .json is an ensemble: "members", such files relative to its folder, and of two classes a
    /// "threshold" (default: the mean of theirs). Errors also: no members, one that is missing or listed twice,
    /// members for other images or classes.
    static Classifier load(const std::filesystem::path& path);
    /// load() of the bytes of a file of save(); `name` is for the messages.
    static Classifier parse(std::string_view bytes, const std::string& name);
    /// Writes the file of an ensemble; `members` as they are to stand there.
    static void save_ensemble(const std::filesystem::path& path, const std::vector<std::string>& members,
                              double threshold);
    /// Everything but the weights, with keys "cyclone.version", "cyclone.model", "cyclone.input", ...
    io::Metadata metadata() const;
    /// Writes weights and metadata(), and `more` after them; the file appears whole or not at all.
    void save(const std::filesystem::path& path, const io::Metadata& more = {}) const;

    /// The class that is chosen for an image.
    struct Answer {
        std::int64_t index = 0;  ///< number of the class
        std::string name;        ///< name of the class
        double probability = 0;  ///< of that class
    };

    /// Class probabilities (N, classes), f32, of images (N, H, W, C), or of one image (H, W, C); C may be left out
    /// where it is 1. The images are as they were before standardisation and of the dtype `pixels` (f64 for f32 too).
    /// `batch_size` images at a time. Errors: images of another shape or dtype or with NaN; an output that is not
    /// finite.
    Tensor probabilities(const Tensor& images, std::int64_t batch_size = 512);
    /// The answer to one row of probabilities: of two classes by the threshold, else the most probable class.
    Answer answer(std::span<const float> probabilities) const;
    /// The answer to one image; Error for several.
    Answer classify(const Tensor& image);
    /// One answer per image.
    std::vector<Answer> classify_all(const Tensor& images);

    // Image files (cyclone::cyclone, not cyclone::core). Errors: a file that cannot be used (naming it), a network for
    // images that no file holds.

    /// How image files become images of this network.
    data::ImageOptions image_options() const;
    /// (N, classes), in the order of the files.
    Tensor probabilities(const std::vector<std::filesystem::path>& files);
    /// (1, classes).
    Tensor probabilities(const std::filesystem::path& file);
    /// The answer to one file.
    Answer classify(const std::filesystem::path& file);
};

}  // namespace cyclone::train

namespace cyclone {
using train::Classifier;
}

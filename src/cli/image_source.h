#pragma once
// Trained weights, and images from files or arrays, some at a time, in the form that the network was trained on.

#include <cyclone/data/dataset.h>
#include <cyclone/data/open.h>
#include <cyclone/train/classifier.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/data_options.h"
#include "cli/options.h"

namespace cyclone::cli {

/// Which data, and what of them; what predict and evaluate have in common.
struct InputSettings {
    std::vector<std::string> data;  ///< paths; "-" is standard input
    std::string weights, part, fit;
    DataOptions reading;
    std::optional<double> cutoff;
    std::string precision = "f32";
};

/// DATA and the options of InputSettings. --cutoff is a probability instead of the threshold that the weights hold.
void add_input_options(Options& options, InputSettings& settings, const char* data_description);

/// The classifier of the weights file with --cutoff, --fit and --precision. UsageError for a precision that is not
/// possible here, and for a cutoff that is not finite or is for other than two classes.
train::Classifier load_weights(const InputSettings& settings);

/// The text of the network that a file of weights or a checkpoint says it belongs to; empty if it does not.
std::string model_of_weights(const std::string& path);
/// best.safetensors in the folder of a training, else `path` itself.
std::string weights_in(const std::string& path);

struct ImageChunk {
    Tensor images;                   ///< (N, H, W, C)
    std::vector<std::string> names;  ///< N: the file, or the number in the data
};

/// The images of all DATA, one after another.
class ImageSource {
public:
    virtual ~ImageSource() = default;
    /// At most `most` images, fewer or none where files could not be read; nothing at the end.
    virtual std::optional<ImageChunk> next(std::int64_t most) = 0;
    /// "file" or "index".
    virtual std::string name_column() const = 0;
    /// Images that could not be read so far.
    std::vector<data::SkippedFile> skipped;
    /// Files that are no images, so far.
    std::vector<data::SkippedFile> others;
};

/// Image files, also those that a table or a list names, are read as they are needed; other data as a whole. --part
/// chooses among those of data that come in parts (empty: test; data without parts as a whole). Errors: nothing there
/// or not recognised; images of another shape or pixel type than the network was trained on; parts without a test part
/// where none is named.
std::unique_ptr<ImageSource> open_images(const InputSettings& settings, const train::Classifier& classifier);

/// Labelled images of one part (empty: test; data without parts as a whole) of one of the DATA, read and
/// standardised as for the training of `classifier`; some of its classes may be missing. `skipped` gets what was left
/// out. Errors: as open_images(), and other classes.
data::Dataset open_labelled(const std::string& path, const InputSettings& settings, const train::Classifier& classifier,
                            std::vector<data::SkippedFile>& skipped);

}  // namespace cyclone::cli
